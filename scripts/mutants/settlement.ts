import { type Mutant, mutantsOf } from "./mutant.ts";
import { solidityTests } from "./solidityTests.ts";

const SETTLEMENT = solidityTests("Settlement");

/** Which claims are accepted and which rejected: rows 8 to 18, bonds, invariant 10. */
export const settlementMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/Settlement.sol", "settlement", SETTLEMENT, {
    "approval-expired": {
      removes: "row 8: the approval is live",
      from: "        if (block.timestamp > signed.deadline) revert ApprovalExpired(signed.deadline);\n",
    },
    "approval-forged": {
      removes: "row 8: the offer's verifier signed this claim, report and evidence",
      from: "if (!isSignedBy(terms.verifier, digest, signed.signature)) {",
      to: "if (false) {",
    },
    "approval-by-nobody": {
      removes: "row 8: an offer without verifier takes proofs only",
      from: "        if (terms.verifier == address(0)) revert VerifierMissing();\n",
    },
    "claim-closes-at-once": {
      removes: "row 8: a signed claim can be disputed",
      from: "uint40 windowEnd = uint40(block.timestamp) + terms.disputeWindow;",
      to: "uint40 windowEnd = uint40(block.timestamp);",
    },
    "proof-of-another-permit": {
      removes: "rows 9 and 10: the proof is of the permitted run (invariant 10)",
      from: "        if (permitHash != proven.claim.permitHash) revert PermitHashMismatch(permitHash, proven.claim.permitHash);\n",
    },
    "proof-too-old": {
      removes: "rows 9 and 10: log time from openedAt - 30 min",
      from: "if (logTime < from || logTime >= until)",
      to: "if (logTime >= until)",
    },
    "proof-too-late": {
      removes: "rows 9 and 10: log time before the claim deadline",
      from: "if (logTime < from || logTime >= until)",
      to: "if (logTime < from)",
    },
    "proof-of-unprovable": {
      removes: "rows 9 and 10: the offer is provable",
      from: "        if (!terms.provable) revert OfferNotProvable(offerId);\n        PermitInput calldata",
      to: "        PermitInput calldata",
    },
    "proof-facts-of-another-commit": {
      removes: "the proof is of the pinned signer commit",
      from: "signerCommit: terms.signerCommit,",
      to: "signerCommit: bytes20(0),",
    },
    "proof-sold-twice": {
      removes: "one run is not sold through several gateways (invariant 10)",
      from: "        if (known != 0 && known != claimHash) revert RunAlreadyProven(known);\n",
    },
    "proof-window-without-arbiter": {
      removes: "row 9: a proven claim without arbiter is payable at once",
      from: "(terms.arbiter == address(0) ? 0 : terms.disputeWindow)",
      to: "terms.disputeWindow",
    },
    "proof-window-with-arbiter": {
      removes: "row 9: a proven claim with arbiter can be disputed",
      from: "(terms.arbiter == address(0) ? 0 : terms.disputeWindow)",
      to: "0 * terms.disputeWindow",
    },
    "prove-after-proofEnd": {
      removes: "row 10: a challenged claim is proven before proofEnd",
      from: "if (challenge.poster != address(0) && block.timestamp >= challenge.end) {",
      to: "if (false) {",
    },
    "prove-keeps-the-bond": {
      removes: "row 10: the bond is the seller's",
      from: "            escrow.payBond(terms.seller, challenge.bond);\n",
    },
    "acknowledge-forged": {
      removes: "row 11: the buyer's own word",
      from: "if (!isSignedBy(claimed.buyer, digest, signature)) {",
      to: "if (false) {",
    },
    "challenge-unprovable": {
      removes: "row 13: the offer is provable",
      from: "        if (!terms.provable) revert OfferNotProvable(offerId);\n        uint256 bond",
      to: "        uint256 bond",
    },
    "challenge-for-free": {
      removes: "row 13: the bond B",
      from: "if (msg.value < bond) revert BondTooSmall(bond, msg.value);",
      to: "bond = msg.value;",
    },
    "bond-ignores-gas": {
      removes: "B = max(MIN_BOND, 4 * PROOF_GAS * basefee)",
      from: "return byGas > _MIN_BOND ? byGas : _MIN_BOND;",
      to: "return byGas > 0 ? _MIN_BOND : _MIN_BOND;",
    },
    "conduct-by-anyone": {
      removes: "row 14: the buyer alone",
      from: "        if (msg.sender != claimed.buyer) revert NotEntitlementBuyer(msg.sender, claimed.buyer);\n",
    },
    "conduct-without-arbiter": {
      removes: "row 14: an arbiter is set",
      from: "        if (terms.arbiter == address(0)) revert ArbiterMissing();\n",
    },
    "conduct-bond": {
      removes: "row 14: conductBond exactly",
      from: "        if (msg.value != terms.conductBond) revert BondMismatch(terms.conductBond, msg.value);\n",
    },
    "reject-too-early": {
      removes: "rows 15 and 17: the window is over",
      from: "        if (block.timestamp < challenge.end) revert ChallengeTimeRunning(challenge.end);\n",
    },
    "reject-without-challenge": {
      removes: "rows 15 to 18: there is such a challenge",
      from: "        if (challenge.poster == address(0)) revert ChallengeUnknown(runKey, kind);\n",
    },
    "slash-in-time": {
      removes: "row 15: the stake pays only when the proof is overdue",
      from: "if (evidence.poster != address(0) && block.timestamp >= evidence.end) {",
      to: "if (evidence.poster != address(0)) {",
    },
    "slash-after-revocation": {
      removes: "row 15: nobody is punished when a root was revoked",
      from: "if (!evidenceVerifier.rootRevokedSince(escrow.runOf(ref.runKey).openedAt)) {",
      to: "if (true) {",
    },
    "slash-nothing": {
      removes: "row 15: the stake pays the challenger",
      from: "                escrow.slash(offerId, evidence.poster, evidence.bond);\n",
    },
    "rule-by-anyone": {
      removes: "row 16: the arbiter alone",
      from: "        if (msg.sender != terms.arbiter) revert NotArbiter(msg.sender, terms.arbiter);\n",
    },
    "rule-too-late": {
      removes: "row 16: t < rulingEnd",
      from: "        if (block.timestamp >= challenge.end) revert ChallengeTimeOver(challenge.end);\n",
    },
    "rule-for-a-lost-claim": {
      removes: "a claim whose proof is overdue cannot be ruled right",
      from: "            revert ProofOverdue(evidence.end);\n",
    },
    "rule-for-a-lost-claim-at-its-second": {
      removes: "the proof window ends where the ruling for the seller does",
      from: "evidence.poster != address(0) && block.timestamp >= evidence.end) {\n            revert",
      to: "evidence.poster != address(0) && block.timestamp > evidence.end) {\n            revert",
    },
    "rule-share-without-split": {
      removes: "row 16: a share belongs to a split",
      from: "        if (ruling != Ruling.Split && sellerShare != 0) revert ShareNotAllowed(sellerShare);\n",
    },
    "rule-unpaid": {
      removes: "row 16: the arbiter is paid",
      from: "        escrow.payBond(msg.sender, terms.arbiterFee);\n",
    },
    "rule-upheld-bond": {
      removes: "row 16: an upheld claim earns the seller the bond",
      from: "ruling == Ruling.Upheld ? terms.seller : challenge.poster, challenge.bond",
      to: "challenge.poster, challenge.bond",
    },
    "rule-rejected-stake": {
      removes: "row 16: a rejected claim costs the seller the fee",
      from: "        if (ruling == Ruling.Rejected) escrow.slash(offerId, challenge.poster, terms.arbiterFee);\n",
    },
    "reclaim-while-it-counts": {
      removes: "row 18: only a voided claim's bond comes back",
      from: "if (escrow.pendingDigestOf(challenge.entitlement, challenge.step) == challenge.claimDigest) {",
      to: "if (false) {",
    },
    "reclaim-twice": {
      removes: "row 18: a bond comes back once (invariant 1)",
      from: "        delete _challenges[runKey][kind];\n        emit BondReclaimed",
      to: "        emit BondReclaimed",
    },
    "rejection-keeps-conduct-open": {
      removes: "Reject(N): both challenges end, whichever came first",
      from: "        _close(ref.runKey, ChallengeKind.Conduct);\n",
    },
  }),
  ...mutantsOf("contracts/types/StepClaim.sol", "settlement", SETTLEMENT, {
    "claim-of-any-contract": {
      removes: "a claim names its settlement contract",
      from: "            settlement,\n            entitlement,\n",
      to: "            address(0),\n            entitlement,\n",
    },
  }),
  ...mutantsOf("contracts/types/VerifiedClaim.sol", "settlement", SETTLEMENT, {
    "approval-of-any-report": {
      removes: "an approval names its report",
      from: "keccakOf(VERIFIED_CLAIM_TYPEHASH, claimHash, reportHash, evidenceHash, ",
      to: "keccakOf(VERIFIED_CLAIM_TYPEHASH, claimHash, evidenceHash, evidenceHash, ",
    },
  }),
];
