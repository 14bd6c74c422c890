"use client";

import { useId, useState } from "react";
import type { Address, Hex } from "viem";
import { settlementAbi } from "#lib/chain/generated/abis.ts";
import { RULING } from "#lib/chain/reads.ts";
import type { MarketRun } from "#lib/market/market.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import form from "../_components/form.module.css";
import styles from "../_components/parts.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { typedAmount } from "../_components/typed.ts";
import { claimedStepOf } from "./claimedStep.ts";
import { ActionButton, WithWallet } from "./parts.tsx";
import { send } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type Ruling = keyof typeof RULING;

const MEANINGS: Record<Ruling, string> = {
  upheld: "Upheld: the step was done as agreed, the seller is paid in full",
  split: "Split: the seller is paid a part, the buyer gets the rest back",
  rejected: "Rejected: the step counts as never done, the buyer keeps the money",
};

type Props = {
  readonly runtime: Runtime;
  readonly terms: OfferTerms;
  readonly token: TokenInfo;
  readonly buyer: Address;
  readonly salt: Hex;
  readonly run: MarketRun;
};

/** The arbiter's ruling on one conduct challenge. */
export function RulingPanel(props: Props) {
  const { runtime, terms, token, buyer, salt, run } = props;
  const [ruling, setRuling] = useState<Ruling>();
  const [share, setShare] = useState("");
  const id = useId();
  const sellerShare = ruling === "split" ? typedAmount(share, token.decimals) : 0n;
  const isShare = ruling !== "split" || (sellerShare !== undefined && sellerShare > 0n && sellerShare < terms.price);
  return (
    <WalletProviders runtime={runtime}>
      <WithWallet runtime={runtime} purpose="rule">
        {(wallet) =>
          wallet.address === terms.arbiter ? (
            <div className={form.form} style={{ gap: "var(--s3)" }}>
              <fieldset className={form.group} style={{ gridTemplateColumns: "minmax(0, 1fr)", gap: "var(--s2)" }}>
                <legend>Your ruling</legend>
                {(Object.keys(MEANINGS) as Ruling[]).map((choice) => (
                  <label key={choice} className={form.check}>
                    <input
                      type="radio"
                      name={`${id}-ruling`}
                      checked={ruling === choice}
                      onChange={() => setRuling(choice)}
                    />
                    {MEANINGS[choice]}
                  </label>
                ))}
              </fieldset>
              {ruling === "split" && (
                <div className={form.field}>
                  <label htmlFor={id}>Seller&rsquo;s share ({token.symbol})</label>
                  <input
                    id={id}
                    inputMode="decimal"
                    value={share}
                    aria-invalid={!isShare}
                    onChange={(event) => setShare(event.target.value)}
                  />
                  <span className={isShare ? form.hint : form.problem}>
                    More than nothing and less than {formatAmount(terms.price, token)}.
                  </span>
                </div>
              )}
              <ActionButton
                label="Rule"
                tone="primary"
                disabled={ruling === undefined || !isShare}
                note={ruling === undefined ? "choose one first; a ruling is final" : "final"}
                action={async (say) => {
                  if (ruling === undefined) return "";
                  await send(
                    wallet.transactor,
                    {
                      address: runtime.deployment.settlement,
                      abi: settlementAbi,
                      functionName: "rule",
                      args: [terms, claimedStepOf({ buyer, salt }, run), RULING[ruling], sellerShare ?? 0n],
                    },
                    say,
                  );
                  return "Ruled.";
                }}
              />
            </div>
          ) : (
            <p className={styles.note}>Only the offer&rsquo;s arbiter can rule.</p>
          )
        }
      </WithWallet>
    </WalletProviders>
  );
}
