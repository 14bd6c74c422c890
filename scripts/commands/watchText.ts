import { printable, printableJson } from "#lib/core/printable.ts";
import type { Alarm } from "#lib/settlement/watch/decision.ts";
import type { WatchEvent, WatchSummary } from "#lib/settlement/watch/watcher.ts";
import { errorValueLines } from "./errorText.ts";

/** What a watcher says, for a person and for a machine. */

const alarms: Readonly<Record<Alarm, string>> = {
  conduct: "a ground for a conduct challenge, which is yours to make: a proof would pass it over",
  "offer not provable": "the offer knows no evidence challenge; what is left is a conduct challenge, or none",
  "evidence missing elsewhere":
    "the evidence is missing, and the entitlement is not your buyer's: nothing is risked for it",
  "not judged": "this watcher could not judge the evidence; nothing follows from that, but look at why",
  "budget total": "THE BUDGET IS USED UP: this claim should be challenged and is not",
  "budget of the day": "TODAY'S BUDGET IS USED UP: this claim should be challenged and is not yet",
  "no funds": "THE ACCOUNT IS TOO POOR: this claim should be challenged and is not",
  "challenges fail": "its challenges were taken by blocks without effect; look at the transactions",
};

/** One event as lines; the first says which claim it is about. */
export function eventLines(event: WatchEvent): readonly string[] {
  if (event.event === "failure" && event.claim === undefined) return failureLines(event.error);
  const { claim } = event;
  const about = claim ? `step ${claim.step} of ${claim.entitlement.slice(0, 18)}…: ` : "";
  switch (event.event) {
    case "claim":
      return [
        `${about}claimed${event.own ? "" : " (not your buyer's)"}, to be challenged before ${timeOf(event.claim.windowEnd)}`,
      ];
    case "evidence": {
      const { outcome, tries } = event.look;
      if (outcome.status === "passed") return [`${about}its evidence holds`];
      if (outcome.status === "failed") return [`${about}its evidence FAILS: ${outcome.check} (${outcome.code})`];
      const found = outcome.status === "missing" ? "its evidence is not there" : "its evidence could not be judged";
      return [`${about}${found} (${printable(outcome.code)}), look ${tries}`];
    }
    case "signed":
    case "sent again":
    case "replaced": {
      const because = event.reason ? ` because of ${event.reason.check} (${printable(event.reason.code)})` : "";
      return [`${about}${event.action} ${event.event}${because}: transaction ${event.transaction}`];
    }
    case "alarm":
      return [`ALARM ${about}${alarms[event.about]}: ${event.reason.check} (${printable(event.reason.code)})`];
    case "closed":
      return [`${about}decided: ${event.result}${event.bond > 0n ? `, ${event.bond} wei` : ""}`];
    case "refused":
    case "failure":
      return failureLines(event.error, about);
  }
}

function failureLines(
  error: Extract<WatchEvent, { readonly event: "failure" }>["error"],
  about = "",
): readonly string[] {
  return [`${about}${error.code}: ${error.message}`, ...errorValueLines(error)];
}

/** One event as one line of JSON. Amounts of wei are decimal strings. */
export function eventJson(event: WatchEvent): string {
  const plain = "error" in event ? { ...event, error: event.error.toJSON() } : event;
  return printableJson(withoutBigints(plain));
}

export function summaryJson(summary: WatchSummary): string {
  return printableJson(withoutBigints({ event: "pass", ...summary }));
}

export function summaryLine({ open, inFlight, alarms: raised, failures, exposure }: WatchSummary): string {
  const parts = [
    `${open} open claims`,
    `${inFlight} transactions in flight`,
    `${raised.length} alarms`,
    `${failures} failures`,
    `${exposure.total} wei at risk or lost`,
  ];
  return parts.join(", ");
}

function withoutBigints(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, field) => (typeof field === "bigint" ? field.toString() : field)));
}

/** Contracts hold 40 bits of seconds; a window that ends beyond what a date can say is shown as its number. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
