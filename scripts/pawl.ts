import { Command, CommanderError } from "commander";
import { findPawlError } from "#lib/core/error.ts";
import { coreError } from "#lib/core/errors.ts";
import { capsuleCommand } from "./commands/capsule.ts";
import { claimCommand } from "./commands/claim.ts";
import { stepCommand } from "./commands/step.ts";
import { verifyCommand } from "./commands/verify.ts";

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

verifyCommand(program);
capsuleCommand(program);
claimCommand(program);
stepCommand(program);

try {
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
    console.log(JSON.stringify({ error: error.toJSON() }));
  } else {
    console.error(`${error.code}: ${error.message}`);
    for (const [name, value] of Object.entries(error.values)) console.error(`  ${name}: ${value}`);
  }
  if (error.code === "INTERNAL" && process.env.PAWL_DEBUG) console.error(thrown);
  return error.exitCode;
}
