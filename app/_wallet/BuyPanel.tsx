"use client";

import { useId, useState } from "react";
import { bytesToHex, erc20Abi, type Hex, zeroAddress } from "viem";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { decodeRevert } from "#lib/chain/revert.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { entitlementIdOf, type OfferTerms } from "#lib/offers/terms.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import form from "../_components/form.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { typedSteps } from "../_components/typed.ts";
import { pageError } from "./errorCatalogue.ts";
import { type ReadyWallet, StageNote, WithWallet } from "./parts.tsx";
import { type Say, send, useAction } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type Props = {
  readonly runtime: Runtime;
  readonly offerId: Hex;
  readonly terms: OfferTerms;
  readonly token: TokenInfo;
};

/** Buys steps of an offer: asks for an allowance where the token needs one, then pays into the escrow. */
export function BuyPanel(props: Props) {
  return (
    <WalletProviders runtime={props.runtime}>
      <WithWallet runtime={props.runtime} purpose="buy steps">
        {(wallet) => <BuyForm {...props} wallet={wallet} />}
      </WithWallet>
    </WalletProviders>
  );
}

function BuyForm({ runtime, offerId, terms, token, wallet }: Props & { readonly wallet: ReadyWallet }) {
  const [entered, setEntered] = useState(String(Math.min(3, terms.maxSteps)));
  const { stage, run, openSoon, isWorking } = useAction();
  // Once is enough: what it made has a page, which opens by itself.
  const isBusy = isWorking || stage.at === "done";
  const id = useId();
  const steps = typedSteps(entered, terms.maxSteps);
  const isValid = steps !== undefined;
  const total = terms.price * BigInt(steps ?? 0);

  const buy = async (count: number, say: Say) => {
    const { address, transactor } = wallet;
    const { escrow } = runtime.deployment;
    if (terms.token !== zeroAddress) {
      const contract = { address: terms.token, abi: erc20Abi } as const;
      const [balance, allowance] = await Promise.all([
        transactor.client.readContract({ ...contract, functionName: "balanceOf", args: [address] }),
        transactor.client.readContract({ ...contract, functionName: "allowance", args: [address, escrow] }),
      ]).catch((thrown: unknown) => {
        throw decodeRevert(thrown);
      });
      if (balance < total) {
        const [required, available] = [formatAmount(total, token), formatAmount(balance, token)];
        throw pageError("TOKEN_BALANCE_TOO_SMALL", { required, available });
      }
      if (allowance < total) {
        say(`Let the escrow take ${formatAmount(total, token)}…`);
        await send(transactor, { ...contract, functionName: "approve", args: [escrow, total] }, say);
      }
    }
    const salt = bytesToHex(systemRandom(32));
    await send(
      transactor,
      {
        address: escrow,
        abi: escrowAbi,
        functionName: "purchase",
        args: [terms, address, salt, count],
        ...(terms.token === zeroAddress ? { value: total } : {}),
      },
      say,
    );
    const entitlement = entitlementIdOf(offerId, address, salt);
    openSoon(`/entitlements/${entitlement}`);
    return "Bought. Opening your entitlement…";
  };

  return (
    <form
      className={form.form}
      style={{ gap: "var(--s3)" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (steps !== undefined && !isBusy) void run((say) => buy(steps, say));
      }}
    >
      <div className={form.field}>
        <label htmlFor={id}>Steps</label>
        <input
          id={id}
          inputMode="numeric"
          value={entered}
          onChange={(event) => setEntered(event.target.value)}
          aria-invalid={!isValid}
          aria-describedby={`${id}-total`}
        />
        <span id={`${id}-total`} className={isValid ? form.hint : form.problem}>
          {isValid ? `${formatAmount(total, token)} in total` : `Enter a number from 1 to ${terms.maxSteps}.`}
        </span>
      </div>
      <button type="submit" className={form.primary} disabled={!isValid || isBusy}>
        Buy {isValid ? `${steps} ${steps === 1 ? "step" : "steps"}` : "steps"}
      </button>
      <StageNote stage={stage} />
    </form>
  );
}
