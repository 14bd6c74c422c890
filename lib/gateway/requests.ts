import { and, eq } from "drizzle-orm";
import { bytesToHex, type Hex, hashTypedData } from "viem";
import { inputSchema } from "../capability/input.ts";
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
export type RecordedRequest = { readonly inputHash: Hex; readonly input: Uint8Array; readonly resultKey: Hex };

/**
 * The buyer's side of a step: sign what it should work on, and have the pinned workflow dispatched. The input itself
 * never goes through the dispatch, whose inputs are public.
 */
export function createStepRequests(dependencies: GatewayDependencies, entitlements: EntitlementReader) {
  const { db, client, deployment, custody, clock, random, dispatch, publicUrl } = dependencies;

  return {
    /** @throws SIGNATURE_EXPIRED, SIGNATURE_INVALID, INPUT_MISMATCH, STEP_CANNOT_OPEN, and what the dispatch throws */
    async request(request: StepRequest): Promise<{ readonly repository: string; readonly runId: bigint }> {
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

      // The same signed request again is the same run: replaying it must not start workflows at the gateway's cost.
      const [earlier] = await db.select().from(stepRequests).where(placeOf(entitlement, step));
      if (earlier?.inputHash === inputHash && earlier.runId !== null) {
        return { repository: earlier.repository, runId: BigInt(earlier.runId) };
      }
      const dispatchNonce = bytesToHex(random(32));
      const [owner, name, , , file] = policy.workflows.caller.split("/");
      const repository = `${owner}/${name}`;
      const row = {
        entitlement,
        step,
        inputHash,
        input: custody.wrap(input, inputPurpose(entitlement, step)),
        resultKey,
        requestedAt: now,
        dispatchNonce,
        repository,
      };
      await db
        .insert(stepRequests)
        .values(row)
        .onConflictDoUpdate({ target: [stepRequests.entitlement, stepRequests.step], set: { ...row, runId: null } });
      const runId = await dispatch({
        repository,
        workflowFile: file ?? "",
        sourceCommit: terms.sourceCommit.slice(2),
        inputs: {
          chainId: String(deployment.chainId),
          permitConsumer: deployment.permitConsumer,
          entitlement,
          step: String(step),
          gatewayUrl: publicUrl,
          dispatchNonce,
        },
      });
      await db.update(stepRequests).set({ runId: runId.toString() }).where(placeOf(entitlement, step));
      return { repository, runId };
    },

    /** @throws STEP_NOT_REQUESTED */
    async recorded(entitlement: Hex, step: number): Promise<RecordedRequest> {
      const [row] = await db.select().from(stepRequests).where(placeOf(entitlement, step));
      if (!row) throw gatewayError("STEP_NOT_REQUESTED", { entitlement, step });
      const input = custody.unwrap(row.input, inputPurpose(entitlement, step));
      return { inputHash: row.inputHash, input, resultKey: row.resultKey };
    },
  };
}

export type StepRequests = ReturnType<typeof createStepRequests>;

function placeOf(entitlement: Hex, step: number) {
  return and(eq(stepRequests.entitlement, entitlement), eq(stepRequests.step, step));
}

function inputPurpose(entitlement: Hex, step: number): string {
  return `input ${entitlement} ${step}`;
}
