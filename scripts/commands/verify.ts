import { styleText } from "node:util";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Capsule, openCapsule, type StepEvidence } from "#lib/capsule/capsule.ts";
import { readCapsuleFile } from "#lib/capsule/capsuleFile.ts";
import { capsuleError } from "#lib/capsule/errors.ts";
import { systemClock } from "#lib/core/effects.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import type { ExpectedIdentity } from "#lib/evidence/identity.ts";
import type { ArtifactDigest } from "#lib/evidence/inToto.ts";
import { type Check, reportHash, type VerificationReport } from "#lib/evidence/report.ts";
import { loadTrust } from "#lib/evidence/trust.ts";
import { type TrustPolicy, type TrustProfile, thresholds } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation, verifyStep } from "#lib/evidence/verify.ts";
import { readBeginning, readEvidence } from "./files.ts";
import { progressOf } from "./progress.ts";
import { printSigners } from "./signersView.ts";
import { type SignerTrustOptions, signerTrustOf, signerTrustOptions } from "./signerTrust.ts";

type VerifyOptions = SignerTrustOptions & {
  readonly artifact?: string;
  readonly digest?: ArtifactDigest;
  readonly root: string;
  readonly trustedRoot?: string;
  readonly profile?: TrustProfile;
  readonly issuer?: string;
  readonly identity?: string;
  readonly signerWorkflow?: string;
  readonly signerCommit?: string;
  readonly sourceRepositoryId?: string;
  readonly json?: boolean;
};

/** Options that say something about a bundle's signer or artifact. */
const bundleOptions = [
  "artifact",
  "digest",
  "identity",
  "signerWorkflow",
  "signerCommit",
  "sourceRepositoryId",
] as const satisfies readonly (keyof VerifyOptions)[];

/** Options that say something about a capsule's signers. */
const capsuleOptions = [
  "signers",
  "signersHost",
  "signersRoot",
  "signersState",
  "principal",
] as const satisfies readonly (keyof SignerTrustOptions)[];

/** `pawl verify`: checks a Sigstore bundle or an evidence capsule, offline. Exit code 0 passed, 2 bad input, 3 failed. */
export function verifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description("Check a Sigstore bundle of GitHub Actions, or the evidence capsule of a step, offline.")
    .argument("<file>", "bundle (JSON) or capsule")
    .addOption(new Option("--artifact <file>", "what the bundle is about").conflicts("digest"))
    .option("--digest <digest>", "instead of the artifact: sha256:… or sha512:…", parseDigest)
    .addOption(
      new Option("--root <name>", "instance: production, or github (then with --trusted-root)").default("production"),
    )
    .option("--trusted-root <file>", "trusted_root.json to use instead of the built-in production root")
    .addOption(new Option("--profile <name>", "what evidence the instance gives").choices(Object.keys(thresholds)))
    .option("--issuer <url>", "identity provider that must have vouched for the signer")
    .option("--identity <uri>", "subject alternative name of the signer, whole")
    .option("--signer-workflow <path>", "owner/repo/.github/workflows/file.yml that must have signed", parseWorkflow)
    .option("--signer-commit <sha>", "commit of that file, 40 hex digits", parseCommit)
    .option("--source-repository-id <id>", "numeric id of the repository the run happened in", parseId)
    .option("--json", "print the report as JSON");
  signerTrustOptions(command).action(async (file: string, options: VerifyOptions) => {
    const trust = await trustOf(options);
    const report = await verifyFile(file, options, trust);
    if (options.json) console.log(JSON.stringify({ report, reportHash: reportHash(report) }, null, 2));
    else print(report, options);
    if (report.verdict !== "passed") process.exitCode = evidenceError("VERIFICATION_FAILED").exitCode;
  });
}

/** A capsule of any size is read from disk, in pieces; a bundle, or what comes through a pipe, as a whole. */
async function verifyFile(file: string, options: VerifyOptions, trust: TrustPolicy): Promise<VerificationReport> {
  const beginning = await readBeginning(file);
  if (beginning && beginning.length > 0 && !looksLikeJson(beginning)) {
    const { progress, done } = progressOf("reading");
    const { capsule } = await readCapsuleFile(file, { progress }).finally(done);
    return verifyCapsule(capsule, options, trust);
  }
  const bytes = await readEvidence(file);
  return looksLikeJson(bytes)
    ? verifyBundle(bytes, options, trust)
    : verifyCapsule(await openCapsule(bytes), options, trust);
}

async function verifyCapsule(
  capsule: Capsule<StepEvidence>,
  options: VerifyOptions,
  trust: TrustPolicy,
): Promise<VerificationReport> {
  const unused = bundleOptions.find((option) => options[option] !== undefined);
  if (unused) throw evidenceError("VERIFY_OPTION_UNUSED", { option: unused });
  const { allowlist } = await signerTrustOf(options);
  const expected = { capsule, allowlist, principals: options.principal };
  return verifyStep(capsule.parts, undefined, trust, { now: systemClock(), capsule: expected });
}

async function verifyBundle(
  bundle: Uint8Array,
  options: VerifyOptions,
  trust: TrustPolicy,
): Promise<VerificationReport> {
  const unused = capsuleOptions.find((option) => options[option] !== undefined);
  if (unused) {
    throw capsuleError("CAPSULE_OPTIONS_CONFLICT", { option: unused, problem: "a bundle has one signer, its own" });
  }
  const artifact = options.artifact === undefined ? undefined : await readEvidence(options.artifact);
  return verifyAttestation(
    { bundle, ...(artifact && { artifact }), ...(options.digest && { digest: options.digest }) },
    { trust, identity: identityOf(options) },
    systemClock(),
  );
}

function identityOf(options: VerifyOptions): ExpectedIdentity {
  const { identity, signerWorkflow, signerCommit, sourceRepositoryId } = options;
  return {
    ...(identity !== undefined && { san: identity }),
    ...(signerWorkflow !== undefined && { signerWorkflow }),
    ...(signerCommit !== undefined && { signerCommit }),
    ...(sourceRepositoryId !== undefined && { sourceRepositoryId }),
  };
}

function trustOf(options: VerifyOptions): Promise<TrustPolicy> {
  const { root, trustedRoot, issuer } = options;
  const profile = options.profile ?? (root === "github" ? "github-private" : "public-good");
  return loadTrust({ root: trustedRoot ?? root, profile, ...(issuer !== undefined && { issuer }) });
}

/** A capsule is a tar and begins with a file's name; a bundle begins with an object. */
function looksLikeJson(input: Uint8Array): boolean {
  const first = input.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === "{".charCodeAt(0) || !input.includes(0);
}

const MARKS: Readonly<Record<Check["status"], string>> = {
  passed: styleText("green", "✓"),
  failed: styleText("red", "✗"),
  "not applicable": styleText("dim", "–"),
};

function print(report: VerificationReport, options: VerifyOptions): void {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  for (const check of report.checks) {
    const sentence = check.status === "not applicable" ? styleText("dim", check.sentence) : check.sentence;
    console.log(`${MARKS[check.status]} ${check.name.padEnd(width)}  ${sentence}`);
    if (check.status !== "failed") continue;
    const indent = " ".repeat(width + 4);
    console.log(`${indent}${styleText("red", check.code ?? "")}`);
    if (check.expected !== null) console.log(`${indent}expected ${check.expected}`);
    if (check.actual !== null) console.log(`${indent}found    ${check.actual}`);
  }
  if (report.kind === "step") {
    console.log("");
    printSigners(report.signers, options.signers !== undefined || options.signersHost !== undefined);
  }
  const root = options.trustedRoot ?? options.root;
  console.log(
    `\n${report.verdict === "passed" ? styleText("green", "passed") : styleText("red", "failed")} under ${root}`,
  );
  const signer = signerOf(report);
  if (signer) console.log(`signed by ${signer}`);
  if (report.kind === "attestation" && Object.keys(identityOf(options)).length === 0) {
    console.log(
      "No signer was expected. Compare this one with whom you trust, or pass --signer-workflow or --identity.",
    );
  }
  const issuer = fact(report, "issuer");
  if (report.verdict !== "passed" && issuer?.endsWith(".invalid")) {
    console.log(`This evidence was made in a sandbox. It holds only under the sandbox's own root, which lies in the state
folder of the market that made it: --trusted-root <folder>/sandbox/trusted_root.json --profile sandbox --issuer ${issuer}`);
  }
  console.log(`report ${reportHash(report)}`);
}

/** The signer as the certificate names it; shown only with a verdict beside it. */
function signerOf(report: VerificationReport): string | undefined {
  return fact(report, "san");
}

/** What the signing certificate says under a name, where the report got as far as reading it. */
function fact(report: VerificationReport, name: "san" | "issuer"): string | undefined {
  const attestation = report.facts.attestation;
  if (typeof attestation !== "object" || attestation === null || !("certificate" in attestation)) return undefined;
  const certificate: unknown = attestation.certificate;
  if (typeof certificate !== "object" || certificate === null || !(name in certificate)) return undefined;
  const value: unknown = (certificate as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : undefined;
}

function parseDigest(text: string): ArtifactDigest {
  const groups = /^(?<algorithm>sha256|sha512):(?<value>[0-9a-f]+)$/.exec(text)?.groups;
  const { algorithm, value } = groups ?? {};
  const length = algorithm === "sha512" ? 128 : 64;
  if ((algorithm !== "sha256" && algorithm !== "sha512") || value?.length !== length) {
    throw new InvalidArgumentError("Expected sha256: and 64, or sha512: and 128, lower-case hex digits.");
  }
  return { algorithm, value };
}

function parseWorkflow(text: string): string {
  if (!/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+\/\.github\/workflows\/[A-Za-z0-9._-]+\.ya?ml$/.test(text)) {
    throw new InvalidArgumentError("Expected owner/repo/.github/workflows/file.yml.");
  }
  return text;
}

function parseCommit(text: string): string {
  if (!/^[0-9a-f]{40}$/.test(text)) throw new InvalidArgumentError("Expected 40 lower-case hex digits.");
  return text;
}

function parseId(text: string): string {
  if (!/^[1-9][0-9]{0,18}$/.test(text)) throw new InvalidArgumentError("Expected a number without leading zeros.");
  return text;
}
