import { createHmac, timingSafeEqual } from "node:crypto";
import { type Hex, hexToBytes } from "viem";
import { sha256Hex, taggedHash, uint } from "../core/hash.ts";
import { gatewayError } from "./errors.ts";
import type { Poll } from "./wire.ts";

/** How far a runner's clock may be off. */
export const MAX_CLOCK_DIFFERENCE_SECONDS = 60;

/** MAC of a poll: HMAC(pollSecret, T(`poll`, askId ‖ u64 unix)). */
export function pollMac(pollSecret: Uint8Array, askId: Hex, at: number): Hex {
  return mac(pollSecret, taggedHash("poll", hexToBytes(askId), uint(at, 64)));
}

/** MAC of a delivery: HMAC(pollSecret, T(`deliver`, askId ‖ u64 unix ‖ H(body))). */
export function deliveryMac(pollSecret: Uint8Array, askId: Hex, at: number, body: Uint8Array): Hex {
  return mac(pollSecret, taggedHash("deliver", hexToBytes(askId), uint(at, 64), hexToBytes(sha256Hex(body))));
}

/** @throws POLL_UNAUTHENTICATED when the MAC is another or its time is too far from `now` */
export function checkRunMac(proof: Poll, expected: Hex, now: number): void {
  const same = timingSafeEqual(hexToBytes(expected), hexToBytes(proof.mac));
  if (!same || Math.abs(now - proof.at) > MAX_CLOCK_DIFFERENCE_SECONDS) {
    throw gatewayError("POLL_UNAUTHENTICATED", { at: proof.at, now });
  }
}

function mac(key: Uint8Array, message: Uint8Array): Hex {
  return `0x${createHmac("sha256", key).update(message).digest("hex")}`;
}
