import type { Action, Call } from "../action.ts";
import type { Refusal } from "../refusal.ts";
import { NATIVE_MONEY } from "../terms.ts";

/** One line for the log: who does what, when, and what came of it. */
export function sentenceOf(call: Call, action: Action, start: number, refusal: Refusal | undefined): string {
  const { do: what, ...rest } = action;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${shown(name, value, start)}`);
  const money = call.value === 0n ? "" : ` with ${call.value} of ${NATIVE_MONEY}`;
  const gas = call.baseFee === 0n ? "" : ` at a base fee of ${call.baseFee}`;
  const outcome = refusal === undefined ? "done" : refusal.name;
  return `+${call.at - start} s: ${call.by} does ${what}(${details.join(", ")})${money}${gas}: ${outcome}`;
}

const TIMES = new Set(["deadline", "validUntil", "openedAt", "logTime"]);

function shown(name: string, value: unknown, start: number): string {
  if (Array.isArray(value)) return `[${value.map((each) => shown(name, each, start)).join("; ")}]`;
  if (typeof value === "number" && TIMES.has(name)) return `+${value - start} s`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("terms" in value && "name" in value) return String(value.name);
  const members = Object.entries(value).map(([member, inner]) => `${member} ${shown(member, inner, start)}`);
  return `{${members.join(", ")}}`;
}
