import { type Hex, keccak256, sha256, stringToBytes, zeroHash } from "viem";
import type { Comparison } from "./stage.ts";

/** What a certificate says, by number in Fulcio's arc; 0 is the subject alternative name. Empty where it says nothing. */
export type CertificateTexts = readonly string[];

/** What the contract holds a certificate against (`IEvidenceVerifier.Facts`), as far as it is about the run. */
export type IdentityFacts = {
  readonly signerWorkflow: Hex;
  readonly signerCommit: Hex;
  readonly callerWorkflow: Hex;
  readonly repositoryId: bigint;
  readonly sourceOwnerId: bigint;
  readonly sourceCommit: Hex;
  readonly runId: bigint;
  readonly runAttempt: number;
};

const SERVER = "https://github.com/";

/**
 * A certificate's lines beside what the step needs in each. The rules are the contract's
 * (`contracts/evidence/RunIdentity.sol`), whose verdict counts; this says where it came from.
 *
 * @param oidcIssuerHash keccak256 of the identity provider's URL, as the contract was deployed with it
 */
export function compareIdentity(
  texts: CertificateTexts,
  facts: IdentityFacts,
  oidcIssuerHash: Hex,
): readonly Comparison[] {
  const at = (number: number) => texts[number] ?? "";
  const exact = (extension: number, what: string, needs: string): Comparison => {
    const says = at(extension);
    return { extension, what, needs: needs === "" ? "nothing" : needs, says, equal: says === needs };
  };
  const isOneOf = (extension: number, what: string, needs: string, equal: boolean): Comparison => ({
    extension,
    what,
    needs,
    says: at(extension),
    equal,
  });
  const signerCommit = facts.signerCommit.slice(2);
  const sourceCommit = facts.sourceCommit.slice(2);
  const isStarted = at(18) === at(9);
  const signerRef = isStarted || at(9).endsWith(`@${signerCommit}`);
  const run = `${at(12)}/actions/runs/${facts.runId}/attempts/${facts.runAttempt}`;
  const isIssuer = keccak256(stringToBytes(at(8))) === oidcIssuerHash;
  return [
    isOneOf(8, "Who vouched for the run", isIssuer ? at(8) : `a URL that hashes to ${oidcIssuerHash}`, isIssuer),
    isOneOf(
      9,
      "Workflow that signed",
      isStarted ? pathWords(at(9), facts.signerWorkflow) : `${pathWords(at(9), facts.signerWorkflow)}@${signerCommit}`,
      isPath(at(9), facts.signerWorkflow) && signerRef,
    ),
    isOneOf(0, "Name of the certificate's holder", "the same as .9", at(0) === at(9) && at(0) !== ""),
    isOneOf(
      10,
      "Commit of that workflow",
      signerCommit,
      at(10) === signerCommit && (!isStarted || signerCommit === sourceCommit),
    ),
    isOneOf(
      18,
      "Workflow that was started",
      facts.callerWorkflow === zeroHash ? "any" : pathWords(at(18), facts.callerWorkflow),
      facts.callerWorkflow === zeroHash || isPath(at(18), facts.callerWorkflow),
    ),
    exact(13, "Commit of the repository", sourceCommit),
    exact(19, "Commit of the started workflow", sourceCommit),
    exact(15, "Repository, by its number", String(facts.repositoryId)),
    facts.sourceOwnerId === 0n
      ? isOneOf(17, "Repository's owner, by number", "any", true)
      : exact(17, "Repository's owner, by number", String(facts.sourceOwnerId)),
    exact(21, "Run and attempt", run),
    exact(20, "How the run was started", "workflow_dispatch"),
    exact(11, "Whose machine it ran on", "github-hosted"),
    exact(22, "Who can see the repository", "public"),
    exact(23, "Deployment environment", ""),
  ];
}

/** A workflow is `<server>/<path>@<ref>`; terms hold SHA-256 of the path. */
function pathIn(workflow: string): string | undefined {
  const end = workflow.lastIndexOf("@");
  return workflow.startsWith(SERVER) && end > SERVER.length ? workflow.slice(SERVER.length, end) : undefined;
}

function isPath(workflow: string, expected: Hex): boolean {
  const path = pathIn(workflow);
  return path !== undefined && sha256(stringToBytes(path)) === expected;
}

/** Terms hold a digest, so the path can be named only where the certificate names it. */
function pathWords(workflow: string, expected: Hex): string {
  return isPath(workflow, expected) ? `${SERVER}${pathIn(workflow)}` : `a path with SHA-256 ${expected}`;
}
