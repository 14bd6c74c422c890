import { createPrivateKey, type KeyObject } from "node:crypto";
import { styleText } from "node:util";
import { type Command, InvalidArgumentError } from "commander";
import type { Hex } from "viem";
import { systemClock } from "#lib/core/effects.ts";
import { printableJson } from "#lib/core/printable.ts";
import { verifyTranscriptChain } from "#lib/transcript/chain.ts";
import { keyFingerprint, publicKeyOf } from "#lib/transcript/ed25519.ts";
import { transcriptError } from "#lib/transcript/errors.ts";
import { type ExportTrust, exportTranscript, verifyExport, withCosignatures } from "#lib/transcript/export.ts";
import { encodeKeyring, parseKeyring } from "#lib/transcript/keyring.ts";
import { encodeVerifierKey, keyTypes, parseVerifierKey, type VerifierKey, verifierKey } from "#lib/transcript/note.ts";
import { cosign } from "#lib/transcript/witness.ts";
import { readEvidence, writeEvidence } from "./files.ts";
import { loadFile, replayFile } from "./transcriptFile.ts";
import { dateOf, short, shown } from "./transcriptWords.ts";

type JsonOption = { readonly json?: boolean };
type VerifyOptions = JsonOption & {
  readonly keyring: string;
  readonly transcript?: string;
  readonly anchor?: Hex;
  readonly witness: readonly VerifierKey[];
  readonly threshold?: number;
};

const pass = (text: string) => console.log(`${styleText("green", "✓")} ${text}`);
const print = (value: object) => console.log(printableJson(value));

/** `pawl transcript export`: a log under its owner's signature, witnessed, and verified against a keyring. */
export function exportCommands(transcript: Command): void {
  const group = transcript
    .command("export")
    .description("Sign a log's fingerprint, have it witnessed, and verify what others signed.")
    .addHelpText(
      "after",
      `
Begin with a key of your own:
  openssl genpkey -algorithm ed25519 -out key.pem
  pawl transcript export keyring --key key.pem --name me -o keyring.json    for those who verify
  pawl transcript export make transcript.jsonl --key key.pem --name example.org/runs -o run.export`,
    );
  makeCommand(group);
  keyringCommand(group);
  cosignCommand(group);
  verifyCommand(group);
}

function makeCommand(group: Command): void {
  group
    .command("make")
    .description("Sign a log's fingerprint, size and first event.")
    .argument("<file>", "transcript.jsonl, or an evidence capsule that carries one")
    .requiredOption("--key <pem>", "Ed25519 private key, PKCS #8 (required)")
    .requiredOption(
      "--name <name>",
      "whose logs these are, such as example.org/runs; begins the checkpoint's origin (required)",
    )
    .requiredOption("-o, --output <file>", "where to write the export (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: JsonOption & { key: string; name: string; output: string }) => {
      const { summary, leaves } = await loadFile(file);
      const privateKey = await readKey(options.key);
      const signer = { privateKey, name: options.name, at: systemClock() };
      await writeEvidence(options.output, exportTranscript(summary, leaves, signer));
      const signedBy = keyFingerprint(publicKeyOf(privateKey));
      if (options.json) return print({ file: options.output, root: summary.root, signedBy });
      pass(`${shown(options.output)}: ${summary.count} events under fingerprint ${short(summary.root)}`);
      console.log(`signed by ${signedBy}`);
    });
}

function keyringCommand(group: Command): void {
  group
    .command("keyring")
    .description("Write a keyring with your public key, for those who verify your exports.")
    .requiredOption("--key <pem>", "Ed25519 private key, PKCS #8 (required)")
    .requiredOption("--name <name>", "whose key it is, for people (required)")
    .requiredOption("-o, --output <file>", "where to write the keyring (required)")
    .option("--json", "print one JSON object")
    .action(async (options: JsonOption & { key: string; name: string; output: string }) => {
      const publicKey = publicKeyOf(await readKey(options.key));
      const fingerprint = keyFingerprint(publicKey);
      const key = { name: options.name, publicKey, fingerprint, notBefore: systemClock(), notAfter: null };
      const bytes = encodeKeyring({ v: 1, keys: [key] });
      parseKeyring(bytes);
      await writeEvidence(options.output, bytes);
      if (options.json) return print({ file: options.output, fingerprint });
      pass(`${shown(options.output)}: key ${fingerprint}`);
      console.log("Tell the fingerprint to those who get the file, by another way than the file.");
    });
}

function cosignCommand(group: Command): void {
  group
    .command("cosign")
    .description("As a witness, add a timestamped cosignature to an export's checkpoint.")
    .argument("<export>", "file made by pawl transcript export make; it is written anew")
    .requiredOption("--key <pem>", "the witness's Ed25519 private key (required)")
    .requiredOption("--name <name>", "the witness's name (required)")
    .requiredOption("--keyring <file>", "keys whose exports this witness cosigns (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: JsonOption & { key: string; name: string; keyring: string }) => {
      const bytes = await readEvidence(file);
      const now = systemClock();
      const verified = verifyExport(bytes, { keyring: parseKeyring(await readEvidence(options.keyring)), now });
      const key = await readKey(options.key);
      await writeEvidence(file, withCosignatures(bytes, [cosign(verified.checkpoint, options.name, key, now)]));
      const witness = encodeVerifierKey(verifierKey(options.name, keyTypes.cosignature, publicKeyOf(key)));
      if (options.json) return print({ file, root: verified.root, witness, at: now });
      pass(`${shown(file)}: cosigned at ${dateOf(now)}`);
      console.log(
        "This command keeps no memory: whether the log continues what you cosigned of it before, you check with\npawl transcript proof verify --first-root.",
      );
      console.log(`Whoever verifies it knows this witness by:\n  --witness ${witness}`);
    });
}

function verifyCommand(group: Command): void {
  group
    .command("verify")
    .description("Verify an export, or several as one chain of runs, the first first.")
    .argument("<exports...>", "files made by pawl transcript export make")
    .requiredOption("--keyring <file>", "keys that you have from their owners (required)")
    .option("--transcript <file>", "the log that the one export has to be of")
    .option("--anchor <fingerprint>", "run that the first one may build on, verified before", parseRoot)
    .option("--witness <key>", "verifier key of a witness; repeatable", collectWitness, [])
    .option("--threshold <count>", "how many of the witnesses must have cosigned (all, unless given)", parseThreshold)
    .option("--json", "print one JSON object")
    .action(async (files: string[], options: VerifyOptions, command: Command) => {
      if (options.transcript !== undefined && files.length > 1)
        command.error("error: --transcript goes with one export");
      const trust = await trustOf(options);
      const exports: Uint8Array[] = [];
      for (const file of files) exports.push(await readEvidence(file));
      const runs = verifyTranscriptChain(exports, trust, options.anchor);
      const [only] = exports;
      if (options.transcript !== undefined && only !== undefined) {
        verifyExport(only, trust, await replayFile(options.transcript));
      }
      if (options.json) return print({ verified: true, runs });
      for (const { root, count, signers, witnesses } of runs) {
        pass(`${count} events under ${root}`);
        for (const { name, fingerprint } of signers)
          console.log(`  signed by ${shown(name)}, key ${short(fingerprint)}`);
        for (const { name, at } of witnesses) console.log(`  witnessed by ${shown(name)} at ${dateOf(at)}`);
      }
      if (runs.length > 1) pass(`${runs.length} runs in one chain, none missing and none beside it`);
      if (options.transcript !== undefined) pass(`${shown(options.transcript)} is the log that was signed`);
      else console.log("\nNo log was compared with this: pass --transcript, or replay it and compare the fingerprint.");
    });
}

async function trustOf({ keyring, witness, threshold }: VerifyOptions): Promise<ExportTrust> {
  const witnesses = witness.length === 0 && threshold === undefined ? undefined : witness;
  return {
    keyring: parseKeyring(await readEvidence(keyring)),
    now: systemClock(),
    ...(witnesses && { witnesses: { witnesses, threshold: threshold ?? witnesses.length } }),
  };
}

/** @throws EXPORT_KEY_UNREADABLE, EVIDENCE_FILE_UNREADABLE */
async function readKey(file: string): Promise<KeyObject> {
  const pem = await readEvidence(file);
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(Buffer.from(pem));
  } catch (cause) {
    throw transcriptError("EXPORT_KEY_UNREADABLE", { file }, cause);
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw transcriptError("EXPORT_KEY_UNREADABLE", { file, expected: "ed25519", actual: key.asymmetricKeyType });
  }
  return key;
}

function collectWitness(value: string, before: readonly VerifierKey[]): readonly VerifierKey[] {
  return [...before, parseVerifierKey(value)];
}

function parseRoot(value: string): Hex {
  if (!/^0x[0-9a-f]{64}$/.test(value)) throw new InvalidArgumentError("expected 0x and 64 lower-case hex digits");
  return value as Hex;
}

function parseThreshold(value: string): number {
  if (!/^[1-9][0-9]?$/.test(value)) throw new InvalidArgumentError("expected a number from 1");
  return Number(value);
}
