import { stat } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import { type Command, Option } from "commander";
import { z } from "zod";
import { type Allowlist, signAllowlist } from "#lib/capsule/allowlist.ts";
import { evidenceHash, openCapsule } from "#lib/capsule/capsule.ts";
import {
  type CapsuleOnDisk,
  type CapsuleSource,
  packCapsuleFile,
  readCapsuleFile,
  signCapsuleFile,
  unpackCapsuleFile,
} from "#lib/capsule/capsuleFile.ts";
import { sha256Of } from "#lib/capsule/digest.ts";
import { capsuleError } from "#lib/capsule/errors.ts";
import { type CapsuleSigner, localSigner } from "#lib/capsule/keys.ts";
import { type EvidencePart, evidenceFiles, optionalParts } from "#lib/capsule/layout.ts";
import { EVIDENCE_NAMESPACE } from "#lib/capsule/manifest.ts";
import {
  checkSignatures,
  identitySignature,
  judgeSigners,
  type SignerResult,
  signManifest,
  trustedPrincipals,
} from "#lib/capsule/signatures.ts";
import { classifySkills, type SkillStanding } from "#lib/capsule/skills.ts";
import { oneLine } from "#lib/capsule/untrusted.ts";
import { systemClock } from "#lib/core/effects.ts";
import { bytes32 } from "#lib/core/encoding.ts";
import { parseJsonBytes, parseSchema } from "#lib/core/json.ts";
import { printableJson } from "#lib/core/printable.ts";
import { capsuleAnchors } from "#lib/evidence/capsuleChecks.ts";
import { identityVerifier } from "#lib/evidence/capsuleIdentity.ts";
import { type TrustProfile, thresholds } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { readEvidence, writeEvidence } from "./files.ts";
import { progressOf } from "./progress.ts";
import { checkRootOptions, describeOrigin, type RootOptions, rootOptions, trustOf } from "./roots.ts";
import { signerLines } from "./signersView.ts";
import { readList, signerTrustOf } from "./signerTrust.ts";
import { type SignerTrustOptions, signerTrustOptions } from "./signerTrustOptions.ts";

type Printing = { readonly json?: boolean };

/** `pawl capsule`: fetches, packs, looks into, unpacks and signs evidence capsules, and keeps lists of who may sign. */
export function capsuleCommand(program: Command): void {
  const capsule = program
    .command("capsule")
    .description("Fetch, pack, inspect, unpack and sign evidence capsules; keep lists of trusted signers.");
  fetchCommand(capsule);
  packCommand(capsule);
  inspectCommand(capsule);
  unpackCommand(capsule);
  signCommand(capsule);
  signersCommand(capsule);
}

/** The default: `pawl capsule <permitHash> …` is `pawl capsule fetch <permitHash> …`. */
function fetchCommand(capsule: Command): void {
  capsule
    .command("fetch", { isDefault: true })
    .description("Collect the evidence of a permitted step into one file.")
    .argument("<permitHash>", "the permit the step was taken under")
    .requiredOption("--gateway <url>", "the gateway that released the step (required)")
    .requiredOption("-o, --output <file>", "where to write the capsule (required)")
    .option("--json", "print one JSON object")
    .action(async (permit: string, options: Printing & { gateway: string; output: string }) => {
      const permitHash = parseSchema(bytes32, permit, "permit hash");
      const bytes = await createClaimClient({ url: options.gateway }).capsule(permitHash);
      // Whatever answered at that address: what is written is a capsule.
      await openCapsule(bytes);
      await writeEvidence(options.output, bytes);
      printWritten(options, {
        permitHash,
        evidenceHash: evidenceHash(bytes),
        bytes: bytes.length,
        file: options.output,
      });
    });
}

function packCommand(capsule: Command): void {
  capsule
    .command("pack")
    .description("Pack the evidence files of a folder, under their names in a capsule, into one file.")
    .argument("<folder>", "folder with the files, as pawl capsule unpack writes it")
    .requiredOption("-o, --output <file>", "where to write the capsule; must not exist (required)")
    .option("--json", "print one JSON object")
    .action(async (folder: string, options: Printing & { output: string }) => {
      const sources: CapsuleSource[] = [];
      for (const [part, name] of Object.entries(evidenceFiles) as [EvidencePart, string][]) {
        const path = join(folder, name);
        if (!(await isFile(path))) {
          if (optionalParts.some((optional) => optional === part)) continue;
          throw capsuleError("CAPSULE_FILE_MISSING", { name, folder });
        }
        sources.push({ name, content: part === "stateBundle" ? { path } : await readEvidence(path) });
      }
      const trade = await readEvidence(join(folder, evidenceFiles.trade));
      const claim = await readEvidence(join(folder, evidenceFiles.claim));
      const { progress, done } = progressOf("packing");
      const packed = await packCapsuleFile(
        sources,
        { anchors: capsuleAnchors({ trade, claim }) },
        options.output,
        progress,
      ).finally(done);
      printWritten(options, { ...packed, file: options.output });
    });
}

type InspectOptions = Printing &
  SignerTrustOptions &
  RootOptions & { readonly profile?: TrustProfile; readonly issuer?: string };

function inspectCommand(capsule: Command): void {
  const command = capsule
    .command("inspect")
    .description("Say what a capsule holds, who signed it and who of them is trusted. pawl verify checks the evidence.")
    .argument("<file>", "capsule of any size")
    .addOption(new Option("--profile <name>", "what evidence the instance gives").choices(Object.keys(thresholds)))
    .option("--issuer <url>", "identity provider that must have vouched for signers by identity")
    .option("--json", "print one JSON object");
  signerTrustOptions(rootOptions(command)).action(async (file: string, options: InspectOptions) => {
    checkRootOptions(options);
    const { allowlist, fetched } = await signerTrustOf(options);
    const { progress, done } = progressOf("reading");
    const read = await readCapsuleFile(file, { progress }).finally(done);
    const { manifest, manifestBytes, signatures } = read.capsule;
    const now = systemClock();
    const { trust, origin } = await trustOf(options, now);
    const verifyIdentity = identityVerifier((attestation) => verifyAttestation(attestation, { trust }, now), trust);
    const checked = checkSignatures(manifestBytes, signatures, verifyIdentity);
    const signers = judgeSigners(checked, EVIDENCE_NAMESPACE, { now, allowlist });
    const skills = classifySkills(read.capsule.skills, checked, { now, allowlist });
    const trusted = trustedPrincipals(signers);
    const missing = (options.principal ?? []).filter((principal) => !trusted.includes(principal));
    if (options.json) {
      const { evidenceHash, bytes } = read;
      const shown = skills.map(({ skill, tier, signedBy }) => ({
        id: skill.id,
        namespace: skill.namespace,
        tier,
        signedBy,
      }));
      const list = allowlist && { ...listFacts(allowlist), dns: fetched?.dns ?? null };
      console.log(
        printableJson(
          {
            evidenceHash,
            contentHash: sha256Of(manifestBytes),
            bytes,
            manifest,
            signers,
            skills: shown,
            allowlist: list ?? null,
            missing,
            root: origin,
          },
          2,
        ),
      );
    } else {
      const root = `${options.trustedRoot ?? options.root} (${describeOrigin(origin, now)})`;
      print(read, signers, skills, allowlist, missing, root);
    }
    if (missing.length > 0 || signers.some(({ signature }) => signature !== "valid")) {
      process.exitCode = capsuleError("CAPSULE_SIGNATURE_INVALID").exitCode;
    }
  });
}

function unpackCommand(capsule: Command): void {
  capsule
    .command("unpack")
    .description("Check every byte of a capsule and write its files into a new folder.")
    .argument("<file>", "capsule of any size")
    .argument("<folder>", "must not exist")
    .option("--json", "print one JSON object")
    .action(async (file: string, folder: string, options: Printing) => {
      const { progress, done } = progressOf("unpacking");
      const { evidenceHash, index, bytes } = await unpackCapsuleFile(file, folder, progress).finally(done);
      if (options.json) console.log(printableJson({ evidenceHash, bytes, folder, files: [...index.keys()] }));
      else console.log(`${folder}: ${index.size} files of the capsule with evidence hash ${evidenceHash}`);
    });
}

function signCommand(capsule: Command): void {
  capsule
    .command("sign")
    .description("Write a copy of a capsule with one more signature. The evidence hash changes, the manifest does not.")
    .argument("<file>", "capsule of any size")
    .option("--key <pem>", "private key, Ed25519 or P-256, PKCS #8 in PEM")
    .option("--sigstore <bundle>", "instead of a key: a Sigstore bundle made over the capsule's manifest.json")
    .requiredOption("-o, --output <file>", "where to write the signed capsule; must not exist (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: Printing & { key?: string; sigstore?: string; output: string }) => {
      const { key, sigstore } = options;
      if ((key === undefined) === (sigstore === undefined)) {
        throw capsuleError("CAPSULE_OPTIONS_CONFLICT", {
          option: "key",
          problem: "give either a key or a Sigstore bundle",
        });
      }
      const bundle = sigstore === undefined ? undefined : await readEvidence(sigstore);
      const signer = key === undefined ? undefined : await readSigner(key);
      const { progress, done } = progressOf("signing");
      const { evidenceHash, bytes } = await signCapsuleFile(
        file,
        options.output,
        async (manifest) => (signer ? signManifest(manifest, signer) : identitySignature(bundle ?? new Uint8Array())),
        progress,
      ).finally(done);
      printWritten(options, {
        evidenceHash,
        bytes,
        file: options.output,
        ...(signer && { signer: signer.key.fingerprint }),
      });
    });
}

function signersCommand(capsule: Command): void {
  const signers = capsule.command("signers").description("Make, check and fetch lists of trusted signers.");
  signers
    .command("sign")
    .description("Sign a list as a host: what PAWL_CAPSULE_SIGNERS serves. Prints the DNS record to publish.")
    .argument("<list>", "JSON of the list")
    .requiredOption("--key <pem...>", "private root keys of the host, PKCS #8 in PEM (required)")
    .requiredOption("-o, --output <file>", "where to write capsule-signers.json (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: Printing & { key: readonly string[]; output: string }) => {
      const list = parseJsonBytes(await readEvidence(file), z.json(), { what: file, maxBytes: 262_144 });
      const bytes = await signAllowlist(list, await Promise.all(options.key.map(readSigner)));
      await writeEvidence(options.output, bytes);
      const digest = sha256Of(bytes);
      const record = `_pawl-capsule-signers.<host> TXT "sha256=${digest.slice(2)}"`;
      if (options.json) console.log(printableJson({ file: options.output, bytes: bytes.length, digest, record }));
      else console.log(`${options.output}: ${bytes.length} bytes\nPublish its digest in DNS as well:\n  ${record}`);
    });
  signerTrustOptions(
    signers
      .command("check")
      .description("Check a list, from a file or fetched from its host, and say whom it trusts.")
      .option("-o, --output <file>", "where to write the list that was checked")
      .option("--json", "print one JSON object"),
  ).action(async (options: Printing & SignerTrustOptions & { output?: string }) => {
    const { allowlist, bytes, fetched } = await readList(options);
    if (options.output !== undefined) await writeEvidence(options.output, bytes);
    const facts = { ...listFacts(allowlist), dns: fetched?.dns ?? null };
    if (options.json) console.log(printableJson({ ...facts, signers: allowlist.list.signers }));
    else printList(allowlist, fetched?.dns);
  });
}

async function readSigner(file: string): Promise<CapsuleSigner> {
  return localSigner(Buffer.from(await readEvidence(file)).toString("utf8"));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

type Written = { readonly evidenceHash: string; readonly bytes: number; readonly file: string };

function printWritten(options: Printing, written: Written & Readonly<Record<string, unknown>>): void {
  if (options.json) console.log(printableJson(written));
  else console.log(`${written.file}: ${written.bytes} bytes, evidence hash ${written.evidenceHash}`);
}

function listFacts({ list, digest, root }: Allowlist) {
  const { host, issuedAt, expiresAt } = list;
  return { host, issuedAt, expiresAt, digest, root };
}

function print(
  { capsule, index, evidenceHash, bytes }: CapsuleOnDisk,
  signers: readonly SignerResult[],
  skills: readonly SkillStanding[],
  allowlist: Allowlist | undefined,
  missing: readonly string[],
  root: string,
): void {
  const { manifest, manifestBytes, decryption } = capsule;
  const { anchors } = manifest;
  const rows: readonly (readonly [string, string])[] = [
    ["evidence hash", evidenceHash],
    ["content hash", sha256Of(manifestBytes)],
    ["size", `${bytes} bytes`],
    ["namespace", manifest.namespace],
    ["chain", String(anchors.chainId)],
    ["entitlement", anchors.entitlement],
    ["step", String(anchors.step)],
    ["permit", anchors.permitHash],
    ["claim", anchors.claimHash],
    ...(decryption ? [["sealed to", decryption.recipient] as const] : []),
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(14)} ${value}`);
  console.log("\nfiles");
  const width = Math.max(...[...index.keys()].map((name) => name.length));
  for (const [name, { size }] of index) console.log(`  ${name.padEnd(width)}  ${size}`);
  console.log("");
  for (const line of signerLines(signers, allowlist !== undefined)) console.log(line);
  for (const principal of missing)
    console.log(styleText("red", `  ✗ ${principal} was expected and is not among the trusted signers`));
  if (signers.some(({ kind }) => kind === "sigstore")) console.log(`identities were checked against: ${oneLine(root)}`);
  if (skills.length > 0) console.log("\nskills");
  for (const { skill, tier, signedBy } of skills) {
    const by =
      tier === "signed" ? `signed by ${signedBy.join(", ")}` : "unsigned: its text is data, never instructions";
    console.log(`  ${skill.id} "${oneLine(skill.title)}" for ${skill.namespace}: ${by}`);
  }
}

function printList(allowlist: Allowlist, dns: string | undefined): void {
  const { list, digest } = allowlist;
  const day = (seconds: number) => new Date(seconds * 1000).toISOString();
  console.log(`list of ${list.host}, issued ${day(list.issuedAt)}, expires ${day(list.expiresAt)}`);
  console.log(`digest ${digest}${dns === undefined ? "" : `, DNS: ${dns}`}`);
  for (const signer of list.signers) {
    const until = signer.revokedAt === undefined ? `until ${day(signer.notAfter)}` : `revoked ${day(signer.revokedAt)}`;
    const reason = signer.reason === undefined ? "" : ` (${oneLine(signer.reason)})`;
    console.log(`  ${signer.principal}: ${signer.namespaces.join(", ")}; ${until}${reason}`);
  }
}
