import { type Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "#lib/core/effects.ts";
import { printable, printableJson } from "#lib/core/printable.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import type { ExpectedIdentity } from "#lib/evidence/identity.ts";
import type { ArtifactDigest } from "#lib/evidence/inToto.ts";
import { reportHash, type VerificationReport } from "#lib/evidence/report.ts";
import { type TrustPolicy, type TrustProfile, thresholds } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { readBeginning, readEvidence } from "./files.ts";
import { reportLines } from "./reportText.ts";
import { checkRootOptions, describeOrigin, type RootOptions, rootOptions, trustOf } from "./roots.ts";
import { type SignerTrustOptions, signerTrustOptions } from "./signerTrustOptions.ts";

type VerifyOptions = RootOptions &
  SignerTrustOptions & {
    readonly artifact?: string;
    readonly digest?: ArtifactDigest;
    readonly profile?: TrustProfile;
    readonly issuer?: string;
    readonly identity?: string;
    readonly signerWorkflow?: string;
    readonly signerCommit?: string;
    readonly sourceRepositoryId?: string;
    readonly requireFinalObservation?: boolean;
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

/** Options that say something about a capsule. */
const capsuleOptions = [
  "signers",
  "signersHost",
  "signersRoot",
  "signersState",
  "principal",
  "requireFinalObservation",
] as const satisfies readonly (keyof VerifyOptions)[];

/** `pawl verify`: checks a Sigstore bundle or an evidence capsule. Exit code 0 passed, 2 bad input, 3 failed. */
export function verifyCommand(program: Command): void {
  const command = program
    .command("verify")
    .description("Check a Sigstore bundle of GitHub Actions, or the evidence capsule of a step; offline unless asked.")
    .argument("<file>", "bundle (JSON) or capsule")
    .addOption(new Option("--artifact <file>", "what the bundle is about").conflicts("digest"))
    .option("--digest <digest>", "instead of the artifact: sha256:… or sha512:…", parseDigest)
    .addOption(new Option("--profile <name>", "what evidence the instance gives").choices(Object.keys(thresholds)))
    .option("--issuer <url>", "identity provider that must have vouched for the signer")
    .option("--identity <uri>", "subject alternative name of the signer, whole")
    .option("--signer-workflow <path>", "owner/repo/.github/workflows/file.yml that must have signed", parseWorkflow)
    .option("--signer-commit <sha>", "commit of that file, 40 hex digits", parseCommit)
    .option("--source-repository-id <id>", "numeric id of the repository the run happened in", parseId)
    .option("--require-final-observation", "fail a capsule without a signed look at its run after the end")
    .option("--json", "print the report as JSON");
  signerTrustOptions(rootOptions(command)).action(async (file: string, options: VerifyOptions) => {
    const now = systemClock();
    checkRootOptions(options);
    const beginning = await readBeginning(file);
    const bytes = isCapsule(beginning) ? undefined : await readEvidence(file);
    const { trust, origin } = await trustOf(options, now);
    const report = await verify(file, bytes, options, trust, now);
    const hash = reportHash(report);
    if (options.json) console.log(printableJson({ report, reportHash: hash, root: origin }, 2));
    else {
      const root = `${printable(options.trustedRoot ?? options.root)} (${describeOrigin(origin, now)})`;
      const expectsSigner = Object.keys(identityOf(options)).length > 0;
      const signers = await capsuleSignerLines(report, options);
      for (const line of reportLines(report, { root, reportHash: hash, expectsSigner, signers })) console.log(line);
    }
    if (report.verdict !== "passed") process.exitCode = evidenceError("VERIFICATION_FAILED").exitCode;
  });
}

/**
 * A capsule of any size is read from disk, in pieces; a bundle, or what comes through a pipe, as a whole.
 *
 * @param bytes undefined for a capsule on disk
 */
async function verify(
  file: string,
  bytes: Uint8Array | undefined,
  options: VerifyOptions,
  trust: TrustPolicy,
  now: number,
): Promise<VerificationReport> {
  if (bytes === undefined || !looksLikeJson(bytes)) {
    refuseUnused(options, bundleOptions, (option) => evidenceError("VERIFY_OPTION_UNUSED", { option }));
    // Capsules need the chain's encodings, which take longer to load than a bundle takes to check.
    const { verifyCapsule } = await import("./verifyCapsule.ts");
    return verifyCapsule(bytes ?? file, options, trust, now);
  }
  refuseUnused(options, capsuleOptions, (option) => evidenceError("VERIFY_CAPSULE_OPTION_UNUSED", { option }));
  const artifact = options.artifact === undefined ? undefined : await readEvidence(options.artifact);
  return verifyAttestation(
    { bundle: bytes, ...(artifact && { artifact }), ...(options.digest && { digest: options.digest }) },
    { trust, identity: identityOf(options) },
    now,
  );
}

/** An option that would change nothing is refused, or its user would think that it was heeded. */
function refuseUnused<O extends keyof VerifyOptions>(
  options: VerifyOptions,
  names: readonly O[],
  refusal: (option: O) => Error,
): void {
  const unused = names.find((option) => options[option] !== undefined);
  if (unused !== undefined) throw refusal(unused);
}

async function capsuleSignerLines(report: VerificationReport, options: VerifyOptions): Promise<readonly string[]> {
  if (report.kind !== "step") return [];
  const { signerLines } = await import("./signersView.ts");
  return signerLines(report.signers, options.signers !== undefined || options.signersHost !== undefined);
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

/** Whether a file on disk is a capsule, by its first bytes; a pipe has to be read first. */
function isCapsule(beginning: Uint8Array | undefined): boolean {
  return beginning !== undefined && beginning.length > 0 && !looksLikeJson(beginning);
}

/** A capsule is a tar and begins with a file's name; a bundle begins with an object. */
function looksLikeJson(input: Uint8Array): boolean {
  const first = input.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === "{".charCodeAt(0) || !input.includes(0);
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
