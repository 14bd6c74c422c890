import { createHmac, timingSafeEqual } from "node:crypto";
import { type Hex, hexToBytes } from "viem";
import { sha256Hex, taggedHash, uint } from "../core/hash.ts";
import { gatewayError } from "./errors.ts";
import type { AnnouncedBody, Poll } from "./wire.ts";

/** How far a runner's clock may be off. */
export const MAX_CLOCK_DIFFERENCE_SECONDS = 60;

/** MAC of a poll: HMAC(pollSecret, T(`poll`, askId ‖ u64 unix)). */
export function pollMac(pollSecret: Uint8Array, askId: Hex, at: number): Hex {
  return mac(pollSecret, taggedHash("poll", hexToBytes(askId), uint(at, 64)));
}

/** What is said of a body before it is sent. */
export function announce(body: Uint8Array): AnnouncedBody {
  return { bytes: body.length, hash: sha256Hex(body) };
}

/** {@link announcedMac} of a body in hand. */
export function deliveryMac(pollSecret: Uint8Array, askId: Hex, at: number, body: Uint8Array): Hex {
  return announcedMac(pollSecret, askId, at, announce(body));
}

/**
 * MAC of a delivery: HMAC(pollSecret, T(`deliver`, askId ‖ u64 unix ‖ u64 length ‖ H(body))), so that it can be checked
 * before the body is read. The tag and the ask stand for method and path: no other call takes this MAC.
 */
export function announcedMac(pollSecret: Uint8Array, askId: Hex, at: number, { bytes, hash }: AnnouncedBody): Hex {
  return mac(pollSecret, taggedHash("deliver", hexToBytes(askId), uint(at, 64), uint(bytes, 64), hexToBytes(hash)));
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
