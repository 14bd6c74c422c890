import { setTimeout as pause } from "node:timers/promises";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { bytesToHex, createWalletClient, custom, type Hex, type PublicClient, stringToBytes, zeroHash } from "viem";
import { hardhat } from "viem/chains";
import { askInfo } from "#lib/capability/envelope.ts";
import { hpkeOpen, type WorkerKeyPair, workerKeyPair } from "#lib/capability/hpke.ts";
import { askAudience, releaseAudience } from "#lib/capability/keySchedule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { observationBytes } from "#lib/evidence/observation.ts";
import type { AskFacts } from "#lib/gateway/ask.ts";
import { createConsumer } from "#lib/gateway/consume.ts";
import { createCustody } from "#lib/gateway/custody.ts";
import { gatewayError } from "#lib/gateway/errors.ts";
import { createGateway, type Gateway } from "#lib/gateway/gateway.ts";
import { createRatchet } from "#lib/gateway/ratchet.ts";
import { pollMac } from "#lib/gateway/runMac.ts";
import { createTokenVerifier } from "#lib/gateway/token.ts";
import { type StepRequest, stepRequestTypes } from "#lib/gateway/wire.ts";
import { type Policy, policyBytes, policyHashOf } from "#lib/offers/policy.ts";
import { entitlementIdOf, type OfferTerms, offerIdOf } from "#lib/offers/terms.ts";
import { workflowIdentity } from "#lib/offers/workflowPin.ts";
import { permitConsumerDomain, type StepPermit, stepPermitTypes } from "#lib/permits/stepPermit.ts";
import { type Database, openStore } from "#lib/store/store.ts";
import { addressOf, createWorld, people } from "../../contracts/world.ts";
import { network } from "../runner/isolation.fixture.ts";

/** A gateway over real contracts and a real store, with an OIDC issuer, a buyer and runs that tests can bend. */

const issuer = "https://token.actions.githubusercontent.com";
const migrations = new URL("../../../lib/store/migrations", import.meta.url).pathname;
const signerPath = "pawl/pawl/.github/workflows/pawl-step.yml";
const callerPath = "pawl-neutral/steps/.github/workflows/step.yml";
const source = "a".repeat(40);
const signer = "b".repeat(40);

export type Run = { readonly runId: string; readonly worker: WorkerKeyPair; readonly claims: Record<string, unknown> };
export type Asked = { readonly run: Run; readonly askId: Hex; readonly pollSecret: Uint8Array };

/** Where a test lets a process die. */
export type Fault = {
  db(db: Database): Database;
  afterTransaction(): void;
  beforeDispatch(): void;
  afterDispatch(): void;
};
const noFault: Fault = {
  db: (db) => db,
  afterTransaction: () => undefined,
  beforeDispatch: () => undefined,
  afterDispatch: () => undefined,
};

/** How GitHub behaves. It names a started run by its place among the dispatched ones, from 1. */
export type GitHubMood = {
  dispatch: "starts" | "refuses" | "starts, and the answer is lost" | "starts nothing, and the answer is lost";
  /** Whether a run can be found by its nonce. */
  showsRuns: boolean;
  /** Name of the machine on which a run is observed; undefined when the run is gone. */
  runnerName: string | undefined;
};
const goodMood: GitHubMood = { dispatch: "starts", showsRuns: true, runnerName: "GitHub Actions 12" };

export async function createGatewayWorld(options: { readonly workloadCommit?: string } = {}) {
  const chain = await createWorld();
  const { deployment } = chain;
  const client = chain.client as PublicClient;
  const store = await openStore("memory", migrations);
  const keys = (await generateKeyPair("RS256")) as CryptoKeyPair;
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  const dispatched: Record<string, string>[] = [];
  const github: GitHubMood = { ...goodMood };
  let ahead = 0;
  const time = { now: await chain.now() };
  const tick = async () => {
    time.now = (await chain.now()) + ahead;
  };
  let counter = 0;

  function gatewayWith(kek: Uint8Array, fault: Fault = noFault): Gateway {
    const db = fault.db(store.db);
    const consume = createConsumer(
      {
        client,
        wallet: createWalletClient({ chain: hardhat, transport: custom(client), account: people.gateway }),
      },
      deployment,
    );
    const custody = createCustody(kek, systemRandom);
    return createGateway({
      db,
      client,
      deployment,
      publicUrl: "https://gateway.example",
      custody,
      ratchet: createRatchet({ db, custody, random: systemRandom }),
      verifyToken: createTokenVerifier({
        issuer,
        keys: createLocalJWKSet({ keys: [jwk] }),
        clock: () => time.now,
      }),
      observe: async ({ facts, runsOn }) => observed(facts, runsOn),
      observeEnd: async () => {
        throw new Error("nothing here waits for the end of a run");
      },
      dispatch: async ({ inputs }) => {
        fault.beforeDispatch();
        if (github.dispatch === "refuses") throw gatewayError("DISPATCH_REFUSED", { status: 422 });
        if (github.dispatch !== "starts nothing, and the answer is lost") dispatched.push({ ...inputs });
        // An answer takes its time, in which other requests come in.
        await pause(10);
        fault.afterDispatch();
        if (github.dispatch !== "starts") throw new Error("socket hang up");
        return BigInt(dispatched.length);
      },
      findRun: async ({ dispatchNonce }) => {
        const place = dispatched.findIndex((inputs) => inputs.dispatchNonce === dispatchNonce);
        return github.showsRuns && place >= 0 ? BigInt(place + 1) : undefined;
      },
      consume: (consumption) => {
        const attempt = consume(consumption);
        return {
          simulate: attempt.simulate,
          send: async () => {
            const hash = await attempt.send();
            fault.afterTransaction();
            return hash;
          },
        };
      },
      signer: {
        address: addressOf("gateway"),
        signDigest: (hash) => people.gateway.sign({ hash }),
      },
      releaseTag: "safe",
      clock: () => time.now,
      random: systemRandom,
    });
  }

  function observed(facts: AskFacts, runsOn: string): Uint8Array {
    const { runnerName } = github;
    if (runnerName === undefined) throw new Error("GitHub shows no such run");
    return observationBytes({
      facts: {
        repository: facts.repository,
        repositoryId: facts.repositoryId,
        runId: facts.runId,
        runAttempt: facts.runAttempt,
        checkRunId: facts.checkRunId,
        sha: facts.sha,
        event: facts.event,
        workflowPath: ".github/workflows/step.yml",
        calledCommit: facts.jobWorkflowSha,
        status: "in_progress",
        runnerName,
        runnerGroupId: 0,
        runnerGroupName: "GitHub Actions",
        labels: [runsOn],
        observedAt: time.now,
      },
      // GitHub's answers name the moment, so no two are alike.
      raw: { run: systemRandom(8), jobs: systemRandom(8) },
    });
  }

  const kek = new Uint8Array(32).fill(5);
  const gateway = gatewayWith(kek);

  const policy: Policy = {
    v: 1,
    title: "Test",
    description: "",
    chainId: deployment.chainId,
    permitConsumer: deployment.permitConsumer,
    gateway: addressOf("gateway").toLowerCase() as Hex,
    workload: { repository: "atelier/workloads", commit: options.workloadCommit ?? "c".repeat(40), entry: "main.mjs" },
    workflows: { signer: signerPath, caller: callerPath },
    runsOn: "ubuntu-24.04",
    limits: {
      permitWaitSeconds: 600,
      stepSeconds: 60,
      memoryBytes: 536_870_912,
      inputBytes: 10_000,
      resultBytes: 10_000,
      stateBytes: 100_000,
    },
    restore: "fail_closed",
    tools: ["node"],
    network,
  };

  async function buy(overrides: Partial<OfferTerms> = {}, steps = 3) {
    const bytes = policyBytes(policy);
    const terms = chain.terms({
      stepTimeout: 900,
      signerWorkflow: workflowIdentity(signerPath),
      signerCommit: `0x${signer}`,
      callerWorkflow: workflowIdentity(callerPath),
      sourceRepositoryId: 5n,
      sourceOwnerId: 6n,
      sourceCommit: `0x${source}`,
      policyHash: policyHashOf(bytes),
      ...overrides,
    });
    await chain.send("seller", "offerRegistry", "publish", [terms, bytesToHex(bytes)]);
    const salt = bytesToHex(systemRandom(32));
    const value = terms.price * BigInt(steps);
    await chain.send("buyer", "escrow", "purchase", [terms, addressOf("buyer"), salt, steps], value);
    await tick();
    return { terms, salt, id: entitlementIdOf(offerIdOf(terms), addressOf("buyer"), salt) };
  }

  async function signRequest(
    entitlement: Hex,
    step: number,
    change: {
      readonly by?: keyof typeof people;
      readonly deadline?: number;
      readonly input?: Uint8Array;
      readonly inputHash?: Hex;
      readonly resultKey?: Hex;
    } = {},
  ): Promise<StepRequest> {
    const salt = Buffer.from(systemRandom(32)).toString("base64url");
    const input = canonicalBytes({ v: 1, salt, payload: { n: ++counter } });
    const message = {
      entitlement,
      step,
      inputHash: change.inputHash ?? sha256Hex(input),
      resultKey: change.resultKey ?? zeroHash,
      deadline: change.deadline ?? time.now + 600,
    };
    const signature = await people[change.by ?? "buyer"].signTypedData({
      domain: permitConsumerDomain(deployment),
      types: stepRequestTypes,
      primaryType: "StepRequest",
      message: { ...message, deadline: BigInt(message.deadline) },
    });
    return { ...message, input: Buffer.from(change.input ?? input).toString("base64url"), signature };
  }

  async function newRun(change: Record<string, unknown> = {}): Promise<Run> {
    const runId = String(1000 + ++counter);
    return { runId, worker: await workerKeyPair(systemRandom(32)), claims: change };
  }

  function token(run: Run, audience: string): Promise<string> {
    return new SignJWT({
      iss: issuer,
      aud: audience,
      iat: time.now,
      exp: time.now + 300,
      nbf: time.now - 600,
      jti: String(++counter),
      repository: "pawl-neutral/steps",
      repository_id: "5",
      repository_owner_id: "6",
      repository_visibility: "public",
      sha: source,
      ref: `refs/tags/pawl/${source}`,
      workflow_ref: `${callerPath}@refs/tags/pawl/${source}`,
      workflow_sha: source,
      job_workflow_ref: `${signerPath}@${signer}`,
      job_workflow_sha: signer,
      run_id: run.runId,
      run_attempt: "1",
      check_run_id: `9${run.runId}`,
      event_name: "workflow_dispatch",
      runner_environment: "github-hosted",
      ...run.claims,
    })
      .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: "k1" })
      .sign(keys.privateKey);
  }

  const contextOf = (entitlement: Hex) => ({
    chainId: deployment.chainId,
    permitConsumer: deployment.permitConsumer,
    entitlement,
  });

  async function askMessage(entitlement: Hex, step: number, run: Run) {
    const workerKey = run.worker.publicKey;
    const audience = askAudience(contextOf(entitlement), step, workerKey);
    return { ...contextOf(entitlement), step, workerKey, token: await token(run, audience) };
  }

  async function ask(entitlement: Hex, step: number, run: Run, through = gateway): Promise<Asked> {
    const message = await askMessage(entitlement, step, run);
    const { askId, enc, ct } = await through.asks.ask(message);
    const sealed = { enc: Buffer.from(enc, "base64url"), ct: Buffer.from(ct, "base64url") };
    const info = askInfo(contextOf(entitlement), step, sha256Hex(stringToBytes(message.token)));
    return { run, askId, pollSecret: await hpkeOpen(run.worker.privateKey, sealed, info) };
  }

  /** Requests a step and has a fresh run ask for it. */
  async function requestAndAsk(entitlement: Hex, step: number): Promise<Asked> {
    await gateway.requests.request(await signRequest(entitlement, step));
    return ask(entitlement, step, await newRun());
  }

  async function proposal(entitlement: Hex): Promise<StepPermit> {
    const [entry] = await gateway.asks.inbox(entitlement);
    if (!entry?.proposal) throw new Error("nothing is proposed");
    const { repositoryId, runId, deadline } = entry.proposal;
    return {
      ...entry.proposal,
      gateway: addressOf("gateway").toLowerCase() as Hex,
      repositoryId: BigInt(repositoryId),
      runId: BigInt(runId),
      deadline: BigInt(deadline),
    };
  }

  async function signPermit(permit: StepPermit, by: keyof typeof people = "buyer") {
    const signature = await people[by].signTypedData({
      domain: permitConsumerDomain(deployment),
      types: stepPermitTypes,
      primaryType: "StepPermit",
      message: permit,
    });
    return { permit, signature, signer: addressOf(by).toLowerCase() as Hex };
  }

  async function permitted(entitlement: Hex, step: number): Promise<Asked & { readonly permitHash: Hex }> {
    const asked = await requestAndAsk(entitlement, step);
    const permitHash = await gateway.asks.permit(asked.askId, await signPermit(await proposal(entitlement)));
    return { ...asked, permitHash };
  }

  function proof(asked: Pick<Asked, "askId" | "pollSecret">, at = time.now) {
    return { at, mac: pollMac(asked.pollSecret, asked.askId, at) };
  }

  async function release(
    entitlement: Hex,
    step: number,
    asked: Asked & { readonly permitHash: Hex },
    run = asked.run,
    through = gateway,
  ) {
    const audience = releaseAudience(contextOf(entitlement), step, asked.run.worker.publicKey, asked.permitHash);
    return through.release.release(asked.askId, { ...proof(asked), token: await token(run, audience) });
  }

  return {
    chain,
    store,
    gateway,
    gatewayWith,
    kek,
    deployment,
    policy,
    dispatched,
    /** What tests bend of GitHub; {@link calmGitHub} bends it back. */
    github,
    calmGitHub: () => void Object.assign(github, goodMood),
    time,
    contextOf,
    buy,
    signRequest,
    newRun,
    token,
    askMessage,
    ask,
    requestAndAsk,
    proposal,
    signPermit,
    permitted,
    proof,
    release,
    /** Moves the gateway's clock ahead of the chain's. */
    async wait(seconds: number) {
      ahead += seconds;
      await tick();
    },
    async pass(seconds: number) {
      await chain.pass(seconds);
      await tick();
    },
    close: () => store.close(),
  };
}

export type GatewayWorld = Awaited<ReturnType<typeof createGatewayWorld>>;
