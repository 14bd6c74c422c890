import type { Command } from "commander";
import { printableJson } from "#lib/core/printable.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { readEvidence } from "./files.ts";

/** `pawl claim`: has a step's evidence verified and claimed. */
export function claimCommand(program: Command): void {
  program
    .command("claim")
    .description("Have a capsule verified by the offer's verifier and the claim submitted.")
    .argument("<capsule>", "file made by pawl capsule fetch")
    .requiredOption("--gateway <url>", "the server that holds the verifier's key (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: { gateway: string; json?: boolean }) => {
      const answer = await createClaimClient({ url: options.gateway }).claim(await readEvidence(file));
      if (options.json) console.log(printableJson(answer));
      else if (answer.transaction) console.log(`claimed: ${answer.claimHash} in transaction ${answer.transaction}`);
      else {
        console.log(`verified and signed: ${answer.claimHash}`);
        console.log(
          "This server submits no claims itself. Submit this one with any wallet, on the entitlement's page or",
        );
        console.log("as the second argument of Settlement.claim:");
        console.log(printableJson(answer.signed, 2));
      }
    });
}
