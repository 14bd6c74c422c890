import { type Mutant, mutantsOf } from "./mutant.ts";

const LIFECYCLE = "test/contracts/lifecycle.test.ts";
const ERRORS = "test/contracts/errors.test.ts";
const INVARIANTS = "test/contracts/invariants.test.ts";
const HOSTILE = "test/contracts/hostile.test.ts";

/** Guards of the ledger: rows 3 to 8, 10 to 19 of the lifecycle, and invariants 1, 2, 3, 4, 7 and 9. */
export const escrowMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/Escrow.sol", "escrow", [LIFECYCLE], {
    "sale-of-retired-offer": {
      removes: "rows 3 and 4: the offer is live",
      from: "        offerRegistry.requireLive(offerId);\n",
    },
    "sale-after-validUntil": {
      removes: "rows 3 and 4: t < validUntil",
      from: "        if (block.timestamp >= terms.validUntil) revert SaleEnded(terms.validUntil);\n",
    },
    "sale-at-validUntil": {
      removes: "rows 3 and 4: validUntil is exclusive",
      from: "if (block.timestamp >= terms.validUntil)",
      to: "if (block.timestamp > terms.validUntil)",
    },
    "purchase-id-used": {
      removes: "row 3: the id is unused",
      from: "        if (_entitlements[entitlement].price != 0) revert EntitlementExists(entitlement);\n",
    },
    "purchase-too-many": {
      removes: "row 3: n <= maxSteps",
      from: "if (steps == 0 || steps > terms.maxSteps)",
      to: "if (steps == 0)",
      tests: [ERRORS],
    },
    "purchase-of-nothing": {
      removes: "row 3: 1 <= n",
      from: "if (steps == 0 || steps > terms.maxSteps)",
      to: "if (steps > terms.maxSteps)",
    },
    "topUp-of-expired": {
      removes: "row 4: t < expiresAt",
      from: "        if (block.timestamp >= entitlement.expiresAt) revert EntitlementExpired(entitlement.expiresAt);\n        uint256 free",
      to: "        uint256 free",
    },
    "topUp-above-maxSteps": {
      removes: "row 4: bought + n <= maxSteps",
      from: "uint256 free = terms.maxSteps - entitlement.bought;",
      to: "uint256 free = terms.maxSteps;",
    },
    "refund-by-anyone": {
      removes: "row 5: the buyer alone before expiry",
      from: "        if (msg.sender != buyer && block.timestamp < entitlement.expiresAt) revert NotBuyer(msg.sender, buyer);\n",
    },
    "refund-never-by-others": {
      removes: "row 5: anyone from expiry on (invariant 7)",
      from: "if (msg.sender != buyer && block.timestamp < entitlement.expiresAt) revert",
      to: "if (msg.sender != buyer) revert",
    },
    "refund-of-opened": {
      removes: "row 5: n <= bought - opened (invariant 2)",
      from: "uint256 unopened = entitlement.bought - entitlement.opened;",
      to: "uint256 unopened = entitlement.bought - entitlement.settled;",
    },
    "refund-to-caller": {
      removes: "row 5: the credit is the buyer's, whoever calls",
      from: "_credit(terms.token, buyer, amount);",
      to: "_credit(terms.token, msg.sender, amount);",
    },
    "consume-outdated-epoch": {
      removes: "row 6: the permit's epoch (invariant 5)",
      from: "        if (opening.epoch != entitlement.epoch) revert EpochOutdated(opening.epoch, entitlement.epoch);\n",
    },
    "consume-outdated-delegation": {
      removes: "row 6: a delegation's generation",
      from: "if (opening.byDelegate && opening.generation != entitlement.generation) {",
      to: "if (opening.byDelegate && opening.generation > entitlement.generation) {",
    },
    "consume-expired": {
      removes: "row 6: t < expiresAt",
      from: "        if (block.timestamp >= entitlement.expiresAt) revert EntitlementExpired(entitlement.expiresAt);\n        if (opening.step",
      to: "        if (opening.step",
    },
    "consume-out-of-order": {
      removes: "row 6: step == opened + 1 (invariant 3)",
      from: "if (opening.step != uint256(entitlement.opened) + 1) {",
      to: "if (opening.step <= uint256(entitlement.opened)) {",
    },
    "consume-not-bought": {
      removes: "row 6: step <= bought",
      from: "        if (opening.step > entitlement.bought) revert StepNotBought(opening.step, entitlement.bought);\n",
    },
    "consume-above-maxPending": {
      removes: "row 6: opened - settled < maxPending (invariant 3)",
      from: "if (pending >= entitlement.maxPending)",
      to: "if (pending > entitlement.maxPending)",
    },
    "consume-while-challenged": {
      removes: "row 6: nothing challenged",
      from: "        if (entitlement.challenged != 0) revert ChallengePending(entitlement.challenged);\n",
    },
    "consume-other-parent": {
      removes: "row 6: the head is the permit's parent (invariant 3)",
      from: "        if (_heads[id] != opening.parentHead) revert PermitParentMismatch(_heads[id], opening.parentHead);\n",
    },
    "consume-used-run": {
      removes: "row 6: the run is unused (invariant 4)",
      from: "        if (_runs[opening.runKey].status != RunStatus.Unused) revert RunUsed(opening.runKey);\n",
    },
    "timeout-too-early": {
      removes: "row 7: t >= claimDeadline",
      from: "        if (block.timestamp < run.end) revert StepNotTimedOut(run.end);\n",
    },
    "timeout-of-another-run": {
      removes: "row 7: the marker names this run, permit and parent",
      from: "        if (_heads[id] != openMarkerOf(parentHead, permitHash, runKey)) revert StepNotOpen(runKey);\n",
    },
    "timeout-frees-the-run": {
      removes: "row 7: a run is void, never unused again (invariant 4)",
      from: "run.status = RunStatus.Void;\n        _entitlements[id].opened",
      to: "run.status = RunStatus.Unused;\n        _entitlements[id].opened",
    },
    "timeout-keeps-the-head": {
      removes: "row 7: the head is the parent again",
      from: "        _heads[id] = parentHead;\n",
    },
    "claim-without-marker": {
      removes: "row 8: the claim matches the open marker",
      from: "_heads[id] != openMarkerOf(ref.parentHead, permitHash, ref.runKey)",
      to: "false",
    },
    "claim-of-another-step": {
      removes: "row 8: the claim's step is the run's",
      from: "            run.step != ref.step ||\n",
    },
    "claim-of-a-run-not-open": {
      removes: "row 8: the run is open",
      from: "            run.status != RunStatus.Open ||\n",
      masked: "the head is the marker of one run, which holds its key, only while that run is open",
    },
    "claim-too-late": {
      removes: "row 8: t < claimDeadline",
      from: "        if (block.timestamp >= run.end) revert ClaimTooLate(run.end);\n",
    },
    "claim-without-window": {
      removes: "row 8: windowEnd = t + disputeWindow",
      from: "windowEnd = uint40(block.timestamp) + window;",
      to: "windowEnd = uint40(block.timestamp) + 0 * window;",
    },
    "claim-keeps-the-head": {
      removes: "row 8: the head becomes the claim's next state",
      from: "        _heads[id] = nextHead;\n",
    },
    "prove-twice": {
      removes: "row 10: unproven",
      from: "if (run.proven) revert AlreadyProven(ref.runKey);\n        run.proven = true;",
      to: "run.proven = true;",
      tests: [ERRORS],
    },
    "prove-clears-conduct": {
      removes: "rows 10 and 12: answering one challenge leaves the other open",
      from: "        if (_isChallenged(run)) return;\n",
    },
    "acknowledge-challenged": {
      removes: "row 11: nothing challenged",
      from: "        if (_isChallenged(run)) revert ClaimChallenged(ref.runKey);\n",
    },
    "pay-out-of-order": {
      removes: "row 12: step == settled + 1 (invariant 3)",
      from: "if (claimed.step != uint256(entitlement.settled) + 1) {",
      to: "if (claimed.step <= uint256(entitlement.settled)) {",
    },
    "pay-another-claim": {
      removes: "row 12: the stored claim, and only that",
      from: "            _claimDigests[id][step % entitlement.maxPending] == claimDigestOf(claimHash, runKey, parentHead);",
      to: "            _claimDigests[id][step % entitlement.maxPending] != 0;",
    },
    "pay-challenged": {
      removes: "row 12: no open challenge",
      from: "if (run.evidence == EvidenceStatus.Challenged || run.conduct == ConductStatus.Challenged) {",
      to: "if (run.evidence == EvidenceStatus.Challenged && run.conduct == ConductStatus.Challenged) {",
    },
    "pay-too-early": {
      removes: "row 12: t >= windowEnd",
      from: "        if (block.timestamp < run.end) revert WindowOpen(run.end);\n",
    },
    "pay-the-whole-split": {
      removes: "row 16: a split pays the seller his share",
      from: "            sellerAmount = split.sellerShare;\n",
    },
    "pay-twice": {
      removes: "row 12: settled rises (invariants 1 and 2)",
      from: "        entitlement.settled = uint24(claimed.step);\n",
    },
    "challenge-too-late": {
      removes: "rows 13 and 14: t < windowEnd",
      from: "        if (block.timestamp >= run.end) revert WindowClosed(run.end);\n",
    },
    "challenge-of-proven": {
      removes: "row 13: unproven",
      from: "if (run.proven) revert AlreadyProven(ref.runKey);\n        if (run.evidence",
      to: "if (run.evidence",
    },
    "challenge-evidence-twice": {
      removes: "row 13: none before",
      from: "        if (run.evidence != EvidenceStatus.None) revert AlreadyChallenged(ref.runKey);\n",
    },
    "challenge-conduct-twice": {
      removes: "row 14: none before",
      from: "        if (run.conduct != ConductStatus.None) revert AlreadyChallenged(ref.runKey);\n",
    },
    "challenge-leaves-no-mark": {
      removes: "row 6: a challenge stops further steps",
      from: "        entitlement.challenged |= uint8(1 << (ref.step % entitlement.maxPending));\n",
    },
    "split-of-everything": {
      removes: "row 16: 0 < sellerShare < price",
      from: "if (sellerShare == 0 || sellerShare >= price)",
      to: "if (sellerShare == 0 || sellerShare > price)",
      tests: [ERRORS],
    },
    "split-of-nothing": {
      removes: "row 16: 0 < sellerShare",
      from: "if (sellerShare == 0 || sellerShare >= price)",
      to: "if (sellerShare >= price)",
    },
    "reject-one-step-only": {
      removes: "Reject(N): later pending claims are void",
      from: "for (uint256 step = ref.step; step <= entitlement.opened; ++step) {",
      to: "for (uint256 step = ref.step; step <= ref.step; ++step) {",
    },
    "reject-keeps-opened": {
      removes: "Reject(N): opened = N - 1 (invariant 7)",
      from: "        entitlement.opened = uint24(ref.step - 1);\n",
    },
    "reject-keeps-generation": {
      removes: "Reject(N): delegations end",
      from: "        entitlement.generation = _nextCount(entitlement.generation);\n",
    },
    "reject-keeps-epoch": {
      removes: "Reject(N): permits end",
      from: "        entitlement.epoch = _nextCount(entitlement.epoch);\n",
    },
    "reject-keeps-the-head": {
      removes: "Reject(N): the head is claim N's parent",
      from: "        _heads[id] = ref.parentHead;\n",
    },
    "cancel-does-nothing": {
      removes: "cancelled permits are never consumed (invariant 5)",
      from: "        entitlement.epoch = epoch;\n",
    },
    "bonds-not-released": {
      removes: "a bond is held once and paid once (invariant 1)",
      from: "        bondsHeld -= amount;\n",
    },
    "slash-above-stake": {
      removes: "at most the stake is slashed (invariant 1)",
      from: "paid = amount < stake.amount ? amount : stake.amount;",
      to: "paid = amount;",
    },
    "slash-without-debit": {
      removes: "a slashed stake is gone (invariant 1)",
      from: "        stake.amount -= uint128(paid);\n",
    },
    "withdraw-twice": {
      removes: "row 19: the balance is 0 before the transfer (invariant 1)",
      from: "        _credits[token][msg.sender] = 0;\n",
    },
    "earnings-twice": {
      removes: "row 19: earnings are 0 before the transfer (invariant 1)",
      from: "        _earnings[offerId] = 0;\n",
      tests: [INVARIANTS],
    },
    "stake-without-notice": {
      removes: "a stake is withdrawable after its notice only",
      from: "if (stake.withdrawableAt == 0 || block.timestamp < stake.withdrawableAt) {",
      to: "if (block.timestamp < stake.withdrawableAt) {",
    },
    "stake-before-notice-ends": {
      removes: "the notice is as long as the longest step in flight",
      from: "if (stake.withdrawableAt == 0 || block.timestamp < stake.withdrawableAt) {",
      to: "if (stake.withdrawableAt == 0) {",
    },
    "stake-notice-without-margin": {
      removes: "a decision at the last moment can still be recorded before the stake leaves",
      from: "2 * uint40(terms.disputeWindow)",
      to: "uint40(terms.disputeWindow)",
      tests: [LIFECYCLE],
    },
    "stake-unpublished": {
      removes: "stake stands behind published offers only",
      from: "        if (status == IOfferRegistry.OfferStatus.None) revert IOfferRegistry.OfferNotLive(offerId);\n",
      tests: [LIFECYCLE],
    },
    "stale-run-freed": {
      removes: "a permit that names a stale run survives somebody else's timeout of it",
      from: " && _heads[id] != opening.parentHead) {",
      to: ") {",
      tests: [LIFECYCLE],
    },
    "stake-of-another": {
      removes: "row 19: only the seller takes stake and earnings",
      from: "        if (msg.sender != terms.seller) revert IOfferRegistry.NotSeller(msg.sender, terms.seller);\n",
    },
    "native-underpaid": {
      removes: "row 3: the received amount is exact, native",
      from: "            if (msg.value != amount) revert WrongPayment(amount, msg.value);\n",
      tests: [ERRORS],
    },
    "native-with-token": {
      removes: "no native money comes with a token purchase (invariant 1)",
      from: "        if (msg.value != 0) revert WrongPayment(0, msg.value);\n",
    },
    "token-short": {
      removes: "row 3: the received amount is exact, token (invariant 1)",
      from: "        if (received != amount) revert TokenAmountMismatch(token, amount, received);\n",
      tests: [ERRORS],
    },
    "push-to-nobody": {
      removes: "money goes to a receiver that exists",
      from: "        if (to == address(0) || to == address(this)) revert ReceiverMissing();\n",
      tests: [ERRORS],
    },
    "push-to-itself": {
      removes: "money never goes back into the vault (invariant 1)",
      from: "if (to == address(0) || to == address(this)) revert",
      to: "if (to == address(0)) revert",
    },
    "push-fails-silently": {
      removes: "a failed payment leaves the credit in place (invariant 9)",
      from: "            if (!paid) revert ReceiverRefused(to);\n",
      tests: [HOSTILE],
    },
    "ledger-open-to-all": {
      removes: "only the deployment's own contracts move the ledger",
      from: "        if (msg.sender != authorised) revert NotAuthorisedContract(msg.sender);\n",
      tests: [ERRORS],
    },
    "foreign-settlement": {
      removes: "the deployment is one set",
      from: "        _requireSame(address(this), address(settler.escrow()));\n",
      tests: [HOSTILE],
    },
  }),
  ...mutantsOf("contracts/base/Lock.sol", "lock", [HOSTILE], {
    "re-entry": {
      removes: "foreign code called in a payment starts no other (invariants 1 and 9)",
      from: "        if (_locked) revert IEscrow.Locked();\n",
    },
  }),
  ...mutantsOf("contracts/types/Ids.sol", "ids", [LIFECYCLE], {
    "run-without-gateway": {
      removes: "the run key holds the gateway: no stranger uses up another's run",
      from: "RunKey.wrap(keccak256(abi.encode(gateway, repositoryId, runId, runAttempt)))",
      to: "RunKey.wrap(keccak256(abi.encode(address(0), repositoryId, runId, runAttempt)))",
    },
  }),
];
