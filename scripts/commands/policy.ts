import { styleText } from "node:util";
import type { Command } from "commander";
import { printable, printableJson } from "#lib/core/printable.ts";
import { explainPolicy } from "#lib/evidence/policyRules.ts";
import { parsePolicy, policyHashOf } from "#lib/offers/policy.ts";
import { readEvidence } from "./files.ts";

/** `pawl policy`: what a policy capsule allows, rule by rule. */
export function policyCommand(program: Command): void {
  program
    .command("policy")
    .description("Explain a policy capsule: what a run under it may do, and the hash that an offer pins.")
    .argument("<file>", "policy.json")
    .option("--json", "print one JSON object")
    .action(async (file: string, options: { json?: boolean }) => {
      const bytes = await readEvidence(file);
      const policy = parsePolicy(bytes);
      const rules = explainPolicy(policy);
      const policyHash = policyHashOf(bytes);
      if (options.json) {
        console.log(printableJson({ policyHash, policy, rules }, 2));
        return;
      }
      const { repository, commit, entry } = policy.workload;
      console.log(styleText("bold", printable(policy.title)));
      console.log(`Runs ${printable(entry)} of ${printable(repository)} at ${commit}.\n`);
      const width = Math.max(...rules.map(({ rule }) => rule.length));
      for (const { rule, sentence, allowed } of rules) {
        console.log(`${rule.padEnd(width)}  ${sentence}`);
        console.log(`${" ".repeat(width)}  ${styleText("dim", printable(allowed))}`);
      }
      console.log(`\npolicy hash ${policyHash}`);
    });
}
