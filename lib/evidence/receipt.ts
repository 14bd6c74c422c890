import { type Hex, hashTypedData } from "viem";
import { z } from "zod";
import { bytes32 } from "../core/encoding.ts";
import { canonicalBytes, parseCanonical, parseSchema } from "../core/json.ts";
import { type PermitDomain, permitConsumerDomain } from "../permits/stepPermit.ts";

const what = "receipt.json";
const MAX_RECEIPT_BYTES = 4096;

/** What the gateway signs when it holds both outputs. `at` is unix seconds. */
export type Receipt = {
  readonly permitHash: Hex;
  readonly resultHash: Hex;
  readonly bundleHash: Hex;
  readonly at: number;
};

const receiptTypes = {
  Receipt: [
    { name: "permitHash", type: "bytes32" },
    { name: "resultHash", type: "bytes32" },
    { name: "bundleHash", type: "bytes32" },
    { name: "at", type: "uint64" },
  ],
} as const;

export function receiptDigest(receipt: Receipt, domain: PermitDomain): Hex {
  return hashTypedData({
    domain: permitConsumerDomain(domain),
    types: receiptTypes,
    primaryType: "Receipt",
    message: { ...receipt, at: BigInt(receipt.at) },
  });
}

const signature = z.custom<Hex>((value) => typeof value === "string" && /^0x(?:[0-9a-f]{2}){1,2048}$/.test(value), {
  message: "expected a signature in lower-case hex",
});

/** `receipt.json`, version 1: the receipt with the gateway's signature. */
const receiptFileSchema = z.strictObject({
  v: z.literal(1),
  permitHash: bytes32,
  resultHash: bytes32,
  bundleHash: bytes32,
  at: z.int().min(1),
  signature,
});

export type ReceiptFile = z.output<typeof receiptFileSchema>;

/** @throws SCHEMA_MISMATCH */
export function encodeReceipt(receipt: ReceiptFile): Uint8Array {
  return canonicalBytes(parseSchema(receiptFileSchema, receipt, what));
}

/** @throws JSON_*, SCHEMA_MISMATCH, CRITICAL_FIELD_UNKNOWN */
export function parseReceipt(bytes: Uint8Array): ReceiptFile {
  return parseCanonical(bytes, receiptFileSchema, { what, maxBytes: MAX_RECEIPT_BYTES });
}
