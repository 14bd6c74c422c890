import type { MarketActivity, OfferStatus, StepStatus } from "#lib/market/market.ts";

export type Tone = "good" | "warn" | "bad" | "accent" | "plain";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Seconds in words, at most two units: `1 day 2 hours`. */
export function durationWords(seconds: number): string {
  if (seconds <= 0) return "no time";
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(rest / size);
    if (amount > 0) parts.push(`${amount} ${unit}${amount === 1 ? "" : "s"}`);
    rest -= amount * size;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** `2026-11-23 08:09:18 UTC`, of unix seconds. */
export function utcWords(at: number): string {
  return new Date(at * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
}

/** `in 5 minutes`, `2 hours ago`: one unit, rounded. */
export function relativeWords(at: number, now: number): string {
  const distance = at - now;
  const [unit, size] = UNITS.find(([, seconds]) => Math.abs(distance) >= seconds * 0.95) ?? ["second", 1];
  const amount = Math.round(Math.abs(distance) / size);
  if (amount === 0) return "now";
  const words = `${amount} ${unit}${amount === 1 ? "" : "s"}`;
  return distance > 0 ? `in ${words}` : `${words} ago`;
}

export const offerStatusWords: Record<OfferStatus, { readonly label: string; readonly tone: Tone }> = {
  live: { label: "For sale", tone: "good" },
  ended: { label: "Sale ended", tone: "plain" },
  retired: { label: "Retired", tone: "plain" },
};

export const stepStatusWords: Record<StepStatus, { readonly label: string; readonly tone: Tone }> = {
  unopened: { label: "Not opened", tone: "plain" },
  open: { label: "Open", tone: "accent" },
  lapsed: { label: "Timed out", tone: "bad" },
  claimed: { label: "Claimed", tone: "warn" },
  challenged: { label: "Challenged", tone: "bad" },
  paid: { label: "Paid", tone: "good" },
};

const EVENT_SENTENCES: Readonly<Record<string, string>> = {
  OfferPublished: "An offer was published",
  OfferRetired: "An offer was taken off sale",
  Purchased: "Steps were bought",
  ToppedUp: "Steps were added",
  Refunded: "Unopened steps were refunded",
  PermitConsumed: "A run took a step",
  StepTimedOut: "A step timed out and is free again",
  StepClaimed: "A step was claimed",
  StepPaid: "A step was paid",
  StepRejected: "A step is free again, and those that were opened after it",
  ClaimProven: "A claim was proven on-chain",
  ClaimAcknowledged: "The buyer agreed to immediate payment",
  ClaimRejected: "A claim was rejected",
  EvidenceChallenged: "A claim's evidence was challenged",
  ConductChallenged: "A step's conduct was challenged",
  ConductRuled: "The arbiter ruled",
  BondReclaimed: "A challenge bond went back",
  PermitsCancelled: "The buyer cancelled all permits",
  Delegated: "The buyer let another key sign permits",
  DelegateRevoked: "A delegate was revoked",
  DelegationNonceBurnt: "A signed delegation was used up",
  Credited: "Money became withdrawable",
  Withdrawn: "Credit was withdrawn",
  EarningsWithdrawn: "A seller withdrew earnings",
  StakePosted: "A stake was posted",
  StakeNoticed: "A stake's withdrawal was announced",
  StakeWithdrawn: "A stake was withdrawn",
  StakeSlashed: "A stake paid for a false claim",
};

// In the order of the contract's enums.
const REJECTIONS = [
  "A claim was rejected: no proof came in time",
  "A claim was rejected: the arbiter ruled so",
  "A claim was rejected: the arbiter stayed silent",
];
const RULINGS = ["The arbiter upheld a claim", "The arbiter split a step's price", "The arbiter rejected a claim"];

/** An event in a sentence; one that has none is named as the contract names it. */
export function eventSentence({ name, args }: Pick<MarketActivity, "name" | "args">): string {
  const particular =
    name === "ClaimRejected"
      ? REJECTIONS[Number(args.cause)]
      : name === "ConductRuled"
        ? RULINGS[Number(args.ruling)]
        : undefined;
  return particular ?? EVENT_SENTENCES[name] ?? name;
}

/** `0x1234…abcd`. */
export function shortHex(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}
