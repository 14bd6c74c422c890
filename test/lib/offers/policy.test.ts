import { describe, expect, it } from "vitest";
import { canonicalBytes } from "#lib/core/json.ts";
import { type Policy, parsePolicy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";

const policy: Policy = {
  v: 1,
  title: "Ledger",
  description: "Posts entries.",
  chainId: 31337,
  permitConsumer: `0x${"11".repeat(20)}`,
  gateway: `0x${"22".repeat(20)}`,
  workload: { repository: "atelier/workloads", commit: "a".repeat(40), entry: "src/main.mjs" },
  workflows: {
    signer: "pawl/pawl/.github/workflows/pawl-step.yml",
    caller: "pawl-neutral/steps/.github/workflows/step.yml",
  },
  runsOn: "ubuntu-24.04",
  limits: {
    permitWaitSeconds: 600,
    stepSeconds: 60,
    memoryBytes: 536_870_912,
    inputBytes: 1000,
    resultBytes: 1000,
    stateBytes: 1000,
  },
  restore: "fail_closed",
  tools: ["node"],
  network: { mode: "none" },
};

const changed = (change: object) => canonicalBytes({ ...policy, ...change });

describe("a policy capsule", () => {
  it("has one form of bytes, and so one hash", () => {
    const bytes = policyBytes(policy);
    expect(parsePolicy(bytes, policyHashOf(bytes))).toEqual(policy);
    expect(policyBytes({ ...policy })).toEqual(bytes);
  });

  it("is refused when its hash is not the pinned one, before anything in it is read", () => {
    const garbage = new Uint8Array([1, 2, 3]);
    expect(() => parsePolicy(garbage, policyHashOf(policyBytes(policy)))).toThrowError(
      expect.objectContaining({ code: "POLICY_MISMATCH" }),
    );
  });

  for (const [why, change, code] of [
    ["an unknown field", { extra: 1 }, "SCHEMA_MISMATCH"],
    ["an unknown critical field", { critical_sandbox: true }, "CRITICAL_FIELD_UNKNOWN"],
    [
      "an unknown critical field in its limits",
      { limits: { ...policy.limits, critical_gpu: 1 } },
      "CRITICAL_FIELD_UNKNOWN",
    ],
    ["another version", { v: 2 }, "SCHEMA_MISMATCH"],
    ["a cold start", { restore: "cold_start" }, "SCHEMA_MISMATCH"],
    ["an unknown tool", { tools: ["node", "bash"] }, "SCHEMA_MISMATCH"],
    ["no tool", { tools: [] }, "SCHEMA_MISMATCH"],
    ["an open network", { network: { mode: "open" } }, "SCHEMA_MISMATCH"],
    ["a step longer than a job", { limits: { ...policy.limits, stepSeconds: 21_601 } }, "SCHEMA_MISMATCH"],
    ["a wait longer than an hour", { limits: { ...policy.limits, permitWaitSeconds: 3601 } }, "SCHEMA_MISMATCH"],
    ["a branch for a commit", { workload: { ...policy.workload, commit: "main" } }, "SCHEMA_MISMATCH"],
    ["an entry that climbs out", { workload: { ...policy.workload, entry: "../main.mjs" } }, "SCHEMA_MISMATCH"],
    ["an entry that is an option", { workload: { ...policy.workload, entry: "--eval" } }, "SCHEMA_MISMATCH"],
    ["an absolute entry", { workload: { ...policy.workload, entry: "/bin/sh" } }, "SCHEMA_MISMATCH"],
    ["a repository that is a URL", { workload: { ...policy.workload, repository: "https://a/b" } }, "SCHEMA_MISMATCH"],
    ["a title that turns text around", { title: "safe\u202egnp.exe" }, "SCHEMA_MISMATCH"],
    ["a title with a control character", { title: "a\u0000b" }, "SCHEMA_MISMATCH"],
  ] as const) {
    it(`is refused with ${why}`, () => {
      expect(() => parsePolicy(changed(change))).toThrowError(expect.objectContaining({ code }));
    });
  }
});
