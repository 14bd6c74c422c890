import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unzipSync } from "fflate";
import { createGitHubClient, type GitHubClient, type WorkflowRun } from "#lib/github/client.ts";
import { ARTIFACT_NAME } from "#lib/github/collect.ts";
import type { PinnedRepository } from "#lib/sandbox/repositories.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "#lib/sandbox/sandbox.ts";

export const projectRoot = resolve(import.meta.dirname, "../../..");

export type TestSandbox = {
  readonly sandbox: Sandbox;
  readonly client: GitHubClient;
  readonly close: () => Promise<void>;
};

export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), "pawl-sandbox-"));
  const sandbox = await startSandbox({
    stateDir,
    port: 0,
    host: "127.0.0.1",
    projectRoot,
    apiLagMilliseconds: 100,
    ...options,
  });
  return {
    sandbox,
    client: createGitHubClient({ apiUrl: sandbox.apiUrl, token: sandbox.token }),
    async close() {
      await sandbox.stop();
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true });
    },
  };
}

const ATTEST = "actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6";
const UPLOAD = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f";
const CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1";

/** Stands in for the runner: writes every file that a step leaves behind, with contents of its own. */
export const PRODUCER = `
mkdir pawl-out && cd pawl-out
for name in pawl-claim certificate.json result.json state.bundle; do echo "$name of step $STEP" > "$name"; done
for name in next-tokens.json policy.json transcript.jsonl receipt.json permit.json; do echo '{}' > "$name"; done
sha256sum pawl-claim certificate.json result.json state.bundle > checksums.txt
`;

const indent = (text: string, by: number) => text.trim().replace(/^/gm, " ".repeat(by));

/** A workflow of one job that can be dispatched and called. */
export function workflowOf(steps: string, job = "    timeout-minutes: 5"): string {
  return `
name: test step
run-name: pawl \${{ inputs.dispatchNonce }}
on:
  workflow_call: { inputs: { step: { type: string, required: true }, dispatchNonce: { type: string, required: true } } }
  workflow_dispatch: { inputs: { step: { type: string, required: true }, dispatchNonce: { type: string, required: true } } }
jobs:
  step:
    runs-on: ubuntu-24.04
${job}
    permissions: { contents: read, id-token: write, attestations: write }
    steps:
${indent(steps, 6)}
`;
}

export const PRODUCING_STEPS = `
- uses: ${CHECKOUT}
  with: { repository: "\${{ job.workflow_repository }}", ref: "\${{ job.workflow_sha }}" }
- name: produce
  env: { STEP: "\${{ inputs.step }}" }
  run: |
${indent(PRODUCER, 4)}
- id: attest
  uses: ${ATTEST}
  with: { subject-checksums: pawl-out/checksums.txt, predicate-type: "urn:pawl:step:v1", predicate: '{"v":1}' }
- run: cp -- "$BUNDLE_PATH" pawl-out/bundle.sigstore.json
  env: { BUNDLE_PATH: "\${{ steps.attest.outputs.bundle-path }}" }
- uses: ${UPLOAD}
  with: { name: pawl-step, path: pawl-out/, if-no-files-found: error, compression-level: 0 }
`;

/** Publishes a workflow file in a repository of its own. */
export function publish(sandbox: Sandbox, name: string, workflow: string, subject?: "names"): PinnedRepository {
  return sandbox.doors.repositories.put(
    { owner: "testers", name, id: 700_000_000 + name.length, ownerId: 99, ...(subject && { subject }) },
    { ".github/workflows/step.yml": Buffer.from(workflow, "utf8") },
  );
}

/** A caller of the signer's workflow, as the neutral repository is one. */
export function callerOf(
  signer: PinnedRepository,
  permissions = "{ contents: read, id-token: write, attestations: write }",
) {
  return `
name: caller
run-name: pawl \${{ inputs.dispatchNonce }}
on:
  workflow_dispatch: { inputs: { step: { type: string, required: true }, dispatchNonce: { type: string, required: true } } }
permissions: {}
jobs:
  go:
    permissions: ${permissions}
    uses: ${signer.fullName}/.github/workflows/step.yml@${signer.commit}
    with: { step: "\${{ inputs.step }}", dispatchNonce: "\${{ inputs.dispatchNonce }}" }
`;
}

export function dispatch(client: GitHubClient, repository: PinnedRepository, dispatchNonce = "n1"): Promise<string> {
  return client.dispatchWorkflow({
    repository: repository.fullName,
    workflowFile: "step.yml",
    ref: repository.tag,
    inputs: { step: "3", dispatchNonce },
  });
}

export async function completed(
  client: GitHubClient,
  repository: string,
  runId: string,
  runAttempt = 1,
): Promise<WorkflowRun> {
  for (let i = 0; i < 400; i++) {
    const { value } = await client.getRunAttempt({ repository, runId, runAttempt });
    if (value.status === "completed") return value;
    await sleep(50);
  }
  throw new Error(`run ${runId} did not complete`);
}

/** The log of the attempt's job. */
export async function logOf(
  sandbox: Sandbox,
  client: GitHubClient,
  repository: string,
  runId: string,
): Promise<string> {
  const { value } = await client.listJobs({ repository, runId, runAttempt: 1 });
  const response = await fetch(`${sandbox.apiUrl}/repos/${repository}/actions/jobs/${value.jobs[0]?.id}/logs`, {
    headers: { authorization: `Bearer ${sandbox.token}` },
  });
  return response.text();
}

/** The files of the newest artifact of a run, which no check of evidence has looked at: these runs take no real step. */
export async function newestFiles(
  client: GitHubClient,
  place: { readonly repository: string; readonly runId: string },
): Promise<Readonly<Record<string, Uint8Array>>> {
  const artifacts = await client.listArtifacts({ ...place, name: ARTIFACT_NAME });
  const [newest] = artifacts.sort((a, b) => Number(b.id) - Number(a.id));
  if (newest === undefined) throw new Error("the run has no artifact");
  return unzipSync(await client.downloadArtifact({ repository: place.repository, artifactId: newest.id }));
}
