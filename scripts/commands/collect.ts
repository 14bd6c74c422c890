import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import { type Command, InvalidArgumentError } from "commander";
import { printableJson } from "#lib/core/printable.ts";
import { evidenceError } from "#lib/evidence/errors.ts";
import { createGitHubClient } from "#lib/github/client.ts";
import { type Collection, collect } from "#lib/github/collect.ts";
import { githubError } from "#lib/github/errors.ts";
import { errorValueLines } from "./errorText.ts";
import { writeEvidence } from "./files.ts";

type CollectOptions = {
  readonly attempt: number;
  readonly output: string;
  readonly api: string;
  readonly json?: boolean;
};

/**
 * `pawl collect`: takes a run's evidence from GitHub into a new folder, with `collect.json` saying what was looked at.
 * A refused run leaves the record alone.
 */
export function collectCommand(program: Command): void {
  program
    .command("collect")
    .description("Take the evidence of a completed run from GitHub, whole or not at all. Reads GITHUB_TOKEN.")
    .argument("<repository>", "owner/repository the run happened in")
    .argument("<run>", "run id")
    .option("--attempt <n>", "run attempt", parseAttempt, 1)
    .requiredOption("-o, --output <folder>", "new folder for the files and collect.json (required)")
    .option("--api <url>", "base of GitHub's REST API", "https://api.github.com")
    .option("--json", "print one JSON object")
    .action(async (repository: string, runId: string, options: CollectOptions) => {
      const token = process.env.GITHUB_TOKEN;
      if (!token) throw githubError("GITHUB_TOKEN_MISSING", { variable: "GITHUB_TOKEN" });
      const place = { repository, runId, runAttempt: options.attempt };
      const collection = await collect(place, createGitHubClient({ apiUrl: options.api, token }));
      await newFolder(options.output);
      const files: readonly [string, Uint8Array][] = collection.accepted
        ? Object.entries(collection.collected.files)
        : [];
      for (const [name, bytes] of files) await writeEvidence(join(options.output, name), bytes);
      const record = { v: 1, place, accepted: collection.accepted, record: collection.record };
      await writeEvidence(join(options.output, "collect.json"), Buffer.from(`${printableJson(record, 2)}\n`));
      if (options.json)
        console.log(printableJson({ ...record, folder: options.output, files: files.map(([name]) => name) }));
      else print(collection, options.output, files.length);
      if (!collection.accepted) process.exitCode = collection.refusal.exitCode;
    });
}

function print(collection: Collection, folder: string, files: number): void {
  for (const { sentence, refusal } of collection.record) {
    if (refusal === null) {
      console.log(`${styleText("green", "✓")} ${sentence}`);
      continue;
    }
    console.log(`${styleText("red", "✗")} ${sentence}`);
    console.log(`  ${styleText("red", refusal.code)}: ${refusal.message}`);
    for (const line of errorValueLines(refusal)) console.log(line);
  }
  if (collection.accepted) {
    console.log(
      `\n${files} files in ${folder}. Whole, but not verified: pawl verify ${join(folder, "bundle.sigstore.json")}`,
    );
  } else console.log(`\nNothing was taken. ${join(folder, "collect.json")} says why.`);
}

/** Files of two runs never mix. @throws EVIDENCE_FILE_UNWRITABLE */
async function newFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    throw evidenceError(
      "EVIDENCE_FILE_UNWRITABLE",
      { file: folder, problem: "name a folder that does not exist yet" },
      cause,
    );
  }
}

function parseAttempt(text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return Number(text);
}
