import { styleText } from "node:util";
import { zeroHash } from "viem";
import { frameUntrusted, projectData } from "#lib/capsule/untrusted.ts";
import type { Json } from "#lib/core/json.ts";
import { ARTIFACT_EVENT, SNAPSHOT_EVENT } from "#lib/transcript/artifacts.ts";
import type { Difference, FieldChange } from "#lib/transcript/compare.ts";
import { CLOSING_EVENT, type TranscriptEvent, untrustedFieldsOf } from "#lib/transcript/event.ts";
import type { Proof } from "#lib/transcript/proof.ts";

/** How events read in a terminal. What a log says is a stranger's text: nothing of it reaches the terminal unescaped. */

const LONGEST_VALUE = 100;
const LONGEST_FRAMED = 2000;
const INDENT = "    ";

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

/** `name value` pairs of an event's data, without what it calls a stranger's text: that is {@link framesOf}. */
export function fieldsOf(event: TranscriptEvent): string {
  const untrusted = new Set(untrustedFieldsOf(event));
  return Object.entries(event.data)
    .filter(([name]) => !untrusted.has(name))
    .map(([name, value]) => `${styleText("dim", shown(name))} ${short(value)}`)
    .join("  ");
}

/** Each field that an event calls a stranger's text, in a frame, indented. */
export function framesOf(event: TranscriptEvent): readonly string[] {
  const { index, data } = event;
  return untrustedFieldsOf(event).map((name) => frameOf(data[name] ?? null, `event ${index}, field ${name}`));
}

/** An event for a reader of JSON: its data as it may be shown. What it was exactly, stands in the log. */
export function projectEvent(event: TranscriptEvent): TranscriptEvent {
  return { ...event, data: projectData(event.data, untrustedFieldsOf(event), `event ${event.index}`) };
}

export function projectProof(proof: Proof): Proof {
  return proof.kind === "inclusion" ? { ...proof, event: projectEvent(proof.event) } : proof;
}

/** A difference for a reader of JSON: a stranger's text is framed. */
export function projectDifference(difference: Difference): Difference {
  if (difference.kind !== "changed") return difference;
  const framed = (value: Json | undefined, index: number, field: string) =>
    value === undefined ? undefined : frameUntrusted(textOf(value), `event ${index}, field ${field}`);
  const fields = difference.fields.map((change): FieldChange => {
    if (!change.untrusted) return change;
    const before = framed(change.before, difference.before, change.field);
    const after = framed(change.after, difference.after, change.field);
    return { ...change, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
  });
  return { ...difference, fields };
}

function frameOf(value: Json, source: string): string {
  const text = textOf(value);
  const framed = frameUntrusted(text.length > LONGEST_FRAMED ? `${text.slice(0, LONGEST_FRAMED)}…` : text, source);
  return framed.replaceAll(/^/gm, INDENT);
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Unix seconds as a date; as a number where no date can be made of it. */
export function dateOf(at: number): string {
  const date = new Date(at * 1000);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().replace(".000Z", "Z");
}

/** What an event means, for somebody who does not know the format. */
export function sentenceOf(event: TranscriptEvent): string {
  const untrusted = untrustedFieldsOf(event);
  // No sentence of ours carries a stranger's words: they follow it.
  const data = { ...event.data, ...Object.fromEntries(untrusted.map((name) => [name, "[below]"])) };
  return [plainSentence({ ...event, data }, fieldsOf(event)), ...framesOf(event)].join("\n");
}

function plainSentence({ type, data }: TranscriptEvent, fields: string): string {
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
    default:
      return fields === "" ? `${type}.` : `${type}: ${fields}`;
  }
}

/** @param indices of the event in the run before and the one after */
export function changeOf(
  { field, before, after, untrusted }: FieldChange,
  indices: { readonly before: number; readonly after: number },
): string {
  if (untrusted) {
    const sides = [
      ["red", "-", before, indices.before],
      ["green", "+", after, indices.after],
    ] as const;
    const frames = sides.flatMap(([colour, sign, value, index]) =>
      value === undefined ? [] : [`  ${styleText(colour, sign)}`, frameOf(value, `event ${index}, field ${field}`)],
    );
    return [shown(field), ...frames].join("\n");
  }
  const from = before === undefined ? "" : styleText("red", `- ${shown(before)}`);
  const to = after === undefined ? "" : styleText("green", `+ ${shown(after)}`);
  return `${shown(field)}  ${[from, to].filter((part) => part !== "").join("  ")}`;
}
