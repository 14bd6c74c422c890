import { zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { type Certificate, parseCertificate } from "#lib/evidence/certificate.ts";
import { evaluatePolicy, explainPolicy, requirePolicyKept } from "#lib/evidence/policyRules.ts";
import { type Policy, parsePolicy } from "#lib/offers/policy.ts";
import { mintStep } from "./step.fixture.ts";

const { parts } = await mintStep();
const policy: Policy = { ...parsePolicy(parts.policy), network: { mode: "none" } };
const certificate = parseCertificate(parts.certificate);
const { limits } = policy;

type Use = Certificate["usage"];
const using = (change: Partial<Use>): Certificate => ({ ...certificate, usage: { ...certificate.usage, ...change } });
const broken = (used: Certificate, under = policy, resultBytes = 1) =>
  evaluatePolicy(under, used, { resultBytes }).flatMap(({ rule, kept }) => (kept ? [] : [rule]));

describe("the rules of a policy", () => {
  it("are explained before anything ran, each with what it allows", () => {
    const rules = explainPolicy(policy);
    expect(rules.map(({ rule }) => rule)).toEqual([
      "tools",
      "network",
      "limits.inputBytes",
      "limits.resultBytes",
      "limits.stateBytes",
      "limits.memoryBytes",
      "limits.stepSeconds",
      "restore",
    ]);
    for (const { sentence, allowed } of rules) {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(allowed).not.toBe("");
    }
  });

  it("say of an open network that it is open", () => {
    const open = explainPolicy({ ...policy, network: { mode: "runner" } }).find(({ rule }) => rule === "network");
    expect(open?.sentence).toContain("anywhere");
    expect(open?.allowed).toBe("any isolation");
  });

  it("are all kept by an honest run", () => {
    expect(broken(certificate)).toEqual([]);
    expect(() => requirePolicyKept(evaluatePolicy(policy, certificate, { resultBytes: 1 }))).not.toThrow();
  });

  const limitsUsed = [
    ["limits.inputBytes", "inputBytes", limits.inputBytes],
    ["limits.resultBytes", "resultBytes", limits.resultBytes],
    ["limits.stateBytes", "stateBytes", limits.stateBytes],
    ["limits.memoryBytes", "memoryBytes", limits.memoryBytes],
  ] as const;
  for (const [rule, field, limit] of limitsUsed) {
    it(`${rule} is kept up to the limit and broken by one more`, () => {
      expect(broken(using({ [field]: limit }))).toEqual([]);
      expect(broken(using({ [field]: limit + 1 }))).toEqual([rule]);
    });
  }

  it("limits.stepSeconds is kept within the last second and broken after it", () => {
    expect(broken(using({ workloadMilliseconds: limits.stepSeconds * 1000 + 999 }))).toEqual([]);
    expect(broken(using({ workloadMilliseconds: limits.stepSeconds * 1000 + 1000 }))).toEqual(["limits.stepSeconds"]);
  });

  it("limits.resultBytes measures the file where it is in hand, whatever the certificate says", () => {
    expect(broken(using({ resultBytes: 1 }), policy, limits.resultBytes + 1)).toEqual(["limits.resultBytes"]);
  });

  it("tools are refused one by one", () => {
    expect(broken(using({ tools: [] }))).toEqual([]);
    expect(broken(using({ tools: ["node", "curl"] }))).toEqual(["tools"]);
  });

  it("network demands the namespace where it is closed, and nothing where it is open", () => {
    const weak: Certificate = { ...certificate, runner: { ...certificate.runner, isolation: "process" } };
    expect(broken(weak)).toEqual(["network"]);
    expect(broken(weak, { ...policy, network: { mode: "runner" } })).toEqual([]);
  });

  it("restore is broken by a cold start, with a code of its own", () => {
    const parentless = { parentStateCommitment: zeroHash, parentNetCommitment: zeroHash } as const;
    const starts: readonly (readonly [Partial<Certificate>, boolean])[] = [
      [{ step: 1, ...parentless, restoreMode: "genesis" }, true],
      [{ step: 1, ...parentless, restoreMode: "restored" }, false],
      [{ step: 2, restoreMode: "restored" }, true],
      [{ step: 2, restoreMode: "genesis" }, false],
      [{ step: 2, ...parentless, restoreMode: "genesis" }, false],
    ];
    for (const [change, kept] of starts) {
      expect(broken({ ...certificate, ...change })).toEqual(kept ? [] : ["restore"]);
    }
    const cold = evaluatePolicy(policy, { ...certificate, restoreMode: "genesis" }, { resultBytes: 1 });
    expect(() => requirePolicyKept(cold)).toThrow(expect.objectContaining({ code: "COLD_START_REFUSED", exitCode: 5 }));
  });

  it("names the first rule that was broken, with what it allows and what was found", () => {
    const outcomes = evaluatePolicy(policy, using({ tools: ["curl"], inputBytes: limits.inputBytes + 1 }), {
      resultBytes: 1,
    });
    expect(() => requirePolicyKept(outcomes)).toThrow(
      expect.objectContaining({
        code: "POLICY_RULE_BROKEN",
        values: { field: "tools", expected: "node", actual: "curl" },
      }),
    );
  });
});
