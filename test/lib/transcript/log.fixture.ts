import { bytesToHex, type Hex, zeroHash } from "viem";
import { expect } from "vitest";
import { canonicalBytes, type Json } from "#lib/core/json.ts";
import type { ClosingData } from "#lib/transcript/event.ts";
import { leafHash } from "#lib/transcript/merkle.ts";
import { createTranscript, type TranscriptWriter } from "#lib/transcript/writer.ts";

export const code = (name: string) => expect.objectContaining({ code: name });

export const closing: ClosingData = {
  resultHash: zeroHash,
  bundleHash: zeroHash,
  nextTokensHash: zeroHash,
  receiptHash: zeroHash,
  nextStateCommitment: zeroHash,
  nextNetCommitment: zeroHash,
};

/** Random bytes that are the same for the same seed: a run that can be repeated. */
export function seeded(seed: number): (length: number) => Uint8Array {
  let state = seed;
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state >> 16;
  };
  return (length) => Uint8Array.from({ length }, next);
}

/** A log of `count` events, the last of which closes it. */
export function record(count: number, write?: (log: TranscriptWriter) => void, seed = 1, at = 1_700_000_000) {
  const log = createTranscript({ clock: () => at, random: seeded(seed) });
  write?.(log);
  while (log.count() < count - 1) log.append("event", { number: log.count() });
  return log.close(closing);
}

export type Line = Record<string, Json>;

/** The events of a log as plain data. */
export const linesOf = (bytes: Uint8Array): Line[] =>
  Buffer.from(bytes)
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Writes events as they are: nothing about them is mended. */
export const fileOf = (lines: readonly Line[]): Uint8Array =>
  Buffer.concat(lines.flatMap((line) => [canonicalBytes(line), Uint8Array.of(0x0a)]));

/** Numbers and links events anew: what somebody does who rewrites the whole log. */
export function relinked(lines: readonly Line[]): Line[] {
  let prev: Hex = zeroHash;
  return lines.map((line, index) => {
    const event = { ...line, index, prev };
    prev = bytesToHex(leafHash(canonicalBytes(event)));
    return event;
  });
}
