import { eq } from "drizzle-orm";
import { bytesToHex, type Hex, zeroHash } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openEnvelope } from "#lib/capability/envelope.ts";
import { askAudience, releaseAudience } from "#lib/capability/keySchedule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { canonicalBytes } from "#lib/core/json.ts";
import { parseObservation } from "#lib/evidence/observation.ts";
import { deliveryMac } from "#lib/gateway/runMac.ts";
import { asks, ratchetLinks, stepRequests } from "#lib/gateway/tables.ts";
import { type PollAnswerJson, resultRequestTypes } from "#lib/gateway/wire.ts";
import { permitConsumerDomain, type StepPermit } from "#lib/permits/stepPermit.ts";
import { packArchive } from "#lib/state/archive.ts";
import { people } from "../../contracts/world.ts";
import { type Asked, createGatewayWorld, type GatewayWorld } from "./world.ts";

let world: GatewayWorld;
let entitlement: Hex;

beforeAll(async () => {
  world = await createGatewayWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.calmGitHub();
  entitlement = (await world.buy()).id;
});

const code = (expected: string, values: Record<string, unknown> = {}) => ({
  name: "PawlError",
  code: expected,
  ...(Object.keys(values).length > 0 && { values: expect.objectContaining(values) }),
});

describe("a step request", () => {
  it("dispatches the pinned workflow without putting the input into it", async () => {
    const request = await world.signRequest(entitlement, 1);
    const { repository } = await world.gateway.requests.request(request);
    expect(repository).toBe("pawl-neutral/steps");
    const inputs = world.dispatched.at(-1) ?? {};
    expect(Object.keys(inputs).sort()).toEqual(
      ["chainId", "dispatchNonce", "entitlement", "gatewayUrl", "permitConsumer", "step"].sort(),
    );
    expect(JSON.stringify(inputs)).not.toContain(request.inputHash.slice(2));
  });

  it("is refused when somebody else signed it", async () => {
    const forged = await world.signRequest(entitlement, 1, { by: "stranger" });
    await expect(world.gateway.requests.request(forged)).rejects.toMatchObject(code("SIGNATURE_INVALID"));
  });

  it("is refused past its deadline, and with a deadline too far off", async () => {
    for (const deadline of [world.time.now - 1, world.time.now + 7200]) {
      const request = await world.signRequest(entitlement, 1, { deadline });
      await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("SIGNATURE_EXPIRED"));
    }
  });

  it("is refused when the input is not the signed one, or not canonical, or not an input", async () => {
    const other = await world.signRequest(entitlement, 1, { input: canonicalBytes({ v: 1 }) });
    await expect(world.gateway.requests.request(other)).rejects.toMatchObject(code("INPUT_MISMATCH"));
  });

  it("is refused for a step that is not the next one, or was not bought", async () => {
    for (const step of [2, 4]) {
      const request = await world.signRequest(entitlement, step);
      await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("STEP_CANNOT_OPEN", { step }));
    }
  });

  it("starts one run however often the same signed request arrives", async () => {
    const request = await world.signRequest(entitlement, 1);
    const first = await world.gateway.requests.request(request);
    const before = world.dispatched.length;
    expect(await world.gateway.requests.request(request)).toEqual(first);
    expect(world.dispatched).toHaveLength(before);
  });

  it("starts one run when it arrives four times at once", async () => {
    const before = world.dispatched.length;
    const request = await world.signRequest(entitlement, 1);
    await Promise.allSettled(Array.from({ length: 4 }, () => world.gateway.requests.request(request)));
    expect(world.dispatched).toHaveLength(before + 1);
    expect(await world.gateway.requests.request(request)).toMatchObject({ runId: BigInt(before + 1) });
  });

  it("starts one run each when two requests of one step are replayed in turn", async () => {
    const before = world.dispatched.length;
    const requests = [await world.signRequest(entitlement, 1), await world.signRequest(entitlement, 1)];
    for (let time = 0; time < 3; time++) {
      for (const request of requests) await world.gateway.requests.request(request);
    }
    expect(world.dispatched).toHaveLength(before + 2);
  });

  it("is answered with the run when GitHub started it and the answer was lost", async () => {
    const before = world.dispatched.length;
    world.github.dispatch = "starts, and the answer is lost";
    const request = await world.signRequest(entitlement, 1);
    const answer = { runId: BigInt(before + 1) };
    expect(await world.gateway.requests.request(request)).toMatchObject(answer);
    expect(await world.gateway.requests.request(request)).toMatchObject(answer);
    expect(world.dispatched).toHaveLength(before + 1);
  });

  it("finds its run later when GitHub does not show it yet, and starts no other meanwhile", async () => {
    const before = world.dispatched.length;
    Object.assign(world.github, { dispatch: "starts, and the answer is lost", showsRuns: false });
    const request = await world.signRequest(entitlement, 1);
    for (let time = 0; time < 2; time++) {
      await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("DISPATCH_UNKNOWN"));
      world.github.dispatch = "starts";
    }
    world.github.showsRuns = true;
    expect(await world.gateway.requests.request(request)).toMatchObject({ runId: BigInt(before + 1) });
    expect(world.dispatched).toHaveLength(before + 1);
  });

  it("never starts a run of its own again when it is unknown whether it did; a newly signed one does", async () => {
    const before = world.dispatched.length;
    world.github.dispatch = "starts nothing, and the answer is lost";
    const request = await world.signRequest(entitlement, 1);
    await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("DISPATCH_UNKNOWN"));
    world.github.dispatch = "starts";
    await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("DISPATCH_UNKNOWN"));
    expect(world.dispatched).toHaveLength(before);
    await world.gateway.requests.request(await world.signRequest(entitlement, 1));
    expect(world.dispatched).toHaveLength(before + 1);
  });

  it("can be sent again once GitHub, which refused it, takes it", async () => {
    const before = world.dispatched.length;
    world.github.dispatch = "refuses";
    const request = await world.signRequest(entitlement, 1);
    await expect(world.gateway.requests.request(request)).rejects.toMatchObject(code("DISPATCH_REFUSED"));
    world.github.dispatch = "starts";
    expect(await world.gateway.requests.request(request)).toMatchObject({ runId: BigInt(before + 1) });
  });

  it("is refused when its input was requested with another result key", async () => {
    const input = canonicalBytes({ v: 1, salt: Buffer.from(systemRandom(32)).toString("base64url"), payload: null });
    const inputHash = sha256Hex(input);
    await world.gateway.requests.request(await world.signRequest(entitlement, 1, { input, inputHash }));
    const resultKey: Hex = `0x${"12".repeat(32)}`;
    const other = await world.signRequest(entitlement, 1, { input, inputHash, resultKey });
    await expect(world.gateway.requests.request(other)).rejects.toMatchObject(code("STEP_REQUEST_CONFLICT"));
  });

  it("dispatches nothing when it is refused", async () => {
    const before = world.dispatched.length;
    const request = await world.signRequest(entitlement, 2);
    await expect(world.gateway.requests.request(request)).rejects.toBeDefined();
    expect(world.dispatched).toHaveLength(before);
  });
});

describe("an ask", () => {
  beforeEach(async () => {
    await world.gateway.requests.request(await world.signRequest(entitlement, 1));
  });

  it("is admitted once per token", async () => {
    const message = await world.askMessage(entitlement, 1, await world.newRun());
    await world.gateway.asks.ask(message);
    await expect(world.gateway.asks.ask(message)).rejects.toMatchObject(code("TOKEN_REPLAYED"));
  });

  it("is admitted once when the same token arrives twice at once", async () => {
    const message = await world.askMessage(entitlement, 1, await world.newRun());
    const outcomes = await Promise.allSettled([world.gateway.asks.ask(message), world.gateway.asks.ask(message)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is refused for another chain or contract", async () => {
    const message = await world.askMessage(entitlement, 1, await world.newRun());
    await expect(world.gateway.asks.ask({ ...message, chainId: 1 })).rejects.toMatchObject(code("WRONG_DEPLOYMENT"));
  });

  it("is refused with a token made for another entitlement, step or worker key", async () => {
    const run = await world.newRun();
    const other = await world.buy();
    const message = await world.askMessage(entitlement, 1, run);
    const workerKey = run.worker.publicKey;
    const audiences = [
      askAudience(world.contextOf(other.id), 1, workerKey),
      askAudience(world.contextOf(entitlement), 2, workerKey),
      askAudience(world.contextOf(entitlement), 1, `0x${"12".repeat(32)}`),
    ];
    for (const audience of audiences) {
      const token = await world.token(run, audience);
      await expect(world.gateway.asks.ask({ ...message, token })).rejects.toMatchObject(
        code("TOKEN_AUDIENCE_MISMATCH"),
      );
    }
  });

  it("is refused for a run that the offer does not pin", async () => {
    const run = await world.newRun({ repository_id: "55" });
    await expect(world.ask(entitlement, 1, run)).rejects.toMatchObject(
      code("RUN_IDENTITY_MISMATCH", { field: "repository_id", expected: "5", actual: "55" }),
    );
  });

  it("is refused for a step that nobody requested", async () => {
    const other = await world.buy();
    await expect(world.ask(other.id, 1, await world.newRun())).rejects.toMatchObject(code("STEP_NOT_REQUESTED"));
  });

  it("is refused for a step out of order", async () => {
    await expect(world.ask(entitlement, 2, await world.newRun())).rejects.toMatchObject(code("STEP_CANNOT_OPEN"));
  });

  it("is refused for an entitlement that does not exist", async () => {
    const nothing: Hex = `0x${"77".repeat(32)}`;
    await expect(world.ask(nothing, 1, await world.newRun())).rejects.toMatchObject(code("ENTITLEMENT_NOT_FOUND"));
  });

  it("is refused with a low-order worker key, before the token is used up", async () => {
    const run = await world.newRun();
    const weak = { ...run, worker: { ...run.worker, publicKey: zeroHash } };
    await expect(world.ask(entitlement, 1, weak)).rejects.toMatchObject(code("WORKER_KEY_WEAK"));
  });

  it("is observed before it is admitted where the offer asks for tier 2, and the permit names what was seen", async () => {
    const observed = (await world.buy({ runnerTier: 2 })).id;
    const { askId, run } = await world.requestAndAsk(observed, 1);
    const [row] = await world.store.db.select().from(asks).where(eq(asks.id, askId));
    const seen = row?.observation ?? new Uint8Array();
    expect(parseObservation(seen)).toMatchObject({ runId: run.runId, runnerName: "GitHub Actions 12" });
    expect((await world.proposal(observed)).observationHash).toBe(sha256Hex(seen));
  });

  it("has a poll secret that is of no use under another ask", async () => {
    const mine = await world.ask(entitlement, 1, await world.newRun());
    const other = await world.ask(entitlement, 1, await world.newRun());
    const { db } = world.store;
    const [row] = await db.select().from(asks).where(eq(asks.id, mine.askId));
    if (row === undefined) throw new Error("the ask was not stored");
    await db.update(asks).set({ pollSecret: row.pollSecret }).where(eq(asks.id, other.askId));
    const proof = world.proof({ askId: other.askId, pollSecret: mine.pollSecret });
    await expect(world.gateway.release.poll(other.askId, proof)).rejects.toMatchObject(code("CUSTODY_UNREADABLE"));
  });

  it("gets the input of the request that started it, whatever was requested after", async () => {
    const first = await world.signRequest(entitlement, 1);
    const { runId } = await world.gateway.requests.request(first);
    await world.gateway.requests.request(await world.signRequest(entitlement, 1));
    await world.ask(entitlement, 1, { ...(await world.newRun()), runId: runId.toString() });
    expect((await world.proposal(entitlement)).inputHash).toBe(first.inputHash);
  });

  it("gets the newest input when the gateway did not start it", async () => {
    const newest = await world.signRequest(entitlement, 1);
    await world.gateway.requests.request(newest);
    await world.ask(entitlement, 1, await world.newRun());
    expect((await world.proposal(entitlement)).inputHash).toBe(newest.inputHash);
  });

  it("stays in the inbox without a proposal where no permit could be signed", async () => {
    await world.ask(entitlement, 1, await world.newRun());
    const { now } = world.time;
    world.time.now = now + 100 * 86_400;
    const inbox = await world.gateway.asks.inbox(entitlement);
    world.time.now = now;
    expect(inbox).toMatchObject([{ step: 1, proposal: null }]);
  });

  it("takes over a step whose run has timed out", async () => {
    const late = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, late);
    await world.pass(1000);
    const retry = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, retry);
    expect(await world.gateway.release.poll(retry.askId, world.proof(retry))).toMatchObject({ status: "released" });
  });

  it("leaves no secret in the store in the clear", async () => {
    const request = await world.signRequest(entitlement, 1);
    await world.gateway.requests.request(request);
    const { pollSecret } = await world.ask(entitlement, 1, await world.newRun());
    const rows = [
      ...(await world.store.db.select().from(asks)),
      ...(await world.store.db.select().from(stepRequests)),
      ...(await world.store.db.select().from(ratchetLinks)),
    ];
    const stored = Buffer.concat(
      rows
        .flatMap((row) => Object.values(row))
        .flatMap((value) => (value instanceof Uint8Array ? [Buffer.from(value)] : [])),
    );
    expect(stored.includes(Buffer.from(pollSecret))).toBe(false);
    expect(stored.includes(Buffer.from(request.input, "base64url"))).toBe(false);
  });
});

describe("a permit", () => {
  let asked: Asked;
  let permit: StepPermit;
  beforeEach(async () => {
    asked = await world.requestAndAsk(entitlement, 1);
    permit = await world.proposal(entitlement);
  });

  it("is taken from the buyer once, and the same one again changes nothing", async () => {
    const submission = await world.signPermit(permit);
    const permitHash = await world.gateway.asks.permit(asked.askId, submission);
    expect(await world.gateway.asks.permit(asked.askId, submission)).toBe(permitHash);
    const other = await world.signPermit({ ...permit, salt: bytesToHex(systemRandom(32)) });
    await expect(world.gateway.asks.permit(asked.askId, other)).rejects.toMatchObject(
      code("PERMIT_ALREADY_GIVEN", { permitHash }),
    );
  });

  it("is the first of two that arrive at once, and stays it", async () => {
    const submissions = [permit, { ...permit, salt: bytesToHex(systemRandom(32)) }].map((each) =>
      world.signPermit(each),
    );
    const outcomes = await Promise.allSettled(
      (await Promise.all(submissions)).map((submission) => world.gateway.asks.permit(asked.askId, submission)),
    );
    const taken = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(taken).toHaveLength(1);
    expect(refused).toMatchObject([code("PERMIT_ALREADY_GIVEN")]);
    expect((await world.gateway.asks.find(asked.askId)).permitHash).toBe(taken[0]);
  });

  const other: Hex = `0x${"99".repeat(32)}`;
  const changes: Partial<StepPermit> = {
    entitlement: other,
    epoch: 1,
    step: 2,
    gateway: `0x${"99".repeat(20)}`,
    repositoryId: 55n,
    runId: 99_999n,
    runAttempt: 2,
    sourceCommit: `0x${"99".repeat(20)}`,
    signerCommit: `0x${"99".repeat(20)}`,
    policyHash: other,
    inputHash: other,
    workerKey: other,
    resultKey: other,
    parentStateCommitment: other,
    parentNetCommitment: other,
    observationHash: other,
  };
  for (const field of Object.keys(changes) as (keyof StepPermit)[]) {
    it(`is refused for another ${field}, although signed by the buyer`, async () => {
      const submission = await world.signPermit({ ...permit, [field]: changes[field] } as StepPermit);
      await expect(world.gateway.asks.permit(asked.askId, submission)).rejects.toMatchObject(
        code("PERMIT_MISMATCH", { field }),
      );
    });
  }

  it("is refused when it would outlive the policy's wait", async () => {
    const submission = await world.signPermit({ ...permit, deadline: permit.deadline + 1n });
    await expect(world.gateway.asks.permit(asked.askId, submission)).rejects.toMatchObject(
      code("PERMIT_MISMATCH", { field: "deadline" }),
    );
  });

  it("is neither proposed, taken nor waited for once the policy's wait is over", async () => {
    const { now } = world.time;
    world.time.now = now + 601;
    try {
      const [entry] = await world.gateway.asks.inbox(entitlement);
      expect(entry?.proposal).toBeNull();
      await expect(world.gateway.asks.permit(asked.askId, await world.signPermit(permit))).rejects.toMatchObject(
        code("ASK_EXPIRED"),
      );
      await expect(world.gateway.release.poll(asked.askId, world.proof(asked))).rejects.toMatchObject(
        code("ASK_EXPIRED"),
      );
    } finally {
      world.time.now = now;
    }
  });

  it("is refused from anybody but the buyer, in the contract's words", async () => {
    const stranger = await world.signPermit(permit, "stranger");
    await expect(world.gateway.asks.permit(asked.askId, stranger)).rejects.toMatchObject(code("SIGNER_NOT_ALLOWED"));
    const impostor = { ...stranger, signer: people.buyer.address };
    await expect(world.gateway.asks.permit(asked.askId, impostor)).rejects.toMatchObject(
      code("PERMIT_SIGNATURE_INVALID"),
    );
  });
});

describe("the release", () => {
  it("goes from waiting to permitted to released", async () => {
    const asked = await world.requestAndAsk(entitlement, 1);
    expect(await world.gateway.release.poll(asked.askId, world.proof(asked))).toEqual({ status: "waiting" });
    const permitHash = await world.gateway.asks.permit(
      asked.askId,
      await world.signPermit(await world.proposal(entitlement)),
    );
    expect(await world.gateway.release.poll(asked.askId, world.proof(asked))).toMatchObject({ status: "permitted" });
    await world.release(entitlement, 1, { ...asked, permitHash });
    expect(await world.gateway.release.poll(asked.askId, world.proof(asked))).toMatchObject({ status: "released" });
  });

  it("is refused without a permit", async () => {
    const asked = await world.requestAndAsk(entitlement, 1);
    await expect(world.release(entitlement, 1, { ...asked, permitHash: zeroHash })).rejects.toMatchObject(
      code("PERMIT_MISSING"),
    );
  });

  it("is refused with the token of the ask, of another permit, and of another run", async () => {
    const asked = await world.permitted(entitlement, 1);
    const workerKey = asked.run.worker.publicKey;
    const context = world.contextOf(entitlement);
    for (const audience of [askAudience(context, 1, workerKey), releaseAudience(context, 1, workerKey, zeroHash)]) {
      const token = await world.token(asked.run, audience);
      await expect(world.gateway.release.release(asked.askId, { ...world.proof(asked), token })).rejects.toMatchObject(
        code("TOKEN_AUDIENCE_MISMATCH"),
      );
    }
    const otherRun = await world.newRun();
    await expect(world.release(entitlement, 1, asked, otherRun)).rejects.toMatchObject(
      code("RUN_CHANGED", { field: "runId" }),
    );
    const otherJob = { ...asked.run, claims: { check_run_id: "1" } };
    await expect(world.release(entitlement, 1, asked, otherJob)).rejects.toMatchObject(
      code("RUN_CHANGED", { field: "checkRunId" }),
    );
  });

  it("is refused with a token that was used before", async () => {
    const asked = await world.permitted(entitlement, 1);
    const { worker } = asked.run;
    const audience = releaseAudience(world.contextOf(entitlement), 1, worker.publicKey, asked.permitHash);
    const token = await world.token(asked.run, audience);
    await world.gateway.release.release(asked.askId, { ...world.proof(asked), token });
    await expect(world.gateway.release.release(asked.askId, { ...world.proof(asked), token })).rejects.toMatchObject(
      code("TOKEN_REPLAYED"),
    );
  });

  it("goes to the run whose permit was consumed, and to no other that was permitted as well", async () => {
    const first = await world.permitted(entitlement, 1);
    world.time.now += 1;
    const second = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, first);
    expect(await world.gateway.release.poll(first.askId, world.proof(first))).toMatchObject({ status: "released" });
    expect(await world.gateway.release.poll(second.askId, world.proof(second))).toMatchObject({ status: "permitted" });
    await expect(world.release(entitlement, 1, second)).rejects.toMatchObject(code("STEP_CANNOT_OPEN"));
  });

  it("waits until the consumption is in a safe block", async () => {
    const asked = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, asked);
    const { client } = world.chain;
    const read = client.readContract;
    const unsafe = vi
      .spyOn(client, "readContract")
      .mockImplementation(((call: { readonly blockTag?: string }) =>
        call.blockTag === "safe" ? Promise.resolve(false) : read(call as Parameters<typeof read>[0])) as typeof read);
    try {
      expect(await world.gateway.release.poll(asked.askId, world.proof(asked))).toEqual({ status: "consuming" });
    } finally {
      unsafe.mockRestore();
    }
    expect(await world.gateway.release.poll(asked.askId, world.proof(asked))).toMatchObject({ status: "released" });
  });

  it("is refused once the permit's deadline has passed", async () => {
    const asked = await world.permitted(entitlement, 1);
    const { now } = world.time;
    world.time.now = now + 700;
    await expect(world.release(entitlement, 1, asked)).rejects.toMatchObject(code("PERMIT_TIMEOUT"));
    await expect(world.gateway.release.poll(asked.askId, world.proof(asked))).rejects.toMatchObject(
      code("PERMIT_TIMEOUT"),
    );
    world.time.now = now;
  });

  it("consumes once when the run asks twice at once, and again after", async () => {
    const asked = await world.permitted(entitlement, 1);
    const [one, two] = await Promise.all([world.release(entitlement, 1, asked), world.release(entitlement, 1, asked)]);
    expect(one).toBe(two);
    expect(await world.release(entitlement, 1, asked)).toBe(one);
    expect((await world.chain.read.entitlement(entitlement)).opened).toBe(1);
  });

  it("is repaired by reading the chain: another process releases the same keys to the same worker", async () => {
    const asked = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, asked);
    const first = await opened(asked, await world.gateway.release.poll(asked.askId, world.proof(asked)), "state");
    const restarted = world.gatewayWith(world.kek);
    const again = await opened(asked, await restarted.release.poll(asked.askId, world.proof(asked)), "state");
    expect(Buffer.from(again).equals(Buffer.from(first))).toBe(true);
  });

  it("stops when the run's step has timed out on-chain", async () => {
    const asked = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, asked);
    await world.pass(1000);
    await expect(world.gateway.release.poll(asked.askId, world.proof(asked))).rejects.toMatchObject(
      code("RELEASE_CLOSED"),
    );
  });

  it("tells nothing to a poll with another secret, a replayed MAC for another time, or a clock far off", async () => {
    const asked = await world.requestAndAsk(entitlement, 1);
    const forged = world.proof({ ...asked, pollSecret: systemRandom(32) });
    const shifted = { ...world.proof(asked), at: world.time.now + 1 };
    const late = world.proof(asked, world.time.now - 120);
    for (const proof of [forged, shifted, late]) {
      await expect(world.gateway.release.poll(asked.askId, proof)).rejects.toMatchObject(code("POLL_UNAUTHENTICATED"));
    }
  });

  it("seals the permitted input, whatever is requested between permit and release", async () => {
    const asked = await world.requestAndAsk(entitlement, 1);
    const permit = await world.proposal(entitlement);
    const permitHash = await world.gateway.asks.permit(asked.askId, await world.signPermit(permit));
    await world.gateway.requests.request(await world.signRequest(entitlement, 1));
    await world.release(entitlement, 1, { ...asked, permitHash });
    const answer = await world.gateway.release.poll(asked.askId, world.proof(asked));
    expect(sha256Hex(await opened(asked, answer, "input"))).toBe(permit.inputHash);
  });

  describe("at tier 2", () => {
    let asked: Asked & { readonly permitHash: Hex };
    beforeEach(async () => {
      entitlement = (await world.buy({ runnerTier: 2 })).id;
      asked = await world.permitted(entitlement, 1);
    });
    const openedSteps = async () => (await world.chain.read.entitlement(entitlement)).opened;

    it("opens the step for a run that is observed as it was", async () => {
      world.time.now += 1;
      await world.release(entitlement, 1, asked);
      expect(await openedSteps()).toBe(1);
    });

    it("is refused for a run that is observed on another machine than when it asked", async () => {
      world.github.runnerName = "GitHub Actions 13";
      await expect(world.release(entitlement, 1, asked)).rejects.toMatchObject(
        code("OBSERVATION_CHANGED", {
          field: "runnerName",
          expected: "GitHub Actions 12",
          actual: "GitHub Actions 13",
        }),
      );
      expect(await openedSteps()).toBe(0);
    });

    it("is refused for a run that GitHub no longer shows", async () => {
      world.github.runnerName = undefined;
      await expect(world.release(entitlement, 1, asked)).rejects.toThrow("GitHub shows no such run");
      expect(await openedSteps()).toBe(0);
    });

    it("is refused where the first observation is missing", async () => {
      await world.store.db.update(asks).set({ observation: null }).where(eq(asks.id, asked.askId));
      await expect(world.release(entitlement, 1, asked)).rejects.toMatchObject(code("OBSERVATION_CHANGED"));
      expect(await openedSteps()).toBe(0);
    });
  });

  it("is impossible with another key-encryption key", async () => {
    const asked = await world.requestAndAsk(entitlement, 1);
    const stolen = world.gatewayWith(new Uint8Array(32).fill(6));
    await expect(stolen.release.poll(asked.askId, world.proof(asked))).rejects.toMatchObject(
      code("CUSTODY_UNREADABLE"),
    );
  });

  async function opened(asked: Asked, answer: PollAnswerJson, kind: "state" | "input"): Promise<Uint8Array> {
    if (answer.status !== "released") throw new Error(`not released: ${answer.status}`);
    const sealed = answer.envelopes[kind];
    const { v: _v, expiresAt: _e, ...expected } = sealed.header;
    const envelope = { ...sealed, header: sealed.header } as Parameters<typeof openEnvelope>[0];
    return openEnvelope(
      envelope,
      expected as Parameters<typeof openEnvelope>[1],
      asked.run.worker.privateKey,
      async () => true,
    );
  }
});

describe("a delivery", () => {
  const result = canonicalBytes({ v: 1, salt: `0x${"11".repeat(32)}`, payload: { ok: true } });
  const archiveOf = (bundle: string, files: readonly { name: string; bytes: Uint8Array }[] = []) =>
    packArchive([
      { name: "result.json", bytes: result },
      { name: "state.bundle", bytes: new TextEncoder().encode(bundle) },
      ...files,
    ]);
  let asked: Asked & { readonly permitHash: Hex };
  beforeEach(async () => {
    asked = await world.permitted(entitlement, 1);
    await world.release(entitlement, 1, asked);
  });
  const deliver = (body: Uint8Array, secret = asked.pollSecret) => {
    const at = world.time.now;
    return world.gateway.deliveries.deliver(asked.askId, { at, mac: deliveryMac(secret, asked.askId, at, body) }, body);
  };

  it("is receipted, and receipted alike when it comes again", async () => {
    const body = await archiveOf("bundle");
    const receipt = await deliver(body);
    expect(receipt).toMatchObject({ permitHash: asked.permitHash, resultHash: sha256Hex(result) });
    expect(await deliver(body)).toEqual(receipt);
  });

  it("is refused when other outputs were delivered before", async () => {
    await deliver(await archiveOf("bundle"));
    await expect(deliver(await archiveOf("another"))).rejects.toMatchObject(code("DELIVERY_CONFLICT"));
  });

  it("is refused with a MAC that was made for other bytes", async () => {
    const at = world.time.now;
    const mac = deliveryMac(asked.pollSecret, asked.askId, at, await archiveOf("bundle"));
    const other = await archiveOf("another");
    await expect(world.gateway.deliveries.deliver(asked.askId, { at, mac }, other)).rejects.toMatchObject(
      code("POLL_UNAUTHENTICATED"),
    );
  });

  it("is refused once the step has timed out", async () => {
    await world.pass(1000);
    await expect(deliver(await archiveOf("bundle"))).rejects.toMatchObject(code("RELEASE_CLOSED"));
  });

  it("is refused from anybody but the run", async () => {
    await expect(deliver(await archiveOf("bundle"), systemRandom(32))).rejects.toMatchObject(
      code("POLL_UNAUTHENTICATED"),
    );
  });

  it("is refused with more or less than the two files, or a result that is none", async () => {
    const more = await archiveOf("bundle", [{ name: "extra", bytes: new Uint8Array(1) }]);
    await expect(deliver(more)).rejects.toMatchObject({ name: "PawlError" });
    await expect(deliver(await packArchive([{ name: "result.json", bytes: result }]))).rejects.toMatchObject(
      code("DELIVERY_REFUSED"),
    );
    const noResult = await packArchive([
      { name: "result.json", bytes: new TextEncoder().encode("{}") },
      { name: "state.bundle", bytes: new Uint8Array(1) },
    ]);
    await expect(deliver(noResult)).rejects.toMatchObject(code("SCHEMA_MISMATCH"));
  });

  it("gives the result to the buyer and to nobody else", async () => {
    await deliver(await archiveOf("bundle"));
    const request = async (by: "buyer" | "stranger", deadline = world.time.now + 60) => ({
      permitHash: asked.permitHash,
      deadline,
      signature: await people[by].signTypedData({
        domain: permitConsumerDomain(world.deployment),
        types: resultRequestTypes,
        primaryType: "ResultRequest",
        message: { permitHash: asked.permitHash, deadline: BigInt(deadline) },
      }),
    });
    expect(await world.gateway.deliveries.result(await request("buyer"))).toEqual(result);
    await expect(world.gateway.deliveries.result(await request("stranger"))).rejects.toMatchObject(
      code("SIGNATURE_INVALID"),
    );
    await expect(world.gateway.deliveries.result(await request("buyer", world.time.now - 1))).rejects.toMatchObject(
      code("SIGNATURE_EXPIRED"),
    );
  });
});
