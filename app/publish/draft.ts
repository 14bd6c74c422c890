import { type Address, formatUnits, type Hex, isAddress, parseUnits, zeroAddress, zeroHash } from "viem";
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
    .regex(/^[0-9]+$/, `Enter a whole number from ${least} to ${most}.`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `Enter a whole number from ${least} to ${most}.`);
const amount = z
  .string()
  .trim()
  .max(100, "Enter an amount, such as 0.01.")
  .regex(/^[0-9]+(\.[0-9]{1,18})?$/, "Enter an amount, such as 0.01.");
const account = z
  .string()
  .trim()
  .refine((value) => isAddress(value, { strict: false }), "Enter an address: 0x and 40 hex digits.")
  .transform((value) => value.toLowerCase() as Address);
const optionalAccount = z
  .string()
  .trim()
  .pipe(
    z.union([z.literal("").transform((): Address => zeroAddress), account], {
      error: "Enter an address, or leave it empty.",
    }),
  );
const commit = z
  .string()
  .trim()
  .refine((value) => commitSha.safeParse(value).success, "Enter a commit: 40 lower-case hex digits.");
const optionalCommit = z
  .string()
  .trim()
  .pipe(
    z.union([z.literal("").transform((): null => null), commit], {
      error: "Enter 40 lower-case hex digits, or leave it empty.",
    }),
  );
const id = z
  .string()
  .trim()
  .regex(/^[0-9]{1,19}$/, "Enter the number that GitHub gives it, or 0.")
  .transform(BigInt);
/** Text that a part of the policy holds, refused in words for sellers. */
const partOf = (part: z.ZodType, sentence: string) =>
  z
    .string()
    .trim()
    .refine((value) => part.safeParse(value).success, sentence);
const { workload, workflows } = policySchema.shape;
const workflow = (part: z.ZodType) => partOf(part, "Enter owner/repository/.github/workflows/file.yml.");
const choice = <T extends string>(...values: readonly T[]) => z.enum(values, { error: "Choose one of these." });

const draftSchema = z.strictObject({
  title: partOf(policySchema.shape.title.or(z.literal("")), "Write at most 80 characters in one line.").pipe(
    z.string().min(1, "Give the offer a title."),
  ),
  description: partOf(
    policySchema.shape.description,
    "Write at most 1000 characters, without line breaks and invisible characters.",
  ),
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
  signerWorkflow: workflow(workflows.shape.signer),
  signerCommit: commit,
  callerWorkflow: workflow(workflows.shape.caller),
  sourceRepositoryId: id,
  sourceOwnerId: id,
  sourceCommit: optionalCommit,
  workloadRepository: partOf(workload.shape.repository, "Enter owner/repository."),
  workloadCommit: commit,
  workloadEntry: partOf(workload.shape.entry, "Enter a path inside the repository, such as steps/draw.mjs."),
  runsOn: partOf(policySchema.shape.runsOn, "Enter the machine's label, at most 60 characters."),
  runnerTier: choice("1", "2"),
  provable: choice("yes", "no"),
  network: choice("none", "runner"),
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

/** Most that the contracts can hold of price, bond and fee: 96 bits. */
const MAX_AMOUNT = 2n ** 96n - 1n;

function tooMuch(decimals: number): string {
  return `Enter at most ${formatUnits(MAX_AMOUNT, decimals)}: the contract holds no more.`;
}

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
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error), refusal: null };
  const fields = parsed.data;
  const { deployment, seller, salt, decimals, now } = context;
  const policy = policySchema.parse({
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
    network: { mode: fields.network },
  });
  const problems: { -readonly [F in DraftField]?: string } = {};
  if ((fields.price.split(".")[1]?.length ?? 0) > decimals) problems.price = `This token has ${decimals} decimals.`;
  const price = problems.price ? 0n : parseUnits(fields.price, decimals);
  if (!problems.price && price === 0n) problems.price = "A step must cost something.";
  if (price > MAX_AMOUNT) problems.price = tooMuch(decimals);
  const hasArbiter = fields.arbiter !== zeroAddress;
  const conductBond = hasArbiter ? parseUnits(fields.conductBond, 18) : 0n;
  const arbiterFee = hasArbiter ? parseUnits(fields.arbiterFee, 18) : 0n;
  if (conductBond > MAX_AMOUNT) problems.conductBond = tooMuch(18);
  if (arbiterFee > MAX_AMOUNT) problems.arbiterFee = tooMuch(18);
  else if (arbiterFee > conductBond) problems.arbiterFee = "The fee is paid out of the bond, so it cannot be larger.";
  if (hasArbiter && fields.arbitrationWindow === 0) problems.arbitrationWindow = "Give the arbiter time to rule.";
  if (fields.provable === "no" && !hasArbiter)
    problems.arbiter = "Without proof on-chain, an offer must name an arbiter.";
  if (fields.provable === "no" && fields.verifier === zeroAddress) {
    problems.verifier = "Without proof on-chain, an offer must name a verifier.";
  }
  if (fields.runnerTier === "2" && fields.sourceCommit === null)
    problems.sourceCommit = "Tier 2 needs a pinned commit.";
  if (fields.provable === "yes" && fields.sourceCommit === null) {
    problems.sourceCommit = "Proof on-chain needs a pinned commit: it fixes the run's jobs.";
  }
  if (Object.keys(problems).length > 0) return { ok: false, problems, refusal: null };

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

/** The first problem of each field. */
function problemsOf(error: z.ZodError): DraftProblems {
  const problems: { -readonly [F in DraftField]?: string } = {};
  for (const { path, message } of error.issues) problems[path[0] as DraftField] ??= message;
  return problems;
}
