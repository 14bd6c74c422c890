import { type Hex, stringToBytes } from "viem";
import { sha256Hex } from "../core/hash.ts";
import { offerError } from "./errors.ts";

/** A workflow file at one commit: `owner/repo/.github/workflows/f.yml@<40 hex>`. */
export type WorkflowPin = {
  readonly owner: string;
  readonly repository: string;
  /** File name inside `.github/workflows/`. */
  readonly file: string;
  /** 40 lower-case hex digits. */
  readonly commit: string;
};

// GitHub's own limits: owners are 1 to 39 of [A-Za-z0-9-], repository names 1 to 100 of [A-Za-z0-9._-].
const PIN =
  /^(?<owner>[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)\/(?<repository>[A-Za-z0-9._-]{1,100})\/\.github\/workflows\/(?<file>[A-Za-z0-9._-]{1,100}\.ya?ml)@(?<commit>[0-9a-f]{40})$/;

/**
 * Parses a pinned workflow. Branches, tags, short or upper-case commits and `..` segments are refused: a name that can
 * move is not a pin.
 *
 * @throws WORKFLOW_REF_UNPINNED with the offending text
 */
export function parseWorkflowPin(text: string): WorkflowPin {
  const groups = PIN.exec(text)?.groups;
  const { owner, repository, file, commit } = groups ?? {};
  if (!owner || !repository || !file || !commit || repository === "." || repository === "..") {
    throw offerError("WORKFLOW_REF_UNPINNED", { workflow: text });
  }
  return { owner, repository, file, commit };
}

/** `owner/repo/.github/workflows/f.yml`, without the commit. */
export function workflowPath(pin: WorkflowPin): string {
  return `${pin.owner}/${pin.repository}/.github/workflows/${pin.file}`;
}

/** The identity term of a workflow: SHA-256 of its path's utf8 bytes (`signerWorkflow`, `callerWorkflow`). */
export function workflowIdentity(path: string): Hex {
  return sha256Hex(stringToBytes(path));
}

/** A commit as the contracts hold it. */
export function commitToBytes20(commit: string): Hex {
  return `0x${commit}`;
}
