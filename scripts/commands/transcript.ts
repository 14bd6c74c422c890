import { styleText } from "node:util";
import { type Command, InvalidArgumentError } from "commander";
import { bytesToHex, type Hex } from "viem";
import { printableJson } from "#lib/core/printable.ts";
import { openArtifactStore } from "#lib/transcript/artifactStore.ts";
import { checkArtifact } from "#lib/transcript/artifacts.ts";
import { type Comparison, compareRuns, createContentFingerprint, type Difference } from "#lib/transcript/compare.ts";
import { transcriptError } from "#lib/transcript/errors.ts";
import { CLOSING_EVENT, dependenciesOf, type TranscriptEvent } from "#lib/transcript/event.ts";
import {
  encodeProof,
  type Proof,
  parseProof,
  proveConsistency,
  proveInclusion,
  verifyProof,
} from "#lib/transcript/proof.ts";
import type { TranscriptSummary } from "#lib/transcript/reader.ts";
import { readEvidence, writeEvidence } from "./files.ts";
import { exportCommands } from "./transcriptExport.ts";
import { loadFile, replayFile } from "./transcriptFile.ts";
import {
  changeOf,
  dateOf,
  fieldsOf,
  framesOf,
  projectDifference,
  projectEvent,
  projectProof,
  sentenceOf,
  short,
  shown,
} from "./transcriptWords.ts";

const FILE = "transcript.jsonl, or an evidence capsule that carries one";
const pass = (text: string) => console.log(`${styleText("green", "✓")} ${text}`);
const fail = (text: string) => console.log(`${styleText("red", "✗")} ${text}`);
const print = (value: object) => console.log(printableJson(value));

/** `pawl transcript`: the record of a run, checked and read. Exit code 0 done, 2 bad input, 3 a check failed. */
export function transcriptCommand(program: Command): void {
  const transcript = program
    .command("transcript")
    .description("Check, compare and read the log of a run.")
    .addHelpText(
      "after",
      `
Begin with:
  pawl transcript explain transcript.jsonl    what happened in this run
  pawl transcript replay transcript.jsonl     is this log whole, and what is its fingerprint`,
    );
  replayCommand(transcript);
  diffCommand(transcript);
  determinismCommand(transcript);
  proofCommands(transcript);
  explainCommand(transcript);
  traceCommand(transcript);
  exportCommands(transcript);
}

type JsonOption = { readonly json?: boolean };

function replayCommand(transcript: Command): void {
  transcript
    .command("replay")
    .description("Recompute everything from the log and print its fingerprint.")
    .argument("<file>", FILE)
    .option("--expected <fingerprint>", "fingerprint that it has to have (transcriptRoot)", parseRoot)
    .option("--artifacts <folder>", "also read and hash every artifact and snapshot that the log names")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: JsonOption & { expected?: Hex; artifacts?: string }) => {
      const content = createContentFingerprint();
      const named: TranscriptEvent[] = [];
      const summary = await replayFile(file, (event) => {
        content.see(event);
        if (event.type === "artifact" || event.type === "snapshot") named.push(event);
      });
      const artifacts = options.artifacts === undefined ? undefined : await checkArtifacts(named, options.artifacts);
      const facts = {
        ...factsOf(summary),
        contentFingerprint: content.value(),
        ...(artifacts !== undefined && { artifacts }),
      };
      if (options.expected !== undefined && options.expected !== summary.root) {
        throw transcriptError("TRANSCRIPT_ROOT_MISMATCH", { expected: options.expected, actual: summary.root });
      }
      if (options.json) return print(facts);
      pass(`${summary.count} events, each linked to the one before`);
      if (facts.closed) pass("closed by its outputs");
      else console.log(`${styleText("yellow", "!")} not closed: the run did not end, or the end was cut off`);
      if (artifacts !== undefined) pass(`${artifacts} artifacts and snapshots as the log names them`);
      if (options.expected !== undefined) pass("the expected fingerprint");
      console.log(`\nfingerprint ${summary.root}`);
      console.log(
        `content     ${facts.contentFingerprint}  ${styleText("dim", "(what the run did, without salts and times)")}`,
      );
      if (options.expected === undefined) {
        console.log(
          "\nThis shows that the log is whole, not whose it is. Compare the fingerprint with transcriptRoot in the step's\ncertificate.json, or pass it as --expected.",
        );
      }
    });
}

async function checkArtifacts(events: readonly TranscriptEvent[], folder: string): Promise<number> {
  const store = openArtifactStore(folder);
  for (const event of events) await checkArtifact(event, store);
  return events.length;
}

type ComparisonOptions = JsonOption & { times?: boolean; salts?: boolean; ignore: readonly string[] };

function withComparison(command: Command): Command {
  return command
    .option("--times", "times have to agree as well")
    .option(
      "--ignore <field>",
      "field of an event's data that does not count, such as resultHash; repeatable",
      collect,
      [],
    )
    .option("--json", "print one JSON object");
}

function diffCommand(transcript: Command): void {
  withComparison(transcript.command("diff-run"))
    .description("Show what two runs did differently. Exit code 3 where they differ.")
    .argument("<before>", FILE)
    .argument("<after>", "the other run")
    .option("--salts", "salts have to agree as well; no two honest logs share any")
    .action(async (before: string, after: string, options: ComparisonOptions) => {
      const [a, b] = [await loadFile(before), await loadFile(after)];
      const differences = compareRuns(a.events, b.events, comparisonOf(options));
      if (differences.length > 0) process.exitCode = transcriptError("TRANSCRIPTS_DIFFER").exitCode;
      if (options.json) {
        return print({
          same: differences.length === 0,
          before: a.summary.root,
          after: b.summary.root,
          differences: differences.map(projectDifference),
        });
      }
      if (differences.length === 0) {
        return pass(
          `the same ${a.summary.count} events${a.summary.root === b.summary.root ? ": it is the same log" : ""}`,
        );
      }
      showDifferences(differences);
    });
}

const SHOWN_DIFFERENCES = 50;

function showDifferences(differences: readonly Difference[]): void {
  for (const difference of differences.slice(0, SHOWN_DIFFERENCES)) showDifference(difference);
  if (differences.length > SHOWN_DIFFERENCES) {
    console.log(`… and ${differences.length - SHOWN_DIFFERENCES} more; --json prints all`);
  }
  const count = (kind: Difference["kind"]) => differences.filter((difference) => difference.kind === kind).length;
  console.log(`\n${count("added")} added, ${count("removed")} removed, ${count("changed")} changed`);
}

function determinismCommand(transcript: Command): void {
  withComparison(transcript.command("verify-determinism"))
    .description("Check that runs did the same in everything but salts and times. Exit code 3 where they did not.")
    .argument("<files...>", "two transcripts or more")
    .action(async (files: string[], options: ComparisonOptions, command: Command) => {
      if (files.length < 2) command.error("error: give at least two transcripts");
      const comparison = comparisonOf(options);
      const runs: { file: string; fingerprint: Hex; contentFingerprint: Hex }[] = [];
      for (const file of files) {
        const content = createContentFingerprint(comparison);
        const { root } = await replayFile(file, content.see);
        runs.push({ file, fingerprint: root, contentFingerprint: content.value() });
      }
      const [first] = runs;
      const other = runs.find(({ contentFingerprint }) => contentFingerprint !== first?.contentFingerprint);
      const [difference] = first && other ? await differencesOf(first.file, other.file, comparison) : [];
      if (other) process.exitCode = transcriptError("TRANSCRIPTS_DIFFER").exitCode;
      // One log given twice shows nothing about a second run.
      const distinct = new Set(runs.map(({ fingerprint }) => fingerprint)).size;
      if (options.json) {
        return print({
          deterministic: other === undefined,
          distinct,
          runs,
          ...(difference && { firstDifference: projectDifference(difference) }),
        });
      }
      for (const run of runs) {
        const line = `${shown(run.file)}  content ${short(run.contentFingerprint)}`;
        if (run.contentFingerprint === first?.contentFingerprint) pass(line);
        else fail(line);
      }
      if (difference) {
        console.log("\nThe first difference:");
        showDifference(difference);
        console.log(`See all with: pawl transcript diff-run ${shown(first?.file)} ${shown(other?.file)}`);
      } else {
        console.log(`\n${runs.length} runs did the same`);
        if (distinct < runs.length)
          console.log(
            `${styleText("yellow", "!")} but only ${distinct} of the logs are distinct: the same one was given twice`,
          );
      }
      if (options.ignore.length > 0) console.log(`not compared: ${options.ignore.map(shown).join(", ")}`);
    });
}

function showDifference(difference: Difference): void {
  const { kind, type } = difference;
  if (kind === "added")
    console.log(`${styleText("green", "+")} ${type}  ${styleText("dim", `only after, event ${difference.after}`)}`);
  else if (kind === "removed") {
    console.log(`${styleText("red", "-")} ${type}  ${styleText("dim", `only before, event ${difference.before}`)}`);
  } else {
    const { before, after } = difference;
    const place = before === after ? `event ${before}` : `event ${before}, now ${after}`;
    console.log(`${styleText("yellow", "~")} ${type}  ${styleText("dim", place)}`);
    for (const field of difference.fields) console.log(`    ${changeOf(field, difference)}`);
  }
}

async function differencesOf(before: string, after: string, comparison: Comparison): Promise<readonly Difference[]> {
  return compareRuns((await loadFile(before)).events, (await loadFile(after)).events, comparison);
}

type MakeOptions = JsonOption & { event?: number; since?: number; output: string };

function proofCommands(transcript: Command): void {
  const proof = transcript
    .command("proof")
    .description("Show one event of a log without the others, or that a log continues an earlier state of itself.");
  proof
    .command("make")
    .description("Write a proof: of one event with --event, or of continuation with --since.")
    .argument("<file>", FILE)
    .option("--event <index>", "event to show, from 0", parseCount)
    .option("--since <count>", "number of events of the earlier state", parseCount)
    .requiredOption("-o, --output <file>", "where to write the proof (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: MakeOptions, command: Command) => {
      const { event, since } = options;
      if ((event === undefined) === (since === undefined))
        command.error("error: give either --event <index> or --since <count>");
      const log = await loadFile(file);
      const made = event === undefined ? proveConsistency(since ?? 0, log.leaves) : proveEvent(event, log);
      await writeEvidence(options.output, encodeProof(made));
      if (options.json) return print({ file: options.output, root: log.summary.root, proof: projectProof(made) });
      pass(`${shown(options.output)}: ${describe(made)}`);
      console.log(`\nWhoever has the log's fingerprint checks it with:
  pawl transcript proof verify ${shown(options.output)} --root ${log.summary.root}${made.kind === "consistency" ? " --first-root <fingerprint of the earlier state>" : ""}`);
      if (made.kind === "inclusion")
        console.log("The proof shows this event whole, with its salt, and nothing of the others.");
    });
  proof
    .command("verify")
    .description("Hold a proof against a fingerprint that you have from somewhere you trust.")
    .argument("<proof>", "file made by pawl transcript proof make")
    .requiredOption(
      "--root <fingerprint>",
      "fingerprint of the log: transcriptRoot of its certificate (required)",
      parseRoot,
    )
    .option("--first-root <fingerprint>", "fingerprint of the earlier state, for a proof of continuation", parseRoot)
    .option("--json", "print one JSON object")
    .action(async (file: string, options: JsonOption & { root: Hex; firstRoot?: Hex }, command: Command) => {
      const { root, firstRoot } = options;
      const read = parseProof(await readEvidence(file));
      if (read.kind === "consistency" && firstRoot === undefined) {
        command.error(
          "error: this proof is about two states of a log: give the earlier one's fingerprint as --first-root",
        );
      }
      verifyProof(read, { root, ...(firstRoot !== undefined && { firstRoot }) });
      if (options.json) return print({ verified: true, root, proof: projectProof(read) });
      pass(`${describe(read)}, under fingerprint ${short(root)}`);
      if (read.kind === "inclusion") showEvent(read.event);
    });
}

function proveEvent(index: number, { events, leaves }: Awaited<ReturnType<typeof loadFile>>): Proof {
  const event = events[index];
  if (event === undefined) throw transcriptError("TRANSCRIPT_EVENT_MISSING", { index, count: events.length });
  return proveInclusion(event, leaves);
}

function describe(proof: Proof): string {
  return proof.kind === "inclusion"
    ? `event ${proof.event.index} is one of the log's ${proof.count}`
    : `the log of ${proof.second.count} events begins with the earlier ${proof.first.count}, unchanged`;
}

function explainCommand(transcript: Command): void {
  transcript
    .command("explain")
    .description("Say in sentences what happened in a run.")
    .argument("<file>", FILE)
    .option("--json", "print one JSON object")
    .action(async (file: string, options: JsonOption) => {
      const sentences: { index: number; at: number; type: string; sentence: string }[] = [];
      let left = 0;
      const summary = await replayFile(file, (event) => {
        const { index, at, type } = event;
        if (sentences.length < MOST_SENTENCES || type === CLOSING_EVENT) {
          sentences.push({ index, at, type, sentence: sentenceOf(event) });
        } else left += 1;
      });
      const facts = factsOf(summary);
      if (options.json) return print({ ...facts, events: sentences, leftOut: left });
      const seconds = summary.last.at - summary.first.at;
      console.log(
        `A run of ${summary.count} events, from ${dateOf(summary.first.at)} ${seconds < 0 ? "(its clock ran backwards)" : `for ${seconds} s`}, by its own clock.`,
      );
      if (facts.dependsOn.length > 0) console.log(`It builds on ${facts.dependsOn.map(short).join(", ")}.`);
      console.log("");
      const width = String(summary.count - 1).length;
      for (const { index, sentence } of sentences) {
        if (left > 0 && index === summary.count - 1)
          console.log(styleText("dim", `${" ".repeat(width)}  … ${left} more; pawl transcript trace lists them`));
        console.log(`${styleText("dim", String(index).padStart(width))}  ${sentence}`);
      }
      if (!facts.closed)
        console.log(
          `\n${styleText("yellow", "!")} The log was not closed: the run did not end, or the end was cut off.`,
        );
      console.log(`\nfingerprint ${summary.root}`);
      console.log(
        "A log says what its writer wrote. That these events happened follows from the attestation over the fingerprint:\ncheck it with pawl verify.",
      );
    });
}

const MOST_SENTENCES = 200;
const TRACED = 100;

function traceCommand(transcript: Command): void {
  transcript
    .command("trace")
    .description("List a run step by step: when, what, with which data.")
    .argument("<file>", FILE)
    .option("--from <index>", "first event to list", parseCount, 0)
    .option("--limit <count>", "how many to list", parseCount, TRACED)
    .option("--json", "print one JSON object per event")
    .action(async (file: string, options: JsonOption & { from: number; limit: number }) => {
      const { from, limit } = options;
      let start: number | undefined;
      // The lines are printed as they are read: what follows is checked by the end, which says so.
      const summary = await replayFile(file, (event, leaf) => {
        start ??= event.at;
        if (event.index < from || event.index >= from + limit) return;
        if (options.json) print({ ...projectEvent(event), leaf: bytesToHex(leaf) });
        else showStep(event, bytesToHex(leaf), event.at - start);
      });
      if (options.json) return;
      if (from >= summary.count)
        throw transcriptError("TRANSCRIPT_EVENT_MISSING", { index: from, count: summary.count });
      const rest = summary.count - from - limit;
      if (rest > 0) console.log(styleText("dim", `… ${rest} more: --from ${from + limit}`));
      console.log("");
      pass(`${summary.count} events, each linked to the one before`);
      console.log(`fingerprint ${summary.root}`);
    });
}

function showStep(event: TranscriptEvent, leaf: Hex, seconds: number): void {
  const { index, type } = event;
  const time = `${seconds < 0 ? "" : "+"}${seconds}s`;
  console.log(
    `${styleText("bold", `${index}`)} ${styleText("dim", time)} ${styleText("cyan", type)} ${styleText("dim", `leaf ${short(leaf)}`)}`,
  );
  const fields = fieldsOf(event);
  if (fields !== "") console.log(`    ${fields}`);
  for (const frame of framesOf(event)) console.log(frame);
}

function showEvent(event: TranscriptEvent): void {
  console.log(`  ${dateOf(event.at)}  ${styleText("cyan", event.type)}  ${fieldsOf(event)}`);
  for (const frame of framesOf(event)) console.log(frame);
}

function factsOf({ count, root, treeRoot, first, last }: TranscriptSummary) {
  return {
    events: count,
    fingerprint: root,
    treeRoot,
    closed: last.type === CLOSING_EVENT,
    dependsOn: dependenciesOf(first),
  };
}

function comparisonOf({ times, salts, ignore }: ComparisonOptions): Comparison {
  return { ignore, ...(times && { times }), ...(salts && { salts }) };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value.replace(/^data\./, "")];
}

function parseRoot(value: string): Hex {
  if (!/^0x[0-9a-f]{64}$/.test(value)) throw new InvalidArgumentError("expected 0x and 64 lower-case hex digits");
  return value as Hex;
}

function parseCount(value: string): number {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(value)) throw new InvalidArgumentError("expected a number from 0");
  return Number(value);
}
