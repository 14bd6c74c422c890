import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGitHubClient } from "#lib/github/client.ts";
import type { PinnedRepository } from "#lib/sandbox/repositories.ts";
import { startSandbox } from "#lib/sandbox/sandbox.ts";
import {
  completed,
  dispatch,
  newestFiles,
  openSandbox,
  PRODUCING_STEPS,
  projectRoot,
  publish,
  type TestSandbox,
  workflowOf,
} from "./sandbox.fixture.ts";

let open: TestSandbox;
let repository: PinnedRepository;
beforeAll(async () => {
  open = await openSandbox();
  repository = publish(open.sandbox, "server", workflowOf(PRODUCING_STEPS), "names");
});
afterAll(() => open.close());

const call = async (
  method: string,
  path: string,
  options: { token?: string | null; body?: unknown; version?: string } = {},
) => {
  const { token = open.sandbox.token, body, version } = options;
  const response = await fetch(`${open.sandbox.apiUrl}/repos/${repository.fullName}/${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(version !== undefined && { "x-github-api-version": version }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
};
const DISPATCHES = "actions/workflows/step.yml/dispatches";
const inputs = { step: "1", dispatchNonce: "server" };

describe("authorisation", () => {
  it("refuses a missing and a wrong token, in GitHub's shape", async () => {
    expect(await call("GET", "actions/runs", { token: null })).toMatchObject({
      status: 401,
      body: { message: "Requires authentication", status: "401" },
    });
    expect((await call("GET", "actions/runs", { token: "wrong" })).body.message).toBe("Bad credentials");
  });

  it("lets a read token read and not write", async () => {
    const token = open.sandbox.readToken;
    expect((await call("GET", "actions/runs", { token })).status).toBe(200);
    expect((await call("POST", DISPATCHES, { token, body: { ref: "main", inputs } })).status).toBe(403);
  });

  it("refuses an API version it does not know", async () => {
    expect((await call("GET", "actions/runs", { version: "2020-01-01" })).status).toBe(400);
  });
});

describe("dispatch", () => {
  it("refuses a commit hash as ref, as GitHub does", async () => {
    const answer = await call("POST", DISPATCHES, { body: { ref: repository.commit, inputs } });
    expect(answer).toMatchObject({ status: 422, body: { message: `No ref found for: ${repository.commit}` } });
  });

  it("refuses missing, unexpected and oddly shaped inputs and an unknown workflow", async () => {
    const refused = async (body: unknown) => (await call("POST", DISPATCHES, { body })).status;
    expect(await refused({ ref: "main", inputs: { step: "1" } })).toBe(422);
    expect(await refused({ ref: "main", inputs: { ...inputs, more: "x" } })).toBe(422);
    expect(await refused({ ref: "main", inputs, other: 1 })).toBe(422);
    const unknown = await call("POST", "actions/workflows/none.yml/dispatches", { body: { ref: "main", inputs } });
    expect(unknown.status).toBe(404);
  });

  it("answers 204 without details and 200 with the run when they are asked for", async () => {
    expect((await call("POST", DISPATCHES, { body: { ref: "main", inputs } })).status).toBe(204);
    const answer = await call("POST", DISPATCHES, { body: { ref: "main", inputs, return_run_details: true } });
    expect(answer.status).toBe(200);
    const run = await call("GET", `actions/runs/${answer.body.workflow_run_id}`);
    expect(run.body).toMatchObject({
      head_sha: repository.commit,
      head_branch: "main",
      path: ".github/workflows/step.yml",
      display_title: "pawl server",
      run_attempt: 1,
      repository: { id: repository.id, owner: { id: repository.ownerId } },
    });
    await completed(open.client, repository.fullName, String(answer.body.workflow_run_id));
  });
});

describe("a run", () => {
  it("is found by its dispatch nonce, once", async () => {
    const runId = await dispatch(open.client, repository, "unique-nonce");
    const found = await open.client.findRunByNonce({ repository: repository.fullName, dispatchNonce: "unique-nonce" });
    expect(found?.id).toBe(runId);
    const missing = await open.client.findRunByNonce({ repository: repository.fullName, dispatchNonce: "never" });
    expect(missing).toBeUndefined();
    await completed(open.client, repository.fullName, runId);
  });

  it("is run again as attempt 2 with a job and an artifact of its own", async () => {
    const runId = await dispatch(open.client, repository, "again");
    await completed(open.client, repository.fullName, runId);
    expect((await call("POST", `actions/runs/${runId}/rerun`)).status).toBe(201);
    expect((await call("POST", `actions/runs/${runId}/rerun`)).status).toBe(403);
    const second = await completed(open.client, repository.fullName, runId, 2);
    expect(second).toMatchObject({ id: runId, run_attempt: 2, conclusion: "success" });
    const place = { repository: repository.fullName, runId };
    const jobs = async (runAttempt: number) => (await open.client.listJobs({ ...place, runAttempt })).value.jobs[0]?.id;
    expect(await jobs(1)).not.toBe(await jobs(2));
    expect(await open.client.listArtifacts({ ...place, name: "pawl-step" })).toHaveLength(2);
    expect(Object.keys(await newestFiles(open.client, place))).toContain("pawl-claim");
  });

  it("is gone after its deletion, with its artifacts", async () => {
    const runId = await dispatch(open.client, repository, "deleted");
    await completed(open.client, repository.fullName, runId);
    const [artifact] = await open.client.listArtifacts({ repository: repository.fullName, runId, name: "pawl-step" });
    expect((await call("DELETE", `actions/runs/${runId}`)).status).toBe(204);
    expect((await call("GET", `actions/runs/${runId}`)).status).toBe(404);
    expect((await call("GET", `actions/artifacts/${artifact?.id}/zip`)).status).toBe(404);
  });

  it("is not found through another repository", async () => {
    const runId = await dispatch(open.client, repository, "elsewhere");
    await expect(open.client.getRun({ repository: "pawl/pawl", runId })).rejects.toMatchObject({
      code: "GITHUB_REFUSED",
    });
    await completed(open.client, repository.fullName, runId);
  });
});

describe("an artifact", () => {
  it("is downloaded through a redirect that works once and without the token", async () => {
    const runId = await dispatch(open.client, repository, "download");
    await completed(open.client, repository.fullName, runId);
    const [artifact] = await open.client.listArtifacts({ repository: repository.fullName, runId, name: "pawl-step" });
    const redirect = await call("GET", `actions/artifacts/${artifact?.id}/zip`);
    expect(redirect.status).toBe(302);
    const location = redirect.headers.get("location") ?? "";
    expect((await fetch(location)).headers.get("content-type")).toBe("application/zip");
    expect((await fetch(location)).status).toBe(403);
  });
});

describe("OIDC over HTTP", () => {
  it("publishes discovery and keys", async () => {
    const { url, jwksUrl, oidcIssuer } = open.sandbox;
    const discovery = await (await fetch(`${url}/oidc/.well-known/openid-configuration`)).json();
    expect(discovery).toMatchObject({ issuer: oidcIssuer, jwks_uri: jwksUrl });
    const { keys } = await (await fetch(jwksUrl)).json();
    expect(keys[0]).toMatchObject({ kty: "RSA", alg: "RS256", use: "sig" });
    expect(keys[0].d).toBeUndefined();
  });

  it("gives no token to a stranger", async () => {
    const url = `${open.sandbox.url}/oidc/token?api-version=2.0&job=1&audience=sigstore`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: `Bearer ${open.sandbox.token}` } })).status).toBe(401);
  });
});

describe("a restart", () => {
  it("keeps root, tokens, repositories and completed runs, and cancels a run under way", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "pawl-restart-"));
    try {
      const first = await openSandbox({ stateDir });
      const done = publish(first.sandbox, "done", workflowOf('- run: "true"'));
      const doneId = await dispatch(first.client, done);
      await completed(first.client, done.fullName, doneId);
      const slow = publish(first.sandbox, "slow", workflowOf("- run: sleep 60"));
      const slowId = await dispatch(first.client, slow);
      await first.close();

      const second = await openSandbox({ stateDir });
      publish(second.sandbox, "done", workflowOf('- run: "true"'));
      publish(second.sandbox, "slow", workflowOf("- run: sleep 60"));
      expect(second.sandbox.trustedRoot).toEqual(first.sandbox.trustedRoot);
      expect(second.sandbox.token).toBe(first.sandbox.token);
      expect(second.sandbox.repositories).toEqual(first.sandbox.repositories);
      expect((await completed(second.client, done.fullName, doneId)).conclusion).toBe("success");
      expect((await completed(second.client, slow.fullName, slowId)).conclusion).toBe("cancelled");
      expect(Number(await dispatch(second.client, done))).toBeGreaterThan(Number(slowId));
      await second.close();
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  });
});

it("refuses to listen on anything but loopback", async () => {
  const options = { stateDir: tmpdir(), port: 0, projectRoot };
  const host = JSON.parse('"0.0.0.0"');
  await expect(startSandbox({ ...options, host })).rejects.toMatchObject({ code: "SANDBOX_NOT_LOOPBACK" });
});

it("answers 404 for a repository it does not have", async () => {
  const client = createGitHubClient({ apiUrl: open.sandbox.apiUrl, token: open.sandbox.token });
  await expect(client.getRun({ repository: "pawl/none", runId: "1" })).rejects.toMatchObject({
    code: "GITHUB_REFUSED",
    values: { status: 404, message: "Not Found" },
  });
});
