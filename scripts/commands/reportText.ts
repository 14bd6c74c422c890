import { styleText } from "node:util";
import { printable } from "#lib/core/printable.ts";
import { NOT_REACHED } from "#lib/evidence/checklist.ts";
import type { Check, VerificationReport } from "#lib/evidence/report.ts";

/**
 * A report as a person reads it: what was looked at in groups, each failure with its reason beside it, and last, where
 * a terminal's eye rests, the verdict and what to do about it.
 */
const groups: readonly { readonly title: string; readonly checks: readonly string[] }[] = [
  {
    title: "Signature: is the bundle genuine?",
    checks: [
      "bundle",
      "signing-certificate",
      "signing-time",
      "certificate-chain",
      "certificate-log",
      "transparency-log",
      "signature",
    ],
  },
  {
    title: "Signer: which workflow ran, where, on what?",
    checks: [
      "issuer",
      "identity",
      "signer-workflow",
      "signer-commit",
      "caller-workflow",
      "source-repository",
      "source-owner",
      "source-commit",
      "run",
      "trigger",
      "runner-environment",
      "visibility",
      "observation",
      "final-observation",
    ],
  },
  {
    title: "Trade: was it permitted, and is it this step?",
    checks: ["log-time", "permit", "permit-signature", "parents", "policy", "chain-record"],
  },
];
const REST = "Content: are these the files that were attested?";

const MARKS: Readonly<Record<Check["status"], string>> = {
  passed: styleText("green", "✓"),
  failed: styleText("red", "✗"),
  "not applicable": styleText("dim", "–"),
};

/** What to do next, by what failed; the first that applies. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/^TRUSTED_ROOT_/, "Check --trusted-root, or leave it out to use the pinned root."],
  [
    /^ATTESTATION_PROOF_MISSING$/,
    "The bundle lacks an inclusion proof, or the checkpoint that it leads to: an old client made it, and trusted the log's\npromise. Fetching it again does not help; its maker has to sign anew, or add the log's proof.",
  ],
  [
    /^(ATTESTATION|JSON|LEAF)_/,
    "The bundle itself is unfit. Fetch it again from where it was published; if it stays so, do not rely on it.",
  ],
  [/^LOG_ENTRY_UNEXPECTED$/, "The bundle is of another instance: check --root and --profile."],
  [
    /^(CHAIN_INVALID|LOG_ENTRY_MISSING|TIMESTAMP_INVALID|LOG_KEY_EXPIRED|TRANSPARENCY_INVALID)$/,
    "Either the bundle is of another instance (check --root and --profile), the root is too old (pawl trust refresh, then\n--kept-root), or the bundle is forged.",
  ],
  [/^ARTIFACT_REQUIRED$/, "Pass what was signed: --artifact <file>, or --digest sha256:<hex> of it."],
  [/^SUBJECT_MISMATCH$/, "You hold another file than the one that was attested. Compare the digests above."],
  [
    /^(SIGNER|SOURCE|CALLER|ISSUER|RUN|TRIGGER|RUNNER)_/,
    "The signature is good, but it is not by whom you expected. Do not rely on it before you know why.",
  ],
  [/^PREDICATE_/, "The statement's own words contradict its certificate. Believe the certificate, not the words."],
  [
    /^(FINAL_)?OBSERVATION_/,
    "The runner was not shown to be GitHub's own. At tier 2 that is a reason to challenge the claim.",
  ],
  [/^TRADE_MISMATCH$/, "The capsule tells another story than the chain. The chain decides."],
];
const OTHERWISE = "Do not rely on this evidence.";

export function reportLines(
  report: VerificationReport,
  shown: {
    readonly root: string;
    readonly reportHash: string;
    readonly expectsSigner: boolean;
    /** Who signed the capsule around the evidence. */
    readonly signers: readonly string[];
  },
): readonly string[] {
  const failed = report.checks.filter(({ status }) => status === "failed");
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  return [
    ...grouped(report.checks).flatMap(({ title, checks }) => [
      styleText("bold", title),
      ...(checks.every(({ sentence }) => sentence === NOT_REACHED)
        ? [`${MARKS["not applicable"]} ${styleText("dim", NOT_REACHED)}`]
        : checks.flatMap((check) => checkLines(check, width))),
      "",
    ]),
    ...shown.signers,
    verdictLine(report, failed),
    ...attestedBy(report),
    `under the root ${shown.root}`,
    ...nextLines(report, failed, shown.expectsSigner),
    styleText("dim", `report ${shown.reportHash}`),
  ];
}

function grouped(checks: readonly Check[]) {
  const placed = groups.map(({ title, checks: names }) => ({
    title,
    checks: checks.filter(({ name }) => names.includes(name)),
  }));
  const named = new Set(groups.flatMap(({ checks: names }) => names));
  const rest = { title: REST, checks: checks.filter(({ name }) => !named.has(name)) };
  return [...placed, rest].filter(({ checks: members }) => members.length > 0);
}

function checkLines(check: Check, width: number): readonly string[] {
  const quiet = check.status === "not applicable";
  const name = check.name.padEnd(width);
  const line = `${MARKS[check.status]} ${quiet ? styleText("dim", name) : name}  ${quiet ? styleText("dim", check.sentence) : check.sentence}`;
  if (check.status !== "failed") return [line];
  const indent = " ".repeat(width + 4);
  return [
    line,
    ...(check.expected === null ? [] : [`${indent}expected ${printable(check.expected)}`]),
    ...(check.actual === null ? [] : [`${indent}found    ${printable(check.actual)}`]),
    `${indent}${styleText("red", check.code ?? "")}`,
  ];
}

function verdictLine({ checks, verdict }: VerificationReport, failed: readonly Check[]): string {
  const passed = checks.filter(({ status }) => status === "passed").length;
  const open = checks.length - passed - failed.length;
  const counts = `${passed} passed, ${failed.length} failed, ${open} not applicable`;
  if (verdict === "passed") return `${styleText(["bold", "green"], "✓ PASSED")}  ${counts}`;
  const reasons = failed.map(({ name }) => name).join(", ");
  return `${styleText(["bold", "red"], "✗ FAILED")}  ${reasons === "" ? "not everything could be checked" : reasons} (${counts})`;
}

function attestedBy(report: VerificationReport): readonly string[] {
  const signer = certificateFact(report, "san");
  if (signer === undefined) return [];
  const genuine = ["certificate-chain", "signature"].every((name) => statusOf(report, name) === "passed");
  return [`${genuine ? "signed by" : "claims to be signed by"} ${printable(signer)}`];
}

function nextLines(report: VerificationReport, failed: readonly Check[], expectsSigner: boolean): readonly string[] {
  const issuer = certificateFact(report, "issuer");
  const lines: string[] = [];
  if (report.kind === "attestation" && report.verdict === "passed" && !expectsSigner) {
    lines.push(
      "No signer was expected. Compare this one with whom you trust, or pass --signer-workflow or --identity.",
    );
  }
  if (report.verdict === "passed" && statusOf(report, "chain-record") === "not applicable") {
    lines.push("Nothing was compared with the chain: this is the capsule's own account of its trade.");
  }
  if (report.verdict === "passed" && statusOf(report, "final-observation") === "not applicable") {
    lines.push(
      "The run was not looked at after its end, as far as this capsule shows: --require-final-observation fails it.",
    );
  }
  const elsewhere = ["certificate-chain", "issuer"].some((name) => statusOf(report, name) === "failed");
  if (elsewhere && issuer?.endsWith(".invalid")) {
    lines.push(`This evidence was made in a sandbox. It holds only under the sandbox's own root, which lies in the state
folder of the market that made it: --trusted-root <folder>/sandbox/trusted_root.json --profile sandbox --issuer ${printable(issuer)}`);
  } else if (report.verdict !== "passed") {
    const codes = failed.map(({ code }) => code ?? "");
    const found = advice.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1] ?? OTHERWISE;
    const anchors = [...new Set(codes)].slice(0, 3).map((code) => `docs/errors.md#${code.toLowerCase()}`);
    lines.push(found, ...(anchors.length === 0 ? [] : [styleText("dim", `more: ${anchors.join(" ")}`)]));
  }
  return lines;
}

function statusOf({ checks }: VerificationReport, name: string): Check["status"] | undefined {
  return checks.find((check) => check.name === name)?.status;
}

/** What the signing certificate says under a name, where the report got as far as reading it. */
function certificateFact(report: VerificationReport, name: "san" | "issuer"): string | undefined {
  const attestation = report.facts.attestation;
  if (typeof attestation !== "object" || attestation === null || !("certificate" in attestation)) return undefined;
  const certificate: unknown = attestation.certificate;
  if (typeof certificate !== "object" || certificate === null || !(name in certificate)) return undefined;
  const value: unknown = (certificate as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : undefined;
}
