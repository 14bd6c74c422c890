"use client";

import type { Address } from "viem";
import { escrowAbi } from "#lib/chain/generated/abis.ts";
import { formatAmount, type TokenInfo } from "../_components/amounts.ts";
import styles from "../_components/parts.module.css";
import type { Runtime } from "../_components/runtime.ts";
import { ActionButton, WithWallet } from "./parts.tsx";
import { send } from "./useAction.ts";
import { WalletProviders } from "./WalletProviders.tsx";

type Props = {
  readonly runtime: Runtime;
  readonly owner: Address;
  readonly token: TokenInfo;
  readonly amount: bigint;
};

/** Withdraws an account's credit in one token. */
export function CreditPanel({ runtime, owner, token, amount }: Props) {
  return (
    <WalletProviders runtime={runtime}>
      <WithWallet runtime={runtime} purpose="withdraw your credit">
        {(wallet) =>
          wallet.address === owner ? (
            <ActionButton
              label={`Withdraw ${formatAmount(amount, token)}`}
              note="fees and bonds that became your credit"
              action={async (say) => {
                await send(
                  wallet.transactor,
                  {
                    address: runtime.deployment.escrow,
                    abi: escrowAbi,
                    functionName: "withdraw",
                    args: [token.token, owner],
                  },
                  say,
                );
                return "Withdrawn to your wallet.";
              }}
            />
          ) : (
            <p className={styles.note}>Only the account&rsquo;s own wallet can withdraw its credit.</p>
          )
        }
      </WithWallet>
    </WalletProviders>
  );
}
