import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealEnvelope } from "#lib/capability/envelope.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { parseCertificate } from "#lib/evidence/certificate.ts";
import { claimHash, decodeClaim } from "#lib/evidence/claim.ts";
import type { GatewayClient } from "#lib/gateway/client.ts";
import { type PollAnswer, pollAnswerSchema } from "#lib/gateway/wire.ts";
import { policyBytes } from "#lib/offers/policy.ts";
import { parseRunnerEnvironment } from "#lib/runner/environment.ts";
import { runnerError } from "#lib/runner/errors.ts";
import type { Isolation } from "#lib/runner/isolation.ts";
import { runStep } from "#lib/runner/step.ts";
import { readTranscript } from "#lib/transcript/reader.ts";
import { people } from "../../contracts/world.ts";
import { createGatewayWorld, type GatewayWorld, type Run } from "../gateway/world.ts";
import { isolation } from "./isolation.fixture.ts";

/** The runner against a real gateway over real contracts, and against one that lies. */

let world: GatewayWorld;
let root: string;
let commit: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "pawl-step-"));
  const bare = join(root, "git", "atelier", "workloads.git");
  const work = join(root, "work");
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd,
      encoding: "utf8",
    }).trim();
  mkdirSync(bare, { recursive: true });
  mkdirSync(work);
  git(bare, "init", "--quiet", "--bare");
  git(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
  git(work, "init", "--quiet");
  writeFileSync(
    join(work, "main.mjs"),
    `import fs from "node:fs";
     const { PAWL_INPUT, PAWL_STATE, PAWL_OUTPUT } = process.env;
     const input = JSON.parse(fs.readFileSync(PAWL_INPUT, "utf8"));
     fs.writeFileSync(PAWL_STATE + "/seen.json", JSON.stringify(input));
     fs.writeFileSync(PAWL_OUTPUT + "/result.json", JSON.stringify({ doubled: input.n * 2 }));`,
  );
  git(work, "add", ".");
  git(work, "commit", "--quiet", "-m", "work");
  git(work, "push", "--quiet", bare, "HEAD:refs/heads/main");
  commit = git(work, "rev-parse", "HEAD");
  world = await createGatewayWorld({ workloadCommit: commit });
});
afterAll(async () => {
  await world.close();
  rmSync(root, { recursive: true, force: true });
});

type Lies = Partial<GatewayClient>;
type Attempt = {
  readonly workspace: string;
  readonly run: Run;
  step(lies?: (honest: GatewayClient) => Lies, isolate?: () => Promise<Isolation>): ReturnType<typeof runStep>;
};

let entitlement: `0x${string}`;
let attempt: Attempt;
beforeEach(async () => {
  entitlement = (await world.buy()).id;
  await world.gateway.requests.request(await world.signRequest(entitlement, 1));
  attempt = await prepare();
});

/** A job on its own folder, with the buyer signing as soon as the run has asked. */
async function prepare(): Promise<Attempt> {
  const workspace = mkdtempSync(join(root, "job-"));
  const run = await world.newRun();
  const { gateway, deployment } = world;
  const honest: GatewayClient = {
    requestStep: () => Promise.reject(new Error("the runner does not request steps")),
    inbox: () => Promise.reject(new Error("the runner does not read the inbox")),
    submitPermit: () => Promise.reject(new Error("the runner does not permit")),
    result: () => Promise.reject(new Error("the runner does not fetch results")),
    ask: async (ask) => {
      const answer = await gateway.asks.ask(ask);
      await gateway.asks.permit(answer.askId, await world.signPermit(await world.proposal(entitlement)));
      return answer;
    },
    poll: async (askId, poll) => pollAnswerSchema.parse(await gateway.release.poll(askId, poll)),
    release: async (askId, release) => ({ transaction: await gateway.release.release(askId, release) }),
    parentBundle: async (askId, poll) => gateway.release.parentBundle(await gateway.asks.authenticate(askId, poll)),
    deliver: (askId, proof, archive) => gateway.deliveries.deliver(askId, proof, archive),
  };
  const environment = parseRunnerEnvironment({
    PAWL_CHAIN_ID: String(deployment.chainId),
    PAWL_PERMIT_CONSUMER: deployment.permitConsumer,
    PAWL_ENTITLEMENT: entitlement,
    PAWL_STEP: "1",
    PAWL_GATEWAY_URL: "https://gateway.example",
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://tokens.example/token?api-version=2",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
    GITHUB_SERVER_URL: `file://${join(root, "git")}`,
    GITHUB_REPOSITORY: "pawl-neutral/steps",
    GITHUB_REPOSITORY_ID: "5",
    GITHUB_RUN_ID: run.runId,
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_SHA: "a".repeat(40),
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: join(workspace, "temp"),
  });
  return {
    workspace,
    run,
    step: (lies = () => ({}), isolate = async () => isolation) =>
      runStep({
        environment,
        isolate,
        gateway: { ...honest, ...lies(honest) },
        fetch: async (url) => {
          const audience = new URL(String(url)).searchParams.get("audience") ?? "";
          return Response.json({ value: await world.token(run, audience) });
        },
        clock: () => world.time.now,
        random: systemRandom,
        sleep: async () => undefined,
        log: () => undefined,
      }),
  };
}

/** Changes the gateway's answers of one status. */
const lyingPoll =
  <S extends PollAnswer["status"]>(status: S, lie: (answer: Extract<PollAnswer, { status: S }>) => unknown) =>
  (honest: GatewayClient): Lies => ({
    poll: async (askId, poll) => {
      const answer = await honest.poll(askId, poll);
      return (answer.status === status ? lie(answer as Extract<PollAnswer, { status: S }>) : answer) as PollAnswer;
    },
  });

describe("one step of a run", () => {
  it("leaves files that agree with one another and with the permit", async () => {
    const { certificateHash, folder } = await attempt.step();
    const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
    const certificate = parseCertificate(read("certificate.json"));
    const claim = decodeClaim(read("pawl-claim"));
    expect(sha256Hex(read("certificate.json"))).toBe(certificateHash);
    expect(claim).toMatchObject({
      step: 1,
      entitlement,
      certificateHash,
      resultHash: sha256Hex(read("result.json")),
      bundleHash: sha256Hex(read("state.bundle")),
      transcriptRoot: readTranscript(read("transcript.jsonl")).root,
      permitHash: certificate.permitHash,
    });
    expect(certificate).toMatchObject({ restoreMode: "genesis", workerKey: expect.any(String) });
    const lines = readFileSync(join(folder, "checksums.txt"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => line.split("  ")[1])).toEqual([
      "pawl-claim",
      "certificate.json",
      "result.json",
      "state.bundle",
    ]);
    expect(lines[0]?.split("  ")[0]).toBe(claimHash(claim).slice(2));
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8")).payload).toEqual({
      doubled: expect.any(Number),
    });
  });

  it("writes no key and no input anywhere among its files", async () => {
    const { folder } = await attempt.step();
    const names = [
      "certificate.json",
      "next-tokens.json",
      "transcript.jsonl",
      "receipt.json",
      "permit.json",
      "result.json",
    ];
    const text = names.map((name) => readFileSync(join(folder, name), "utf8")).join();
    expect(text).not.toContain("privateKey");
    expect(text).not.toContain("bearer");
  });
});

describe("a run on a machine that cannot isolate a workload", () => {
  it("does not even ask, so that nothing is consumed", async () => {
    let asked = 0;
    const counting = (honest: GatewayClient): Lies => ({
      ask: (ask) => {
        asked += 1;
        return honest.ask(ask);
      },
    });
    const isolate = () => Promise.reject(runnerError("ISOLATION_UNAVAILABLE"));
    await expect(attempt.step(counting, isolate)).rejects.toMatchObject({ code: "ISOLATION_UNAVAILABLE" });
    expect(asked).toBe(0);
  });
});

describe("a run whose gateway lies", () => {
  const changed = (field: string, value: unknown) =>
    lyingPoll("permitted", (answer) => ({ ...answer, permit: { ...answer.permit, [field]: value } }));

  for (const [field, value] of [
    ["runId", 1n],
    ["runAttempt", 2],
    ["repositoryId", 6n],
    ["sourceCommit", `0x${"9".repeat(40)}`],
    ["signerCommit", `0x${"9".repeat(40)}`],
    ["workerKey", `0x${"99".repeat(32)}`],
    ["entitlement", `0x${"99".repeat(32)}`],
    ["step", 2],
    ["gateway", `0x${"9".repeat(40)}`],
  ] as const) {
    it(`uses no key when the permit names another ${field}`, async () => {
      await expect(attempt.step(changed(field, value))).rejects.toMatchObject({
        code: "PERMIT_NOT_FOR_THIS_RUN",
        values: expect.objectContaining({ field }),
      });
      expect((await world.chain.read.entitlement(entitlement)).opened).toBe(0);
    });
  }

  it("runs nothing under a policy that the permit does not name", async () => {
    const lax = policyBytes({ ...world.policy, limits: { ...world.policy.limits, stepSeconds: 3600 } });
    const lie = lyingPoll("permitted", (answer) => ({ ...answer, policy: Buffer.from(lax).toString("base64url") }));
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "POLICY_MISMATCH" });
  });

  it("works on no other input than the permitted one", async () => {
    const lie = (honest: GatewayClient): Lies => ({
      poll: async (askId, poll) => {
        const answer = await honest.poll(askId, poll);
        if (answer.status !== "released") return answer;
        const other = canonicalBytes({ v: 1, salt: Buffer.alloc(32).toString("base64url"), payload: { n: 666 } });
        const input = await sealEnvelope(answer.envelopes.input.header, other, (hash) => people.gateway.sign({ hash }));
        return { ...answer, envelopes: { ...answer.envelopes, input } };
      },
    });
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "INPUT_NOT_PERMITTED" });
  });

  it("opens no capability that another than the policy's gateway signed", async () => {
    const lie = (honest: GatewayClient): Lies => ({
      poll: async (askId, poll) => {
        const answer = await honest.poll(askId, poll);
        if (answer.status !== "released") return answer;
        const { header } = answer.envelopes.state;
        const state = await sealEnvelope(header, new Uint8Array(97), (hash) => people.stranger.sign({ hash }));
        return { ...answer, envelopes: { ...answer.envelopes, state } };
      },
    });
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "ENVELOPE_SIGNATURE_INVALID" });
  });

  it("takes no envelope for another kind", async () => {
    const lie = lyingPoll("released", (answer) => ({
      ...answer,
      envelopes: { ...answer.envelopes, state: answer.envelopes.net },
    }));
    await expect(attempt.step(lie)).rejects.toMatchObject({
      code: "ENVELOPE_CONTEXT_MISMATCH",
      values: { field: "kind" },
    });
  });

  it("uses nothing when the permit it is shown has another parent than the one that was consumed", async () => {
    const lie = changed("parentStateCommitment", `0x${"99".repeat(32)}`);
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "TOKEN_AUDIENCE_MISMATCH" });
  });

  it("attests nothing when the receipt is not for its outputs", async () => {
    const lie = (honest: GatewayClient): Lies => ({
      deliver: async (askId, proof, archive) => ({
        ...(await honest.deliver(askId, proof, archive)),
        bundleHash: `0x${"99".repeat(32)}`,
      }),
    });
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "RECEIPT_INVALID" });
    expect(() => readFileSync(join(attempt.workspace, "pawl-out", "checksums.txt"))).toThrow();
  });

  it("attests nothing when the receipt is signed by somebody else", async () => {
    const lie = (honest: GatewayClient): Lies => ({
      deliver: async (askId, proof, archive) => {
        const receipt = await honest.deliver(askId, proof, archive);
        const signature = await people.stranger.sign({ hash: receipt.permitHash });
        return { ...receipt, signature };
      },
    });
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "RECEIPT_INVALID" });
  });

  it("attests nothing when the receipt's signature is no signature at all", async () => {
    const lie = (honest: GatewayClient): Lies => ({
      deliver: async (askId, proof, archive) => ({
        ...(await honest.deliver(askId, proof, archive)),
        signature: `0x${"00".repeat(65)}`,
      }),
    });
    await expect(attempt.step(lie)).rejects.toMatchObject({ code: "RECEIPT_INVALID" });
  });
});
