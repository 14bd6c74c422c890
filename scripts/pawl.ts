import { Command, CommanderError } from "commander";
import { findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { printableJson } from "#lib/core/printable.ts";
import { errorValueLines } from "./commands/errorText.ts";

const program = new Command("pawl")
  .description("Proof-backed execution: verify evidence, take a step, claim it.")
  .showHelpAfterError("(pawl --help lists the commands)")
  .configureHelp({ sortSubcommands: true })
  .addHelpText(
    "after",
    `
Exit codes:
  0 done, 2 invalid input, 3 verification failed, 4 backend failed, 5 restore refused, 6 policy violation`,
  )
  .exitOverride();

/** Each command's code is loaded when it is asked for: what a step needs takes longer to load than a bundle to check. */
const commands: Readonly<Record<string, () => Promise<void>>> = {
  verify: async () => (await import("./commands/verify.ts")).verifyCommand(program),
  trust: async () => (await import("./commands/trust.ts")).trustCommand(program),
  capsule: async () => (await import("./commands/capsule.ts")).capsuleCommand(program),
  claim: async () => (await import("./commands/claim.ts")).claimCommand(program),
  prove: async () => (await import("./commands/prove.ts")).proveCommand(program),
  step: async () => (await import("./commands/step.ts")).stepCommand(program),
  collect: async () => (await import("./commands/collect.ts")).collectCommand(program),
  policy: async () => (await import("./commands/policy.ts")).policyCommand(program),
  watch: async () => (await import("./commands/watch.ts")).watchCommand(program),
  transcript: async () => (await import("./commands/transcript.ts")).transcriptCommand(program),
};

try {
  const asked = process.argv[2] ?? "";
  // Help, and whatever is no command, shows them all.
  for (const load of Object.hasOwn(commands, asked) ? [commands[asked]] : new Set(Object.values(commands))) {
    await load?.();
  }
  await program.parseAsync();
} catch (thrown) {
  process.exitCode = report(thrown);
}

/** Exit codes: 0 done, 2 invalid input, 3 verification failed, 4 backend failed, 5 restore refused, 6 policy violation. */
function report(thrown: unknown): number {
  // Commander has already written its sentence; help and version end with 0.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  const error = findPawlError(thrown) ?? coreError("INTERNAL", { problem: String(thrown) }, thrown);
  if (process.argv.includes("--json")) {
    console.log(printableJson({ error: error.toJSON() }));
  } else {
    console.error(`${error.code}: ${error.message}`);
    for (const line of errorValueLines(error)) console.error(line);
  }
  if (error.code === "INTERNAL" && process.env.PAWL_DEBUG) console.error(thrown);
  return error.exitCode;
}
