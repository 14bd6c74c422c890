import type { Cast } from "../chain/chain.ts";
import type { Account } from "../terms.ts";

/** Who takes part. `rival` is a second seller who plays every role of his own offers; `owner` has the key of `account`. */
export const cast: Cast = {
  people: [
    "seller",
    "rival",
    "buyer",
    "owner",
    "gateway",
    "verifier",
    "observer",
    "arbiter",
    "delegate",
    "watcher",
    "stranger",
    "purse",
  ],
  accounts: {
    account: { owner: "owner", refusesMoney: false },
    refuser: { owner: "owner", refusesMoney: true },
  },
  playMoney: "play money",
  hostileToken: "hostile token",
  payers: ["buyer", "account", "watcher", "rival"],
};

/** One is a person, one a contract. */
export const BUYERS: readonly Account[] = ["buyer", "account"];
