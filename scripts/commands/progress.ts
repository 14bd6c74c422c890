import type { Progress } from "#lib/capsule/capsuleFile.ts";

const QUIET_MS = 1000;
const EVERY_MS = 200;

/** Shows on standard error how far something is that takes longer than a second; nothing where nobody watches. */
export function progressOf(what: string): { readonly progress: Progress; readonly done: () => void } {
  const began = performance.now();
  let shownAt = 0;
  const isWatched = process.stderr.isTTY === true;
  return {
    progress: (bytes, total) => {
      const now = performance.now();
      if (!isWatched || now - began < QUIET_MS || now - shownAt < EVERY_MS) return;
      shownAt = now;
      const percent = total === 0 ? 100 : Math.floor((100 * bytes) / total);
      process.stderr.write(`\r${what} ${String(percent).padStart(3)} %, ${Math.round(bytes / 1e6)} MB`);
    },
    done: () => {
      if (shownAt > 0) process.stderr.write("\r\u001b[K");
    },
  };
}
