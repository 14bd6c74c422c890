"use client";

import { useState } from "react";
import { type Address, type Hex, zeroAddress } from "viem";
import { escrowAbi, offerRegistryAbi } from "#lib/chain/generated/abis.ts";
import { systemClock } from "#lib/core/effects.ts";
import type { OfferStatus } from "#lib/market/market.ts";
import type { OfferTerms } from "#lib/offers/terms.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import { Countdown } from "../_components/Countdown.tsx";
import form from "../_components/form.module.css";
import { stakeWords } from "../_components/offerWords.ts";
import styles from "../_components/parts.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { typedAmount } from "../_components/typed.ts";
import { useNow } from "../_components/useNow.ts";
import { CHAIN_LAG_SECONDS } from "./chainLag.ts";
import { ActionButton, type ReadyWallet, WithWallet } from "./parts.tsx";
import { send } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type OwnOffer = {
  readonly id: Hex;
  readonly title: string;
  readonly terms: OfferTerms;
  readonly status: OfferStatus;
  readonly stake: bigint;
  readonly stakeWithdrawableAt: number | null;
  readonly token: TokenInfo;
  readonly earned: bigint;
};

type Props = {
  readonly runtime: Runtime;
  readonly seller: Address;
  readonly native: TokenInfo;
  /** Native credit: bonds and returned stakes. */
  readonly credit: bigint;
  readonly offers: readonly OwnOffer[];
};

/** What a seller does with his offers: earnings, stake, end of sale. */
export function SellerPanel(props: Props) {
  return (
    <WalletProviders runtime={props.runtime}>
      <WithWallet runtime={props.runtime} purpose="withdraw and manage">
        {(wallet) =>
          wallet.address === props.seller ? (
            <Desk {...props} wallet={wallet} />
          ) : (
            <p className={styles.note}>Only the seller&rsquo;s own wallet can do this.</p>
          )
        }
      </WithWallet>
    </WalletProviders>
  );
}

function Desk({ runtime, seller, native, credit, offers, wallet }: Props & { readonly wallet: ReadyWallet }) {
  const escrow = { address: runtime.deployment.escrow, abi: escrowAbi } as const;
  const earning = offers.filter(({ earned }) => earned > 0n);
  return (
    <div className={styles.stack}>
      {credit > 0n && (
        <ActionButton
          label={`Withdraw credit of ${formatAmount(credit, native)}`}
          tone="primary"
          action={async (say) => {
            await send(wallet.transactor, { ...escrow, functionName: "withdraw", args: [zeroAddress, seller] }, say);
            return "Withdrawn to your wallet.";
          }}
        />
      )}
      {earning.map((offer) => (
        <ActionButton
          key={offer.id}
          label={`Withdraw ${formatAmount(offer.earned, offer.token)}`}
          tone="primary"
          note={`earned with ${offer.title}`}
          action={async (say) => {
            await send(
              wallet.transactor,
              { ...escrow, functionName: "withdrawEarnings", args: [offer.terms, seller] },
              say,
            );
            return "Withdrawn to your wallet.";
          }}
        />
      ))}
      {credit === 0n && earning.length === 0 && <p className={styles.note}>There is nothing to withdraw now.</p>}
      {offers.map((offer) => (
        <OfferControls key={offer.id} runtime={runtime} offer={offer} native={native} wallet={wallet} />
      ))}
    </div>
  );
}

function OfferControls(props: {
  readonly runtime: Runtime;
  readonly offer: OwnOffer;
  readonly native: TokenInfo;
  readonly wallet: ReadyWallet;
}) {
  const { runtime, offer, native, wallet } = props;
  const [amount, setAmount] = useState("0.05");
  const stake = typedAmount(amount, native.decimals) ?? 0n;
  const isNoticeOver = useNow(systemClock()) >= (offer.stakeWithdrawableAt ?? 0) + CHAIN_LAG_SECONDS;
  const escrow = { address: runtime.deployment.escrow, abi: escrowAbi } as const;
  const id = `stake-${offer.id}`;
  return (
    <details className={styles.fold}>
      <summary>
        <strong>{offer.title}</strong>: stake and end of sale
      </summary>
      <div>
        <div className={form.field}>
          <label htmlFor={id}>Stake to add ({native.symbol})</label>
          <input
            id={id}
            inputMode="decimal"
            value={amount}
            aria-invalid={stake === 0n}
            onChange={(event) => setAmount(event.target.value)}
          />
          <span className={form.hint}>
            Now {formatAmount(offer.stake, native)}. {stakeWords(offer.terms)}
          </span>
        </div>
        <ActionButton
          label="Post stake"
          disabled={stake === 0n}
          action={async (say) => {
            await send(
              wallet.transactor,
              { ...escrow, functionName: "postStake", args: [offer.terms], value: stake },
              say,
            );
            return "Posted.";
          }}
        />
        {offer.stake > 0n && offer.stakeWithdrawableAt === null && (
          <ActionButton
            label="Announce withdrawal of the stake"
            action={async (say) => {
              await send(wallet.transactor, { ...escrow, functionName: "noticeStake", args: [offer.terms] }, say);
              return "Announced.";
            }}
          />
        )}
        {offer.stake > 0n && offer.stakeWithdrawableAt !== null && (
          <ActionButton
            label="Withdraw the stake"
            disabled={!isNoticeOver}
            note={
              isNoticeOver ? (
                "becomes your credit"
              ) : (
                <Countdown until={offer.stakeWithdrawableAt} now={systemClock()} over="in a moment" />
              )
            }
            action={async (say) => {
              await send(wallet.transactor, { ...escrow, functionName: "withdrawStake", args: [offer.terms] }, say);
              return "The stake is your credit now.";
            }}
          />
        )}
        {offer.status !== "retired" && (
          <ActionButton
            label="End the sale for good"
            tone="danger"
            note="entitlements already bought are unaffected"
            action={async (say) => {
              await send(
                wallet.transactor,
                {
                  address: runtime.deployment.offerRegistry,
                  abi: offerRegistryAbi,
                  functionName: "retire",
                  args: [offer.id],
                },
                say,
              );
              return "Retired.";
            }}
          />
        )}
      </div>
    </details>
  );
}
