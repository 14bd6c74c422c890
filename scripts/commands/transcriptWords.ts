import { styleText } from "node:util";
import { zeroHash } from "viem";
import type { Json } from "#lib/core/json.ts";
import { ARTIFACT_EVENT, SNAPSHOT_EVENT } from "#lib/transcript/artifacts.ts";
import type { FieldChange } from "#lib/transcript/compare.ts";
import { CLOSING_EVENT, type TranscriptEvent } from "#lib/transcript/event.ts";

/** How events read in a terminal. What a log says is a stranger's text: nothing of it reaches the terminal unescaped. */

const LONGEST_VALUE = 100;

/** A value on one line. Control characters and marks that turn the direction of text are shown, never sent. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" && !/[\s"]/.test(value) && value !== "" ? value : JSON.stringify(value);
  const plain = text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return plain.length > LONGEST_VALUE ? `${plain.slice(0, LONGEST_VALUE)}…` : plain;
}

/** A hash, short enough to compare by eye; whole with --json. */
export function short(hash: Json | undefined): string {
  return typeof hash === "string" && /^0x[0-9a-f]{64}$/.test(hash)
    ? `${hash.slice(0, 10)}…${hash.slice(-4)}`
    : shown(hash);
}

/** `name value` pairs of an event's data. */
export function fieldsOf(data: Readonly<Record<string, Json>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${styleText("dim", shown(name))} ${short(value)}`)
    .join("  ");
}

/** Unix seconds as a date; as a number where no date can be made of it. */
export function dateOf(at: number): string {
  const date = new Date(at * 1000);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace(".000Z", "Z");
}

/** What an event means, for somebody who does not know the format. */
export function sentenceOf({ type, data }: TranscriptEvent): string {
  switch (type) {
    case "permitted":
      return `The buyer's permit ${short(data.permitHash)} was checked, under policy ${short(data.policyHash)}.`;
    case "restored":
      return data.parentBundleHash === zeroHash
        ? "It began afresh: there was no earlier state."
        : `It restored ${shown(data.files)} files from the state bundle ${short(data.parentBundleHash)}.`;
    case "executed":
      return `It ran ${shown(data.entry)} of ${shown(data.repository)} at commit ${shown(data.commit)}, kept apart by ${shown(data.isolation)}.`;
    case ARTIFACT_EVENT:
      return `${shown(data.producer)} made ${shown(data.name)}: ${shown(data.bytes)} bytes, ${short(data.sha256)}.`;
    case SNAPSHOT_EVENT:
      return `Its state was kept: ${shown(data.bytes)} bytes, ${short(data.stateHash)}.`;
    case CLOSING_EVENT:
      return `It closed with result ${short(data.resultHash)} and state bundle ${short(data.bundleHash)}.`;
    default: {
      const fields = fieldsOf(data);
      return fields === "" ? `${type}.` : `${type}: ${fields}`;
    }
  }
}

export function changeOf({ field, before, after }: FieldChange): string {
  const from = before === undefined ? "" : styleText("red", `- ${shown(before)}`);
  const to = after === undefined ? "" : styleText("green", `+ ${shown(after)}`);
  return `${shown(field)}  ${[from, to].filter((part) => part !== "").join("  ")}`;
}
