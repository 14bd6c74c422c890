import { type Address, type Hex, isAddress, parseUnits, zeroAddress, zeroHash } from "viem";
import { z } from "zod";
import type { Deployment } from "#lib/chain/deployment.ts";
import { commitSha } from "#lib/core/encoding.ts";
import { findPawlError, type PawlError } from "#lib/core/error.ts";
import { type Policy, policyBytes, policyHashOf, policySchema } from "#lib/offers/policy.ts";
import { checkTermsAgainstPolicy, type OfferTerms } from "#lib/offers/terms.ts";
import { commitToBytes20, workflowIdentity } from "#lib/offers/workflowPin.ts";

/** An offer as a seller types it: every field is text. Times are seconds unless the name says days. */
export type Draft = Readonly<Record<DraftField, string>>;

const MEBIBYTE = 1_048_576;
const DAY = 86_400;

const whole = (least: number, most: number) =>
  z
    .string()
    .trim()
    .regex(/^[0-9]{1,15}$/, "Enter a whole number.")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `Enter a number from ${least} to ${most}.`);
const amount = z
  .string()
  .trim()
  .regex(/^[0-9]{1,30}(\.[0-9]{1,18})?$/, "Enter an amount, such as 0.01.");
const account = z
  .string()
  .trim()
  .refine((value) => isAddress(value, { strict: false }), "Enter an address: 0x and 40 hex digits.")
  .transform((value) => value.toLowerCase() as Address);
const optionalAccount = z.union([z.literal("").transform((): Address => zeroAddress), account], {
  error: "Enter an address, or leave it empty.",
});
const commit = z.string().trim().pipe(commitSha);
const optionalCommit = z.union([z.literal("").transform((): null => null), commit], {
  error: "Enter 40 lower-case hex digits, or leave it empty.",
});
const id = z
  .string()
  .trim()
  .regex(/^[0-9]{1,19}$/, "Enter the number that GitHub gives it, or 0.")
  .transform(BigInt);
const choice = <T extends string>(...values: readonly T[]) => z.enum(values);

const draftSchema = z.strictObject({
  title: z.string().trim().min(1, "Give the offer a title.").max(80, "At most 80 characters."),
  description: z.string().trim().max(1000, "At most 1000 characters."),
  token: account,
  price: amount,
  maxSteps: whole(1, 16_777_215),
  maxPending: whole(1, 8),
  saleDays: whole(1, 3650),
  entitlementDays: whole(1, 365),
  stepTimeout: whole(1, 2_592_000),
  disputeWindow: whole(1, 1_209_600),
  proofWindow: whole(1, 604_800),
  arbitrationWindow: whole(0, 2_592_000),
  conductBond: amount,
  arbiterFee: amount,
  gateway: account,
  verifier: optionalAccount,
  observer: optionalAccount,
  arbiter: optionalAccount,
  signerWorkflow: z.string().trim(),
  signerCommit: commit,
  callerWorkflow: z.string().trim(),
  sourceRepositoryId: id,
  sourceOwnerId: id,
  sourceCommit: optionalCommit,
  workloadRepository: z.string().trim(),
  workloadCommit: commit,
  workloadEntry: z.string().trim(),
  runsOn: z.string().trim(),
  runnerTier: choice("1", "2"),
  provable: choice("yes", "no"),
  permitWaitSeconds: whole(10, 3600),
  stepSeconds: whole(1, 21_600),
  memoryMebibytes: whole(16, 16_384),
  inputBytes: whole(1, MEBIBYTE),
  resultBytes: whole(1, 16 * MEBIBYTE),
  stateMebibytes: whole(1, 1024),
});

export type DraftField = keyof typeof draftSchema.shape;

/** What would be published. */
export type BuiltOffer = {
  readonly terms: OfferTerms;
  readonly policy: Policy;
  readonly policyBytes: Uint8Array;
};

export type DraftProblems = Partial<Readonly<Record<DraftField, string>>>;

export type Built =
  | { readonly ok: true; readonly offer: BuiltOffer }
  /** `refusal`: two terms contradict one another, so that no single field is at fault. */
  | { readonly ok: false; readonly problems: DraftProblems; readonly refusal: PawlError | null };

/** Where the policy's schema looks, by the field that holds it. */
const FIELD_OF_POLICY_PATH: Readonly<Record<string, DraftField>> = {
  title: "title",
  description: "description",
  "workload.repository": "workloadRepository",
  "workload.commit": "workloadCommit",
  "workload.entry": "workloadEntry",
  "workflows.signer": "signerWorkflow",
  "workflows.caller": "callerWorkflow",
  runsOn: "runsOn",
  "limits.permitWaitSeconds": "permitWaitSeconds",
  "limits.stepSeconds": "stepSeconds",
  "limits.memoryBytes": "memoryMebibytes",
  "limits.inputBytes": "inputBytes",
  "limits.resultBytes": "resultBytes",
  "limits.stateBytes": "stateMebibytes",
};

/** Makes terms and policy of a draft, or says which fields are wrong and how. */
export function buildOffer(
  draft: Draft,
  context: {
    readonly deployment: Deployment;
    readonly seller: Address;
    readonly salt: Hex;
    /** Decimals of the draft's token. */
    readonly decimals: number;
    /** Unix seconds. */
    readonly now: number;
  },
): Built {
  const parsed = draftSchema.safeParse(draft);
  if (!parsed.success)
    return { ok: false, problems: problemsOf(parsed.error, (path) => path as DraftField), refusal: null };
  const fields = parsed.data;
  const { deployment, seller, salt, decimals, now } = context;
  const limits = policySchema.safeParse({
    v: 1,
    title: fields.title,
    description: fields.description,
    chainId: deployment.chainId,
    permitConsumer: deployment.permitConsumer,
    gateway: fields.gateway,
    workload: {
      repository: fields.workloadRepository,
      commit: fields.workloadCommit,
      entry: fields.workloadEntry,
    },
    workflows: { signer: fields.signerWorkflow, caller: fields.callerWorkflow },
    runsOn: fields.runsOn,
    limits: {
      permitWaitSeconds: fields.permitWaitSeconds,
      stepSeconds: fields.stepSeconds,
      memoryBytes: fields.memoryMebibytes * MEBIBYTE,
      inputBytes: fields.inputBytes,
      resultBytes: fields.resultBytes,
      stateBytes: fields.stateMebibytes * MEBIBYTE,
    },
    restore: "fail_closed",
    tools: ["node"],
    network: { mode: "none" },
  });
  if (!limits.success) {
    return { ok: false, problems: problemsOf(limits.error, (path) => FIELD_OF_POLICY_PATH[path]), refusal: null };
  }
  const problems: { -readonly [F in DraftField]?: string } = {};
  if ((fields.price.split(".")[1]?.length ?? 0) > decimals) problems.price = `This token has ${decimals} decimals.`;
  const price = problems.price ? 0n : parseUnits(fields.price, decimals);
  if (!problems.price && price === 0n) problems.price = "A step must cost something.";
  const hasArbiter = fields.arbiter !== zeroAddress;
  const conductBond = hasArbiter ? parseUnits(fields.conductBond, 18) : 0n;
  const arbiterFee = hasArbiter ? parseUnits(fields.arbiterFee, 18) : 0n;
  if (arbiterFee > conductBond) problems.arbiterFee = "The fee is paid out of the bond, so it cannot be larger.";
  if (hasArbiter && fields.arbitrationWindow === 0) problems.arbitrationWindow = "Give the arbiter time to rule.";
  if (fields.provable === "no" && !hasArbiter)
    problems.arbiter = "Without proof on-chain, an offer must name an arbiter.";
  if (fields.provable === "no" && fields.verifier === zeroAddress) {
    problems.verifier = "Without proof on-chain, an offer must name a verifier.";
  }
  if (fields.runnerTier === "2" && fields.sourceCommit === null)
    problems.sourceCommit = "Tier 2 needs a pinned commit.";
  if (Object.keys(problems).length > 0) return { ok: false, problems, refusal: null };

  const policy = limits.data;
  const bytes = policyBytes(policy);
  const terms: OfferTerms = {
    seller,
    token: fields.token,
    price,
    maxSteps: fields.maxSteps,
    maxPending: fields.maxPending,
    validUntil: now + fields.saleDays * DAY,
    entitlementTtl: fields.entitlementDays * DAY,
    stepTimeout: fields.stepTimeout,
    disputeWindow: fields.disputeWindow,
    proofWindow: fields.proofWindow,
    arbitrationWindow: hasArbiter ? fields.arbitrationWindow : 0,
    conductBond,
    arbiterFee,
    gateway: fields.gateway,
    verifier: fields.verifier,
    observer: fields.observer,
    arbiter: fields.arbiter,
    signerWorkflow: workflowIdentity(fields.signerWorkflow),
    signerCommit: commitToBytes20(fields.signerCommit),
    callerWorkflow: workflowIdentity(fields.callerWorkflow),
    sourceRepositoryId: fields.sourceRepositoryId,
    sourceOwnerId: fields.sourceOwnerId,
    sourceCommit: fields.sourceCommit === null ? (zeroHash.slice(0, 42) as Hex) : commitToBytes20(fields.sourceCommit),
    policyHash: policyHashOf(bytes),
    runnerTier: Number(fields.runnerTier),
    provable: fields.provable === "yes",
    salt,
  };
  try {
    checkTermsAgainstPolicy(terms, policy, deployment);
  } catch (thrown) {
    const refusal = findPawlError(thrown);
    if (!refusal) throw thrown;
    return { ok: false, problems: {}, refusal };
  }
  return { ok: true, offer: { terms, policy, policyBytes: bytes } };
}

function problemsOf(error: z.ZodError, fieldOf: (path: string) => DraftField | undefined): DraftProblems {
  const problems: { -readonly [F in DraftField]?: string } = {};
  for (const issue of error.issues) {
    const field = fieldOf(issue.path.join("."));
    if (field !== undefined) problems[field] ??= issue.message;
  }
  return problems;
}
