import { and, desc, eq } from "drizzle-orm";
import { bytesToHex, type Hex, hashTypedData } from "viem";
import { inputSchema } from "../capability/input.ts";
import { findPawlError } from "../core/error.ts";
import { sha256Hex } from "../core/hash.ts";
import { parseCanonical } from "../core/json.ts";
import { permitConsumerDomain } from "../permits/stepPermit.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import type { EntitlementReader } from "./entitlements.ts";
import { gatewayError } from "./errors.ts";
import { stepRequests } from "./tables.ts";
import { type StepRequest, stepRequestTypes } from "./wire.ts";

const MAX_REQUEST_LIFETIME_SECONDS = 3600;

/** A request on record, with its input opened. */
export type RecordedRequest = { readonly input: Uint8Array; readonly resultKey: Hex };

/** The run that was started for a request. */
export type StartedRun = { readonly repository: string; readonly runId: bigint };

type RequestRow = typeof stepRequests.$inferSelect;

/**
 * The buyer's side of a step: sign what it should work on, and have the pinned workflow dispatched. The input itself
 * never goes through the dispatch, whose inputs are public.
 */
export function createStepRequests(dependencies: GatewayDependencies, entitlements: EntitlementReader) {
  const { db, client, deployment, custody, clock, random, dispatch, findRun, publicUrl } = dependencies;

  return {
    /**
     * Starts one run for a signed request, however often it arrives. A row is written before GitHub is called, and
     * only GitHub's plain refusal takes it away again: after a lost answer or a crash the run is looked up by its
     * nonce, and where none shows, a second one needs the buyer's signature under a new input.
     *
     * @throws SIGNATURE_EXPIRED, SIGNATURE_INVALID, INPUT_MISMATCH, STEP_CANNOT_OPEN, STEP_REQUEST_CONFLICT
     * @throws DISPATCH_REFUSED, DISPATCH_UNKNOWN, and what looking a run up throws
     */
    async request(request: StepRequest): Promise<StartedRun> {
      const { entitlement, step, inputHash, resultKey, deadline, signature } = request;
      const identity = await entitlements.identity(entitlement);
      const { terms, policy } = identity.offer;
      const now = clock();
      if (now > deadline || deadline > now + MAX_REQUEST_LIFETIME_SECONDS) {
        throw gatewayError("SIGNATURE_EXPIRED", { deadline, now });
      }
      const input = new Uint8Array(Buffer.from(request.input, "base64url"));
      if (sha256Hex(input) !== inputHash) {
        throw gatewayError("INPUT_MISMATCH", { expected: inputHash, actual: sha256Hex(input) });
      }
      parseCanonical(input, inputSchema, { what: "input.json", maxBytes: policy.limits.inputBytes });
      const digest = hashTypedData({
        domain: permitConsumerDomain(deployment),
        types: stepRequestTypes,
        primaryType: "StepRequest",
        message: { entitlement, step, inputHash, resultKey, deadline: BigInt(deadline) },
      });
      if (!(await client.verifyHash({ address: identity.buyer, hash: digest, signature }))) {
        throw gatewayError("SIGNATURE_INVALID", { buyer: identity.buyer, step });
      }
      await entitlements.nextStep(entitlement, step);

      const [owner, name, , , file] = policy.workflows.caller.split("/");
      const [own] = await db
        .insert(stepRequests)
        .values({
          entitlement,
          step,
          inputHash,
          input: custody.wrap(input, inputPurpose(entitlement, step, inputHash)),
          resultKey,
          requestedAt: now,
          dispatchNonce: bytesToHex(random(32)),
          repository: `${owner}/${name}`,
        })
        .onConflictDoNothing()
        .returning();
      if (own) return start(own, file ?? "", terms.sourceCommit.slice(2));
      const earlier = await find(entitlement, step, inputHash);
      if (earlier.resultKey !== resultKey) throw gatewayError("STEP_REQUEST_CONFLICT", { step, inputHash });
      if (earlier.runId !== null) return { repository: earlier.repository, runId: BigInt(earlier.runId) };
      return lookUp(earlier);
    },

    /**
     * The input that a run is to work on: that of the request it was started for. A run that somebody else started, or
     * that GitHub has not named yet, takes the newest one.
     *
     * @throws STEP_NOT_REQUESTED
     */
    async inputHashFor(entitlement: Hex, step: number, runId: string): Promise<Hex> {
      const rows = await db
        .select({ inputHash: stepRequests.inputHash, runId: stepRequests.runId })
        .from(stepRequests)
        .where(and(eq(stepRequests.entitlement, entitlement), eq(stepRequests.step, step)))
        .orderBy(desc(stepRequests.sequence));
      const row = rows.find((each) => each.runId === runId) ?? rows[0];
      if (!row) throw gatewayError("STEP_NOT_REQUESTED", { entitlement, step });
      return row.inputHash;
    },

    /** @throws STEP_NOT_REQUESTED */
    async recorded(entitlement: Hex, step: number, inputHash: Hex): Promise<RecordedRequest> {
      const row = await find(entitlement, step, inputHash);
      return { input: custody.unwrap(row.input, inputPurpose(entitlement, step, inputHash)), resultKey: row.resultKey };
    },
  };

  async function find(entitlement: Hex, step: number, inputHash: Hex): Promise<RequestRow> {
    const [row] = await db.select().from(stepRequests).where(placeOf({ entitlement, step, inputHash }));
    if (!row) throw gatewayError("STEP_NOT_REQUESTED", { entitlement, step, inputHash });
    return row;
  }

  /** Dispatches for a row that was written just now, by whoever wrote it. */
  async function start(row: RequestRow, workflowFile: string, sourceCommit: string): Promise<StartedRun> {
    const { entitlement, step, repository, dispatchNonce } = row;
    let runId: bigint;
    try {
      runId = await dispatch({
        repository,
        workflowFile,
        sourceCommit,
        inputs: {
          chainId: String(deployment.chainId),
          permitConsumer: deployment.permitConsumer,
          entitlement,
          step: String(step),
          gatewayUrl: publicUrl,
          dispatchNonce,
        },
      });
    } catch (thrown) {
      if (findPawlError(thrown)?.code !== "DISPATCH_REFUSED") return lookUp(row, thrown);
      await db.delete(stepRequests).where(placeOf(row));
      throw thrown;
    }
    return started(row, runId);
  }

  async function lookUp(row: RequestRow, cause?: unknown): Promise<StartedRun> {
    const { step, inputHash, repository, dispatchNonce } = row;
    const runId = await findRun({ repository, dispatchNonce });
    if (runId === undefined) throw gatewayError("DISPATCH_UNKNOWN", { step, inputHash, repository }, cause);
    return started(row, runId);
  }

  async function started(row: RequestRow, runId: bigint): Promise<StartedRun> {
    await db.update(stepRequests).set({ runId: runId.toString() }).where(placeOf(row));
    return { repository: row.repository, runId };
  }
}

export type StepRequests = ReturnType<typeof createStepRequests>;

function placeOf({ entitlement, step, inputHash }: Pick<RequestRow, "entitlement" | "step" | "inputHash">) {
  return and(
    eq(stepRequests.entitlement, entitlement),
    eq(stepRequests.step, step),
    eq(stepRequests.inputHash, inputHash),
  );
}

function inputPurpose(entitlement: Hex, step: number, inputHash: Hex): string {
  return `input ${entitlement} ${step} ${inputHash}`;
}
