/** The outside world that code takes as arguments, so that a test needs no mocked module. */

/** Current time in unix seconds. */
export type Clock = () => number;

/** Cryptographically secure random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

export const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));
