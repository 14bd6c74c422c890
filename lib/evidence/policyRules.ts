import { zeroHash } from "viem";
import type { Policy } from "../offers/policy.ts";
import type { Certificate } from "./certificate.ts";
import { evidenceError } from "./errors.ts";

/**
 * The rules of a policy capsule, each with what it allows in words, and whether a run kept to it. What a run used is what
 * its certificate says; where the files are in hand, they are measured instead.
 */

export type PolicyRule = {
  /** Path in `policy.json`. */
  readonly rule: string;
  /** For a person: what the rule allows. */
  readonly sentence: string;
  readonly allowed: string;
};

export type RuleOutcome = PolicyRule & { readonly kept: boolean; readonly actual: string };

/** Sizes of files that are at hand; the certificate's word is taken for the others. */
export type MeasuredFiles = { readonly resultBytes: number };

type Use = { readonly certificate: Certificate; readonly files: MeasuredFiles };
type RuleDefinition = {
  readonly rule: string;
  readonly sentence: (policy: Policy) => string;
  readonly allowed: (policy: Policy) => string;
  readonly actual: (use: Use) => string;
  readonly kept: (policy: Policy, use: Use) => boolean;
};

type Limit = "inputBytes" | "resultBytes" | "stateBytes" | "memoryBytes" | "stepSeconds";

/** A rule that something is at most a limit of the policy, in the limit's own unit. */
function atMost(limit: Limit, sentence: string, used: (use: Use) => number): RuleDefinition {
  return {
    rule: `limits.${limit}`,
    sentence: () => sentence,
    allowed: ({ limits }) => `at most ${limits[limit]}`,
    actual: (use) => String(used(use)),
    kept: ({ limits }, use) => used(use) <= limits[limit],
  };
}

const definitions: readonly RuleDefinition[] = [
  {
    rule: "tools",
    sentence: () => "The workload works with these tools and no others.",
    allowed: ({ tools }) => tools.join(", "),
    actual: ({ certificate }) => certificate.usage.tools.join(", ") || "none",
    kept: ({ tools }, { certificate }) =>
      certificate.usage.tools.every((used) => tools.some((allowed) => allowed === used)),
  },
  {
    rule: "network",
    sentence: ({ network }) =>
      network.mode === "none"
        ? "The workload has no route anywhere: it runs in a network namespace without a network."
        : "The workload has whatever network the runner has, and may send its input and state anywhere.",
    allowed: ({ network }) => (network.mode === "none" ? "process+network-namespace" : "any isolation"),
    actual: ({ certificate }) => certificate.runner.isolation,
    kept: ({ network }, { certificate }) =>
      network.mode !== "none" || certificate.runner.isolation === "process+network-namespace",
  },
  atMost(
    "inputBytes",
    "The input is no larger than this many bytes.",
    ({ certificate }) => certificate.usage.inputBytes,
  ),
  atMost("resultBytes", "The result is no larger than this many bytes.", ({ certificate, files }) =>
    Math.max(certificate.usage.resultBytes, files.resultBytes),
  ),
  atMost(
    "stateBytes",
    "The state that is handed on is no larger than this many bytes.",
    ({ certificate }) => certificate.usage.stateBytes,
  ),
  atMost(
    "memoryBytes",
    "The workload takes no more than this many bytes of memory.",
    ({ certificate }) => certificate.usage.memoryBytes,
  ),
  atMost("stepSeconds", "The workload runs no longer than this many seconds.", ({ certificate }) =>
    Math.floor(certificate.usage.workloadMilliseconds / 1000),
  ),
  {
    rule: "restore",
    sentence: () => "A step goes on from its parent's state or does not run at all; only the first one starts afresh.",
    allowed: ({ restore }) => restore,
    actual: ({ certificate }) => certificate.restoreMode,
    kept: (_policy, { certificate }) => (certificate.restoreMode === "genesis") === hasNoParent(certificate),
  },
];

/** What a policy allows, rule by rule, before anything ran. */
export function explainPolicy(policy: Policy): readonly PolicyRule[] {
  return definitions.map(({ rule, sentence, allowed }) => ({
    rule,
    sentence: sentence(policy),
    allowed: allowed(policy),
  }));
}

/** Holds a run against every rule of its policy. */
export function evaluatePolicy(policy: Policy, certificate: Certificate, files: MeasuredFiles): readonly RuleOutcome[] {
  const use = { certificate, files };
  return definitions.map((definition) => ({
    rule: definition.rule,
    sentence: definition.sentence(policy),
    allowed: definition.allowed(policy),
    actual: definition.actual(use),
    kept: definition.kept(policy, use),
  }));
}

const codes: Readonly<Record<string, "COLD_START_REFUSED" | "ISOLATION_TOO_WEAK">> = {
  restore: "COLD_START_REFUSED",
  network: "ISOLATION_TOO_WEAK",
};

/** @throws COLD_START_REFUSED, ISOLATION_TOO_WEAK, POLICY_RULE_BROKEN for the first rule that was not kept */
export function requirePolicyKept(outcomes: readonly RuleOutcome[]): void {
  const broken = outcomes.find(({ kept }) => !kept);
  if (broken === undefined) return;
  const { rule: field, allowed: expected, actual } = broken;
  throw evidenceError(codes[field] ?? "POLICY_RULE_BROKEN", { field, expected, actual });
}

function hasNoParent({ step, parentStateCommitment, parentNetCommitment }: Certificate): boolean {
  return step === 1 && parentStateCommitment === zeroHash && parentNetCommitment === zeroHash;
}
