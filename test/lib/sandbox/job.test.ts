import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "#lib/core/effects.ts";
import { observeRun } from "#lib/github/observe.ts";
import {
  callerOf,
  completed,
  dispatch,
  logOf,
  newestFiles,
  openSandbox,
  PRODUCING_STEPS,
  publish,
  type TestSandbox,
  workflowOf,
} from "./sandbox.fixture.ts";

let open: TestSandbox;
beforeAll(async () => {
  open = await openSandbox({ millisecondsPerMinute: 1_500 });
});
afterAll(() => open.close());

const verifiedSan = (bundle: Uint8Array) => {
  const trust = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(open.sandbox.trustedRootFile, "utf8"))));
  const verifier = new Verifier(trust, { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
  const entity = toSignedEntity(bundleFromJSON(JSON.parse(Buffer.from(bundle).toString("utf8"))));
  return verifier.verify(entity).identity?.subjectAlternativeName;
};

const run = async (steps: string, job?: string) => {
  const repository = publish(
    open.sandbox,
    `case-${createHash("sha1").update(steps).digest("hex")}`,
    workflowOf(steps, job),
  );
  const runId = await dispatch(open.client, repository);
  const { conclusion } = await completed(open.client, repository.fullName, runId);
  return { conclusion, log: await logOf(open.sandbox, open.client, repository.fullName, runId), repository, runId };
};

describe("a dispatched run of a caller and a pinned workflow", () => {
  it("leaves an artifact whose bundle verifies and attests exactly the template's payload", async () => {
    const signer = publish(open.sandbox, "signer", workflowOf(PRODUCING_STEPS));
    const caller = publish(open.sandbox, "caller", callerOf(signer));
    const runId = await dispatch(open.client, caller);
    const run = await completed(open.client, caller.fullName, runId);
    expect(run.conclusion).toBe("success");
    expect(run.referenced_workflows).toEqual([
      { path: `${signer.fullName}/.github/workflows/step.yml@${signer.commit}`, sha: signer.commit },
    ]);

    const place = { repository: caller.fullName, runId };
    const files = await newestFiles(open.client, place);
    const file = (name: string) => files[name] ?? new Uint8Array();
    expect(Buffer.from(file("result.json")).toString()).toBe("result.json of step 3\n");
    expect(verifiedSan(file("bundle.sigstore.json"))).toBe(
      `https://github.com/${signer.fullName}/.github/workflows/step.yml@${signer.commit}`,
    );
    const hash = (name: "pawl-claim" | "certificate.json" | "result.json" | "state.bundle") =>
      createHash("sha256").update(file(name)).digest("hex");
    const subject = (name: Parameters<typeof hash>[0]) => `{"name":"${name}","digest":{"sha256":"${hash(name)}"}}`;
    const envelope = JSON.parse(Buffer.from(file("bundle.sigstore.json")).toString("utf8")).dsseEnvelope;
    expect(Buffer.from(envelope.payload, "base64").toString("utf8")).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[${subject("pawl-claim")},${subject("certificate.json")},` +
        `${subject("result.json")},${subject("state.bundle")}],"predicateType":"urn:pawl:step:v1","predicate":{"v":1}}`,
    );
  });

  it("can be observed while it runs, though the API first shows the job as queued", async () => {
    const signer = publish(open.sandbox, "slow-signer", workflowOf("- run: sleep 2"));
    const caller = publish(open.sandbox, "slow-caller", callerOf(signer));
    const runId = await dispatch(open.client, caller);
    const place = { repository: caller.fullName, runId, runAttempt: 1 };
    const [queued] = (await open.client.listJobs(place)).value.jobs;
    expect(queued).toMatchObject({ status: "queued", runner_name: null, runner_group_id: null, name: "go / step" });
    const observed = await observeRun(
      {
        ...place,
        repositoryId: String(caller.id),
        checkRunId: queued?.id ?? "",
        sha: caller.commit,
        event: "workflow_dispatch",
        workflowPath: ".github/workflows/step.yml",
        calledCommit: signer.commit,
        runsOn: "ubuntu-24.04",
      },
      { client: open.client, clock: systemClock, pollMilliseconds: 50 },
    );
    expect(observed.facts).toMatchObject({
      status: "in_progress",
      runnerGroupId: 0,
      runnerGroupName: "GitHub Actions",
    });
    expect(JSON.parse(Buffer.from(observed.raw.jobs).toString()).total_count).toBe(1);
    await completed(open.client, caller.fullName, runId);
  });

  it("does not start when the pinned workflow asks for more than the caller grants", async () => {
    const signer = publish(open.sandbox, "greedy-signer", workflowOf('- run: "true"'));
    const conclusionOf = async (name: string, permissions?: string) => {
      const caller = publish(open.sandbox, name, callerOf(signer, permissions));
      const runId = await dispatch(open.client, caller);
      return (await completed(open.client, caller.fullName, runId)).conclusion;
    };
    expect(await conclusionOf("sparing-caller", "{ contents: read }")).toBe("startup_failure");
    expect(await conclusionOf("granting-caller")).toBe("success");
  });
});

describe("a job", () => {
  it("gets tokens that name the run, the job and the pinned file", async () => {
    const { log } = await run(`
- run: |
    token=$(curl -sf -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=pawl" | sed 's/.*"value":"//; s/".*//')
    echo "$token" | cut -d. -f2 | tr '_-' '/+' | sed 's/$/==/' | base64 -d 2>/dev/null || true
    echo "secret: $ACTIONS_ID_TOKEN_REQUEST_TOKEN"
`);
    const claims = JSON.parse(/\{"jti".*?\}/.exec(log)?.[0] ?? "{}");
    expect(claims).toMatchObject({ aud: "pawl", event_name: "workflow_dispatch", runner_environment: "github-hosted" });
    expect(claims.job_workflow_ref).toMatch(
      /^testers\/case-.*\/\.github\/workflows\/step\.yml@refs\/tags\/pawl\/[0-9a-f]{40}$/,
    );
    expect(claims.job_workflow_sha).toBe(claims.sha);
    expect(claims.check_run_id).toBe(`${claims.run_id}01`);
    expect(log).toContain("secret: ***");
  });

  it("sees a clean environment and a server URL it can clone from", async () => {
    const { conclusion, log } = await run(`
- run: |
    test -z "\${PAWL_EXTERNAL:-}\${VITEST:-}\${npm_config_registry:-}"
    git clone --quiet "$GITHUB_SERVER_URL/atelier/workloads.git" cloned
    ls cloned
    env | cut -d= -f1 | sort | tr '\\n' ' '
`);
    expect(conclusion, log).toBe("success");
    expect(log).toContain("digest.mjs");
    expect(log).not.toMatch(/\b(?:USER|SHELL|NODE_OPTIONS|INIT_CWD)\b/);
  });

  it("fails at the first failing command and runs no later step", async () => {
    const { conclusion, log } = await run("- run: |\n    false | true\n    echo unreachable\n- run: echo later");
    expect(conclusion).toBe("failure");
    expect(log).not.toMatch(/^\S+ (?:unreachable|later)$/m);
  });

  it("is ended by timeout-minutes, with whatever it started", async () => {
    const marker = `pawl-left-behind-${process.pid}`;
    const { conclusion } = await run(
      `- run: |\n    setsid bash -c 'exec -a ${marker} sleep 300' & disown\n    sleep 300`,
      "    timeout-minutes: 1",
    );
    expect(conclusion).toBe("timed_out");
    expect(execFileSync("ps", ["-eo", "args"]).toString()).not.toContain(`${marker} 300`);
  });

  it("maps the install step to the local tree", async () => {
    const { conclusion, log } = await run("- run: npm install --no-save --ignore-scripts");
    expect(conclusion).toBe("success");
    expect(log).toContain("not run: npm install");
  });

  it("loses the bundle after it was logged when attestations: write is missing", async () => {
    const before = open.sandbox.doors.sigstore.logSize();
    const workflow = workflowOf(PRODUCING_STEPS).replace("attestations: write", "attestations: read");
    const repository = publish(open.sandbox, "no-attestations", workflow);
    const runId = await dispatch(open.client, repository);
    expect((await completed(open.client, repository.fullName, runId)).conclusion).toBe("failure");
    expect(open.sandbox.doors.sigstore.logSize()).toBe(before + 1);
  });

  it("does not follow a link into an artifact", async () => {
    const { conclusion, log } = await run(`
- run: mkdir pawl-out && ln -s /etc/hostname pawl-out/stolen
- uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f
  with: { name: pawl-step, path: pawl-out }
`);
    expect(conclusion).toBe("failure");
    expect(log).toContain("not a regular file: stolen");
  });
});

describe("what the sandbox does not execute it refuses", () => {
  const publishCase = (steps: string) =>
    publish(open.sandbox, `refused-${createHash("sha1").update(steps).digest("hex")}`, workflowOf(steps));

  const atDispatch: Record<string, string> = {
    "an action by tag": "- uses: actions/checkout@v7",
    "an expression in a script": `- run: echo \${{ inputs.step }}`,
    "a condition": `- run: "true"\n  if: always()`,
  };
  for (const [name, steps] of Object.entries(atDispatch)) {
    it(`at dispatch: ${name}`, async () => {
      await expect(dispatch(open.client, publishCase(steps))).rejects.toMatchObject({
        code: "GITHUB_REFUSED",
        values: { status: 422 },
      });
    });
  }

  const inTheJob: Record<string, string> = {
    "an unknown action": `- uses: someone/else@${"a".repeat(40)}`,
    "an unknown input of an action": `- uses: actions/setup-node@${"a".repeat(40)}\n  with: { node-version: "24", cache: npm }`,
    "a secret": `- run: "true"\n  env: { X: "\${{ secrets.X }}" }`,
    "a function": `- run: "true"\n  env: { X: "\${{ toJSON(github) }}" }`,
    "an unknown input": `- run: "true"\n  env: { X: "\${{ inputs.other }}" }`,
  };
  for (const [name, steps] of Object.entries(inTheJob)) {
    it(`in the job: ${name}`, async () => {
      const repository = publishCase(steps);
      const runId = await dispatch(open.client, repository);
      expect((await completed(open.client, repository.fullName, runId)).conclusion).toBe("failure");
      const log = await logOf(open.sandbox, open.client, repository.fullName, runId);
      expect(log).toContain("##[error]SANDBOX_WORKFLOW_REFUSED");
    });
  }
});
