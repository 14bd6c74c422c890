import { type Hex, recoverAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { capabilityInfo, type EnvelopeHeader, openEnvelope, sealEnvelope } from "#lib/capability/envelope.ts";
import { hpkeSeal, workerKeyPair } from "#lib/capability/hpke.ts";
import { systemRandom } from "#lib/core/effects.ts";

const gateway = privateKeyToAccount(`0x${"01".repeat(32)}`);
const sign = (hash: Hex) => gateway.sign({ hash });
const verify = async (hash: Hex, signature: Hex) =>
  (await recoverAddress({ hash, signature })).toLowerCase() === gateway.address.toLowerCase();
const word = (byte: string): Hex => `0x${byte.repeat(32)}`;

async function fixture() {
  const worker = await workerKeyPair(systemRandom(32));
  const header: EnvelopeHeader = {
    v: 1,
    kind: 1,
    chainId: 31337,
    permitConsumer: `0x${"11".repeat(20)}`,
    entitlement: word("07"),
    step: 2,
    permitHash: word("08"),
    repositoryId: "5",
    runId: "77",
    runAttempt: 1,
    workerKey: worker.publicKey,
    gateway: gateway.address.toLowerCase() as Hex,
    expiresAt: 2_000_000_000,
  };
  const { v: _v, expiresAt: _e, ...expected } = header;
  return { worker, header, expected };
}

describe("a capability envelope", () => {
  it("opens for the run it was sealed to", async () => {
    const { worker, header, expected } = await fixture();
    const envelope = await sealEnvelope(header, new Uint8Array([1, 2, 3]), sign);
    expect([...(await openEnvelope(envelope, expected, worker.privateKey, verify))]).toEqual([1, 2, 3]);
  });

  it("stays shut for another worker key", async () => {
    const { header, expected } = await fixture();
    const other = await workerKeyPair(systemRandom(32));
    const envelope = await sealEnvelope(header, new Uint8Array([1]), sign);
    await expect(openEnvelope(envelope, expected, other.privateKey, verify)).rejects.toMatchObject({
      code: "ENVELOPE_UNREADABLE",
    });
  });

  for (const [field, value] of [
    ["kind", 2],
    ["step", 3],
    ["permitHash", word("09")],
    ["entitlement", word("0a")],
    ["runId", "78"],
    ["chainId", 1],
  ] as const) {
    it(`is refused when its ${field} is not the expected one`, async () => {
      const { worker, header, expected } = await fixture();
      const envelope = await sealEnvelope({ ...header, [field]: value } as EnvelopeHeader, new Uint8Array([1]), sign);
      await expect(openEnvelope(envelope, expected, worker.privateKey, verify)).rejects.toMatchObject({
        code: "ENVELOPE_CONTEXT_MISMATCH",
        values: { field },
      });
    });

    it(`does not open when its ${field} is relabelled and signed again`, async () => {
      const { worker, header, expected } = await fixture();
      const sealed = await sealEnvelope({ ...header, [field]: value } as EnvelopeHeader, new Uint8Array([1]), sign);
      const honest = await sealEnvelope(header, new Uint8Array([2]), sign);
      const franken = { ...honest, enc: sealed.enc, ct: sealed.ct };
      await expect(openEnvelope(franken, expected, worker.privateKey, verify)).rejects.toMatchObject({
        code: "ENVELOPE_SIGNATURE_INVALID",
      });
      await expect(openEnvelope(franken, expected, worker.privateKey, async () => true)).rejects.toMatchObject({
        code: "ENVELOPE_UNREADABLE",
      });
    });
  }

  it("is refused when somebody else signed it", async () => {
    const { worker, header, expected } = await fixture();
    const stranger = privateKeyToAccount(`0x${"02".repeat(32)}`);
    const envelope = await sealEnvelope(header, new Uint8Array([1]), (hash) => stranger.sign({ hash }));
    await expect(openEnvelope(envelope, expected, worker.privateKey, verify)).rejects.toMatchObject({
      code: "ENVELOPE_SIGNATURE_INVALID",
    });
  });

  it("is signed over its sealed bytes", async () => {
    const { worker, header, expected } = await fixture();
    const envelope = await sealEnvelope(header, new Uint8Array([1]), sign);
    for (const field of ["enc", "ct"] as const) {
      const bytes = Buffer.from(envelope[field], "base64url");
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      const altered = { ...envelope, [field]: bytes.toString("base64url") };
      await expect(openEnvelope(altered, expected, worker.privateKey, verify)).rejects.toMatchObject({
        code: "ENVELOPE_SIGNATURE_INVALID",
      });
    }
  });

  it("is sealed under an info of its own for each kind, step and permit", async () => {
    const { header } = await fixture();
    const infos = [
      capabilityInfo(header, 2, 1, word("08")),
      capabilityInfo(header, 2, 2, word("08")),
      capabilityInfo(header, 3, 1, word("08")),
      capabilityInfo(header, 2, 1, word("09")),
    ];
    expect(new Set(infos.map((info) => Buffer.from(info).toString("hex"))).size).toBe(4);
  });

  it("is never sealed to a low-order worker key", async () => {
    const lowOrder: Hex[] = [word("00"), `0x01${"00".repeat(31)}`, `0xecff${"ff".repeat(29)}7f`];
    for (const key of lowOrder) {
      await expect(hpkeSeal(key, new Uint8Array(1), new Uint8Array(1))).rejects.toMatchObject({
        code: "WORKER_KEY_WEAK",
      });
    }
  });
});
