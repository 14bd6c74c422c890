import { describe, expect, it } from "vitest";
import { verifyStep } from "#lib/evidence/verify.ts";
import { groundsOf } from "#lib/settlement/watch/grounds.ts";
import { attestedAt, mintStep, type StepChanges, trust } from "../../evidence/step.fixture.ts";

/** A bond is posted only where the demanded proof must fail by the same evidence. */
async function groundsFor(changes: StepChanges) {
  const { parts, expectation } = await mintStep(changes);
  return groundsOf(await verifyStep(parts, expectation, trust, { now: attestedAt + 3600 }));
}

const attest = (log: NonNullable<StepChanges["attest"]>["log"]): StepChanges => ({ attest: { ...(log && { log }) } });

describe("the grounds of a challenge", () => {
  it("are none where the evidence holds", async () => {
    expect(await groundsFor({})).toBeUndefined();
  });

  it("are another run's certificate", async () => {
    const grounds = await groundsFor({ identity: (claims) => ({ ...claims, run_id: "17000000002" }) });
    expect(grounds).toEqual({ check: "run", code: "RUN_MISMATCH", proofFails: true });
  });

  it("are not a tree that a proof never looks at", async () => {
    const grounds = await groundsFor(attest({ proof: "foreign" }));
    expect(grounds).toEqual({ check: "transparency-log", code: "LOG_INCLUSION_INVALID", proofFails: false });
  });

  it("are another run's certificate beside such a tree", async () => {
    const grounds = await groundsFor({
      ...attest({ proof: "foreign" }),
      identity: (claims) => ({ ...claims, run_id: "17000000002" }),
    });
    expect(grounds).toMatchObject({ check: "run", proofFails: true });
  });
});
