import { createPublicClient, custom, type Hex, http, parseEther } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CapsuleParts } from "#lib/capsule/capsule.ts";
import { settlementAbi } from "#lib/chain/generated/abis.ts";
import { decodeClaim, encodeClaim } from "#lib/evidence/claim.ts";
import { coveredRoots, logRootId } from "#lib/evidence/onchain/roots.ts";
import { text as extension } from "#lib/sandbox/leaf.ts";
import { readPendingClaim } from "#lib/settlement/claimedStep.ts";
import { createProofStages, type ExplainedProof } from "#lib/settlement/proofStages.ts";
import { stageNames } from "#lib/settlement/stages/stage.ts";
import { FIRST_BUILD_MS } from "../../contracts/evidence/local.ts";
import { attestAgain, attestedAt, flip, openedAt, trust } from "../evidence/step.fixture.ts";
import { type ProvableChain, provableChain } from "./provableStep.fixture.ts";

/** Every stage is asked of real contracts about really minted evidence; nothing is stood in for. */

let chain: ProvableChain;
let restore: () => Promise<void>;
beforeAll(async () => {
  chain = await provableChain();
}, FIRST_BUILD_MS);
afterAll(() => chain.connection.close());
beforeEach(async () => {
  restore = await chain.snapshot();
});
afterEach(() => restore());

type Opening = NonNullable<Parameters<ProvableChain["open"]>[0]>;
async function explained(changes: Opening = {}): Promise<ExplainedProof> {
  const step = await chain.open(changes);
  return createProofStages(chain.client, chain.deployment)(step);
}

/** `stage: CODE` of everything that does not hold. */
function refusals({ stages }: ExplainedProof): readonly string[] {
  return stages.flatMap(({ name, outcome, refusal }) => (outcome === "holds" ? [] : [`${name}: ${refusal?.code}`]));
}

type Bundle = ReturnType<typeof JSON.parse>;
function inBundle(change: (bundle: Bundle) => void): Opening {
  return { parts: (parts) => ({ ...parts, bundle: edited(parts, change) }) };
}
function edited({ bundle }: CapsuleParts, change: (bundle: Bundle) => void): Uint8Array {
  const json: Bundle = JSON.parse(new TextDecoder().decode(bundle));
  change(json);
  return new TextEncoder().encode(JSON.stringify(json));
}
/** Changes bytes that JSON holds in base64. */
const bytes = (base64: string, change: (content: Buffer) => void): string => {
  const content = Buffer.from(base64, "base64");
  change(content);
  return content.toString("base64");
};
const flipLast = (content: Buffer) => content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1);

describe("an honest proof", () => {
  it("holds in every stage, in the order of the reasoning", async () => {
    const proof = await explained();
    expect(refusals(proof)).toEqual([]);
    expect(proof.stages.map(({ name }) => name)).toEqual(stageNames);
  });

  it("says what the chain spends where it is asked, and most of it on the authority", async () => {
    const { stages } = await explained();
    const gas = Object.fromEntries(stages.map((stage) => [stage.name, stage.gas]));
    // One is walked only within the whole, and hashing takes less than the data that is hashed.
    expect([gas.certificate, gas.statement]).toEqual([null, null]);
    expect([gas.signature, gas.log]).toEqual([6_900, 6_900]);
    expect(gas.authority).toBeGreaterThan(400_000);
    expect(gas.authority).toBeLessThan(Number(gas.whole));
    expect(gas.whole).toBeLessThan(Number(gas.settlement));
  });

  it("shows each line of the certificate beside what the step needs", async () => {
    const { stages } = await explained();
    const { comparisons = [] } = stages.find(({ name }) => name === "certificate") ?? {};
    expect(comparisons.map(({ extension: number }) => number).sort((a, b) => a - b)).toEqual([
      0, 8, 9, 10, 11, 13, 15, 17, 18, 19, 20, 21, 22, 23,
    ]);
    expect(comparisons.every(({ equal }) => equal)).toBe(true);
    expect(comparisons.find(({ extension: number }) => number === 20)).toMatchObject({
      needs: "workflow_dispatch",
      says: "workflow_dispatch",
    });
  });

  it("names the three roots, each queued before the step opened", async () => {
    const { stages } = await explained();
    const { roots = [] } = stages.find(({ name }) => name === "roots") ?? {};
    expect(roots.map(({ kind }) => kind)).toEqual(["verifier", "authority", "log"]);
    for (const root of roots) {
      expect(root).toMatchObject({ refusal: null, revokedFrom: 0 });
      expect(root.queuedAt).toBeLessThan(openedAt);
    }
  });
});

describe("what a proof would do", () => {
  it("settles a step that nobody claimed", async () => {
    const { outlook } = await explained();
    expect(outlook).toMatchObject({ state: "settles", endsWindow: true, windowEnd: null, demand: null });
  });

  it("leaves a dispute window where the offer names an arbiter", async () => {
    const { outlook } = await explained({ offer: { arbiter: `0x${"c3".repeat(20)}`, arbitrationWindow: 3600 } });
    expect(outlook).toMatchObject({ state: "settles", endsWindow: false, disputeWindow: 86_400 });
  });

  it("answers a claim by signature, and whoever demands a proof of it", async () => {
    const step = await chain.open();
    const explain = createProofStages(chain.client, chain.deployment);
    await chain.claimBySignature(step);
    expect((await explain(step)).outlook).toMatchObject({ state: "answers", demand: null });
    const pending = await readPendingClaim(chain.client, chain.deployment, step.consumption.identity, 1);
    await chain.send({
      address: chain.deployment.settlement,
      abi: settlementAbi,
      functionName: "challengeEvidence",
      args: [step.terms, pending?.claimed],
      value: parseEther("1"),
    });
    const challenged = await explain(step);
    expect(refusals(challenged)).toEqual([]);
    expect(challenged.outlook.demand?.challenger.toLowerCase()).toBe(chain.seller);
    expect(BigInt(challenged.outlook.demand?.bond ?? 0)).toBeGreaterThan(0n);
    await chain.prove(step);
    expect((await explain(step)).outlook).toMatchObject({ state: "proven", demand: null });
  });

  it("is done once it was proven, and every stage still holds", async () => {
    const step = await chain.open();
    await chain.prove(step);
    const proof = await createProofStages(chain.client, chain.deployment)(step);
    expect(refusals(proof)).toEqual([]);
    expect(proof.outlook.state).toBe("proven");
  });

  it("comes too late for a step whose deadline has passed", async () => {
    const step = await chain.open();
    await chain.at(step.consumption.claimDeadline + 1);
    const proof = await createProofStages(chain.client, chain.deployment)(step);
    expect(refusals(proof)).toEqual(["settlement: PROOF_STEP_CLOSED"]);
    expect(proof.outlook.state).toBe("closed");
  });
});

describe("evidence that does not hold fails where it is wrong, and the rest is still judged", () => {
  const cases: readonly (readonly [what: string, changes: Opening, refused: readonly string[]])[] = [
    [
      "a claim of another state",
      {
        parts: (parts) => {
          const claim = decodeClaim(parts.claim);
          return { ...parts, claim: encodeClaim({ ...claim, nextStateCommitment: flip(claim.nextStateCommitment) }) };
        },
      },
      [
        "claim: CLAIM_MISMATCH",
        "statement: STATEMENT_MISMATCH",
        "signature: STATEMENT_SIGNATURE_INVALID",
        "log: LOG_PROMISE_INVALID",
        "whole: STATEMENT_SIGNATURE_INVALID",
        "settlement: STATEMENT_SIGNATURE_INVALID",
      ],
    ],
    [
      "a claim under another permit",
      {
        parts: (parts) => {
          const claim = decodeClaim(parts.claim);
          return { ...parts, claim: encodeClaim({ ...claim, permitHash: flip(claim.permitHash) }) };
        },
      },
      [
        "claim: PERMIT_HASH_MISMATCH",
        "statement: STATEMENT_MISMATCH",
        "signature: STATEMENT_SIGNATURE_INVALID",
        "log: LOG_PROMISE_INVALID",
        "whole: STATEMENT_SIGNATURE_INVALID",
        "settlement: PERMIT_HASH_MISMATCH",
      ],
    ],
    [
      "a claim of another deployment",
      { claim: (claim) => ({ ...claim, settlement: `0x${"bb".repeat(20)}` }) },
      [
        "claim: CLAIM_MISMATCH",
        "statement: STATEMENT_MISMATCH",
        "signature: STATEMENT_SIGNATURE_INVALID",
        "log: LOG_PROMISE_INVALID",
        "whole: STATEMENT_SIGNATURE_INVALID",
        "settlement: STATEMENT_SIGNATURE_INVALID",
      ],
    ],
    [
      "a payload that is no statement",
      inBundle((bundle) => {
        bundle.dsseEnvelope.payload = Buffer.from("[]").toString("base64");
      }),
      ["claim: CLAIM_MISMATCH", "statement: STATEMENT_MISMATCH"],
    ],
    [
      "another run",
      { identity: (claims) => ({ ...claims, run_id: "17000000002" }) },
      ["certificate: FACT_MISMATCH", "whole: FACT_MISMATCH", "settlement: FACT_MISMATCH"],
    ],
    [
      "a certificate with an extension that nobody understands",
      { attest: { extensions: (all) => [...all, { ...extension(99, "x"), oid: "1.2.3.4" }] } },
      [
        "certificate: CERTIFICATE_EXTENSION_UNKNOWN",
        "whole: CERTIFICATE_EXTENSION_UNKNOWN",
        "settlement: CERTIFICATE_EXTENSION_UNKNOWN",
      ],
    ],
    [
      "a certificate that somebody changed after it was signed",
      inBundle((bundle) => {
        const material = bundle.verificationMaterial;
        const holder = material.certificate ?? material.x509CertificateChain.certificates[0];
        holder.rawBytes = bytes(holder.rawBytes, (der) => der.write("X", der.indexOf("github-hosted"), "latin1"));
      }),
      [
        "certificate: FACT_MISMATCH",
        "log: LOG_PROMISE_INVALID",
        "authority: CERTIFICATE_SIGNATURE_INVALID",
        "whole: FACT_MISMATCH",
        "settlement: PROOF_ISSUER_UNKNOWN",
      ],
    ],
    [
      "another signature",
      inBundle((bundle) => {
        const [signature] = bundle.dsseEnvelope.signatures;
        signature.sig = bytes(signature.sig, flipLast);
      }),
      [
        "signature: STATEMENT_SIGNATURE_INVALID",
        "log: LOG_PROMISE_INVALID",
        "whole: STATEMENT_SIGNATURE_INVALID",
        "settlement: STATEMENT_SIGNATURE_INVALID",
      ],
    ],
    [
      "bytes that are no signature",
      inBundle((bundle) => {
        bundle.dsseEnvelope.signatures[0].sig = Buffer.from("none").toString("base64");
      }),
      ["signature: NOT_ASIGNATURE", "log: LOG_PROMISE_INVALID", "whole: NOT_ASIGNATURE", "settlement: NOT_ASIGNATURE"],
    ],
    [
      "another promise of the log",
      inBundle((bundle) => {
        const { inclusionPromise } = bundle.verificationMaterial.tlogEntries[0];
        inclusionPromise.signedEntryTimestamp = bytes(inclusionPromise.signedEntryTimestamp, flipLast);
      }),
      ["log: LOG_PROMISE_INVALID", "whole: LOG_PROMISE_INVALID", "settlement: LOG_PROMISE_INVALID"],
    ],
    [
      "a time at which the certificate had run out",
      inBundle((bundle) => {
        bundle.verificationMaterial.tlogEntries[0].integratedTime = String(attestedAt + 3600);
      }),
      ["log: LOG_TIME_OUTSIDE", "whole: LOG_TIME_OUTSIDE", "settlement: LOG_TIME_OUTSIDE"],
    ],
    [
      "evidence that was logged long before the step opened",
      { attestedAt: openedAt - 1801 },
      ["settlement: EVIDENCE_TIME_OUTSIDE"],
    ],
  ];

  for (const [what, changes, refused] of cases) {
    it(what, async () => {
      expect(refusals(await explained(changes))).toEqual(refused);
    });
  }

  it("names the line of the certificate that differs, and no other", async () => {
    const { stages } = await explained({ identity: (claims) => ({ ...claims, event_name: "schedule" }) });
    const { comparisons = [], refusal } = stages.find(({ name }) => name === "certificate") ?? {};
    expect(comparisons.filter(({ equal }) => !equal)).toEqual([
      expect.objectContaining({ extension: 20, needs: "workflow_dispatch", says: "schedule" }),
    ]);
    expect(refusal?.values).toEqual({ extension: "20" });
  });

  it("says which root was revoked, and that the attestation itself holds", async () => {
    const step = await chain.open();
    const [log] = coveredRoots(trust.root).logs;
    if (!log) throw new Error("the sandbox has no log");
    await chain.revoke([logRootId(log)], attestedAt);
    const proof = await createProofStages(chain.client, chain.deployment)(step);
    expect(refusals(proof)).toEqual([
      "roots: ROOT_REVOKED_AT",
      "whole: ROOT_REVOKED_AT",
      "settlement: PROOF_LOG_UNKNOWN",
    ]);
    const { roots = [] } = proof.stages.find(({ name }) => name === "roots") ?? {};
    expect(roots.map(({ kind, refusal }) => [kind, refusal?.code])).toEqual([
      ["verifier", undefined],
      ["authority", undefined],
      ["log", "ROOT_REVOKED_AT"],
    ]);
  });
});

describe("the agreement of the comparison with the contract", () => {
  type Identity = NonNullable<Opening["identity"]>;
  const OTHER = "8".repeat(40);
  const lines: readonly (readonly [number, Identity])[] = [
    [8, (claims) => ({ ...claims, iss: `${trust.issuer}/` })],
    [9, (claims) => ({ ...claims, job_workflow_ref: `pawl/pawl/.github/workflows/other.yml@${"5".repeat(40)}` })],
    [9, (claims) => ({ ...claims, job_workflow_ref: "pawl/pawl/.github/workflows/pawl-step.yml@refs/heads/main" })],
    [10, (claims) => ({ ...claims, job_workflow_sha: OTHER })],
    [11, (claims) => ({ ...claims, runner_environment: "self-hosted" })],
    [13, (claims) => ({ ...claims, sha: OTHER })],
    [15, (claims) => ({ ...claims, repository_id: "810000003" })],
    [17, (claims) => ({ ...claims, repository_owner_id: "9200003" })],
    [18, (claims) => ({ ...claims, workflow_ref: "pawl-neutral/steps/.github/workflows/evil.yml@refs/heads/main" })],
    [19, (claims) => ({ ...claims, workflow_sha: OTHER })],
    [20, (claims) => ({ ...claims, event_name: "schedule" })],
    [21, (claims) => ({ ...claims, run_attempt: "2" })],
    [22, (claims) => ({ ...claims, repository_visibility: "private" })],
    [23, (claims) => ({ ...claims, environment: "prod" })],
  ];

  it("marks the line that the contract refuses, for each line", async () => {
    const step = await chain.open();
    for (const [number, identity] of lines) {
      const { stages } = await withBundleOf(step, identity);
      const { comparisons = [], refusal } = stages.find(({ name }) => name === "certificate") ?? {};
      expect([number, refusal?.values.extension]).toEqual([number, String(number)]);
      expect(comparisons.filter(({ equal }) => !equal).map(({ extension: line }) => line)).toContain(number);
    }
  });

  /** The same step, with an attestation of the same statement by another run. */
  async function withBundleOf(step: Awaited<ReturnType<ProvableChain["open"]>>, identity: Identity) {
    const { dsseEnvelope }: Bundle = JSON.parse(new TextDecoder().decode(step.parts.bundle));
    const bundle = attestAgain(new Uint8Array(Buffer.from(dsseEnvelope.payload, "base64")), identity);
    return createProofStages(chain.client, chain.deployment)({ ...step, parts: { ...step.parts, bundle } });
  }
});

describe("what there is no proof of", () => {
  it("is refused with a code where the offer is not provable, or nothing checks evidence", async () => {
    const step = await chain.open();
    const { offer } = step.consumption.identity;
    const unprovable = {
      ...step,
      consumption: {
        ...step.consumption,
        identity: { ...step.consumption.identity, offer: { ...offer, terms: { ...offer.terms, provable: false } } },
      },
    };
    const { evidence: _evidence, ...bare } = chain.deployment;
    await expect(createProofStages(chain.client, chain.deployment)(unprovable)).rejects.toMatchObject({
      code: "PROOF_NOT_PROVABLE",
    });
    await expect(createProofStages(chain.client, bare)(step)).rejects.toMatchObject({ code: "PROOF_NOT_DEPLOYED" });
  });

  it("is refused where the bundle has no log's time", async () => {
    const changes = inBundle((bundle) => {
      bundle.verificationMaterial.tlogEntries[0].inclusionPromise = undefined;
    });
    await expect(explained(changes)).rejects.toMatchObject({ code: "PROOF_LOG_TIME_MISSING" });
  });

  it("is no verdict while the chain does not answer", async () => {
    const step = await chain.open();
    const transport = http("http://127.0.0.1:1", { retryCount: 0 });
    const away = createPublicClient({ chain: hardhat, transport });
    await expect(createProofStages(away, chain.deployment)(step)).rejects.toMatchObject({
      code: "CHAIN_UNREACHABLE",
    });
  });
});

describe("what is kept", () => {
  async function counted() {
    const asked: string[] = [];
    const request = async ({ method, params }: { method: string; params?: readonly { readonly to?: Hex }[] }) => {
      if (method === "eth_call") asked.push(params?.[0]?.to?.toLowerCase() ?? "");
      return chain.connection.provider.request({ method, params } as never);
    };
    const client = createPublicClient({
      chain: hardhat,
      transport: custom({ request: request as never }, { retryCount: 0 }),
      cacheTime: 0,
    });
    return { explain: createProofStages(client, chain.deployment), asked };
  }

  it("is the verdict on an attestation that holds, while roots and settlement are asked anew", async () => {
    const step = await chain.open();
    const { explain, asked } = await counted();
    const first = await explain(step);
    asked.length = 0;
    const second = await explain(step);
    expect(asked).not.toContain(chain.deployment.evidence?.p384);
    expect(asked).toContain(chain.deployment.evidence?.trustRoots);
    expect(second.stages.slice(0, 6)).toEqual(first.stages.slice(0, 6));
  });

  it("is nothing of one that does not", async () => {
    const step = await chain.open({ identity: (claims) => ({ ...claims, run_attempt: "2" }) });
    const { explain, asked } = await counted();
    await explain(step);
    asked.length = 0;
    await explain(step);
    expect(asked).toContain(chain.deployment.evidence?.p384);
  });

  it("is kept apart for each evidence of a step", async () => {
    const step = await chain.open();
    const { explain } = await counted();
    await explain(step);
    const parts = {
      ...step.parts,
      bundle: edited(step.parts, (bundle) => {
        const [signature] = bundle.dsseEnvelope.signatures;
        signature.sig = bytes(signature.sig, flipLast);
      }),
    };
    const other = await explain({ ...step, parts, evidenceHash: `0x${"77".repeat(32)}` });
    expect(refusals(other)).toContain("signature: STATEMENT_SIGNATURE_INVALID");
  });
});
