import { bytesToHex, zeroHash } from "viem";
import { canonicalBytes } from "#lib/core/json.ts";
import { leafHash } from "#lib/transcript/merkle.ts";
import { readTranscriptStream } from "#lib/transcript/reader.ts";

const EVENTS = 100_000;
const RUNS = 5;

/**
 * What it costs to verify a log of 100,000 events of 300 bytes, on one thread: the median time, and how far the memory
 * of the process rose above what it was before. The log is made while it is read, so that none of the memory is its own;
 * the time it takes to make is not counted.
 */
export async function measureTranscript(): Promise<{
  readonly transcript100kMs: number;
  readonly transcript100kPeakMb: number;
}> {
  await timeOf();
  const before = process.memoryUsage.rss();
  let peak = before;
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    times.push(await timeOf(() => (peak = Math.max(peak, process.memoryUsage.rss()))));
  }
  times.sort((a, b) => a - b);
  return {
    transcript100kMs: Math.round(times[Math.floor(RUNS / 2)] ?? 0),
    transcript100kPeakMb: Math.round((peak - before) / 1_048_576),
  };
}

/** Milliseconds of one reading. */
async function timeOf(betweenChunks: () => void = () => undefined): Promise<number> {
  let making = 0;
  const chunks = async function* () {
    const source = logOf(EVENTS);
    for (;;) {
      const from = performance.now();
      const { value, done } = source.next();
      making += performance.now() - from;
      if (done) return;
      yield value;
      betweenChunks();
    }
  };
  const from = performance.now();
  const { count } = await readTranscriptStream(chunks());
  if (count !== EVENTS) throw new Error("the benchmark's own log was not read whole");
  return performance.now() - from - making;
}

/** A whole log, in pieces of 64 KiB as a file gives them. */
function* logOf(events: number): Generator<Uint8Array, undefined> {
  let prev: string = zeroHash;
  let piece: Uint8Array[] = [];
  let bytes = 0;
  for (let index = 0; index < events; index++) {
    const line = canonicalBytes({
      v: 1,
      index,
      at: 1_700_000_000 + index,
      type: "artifact",
      data: { producer: "tool", name: `output ${index}`, sha256: zeroHash, bytes: index },
      salt: `0x${index.toString(16).padStart(32, "0")}`,
      prev,
    });
    prev = bytesToHex(leafHash(line));
    piece.push(line, Uint8Array.of(0x0a));
    bytes += line.length + 1;
    if (bytes < 65_536) continue;
    yield Buffer.concat(piece);
    piece = [];
    bytes = 0;
  }
  yield Buffer.concat(piece);
  return undefined;
}
