import type { Command } from "commander";
import { bytes32 } from "#lib/core/encoding.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { parseSchema } from "#lib/core/json.ts";
import { unpackCapsule } from "#lib/evidence/capsule.ts";
import { createClaimClient } from "#lib/settlement/client.ts";
import { readEvidence, writeEvidence } from "./files.ts";

/** `pawl capsule` and `pawl claim`: fetch a step's evidence, and have it verified and claimed. */
export function claimCommands(program: Command): void {
  program
    .command("capsule")
    .description("Collect the evidence of a permitted step into one file.")
    .argument("<permitHash>", "the permit the step was taken under")
    .requiredOption("--gateway <url>", "the gateway that released the step (required)")
    .requiredOption("-o, --output <file>", "where to write the capsule (required)")
    .option("--json", "print one JSON object")
    .action(async (permit: string, options: { gateway: string; output: string; json?: boolean }) => {
      const permitHash = parseSchema(bytes32, permit, "permit hash");
      const capsule = await createClaimClient({ url: options.gateway }).capsule(permitHash);
      // Whatever answered at that address: what is written is a capsule.
      await unpackCapsule(capsule);
      await writeEvidence(options.output, capsule);
      const evidenceHash = sha256Hex(capsule);
      if (options.json)
        console.log(JSON.stringify({ permitHash, evidenceHash, bytes: capsule.length, file: options.output }));
      else console.log(`${options.output}: ${capsule.length} bytes, evidence hash ${evidenceHash}`);
    });

  program
    .command("claim")
    .description("Have a capsule verified by the offer's verifier and the claim submitted.")
    .argument("<capsule>", "file made by pawl capsule")
    .requiredOption("--gateway <url>", "the server that holds the verifier's key (required)")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: { gateway: string; json?: boolean }) => {
      const answer = await createClaimClient({ url: options.gateway }).claim(await readEvidence(file));
      if (options.json) console.log(JSON.stringify(answer));
      else if (answer.transaction) console.log(`claimed: ${answer.claimHash} in transaction ${answer.transaction}`);
      else {
        console.log(`verified and signed: ${answer.claimHash}`);
        console.log(
          "This server submits no claims itself. Submit this one with any wallet, on the entitlement's page or",
        );
        console.log("as the second argument of Settlement.claim:");
        console.log(JSON.stringify(answer.signed, null, 2));
      }
    });
}
