import fc from "fast-check";
import { encodeAbiParameters, type Hex, parseAbiParameters, sha256, stringToBytes, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "#lib/core/json.ts";
import { parseCertificate } from "#lib/evidence/certificate.ts";
import { attestationChecks, stepChecks } from "#lib/evidence/checks.ts";
import { claimHash, decodeClaim, encodeClaim, STEP_CLAIM_TAG, type StepClaim } from "#lib/evidence/claim.ts";
import { parseNextTokens } from "#lib/evidence/nextTokens.ts";
import { parseObservation } from "#lib/evidence/observation.ts";
import { parseReceipt } from "#lib/evidence/receipt.ts";
import {
  type Check,
  parseReport,
  reportBytes,
  reportHash,
  type VerificationReport,
  verdictOf,
} from "#lib/evidence/report.ts";
import { encodeResult, parseResult } from "#lib/evidence/result.ts";
import { checksumsText, statementBytes } from "#lib/evidence/statement.ts";
import { tried } from "../../properties.ts";
import { flip, mintStep, rewrite, verifyChanged } from "./step.fixture.ts";

const minted = await mintStep({ finalObservation: (honest) => honest });
const code = (name: string) => expect.objectContaining({ code: name });

const word = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);
const claims: fc.Arbitrary<StepClaim> = fc.record({
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  settlement: fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`),
  entitlement: word,
  step: fc.integer({ min: 0, max: 0xffff_ffff }),
  permitHash: word,
  certificateHash: word,
  resultHash: word,
  bundleHash: word,
  nextStateCommitment: word,
  nextNetCommitment: word,
  transcriptRoot: word,
});

describe("the claim blob", () => {
  it("is the ABI encoding of the contract's words", () => {
    const parameters = parseAbiParameters(
      "bytes32 tag, uint256 chainId, address settlement, bytes32 entitlement, uint32 step, bytes32 permitHash, bytes32 certificateHash, bytes32 resultHash, bytes32 bundleHash, bytes32 nextState, bytes32 nextNet, bytes32 transcriptRoot",
    );
    fc.assert(
      fc.property(claims, (c) => {
        const encoded = encodeAbiParameters(parameters, [
          ...([STEP_CLAIM_TAG, BigInt(c.chainId), c.settlement, c.entitlement, c.step, c.permitHash] as const),
          ...([c.certificateHash, c.resultHash, c.bundleHash, c.nextStateCommitment, c.nextNetCommitment] as const),
          c.transcriptRoot,
        ]);
        expect(`0x${Buffer.from(encodeClaim(c)).toString("hex")}`).toBe(encoded);
        expect(claimHash(c)).toBe(sha256(encoded));
      }),
      tried("a claim blob is the ABI encoding", 100),
    );
  });

  it("begins with the tag of the contracts", () => {
    expect(STEP_CLAIM_TAG).toBe(sha256(stringToBytes("pawl/v1/StepClaim\0")));
  });

  it("reads back what was written, and nothing with one bit more", () => {
    fc.assert(
      fc.property(claims, (claim) => {
        expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
      }),
      tried("a claim blob reads back", 100),
    );
    const bytes = encodeClaim(minted.claim);
    const refused = (change: (copy: Uint8Array) => Uint8Array) =>
      expect(() => decodeClaim(change(Uint8Array.from(bytes)))).toThrow(code("CLAIM_MALFORMED"));
    refused((copy) => copy.subarray(1));
    refused((copy) => Buffer.concat([copy, new Uint8Array(1)]));
    for (const at of [0, 31, 32, 64, 75, 128]) {
      refused((copy) => {
        copy[at] = 0xff;
        return copy;
      });
    }
  });
});

describe("the statement", () => {
  const hashes = {
    claimHash: `0x${"1".repeat(64)}`,
    certificateHash: `0x${"2".repeat(64)}`,
    resultHash: `0x${"3".repeat(64)}`,
    bundleHash: `0x${"4".repeat(64)}`,
  } as const;

  it("is the protocol's template, byte for byte", () => {
    expect(Buffer.from(statementBytes(hashes)).toString("utf8")).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"pawl-claim","digest":{"sha256":"${"1".repeat(64)}"}},{"name":"certificate.json","digest":{"sha256":"${"2".repeat(64)}"}},{"name":"result.json","digest":{"sha256":"${"3".repeat(64)}"}},{"name":"state.bundle","digest":{"sha256":"${"4".repeat(64)}"}}],"predicateType":"urn:pawl:step:v1","predicate":{"v":1}}`,
    );
  });

  it("has its subjects in the order of the checksums file", () => {
    expect(checksumsText(hashes)).toBe(
      `${"1".repeat(64)}  pawl-claim\n${"2".repeat(64)}  certificate.json\n${"3".repeat(64)}  result.json\n${"4".repeat(64)}  state.bundle\n`,
    );
  });
});

describe("every JSON file of a step", () => {
  const files: Record<string, [Uint8Array, (bytes: Uint8Array) => unknown]> = {
    certificate: [minted.parts.certificate, parseCertificate],
    nextTokens: [minted.parts.nextTokens, parseNextTokens],
    receipt: [minted.parts.receipt, parseReceipt],
    observation: [minted.parts.observation ?? new Uint8Array(), parseObservation],
    result: [minted.parts.result, (bytes) => parseResult(bytes, 65_536)],
  };
  for (const [name, [bytes, parse]] of Object.entries(files)) {
    it(`is strict: ${name}`, () => {
      expect(canonicalBytes(JSON.parse(Buffer.from(bytes).toString("utf8")))).toEqual(bytes);
      parse(bytes);
      const text = Buffer.from(bytes).toString("utf8");
      expect(() => parse(Buffer.from(` ${text}`))).toThrow(code("JSON_NOT_CANONICAL"));
      expect(() => parse(Buffer.from(text.replace("{", '{"v":1,')))).toThrow(code("JSON_NOT_CANONICAL"));
      expect(() => parse(rewrite(bytes, (d) => Object.assign(d, { v: 2 })))).toThrow(code("SCHEMA_MISMATCH"));
      expect(() => parse(rewrite(bytes, (d) => Object.assign(d, { extra: 1 })))).toThrow(code("SCHEMA_MISMATCH"));
      expect(() => parse(rewrite(bytes, (d) => Object.assign(d, { critical_y: 1 })))).toThrow(
        code("CRITICAL_FIELD_UNKNOWN"),
      );
    });
  }

  it("refuses a certificate whose replay block lacks a nonce or never expires", () => {
    for (const replay of [{ expiresAt: 1 }, { nonce: zeroHash, expiresAt: 0 }, null]) {
      expect(() => parseCertificate(rewrite(minted.parts.certificate, (c) => Object.assign(c, { replay })))).toThrow(
        code("SCHEMA_MISMATCH"),
      );
    }
  });

  it("refuses a result that is both open and sealed, or neither", () => {
    const sealed = { enc: Buffer.alloc(32).toString("base64url"), ct: "AAAA" };
    const salt = zeroHash;
    for (const result of [
      { v: 1, salt },
      { v: 1, salt, payload: 1, sealed },
    ] as const) {
      expect(() => encodeResult(result)).toThrow(code("SCHEMA_MISMATCH"));
    }
    expect(parseResult(encodeResult({ v: 1, salt, payload: null }), 1000).payload).toBe(null);
  });
});

describe("the report", () => {
  const check = (name: string, status: Check["status"]): Check => ({
    name,
    status,
    code: status === "failed" ? "X" : null,
    sentence: "",
    expected: null,
    actual: null,
  });
  for (const [kind, definitions] of [
    ["attestation", attestationChecks],
    ["step", stepChecks],
  ] as const) {
    const passed = definitions.map(({ name }) => check(name, "passed"));

    it(`passes only with every ${kind} check, once and in order`, () => {
      const verdict = (checks: readonly Check[]) => verdictOf({ kind, checks, signers: [], facts: {} });
      expect(verdict(passed)).toBe("passed");
      expect(verdict([])).toBe("failed");
      expect(verdict(passed.slice(1))).toBe("failed");
      expect(verdict(passed.slice(0, -1))).toBe("failed");
      expect(verdict([...passed, check("more", "passed")])).toBe("failed");
      expect(verdict([...passed].reverse())).toBe("failed");
    });

    const facts = {
      trust: { profile: "github-private" },
      attestation: { content: "artifact" },
      step: { runnerTier: 1, observationHash: zeroHash },
    };
    const byFacts = ["certificate-log", "transparency-log", "observation", ...(kind === "step" ? [] : ["statement"])];

    it(`fails when any one ${kind} check failed, or one that must pass does not apply`, () => {
      for (const [index, { name, optional }] of definitions.entries()) {
        const withStatus = (status: Check["status"]) => passed.map((c, at) => (at === index ? check(name, status) : c));
        const verdict = (status: Check["status"], given: typeof facts | Record<string, never> = facts) =>
          verdictOf({ kind, checks: withStatus(status), signers: [], facts: given });
        expect(verdict("failed")).toBe("failed");
        expect(verdict("not applicable")).toBe(optional ? "passed" : "failed");
        expect(verdict("not applicable", {})).toBe(optional && !byFacts.includes(name) ? "passed" : "failed");
      }
    });
  }

  it("names each check once", () => {
    for (const list of [attestationChecks, stepChecks]) {
      expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
    }
  });

  it("reads back, and not with a verdict that its checks do not give", async () => {
    const report = await verifyChanged();
    expect(parseReport(reportBytes(report))).toEqual(report);
    const forged: VerificationReport = { ...(await verifyChanged({ attestedAt: 1 })), verdict: "passed" };
    expect(() => parseReport(reportBytes(forged))).toThrow(code("SCHEMA_MISMATCH"));
    expect(reportHash(forged)).not.toBe(reportHash(report));
  });

  const withCheck = (report: VerificationReport, name: string, change: Partial<Check>): VerificationReport => ({
    ...report,
    checks: report.checks.map((one) => (one.name === name ? { ...one, ...change } : one)),
  });

  it("reads back no check that passed with a code or in other words, and none that failed without a code", async () => {
    const report = await verifyChanged();
    const failed = await verifyChanged({ attestedAt: 1 });
    for (const forged of [
      withCheck(report, "signature", { code: "ATTESTATION_SIGNATURE_INVALID" }),
      withCheck(report, "signature", { sentence: "The signature was not looked at." }),
      withCheck(report, "signature", { expected: "x" }),
      withCheck(report, "signature", { actual: "x" }),
      withCheck(report, "ratchet", { code: "RATCHET_MISMATCH" }),
      withCheck(failed, "log-time", { code: null }),
    ]) {
      expect(() => parseReport(reportBytes(forged))).toThrow(code("SCHEMA_MISMATCH"));
    }
    expect(parseReport(reportBytes(failed))).toEqual(failed);
  });

  it("reads back no pass without what profile and tier demand", async () => {
    const report = await verifyChanged();
    const leftOut = { status: "not applicable", sentence: "It was left out." } as const;
    for (const name of ["transparency-log", "certificate-log", "observation"]) {
      expect(() => parseReport(reportBytes(withCheck(report, name, leftOut)))).toThrow(code("SCHEMA_MISMATCH"));
    }
    const hosted = await verifyChanged({ topology: "hosted" });
    expect(hosted.checks.find(({ name }) => name === "observation")?.status).toBe("not applicable");
    expect(parseReport(reportBytes(hosted))).toEqual(hosted);
    for (const step of [
      null,
      { runnerTier: 2, observationHash: zeroHash },
      { runnerTier: 1, observationHash: "0x1" },
    ]) {
      const forged = { ...hosted, facts: { ...hosted.facts, step } };
      expect(() => parseReport(reportBytes(forged))).toThrow(code("SCHEMA_MISMATCH"));
    }
  });

  it("shows expected and actual value of what failed", async () => {
    const report = await verifyChanged({ identity: (claims) => ({ ...claims, event_name: "push" }) });
    expect(report.checks.find(({ name }) => name === "trigger")).toEqual({
      name: "trigger",
      status: "failed",
      code: "TRIGGER_MISMATCH",
      sentence: "The run was not started by workflow_dispatch.",
      expected: "trigger: workflow_dispatch",
      actual: "trigger: push",
    });
  });
});

it("flips one bit", () => expect(flip(zeroHash)).toBe(`0x${"0".repeat(63)}1`));
