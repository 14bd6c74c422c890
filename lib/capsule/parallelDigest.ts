import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Hex } from "viem";

/** A piece of memory that a stream is read into. */
export type Slot = { readonly index: number; readonly bytes: Uint8Array };

/** To the worker: hash so much of this slot; a slot that does not exist asks for the digest. */
export type DigestMessage = { readonly slot: number; readonly length: number };
type Answer = { readonly slot: number } | { readonly digest: string };

const SLOTS = 6;
const SLOT_BYTES = 1_048_576;
/** Below this a thread costs more than it saves. */
const MIN_PARALLEL_BYTES = 8 * SLOT_BYTES;

/**
 * SHA-256 of a stream that passes through a few slots, on a thread of its own, while this one does other things with the
 * same bytes. Every byte is read once, so what is hashed is what was looked at. Memory is the slots, whatever the length.
 */
export class ParallelDigest {
  readonly #worker: Worker | undefined;
  readonly #inline = createHash("sha256");
  readonly #free: Slot[];
  readonly #busy = new Map<number, { readonly slot: Slot; readonly done: () => void }>();
  #waiting: { readonly resolve: (slot: Slot) => void; readonly reject: (cause: unknown) => void } | undefined;
  #finished: { readonly resolve: (digest: Hex) => void; readonly reject: (cause: unknown) => void } | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /** @param expectedBytes about how long the stream is */
  constructor(expectedBytes: number) {
    const buffers = Array.from({ length: SLOTS }, () => new SharedArrayBuffer(SLOT_BYTES));
    this.#free = buffers.map((buffer, index) => ({ index, bytes: new Uint8Array(buffer) }));
    if (expectedBytes < MIN_PARALLEL_BYTES) return;
    this.#worker = new Worker(new URL("./digestWorker.ts", import.meta.url), { workerData: buffers });
    this.#worker.on("message", (answer: Answer) => {
      if ("digest" in answer) this.#finished?.resolve(`0x${answer.digest}`);
      else this.#busy.get(answer.slot)?.done();
    });
    this.#worker.on("error", (cause) => this.#fail(cause));
    // Whatever ends it early: nobody waits for an answer that cannot come.
    this.#worker.on("exit", () => this.#fail(new Error("the thread that hashes has ended")));
  }

  /** A slot to fill, as soon as one is free. */
  take(): Slot | Promise<Slot> {
    if (this.#failure) throw this.#failure.cause;
    return this.#free.pop() ?? new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  /**
   * Hashes the beginning of a slot. The slot is free again when that is done, and `also`.
   *
   * @param also what else has to be done with the slot; its failure is thrown by the next call
   */
  add(slot: Slot, length: number, also?: Promise<unknown>): void {
    if (!this.#worker) {
      this.#inline.update(slot.bytes.subarray(0, length));
      if (also)
        also.then(
          () => this.#release(slot),
          (cause) => this.#fail(cause),
        );
      else this.#release(slot);
      return;
    }
    const hashed = new Promise<void>((done) => this.#busy.set(slot.index, { slot, done }));
    Promise.all([hashed, also]).then(
      () => {
        this.#busy.delete(slot.index);
        this.#release(slot);
      },
      (cause) => this.#fail(cause),
    );
    this.#worker.postMessage({ slot: slot.index, length } satisfies DigestMessage);
  }

  /** Gives back a slot that was not used. */
  discard(slot: Slot): void {
    this.#release(slot);
  }

  /** The digest of everything, after everything that had to be done. */
  async digest(): Promise<Hex> {
    const taken: Slot[] = [];
    while (taken.length < SLOTS) taken.push(await this.take());
    if (!this.#worker) return `0x${this.#inline.digest("hex")}`;
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#finished = { resolve, reject };
      worker.postMessage({ slot: SLOTS, length: 0 } satisfies DigestMessage);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #release(slot: Slot): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.resolve(slot);
    else this.#free.push(slot);
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#waiting?.reject(cause);
    this.#finished?.reject(cause);
  }
}
