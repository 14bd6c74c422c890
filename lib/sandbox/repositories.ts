import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commitFiles, initBareRepository, type SourceFiles, tagCommit } from "./git.ts";

/**
 * The repositories of a trade in topology `neutral`, as real git repositories: Pawl's own (the signer), the neutral
 * caller (the source), and a seller's programs (the workload).
 */

export type SandboxRepository = {
  readonly owner: string;
  readonly name: string;
  /** `owner/name`. */
  readonly fullName: string;
  /** GitHub's numeric ids. They stay when a repository is renamed; names do not. */
  readonly id: number;
  readonly ownerId: number;
  /** The bare repository on disk. */
  readonly folder: string;
  /** Form of `sub` in its tokens. */
  readonly subject: "names" | "names and ids";
};

/** What an offer pins of a repository: the commit on `main`, and the tag under which it can be dispatched. */
export type PinnedRepository = SandboxRepository & { readonly commit: string; readonly tag: string };

export type TradeRepositories = {
  /** `pawl/pawl`: holds the pinned workflow. */
  readonly signer: PinnedRepository & { readonly workflow: string };
  /** `pawl-neutral/steps`: calls it, and is dispatched. */
  readonly caller: PinnedRepository & { readonly workflow: string };
  /** `atelier/workloads`: three programs. */
  readonly workloads: PinnedRepository & { readonly entries: Readonly<Record<"digest" | "ledger" | "plot", string>> };
};

export type Repositories = {
  /** Makes or updates a repository so that `main` holds exactly these files, and tags the commit for dispatch. */
  readonly put: (
    description: { readonly owner: string; readonly name: string; readonly id: number; readonly ownerId: number } & {
      readonly subject?: SandboxRepository["subject"];
    },
    files: SourceFiles,
  ) => PinnedRepository;
  readonly find: (fullName: string) => SandboxRepository | undefined;
};

/** @param folder holds `<owner>/<name>.git` for each repository. */
export function createRepositories(folder: string): Repositories {
  const known = new Map<string, SandboxRepository>();
  return {
    put({ owner, name, id, ownerId, subject = "names and ids" }, files) {
      const fullName = `${owner}/${name}`;
      const bare = join(folder, owner, `${name}.git`);
      initBareRepository(bare);
      const commit = commitFiles(bare, files, "Publish\n");
      const tag = `pawl/${commit}`;
      tagCommit(bare, tag, commit);
      const repository: SandboxRepository = { owner, name, fullName, id, ownerId, subject, folder: bare };
      known.set(fullName.toLowerCase(), repository);
      return { ...repository, commit, tag };
    },
    find: (fullName) => known.get(fullName.toLowerCase()),
  };
}

const STEP_WORKFLOW = ".github/workflows/pawl-step.yml";
const CALLER_WORKFLOW = ".github/workflows/step.yml";

/** @param projectRoot the tree whose pinned workflow and programs are published. */
export function publishTradeRepositories(repositories: Repositories, projectRoot: string): TradeRepositories {
  const signer = repositories.put(
    { owner: "pawl", name: "pawl", id: 810_000_001, ownerId: 92_000_001, subject: "names" },
    { [STEP_WORKFLOW]: readFileSync(join(projectRoot, STEP_WORKFLOW)) },
  );
  const caller = repositories.put(
    { owner: "pawl-neutral", name: "steps", id: 810_000_002, ownerId: 92_000_002 },
    { [CALLER_WORKFLOW]: Buffer.from(callerWorkflow(`pawl/pawl/${STEP_WORKFLOW}@${signer.commit}`), "utf8") },
  );
  const program = (name: string) => readFileSync(join(projectRoot, "lib/sandbox/workloads", `${name}.mjs`));
  const workloads = repositories.put(
    { owner: "atelier", name: "workloads", id: 810_000_003, ownerId: 92_000_003 },
    { "digest.mjs": program("digest"), "ledger.mjs": program("ledger"), "plot.mjs": program("plot") },
  );
  return {
    signer: { ...signer, workflow: `pawl/pawl/${STEP_WORKFLOW}` },
    caller: { ...caller, workflow: `pawl-neutral/steps/${CALLER_WORKFLOW}` },
    workloads: { ...workloads, entries: { digest: "digest.mjs", ledger: "ledger.mjs", plot: "plot.mjs" } },
  };
}

const INPUTS = ["chainId", "permitConsumer", "entitlement", "step", "gatewayUrl", "dispatchNonce"];

/** The neutral caller: passes its inputs on and grants exactly what the pinned workflow asks for. */
function callerWorkflow(pin: string): string {
  const declared = INPUTS.map((name) => `      ${name}: { type: string, required: true }`).join("\n");
  const passed = INPUTS.map((name) => `      ${name}: \${{ inputs.${name} }}`).join("\n");
  return `name: step
run-name: pawl \${{ inputs.dispatchNonce }}
on:
  workflow_dispatch:
    inputs:
${declared}
permissions: {}
jobs:
  step:
    permissions:
      contents: read
      id-token: write
      attestations: write
    uses: ${pin}
    with:
${passed}
`;
}
