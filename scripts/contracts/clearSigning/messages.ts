import { resultRequestTypes, stepRequestTypes } from "#lib/gateway/wire.ts";
import { stepPermitTypes } from "#lib/permits/stepPermit.ts";
import type { Statement } from "./calls.ts";

type Members = readonly { readonly name: string; readonly type: string }[];

/** A typed message that a wallet signs. */
export type Message = Statement & {
  readonly primaryType: string;
  readonly types: Readonly<Record<string, Members>>;
};

/** `T(type a,type b)` as one struct. */
function struct(encoded: string): Readonly<Record<string, Members>> {
  const [, name = "", members = ""] = /^(\w+)\((.*)\)$/.exec(encoded) ?? [];
  return {
    [name]: members.split(",").map((member) => {
      const [type = "", of = ""] = member.split(" ");
      return { name: of, type };
    }),
  };
}

const NONCE = "Used once; grants nothing.";
const CURRENT = "The contract accepts only the one that is current when the permit is used.";

const witnessed = (witness: "Purchase" | "TopUp", intent: string): Message => ({
  primaryType: "PermitWitnessTransferFrom",
  types: {
    ...struct(
      `PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,${witness} witness)`,
    ),
    ...struct(`${witness}(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)`),
    ...struct("TokenPermissions(address token,uint256 amount)"),
  },
  intent,
  sentence: `${intent}: {witness.steps} for {permitted.amount}`,
  shows: [["permitted.amount", "You pay"], "witness.steps", "witness.buyer", "witness.offerId", "spender", "deadline"],
  hides: {
    nonce: NONCE,
    "permitted.token": "Shown with the amount.",
    "witness.salt": "Tells equal purchases apart; grants nothing.",
    "witness.deadline": "Always the payment's own deadline: the contract passes one for both.",
  },
});

/** Messages by the contract in whose domain they are signed. */
export const messages: Readonly<Record<string, readonly Message[]>> = {
  PermitConsumer: [
    {
      primaryType: "StepPermit",
      types: stepPermitTypes,
      intent: "Permit one run to take a step",
      sentence: "Permit run {runId} to take step {step}, until {deadline}",
      shows: ["step", "runId", "runAttempt", "repositoryId", "inputHash", "gateway", "deadline"],
      details: [
        "entitlement",
        "sourceCommit",
        "signerCommit",
        "policyHash",
        "workerKey",
        "resultKey",
        "observationHash",
      ],
      hides: { epoch: CURRENT, parentStateCommitment: CURRENT, parentNetCommitment: CURRENT, salt: NONCE },
    },
    {
      primaryType: "Delegation",
      types: struct(
        "Delegation(bytes32 entitlement,address delegate,uint32 lastStep,uint64 validUntil,uint16 generation,bytes32 nonce,uint64 deadline)",
      ),
      intent: "Let another key permit steps",
      sentence: "Let {delegate} permit steps up to {lastStep}, until {validUntil}",
      shows: ["delegate", "lastStep", "validUntil", "entitlement", "deadline"],
      details: ["generation"],
      hides: { nonce: NONCE },
    },
    {
      primaryType: "Observation",
      types: struct("Observation(bytes32 runKey,bytes32 observationHash)"),
      intent: "Confirm what was seen of a run",
      shows: ["runKey", "observationHash"],
    },
    {
      primaryType: "StepRequest",
      types: stepRequestTypes,
      intent: "Ask for a step to be run",
      shows: ["step", "inputHash", "entitlement", "deadline"],
      details: ["resultKey"],
    },
    {
      primaryType: "ResultRequest",
      types: resultRequestTypes,
      intent: "Fetch the result of a step",
      shows: ["permitHash", "deadline"],
    },
  ],
  Settlement: [
    {
      primaryType: "Acknowledgement",
      types: struct("Acknowledgement(bytes32 entitlement,uint32 step,bytes32 claimHash)"),
      intent: "Accept a claim and let it be paid at once",
      shows: ["step", "claimHash", "entitlement"],
    },
    {
      primaryType: "VerifiedClaim",
      types: struct("VerifiedClaim(bytes32 claimHash,bytes32 reportHash,bytes32 evidenceHash,uint64 deadline)"),
      intent: "Approve a claim as verified",
      shows: ["claimHash", "reportHash", "evidenceHash", "deadline"],
    },
  ],
  Permit2: [witnessed("Purchase", "Buy steps by signature"), witnessed("TopUp", "Add steps by signature")],
};
