import { type Mutant, mutantsOf } from "./mutant.ts";
import { solidityTests } from "./solidityTests.ts";

const ESCROW = solidityTests("Escrow");
const INVARIANTS = solidityTests("invariants");

/** Guards of the ledger: rows 3 to 8, 10 to 19 of the lifecycle, and invariants 1, 2, 3, 4, 7 and 9. */
export const escrowMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/Escrow.sol", "escrow", ESCROW, {
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
      from: "        if (_accounts[id].price != 0) revert EntitlementExists(id);\n",
    },
    "purchase-too-many": {
      removes: "row 3: n <= maxSteps",
      from: "if (steps == 0 || steps > terms.maxSteps)",
      to: "if (steps == 0)",
    },
    "purchase-of-nothing": {
      removes: "row 3: 1 <= n",
      from: "if (steps == 0 || steps > terms.maxSteps)",
      to: "if (steps > terms.maxSteps)",
    },
    "topUp-of-expired": {
      removes: "row 4: t < expiresAt",
      from: "        if (block.timestamp >= account.expiresAt) revert EntitlementExpired(account.expiresAt);\n",
    },
    "topUp-above-maxSteps": {
      removes: "row 4: bought + n <= maxSteps",
      from: "uint256 free = terms.maxSteps - account.bought;",
      to: "uint256 free = terms.maxSteps;",
    },
    "refund-by-anyone": {
      removes: "row 5: the buyer alone before expiry",
      from: "        if (msg.sender != buyer && block.timestamp < account.expiresAt) revert NotBuyer(msg.sender, buyer);\n",
    },
    "refund-never-by-others": {
      removes: "row 5: anyone from expiry on (invariant 7)",
      from: "if (msg.sender != buyer && block.timestamp < account.expiresAt) revert",
      to: "if (msg.sender != buyer) revert",
    },
    "refund-of-opened": {
      removes: "row 5: n <= bought - opened (invariant 2)",
      from: "uint24 unopened = account.bought - account.settled - account.pending;",
      to: "uint24 unopened = account.bought - account.settled;",
    },
    "refund-to-caller": {
      removes: "row 5: the credit is the buyer's, whoever calls",
      from: "_credit(terms.token, buyer, amount);",
      to: "_credit(terms.token, msg.sender, amount);",
    },
    "consume-outdated-epoch": {
      removes: "row 6: the permit's epoch (invariant 5)",
      from: "        if (opening.epoch != epoch) revert EpochOutdated(opening.epoch, epoch);\n",
    },
    "consume-outdated-delegation": {
      removes: "row 6: a delegation's generation",
      from: "if (opening.byDelegate && opening.generation != generation) {",
      to: "if (opening.byDelegate && opening.generation > generation) {",
    },
    "consume-expired": {
      removes: "row 6: t < expiresAt",
      from: "        if (block.timestamp >= expiresAt) revert EntitlementExpired(expiresAt);\n",
    },
    "consume-out-of-order": {
      removes: "row 6: step == opened + 1 (invariant 3)",
      from: "        if (opening.step != next) revert StepNotNext(opening.step, next);\n",
      to: "        if (opening.step < next) revert StepNotNext(opening.step, next);\n",
    },
    "consume-not-bought": {
      removes: "row 6: step <= bought",
      from: "        if (next > bought) revert StepNotBought(opening.step, bought);\n",
    },
    "consume-above-maxPending": {
      removes: "row 6: opened - settled < maxPending (invariant 3)",
      from: "if (pending >= maxPending)",
      to: "if (pending > maxPending)",
    },
    "consume-while-challenged": {
      removes: "row 6: nothing challenged",
      from: "        if (challenged != 0) revert ChallengePending(challenged);\n",
    },
    "consume-other-parent": {
      removes: "row 6: the head is the permit's parent (invariant 3)",
      from: "        if (_heads[id] != opening.parentHead) revert PermitParentMismatch(_heads[id], opening.parentHead);\n",
    },
    "consume-used-run": {
      removes: "row 6: the run is unused (invariant 4)",
      from: "        if (run.openedAt != 0) revert RunUsed(opening.runKey);\n",
    },
    "timeout-too-early": {
      removes: "row 7: t >= claimDeadline",
      from: "        if (block.timestamp < run.claimDeadline) revert StepNotTimedOut(run.claimDeadline);\n",
    },
    "timeout-of-another-run": {
      removes: "row 7: the marker names this run, permit and parent",
      from: "        if (_heads[id] != openMarkerOf(parentHead, permitHash, runKey)) revert StepNotOpen(runKey);\n",
    },
    "timeout-keeps-the-head": {
      removes: "row 7: the head is the parent again",
      from: "        _heads[id] = parentHead;\n",
    },
    "claim-without-marker": {
      removes: "row 8: the claim matches the open marker",
      from: " || _heads[id] != openMarkerOf(ref.parentHead, permitHash, ref.runKey)) {",
      to: ") {",
    },
    "claim-of-another-step": {
      removes: "row 8: the claim's step is the run's",
      from: "if (step != ref.step || _heads[id]",
      to: "if (_heads[id]",
    },
    "claim-too-late": {
      removes: "row 8: t < claimDeadline",
      from: "        if (block.timestamp >= claimDeadline) revert ClaimTooLate(claimDeadline);\n",
    },
    "claim-keeps-the-head": {
      removes: "row 8: the head becomes the claim's next state",
      from: "        _heads[id] = nextHead;\n",
    },
    "prove-twice": {
      removes: "row 10: unproven",
      from: "if (run.proven) revert AlreadyProven(ref.runKey);\n        run.proven = true;",
      to: "run.proven = true;",
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
      from: "        if (claimed.step != next) revert StepNotNext(claimed.step, next);\n",
      to: "        if (claimed.step < next) revert StepNotNext(claimed.step, next);\n",
    },
    "pay-another-claim": {
      removes: "row 12: the stored claim, and only that",
      from: "            _claimDigests[id][next % maxPending] !=\n                claimDigestOf(claimed.step, claimed.runKey, claimed.claimHash, claimed.parentHead, windowEnd)\n",
      to: "            _claimDigests[id][next % maxPending] == 0\n",
    },
    "pay-challenged": {
      removes: "row 12: no open challenge",
      from: "        if (challenged & bit != 0) revert ClaimChallenged(claimed.runKey);\n",
    },
    "pay-too-early": {
      removes: "row 12: t >= windowEnd",
      from: "        if (block.timestamp < windowEnd) revert WindowOpen(windowEnd);\n",
    },
    "pay-the-whole-split": {
      removes: "row 16: a split pays the seller his share",
      from: "            sellerAmount = division.sellerShare;\n",
    },
    "pay-twice": {
      removes: "row 12: settled rises (invariants 1 and 2)",
      from: "        account.settled = uint24(next);\n",
    },
    "challenge-too-late": {
      removes: "rows 13 and 14: t < windowEnd",
      from: "        if (block.timestamp >= ref.windowEnd) revert WindowClosed(ref.windowEnd);\n",
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
      from: "        account.challenged |= _bitOf(ref.step, account.maxPending);\n",
    },
    "split-of-everything": {
      removes: "row 16: 0 < sellerShare < price",
      from: "if (sellerShare == 0 || sellerShare >= price)",
      to: "if (sellerShare == 0 || sellerShare > price)",
    },
    "split-of-nothing": {
      removes: "row 16: 0 < sellerShare",
      from: "if (sellerShare == 0 || sellerShare >= price)",
      to: "if (sellerShare >= price)",
    },
    "reject-one-step-only": {
      removes: "Reject(N): later pending claims are void",
      from: "for (uint256 step = ref.step; step <= opened; ++step) {",
      to: "for (uint256 step = ref.step; step <= ref.step; ++step) {",
    },
    "reject-keeps-opened": {
      removes: "Reject(N): opened = N - 1 (invariant 7)",
      from: "        account.pending = uint8(ref.step - 1 - account.settled);\n",
    },
    "reject-keeps-generation": {
      removes: "Reject(N): delegations end",
      from: "        account.generation = _nextCount(account.generation);\n",
    },
    "reject-keeps-epoch": {
      removes: "Reject(N): permits end",
      from: "        account.epoch = _nextCount(account.epoch);\n",
    },
    "reject-keeps-the-head": {
      removes: "Reject(N): the head is claim N's parent",
      from: "        _heads[id] = ref.parentHead;\n",
    },
    "cancel-does-nothing": {
      removes: "cancelled permits are never consumed (invariant 5)",
      from: "        account.epoch = epoch;\n",
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
    },
    "stake-unpublished": {
      removes: "stake stands behind published offers only",
      from: "        if (status == IOfferRegistry.OfferStatus.None) revert IOfferRegistry.OfferNotLive(offerId);\n",
    },
    "stale-run-freed": {
      removes: "a permit that names a stale run survives somebody else's timeout of it",
      from: " && _heads[id] != opening.parentHead) {",
      to: ") {",
    },
    "stake-of-another": {
      removes: "row 19: only the seller takes stake and earnings",
      from: "        if (msg.sender != terms.seller) revert IOfferRegistry.NotSeller(msg.sender, terms.seller);\n",
    },
    "native-underpaid": {
      removes: "row 3: the received amount is exact, native",
      from: "            if (msg.value != amount) revert WrongPayment(amount, msg.value);\n",
    },
    "native-with-token": {
      removes: "no native money comes with a token purchase (invariant 1)",
      from: "        if (msg.value != 0) revert WrongPayment(0, msg.value);\n",
    },
    "token-short": {
      removes: "row 3: the received amount is exact, token (invariant 1)",
      from: "        if (received != amount) revert TokenAmountMismatch(token, amount, received);\n",
    },
    "push-to-nobody": {
      removes: "money goes to a receiver that exists",
      from: "        if (to == address(0) || to == address(this)) revert ReceiverMissing();\n",
    },
    "push-to-itself": {
      removes: "money never goes back into the vault (invariant 1)",
      from: "if (to == address(0) || to == address(this)) revert",
      to: "if (to == address(0)) revert",
    },
    "push-fails-silently": {
      removes: "a failed payment leaves the credit in place (invariant 9)",
      from: "            if (!paid) revert ReceiverRefused(to);\n",
    },
    "purchase-for-nobody": {
      removes: "row 3: the buyer is named",
      from: "        if (buyer == address(0)) revert BuyerMissing();\n",
    },
    "permit-of-native": {
      removes: "a signed payment is for a token",
      from: "        if (token == NATIVE) revert TokenMissing();\n        // solhint-disable no-empty-blocks\n",
      to: "        // solhint-disable no-empty-blocks\n",
    },
    "permit2-witness-of-any-buyer": {
      removes: "a signed purchase names its buyer: nobody buys for himself with it",
      from: "paymentWitness(PURCHASE_TYPEHASH, offerId, steps, buyer, salt, payment.deadline)",
      to: "paymentWitness(PURCHASE_TYPEHASH, offerId, steps, payment.payer, salt, payment.deadline)",
    },
    "permit2-purchase-as-top-up": {
      removes: "a purchase and a top-up are different promises",
      from: "paymentWitness(TOP_UP_TYPEHASH, offerId, steps, buyer, salt, payment.deadline)",
      to: "paymentWitness(PURCHASE_TYPEHASH, offerId, steps, buyer, salt, payment.deadline)",
    },
    "permit2-missing": {
      removes: "a deployment without Permit2 says so",
      from: "        if (address(permit2) == address(0)) revert Permit2Missing();\n",
    },
    "refund-all-of-a-front-run": {
      removes: "row 5: whoever means all steps gets all that are left",
      from: "        if (steps == type(uint24).max) steps = unopened;\n",
    },
    "claim-window-free": {
      removes: "rows 12 to 14: a claim's window is part of its digest",
      from: "return claimDigestOf(ref.step, ref.runKey, ref.claimHash, ref.parentHead, windowEnd);",
      to: "return claimDigestOf(ref.step, ref.runKey, ref.claimHash, ref.parentHead, windowEnd - windowEnd);",
    },
    "claim-pays-while-open": {
      removes: "row 12: the step is claimed, not merely open (invariant 2)",
      from: "            pending == 0 ||\n",
    },
    "pay-pending-forever": {
      removes: "row 12: a paid step is no longer pending (invariant 3)",
      from: "        account.pending = pending - 1;\n",
    },
    "split-paid-twice": {
      removes: "row 16: the mark of a split goes with its step, not to the next in its slot",
      from: "            account.split = split & ~bit;\n",
    },
    "split-unmarked": {
      removes: "row 16: a split divides the price (invariant 1)",
      from: "        account.split |= _bitOf(ref.step, account.maxPending);\n",
    },
    "reject-keeps-marks": {
      removes: "Reject(N): challenges of voided steps stop nothing (invariant 7)",
      from: "            account.challenged &= others;\n",
    },
    "reject-keeps-splits": {
      removes: "Reject(N): a retried step is paid in full",
      from: "            account.split &= others;\n",
    },
    "timeout-keeps-pending": {
      removes: "row 7: the number is free again (invariant 7)",
      from: "        --_accounts[id].pending;\n",
    },
    "window-moves-back": {
      removes: "rows 10 and 11: a window's end is only brought forward",
      from: "        if (block.timestamp >= ref.windowEnd) return ref.windowEnd;\n",
    },
    "proof-unrecorded": {
      removes: "row 9: a claim that came proven cannot be challenged for evidence",
      from: "        if (proven) run.proven = true;\n",
    },
    "push-takes-more": {
      removes: "a payment out costs the escrow exactly its amount (invariant 1)",
      from: "        if (sent != amount) revert TokenAmountMismatch(token, amount, sent);\n",
    },
    "push-fails-with-a-token": {
      removes: "a token that answers false leaves the credit in place (invariant 9)",
      from: "        if (!IERC20(token).trySafeTransfer(to, amount)) revert TokenTransferFailed(token);\n",
      to: "        IERC20(token).trySafeTransfer(to, amount);\n",
    },
    "ledger-open-to-all": {
      removes: "only the deployment's own contracts move the ledger",
      from: "        if (msg.sender != authorised) revert NotAuthorisedContract(msg.sender);\n",
    },
    "foreign-settlement": {
      removes: "the deployment is one set",
      from: "        _requireSame(address(this), address(settler.escrow()));\n",
    },
  }),
  ...mutantsOf("contracts/base/Lock.sol", "lock", ESCROW, {
    "re-entry": {
      removes: "foreign code called in a payment starts no other (invariants 1 and 9)",
      from: "        if (_locked) revert IEscrow.Locked();\n",
    },
  }),
  ...mutantsOf("contracts/types/Ids.sol", "ids", ESCROW, {
    "run-without-gateway": {
      removes: "the run key holds the gateway: no stranger uses up another's run",
      from: "                bytes32(uint256(uint160(gateway))),\n",
      to: "                bytes32(0),\n",
    },
  }),
  ...mutantsOf("contracts/Escrow.sol", "invariants", INVARIANTS, {
    "1-bonds-vanish": {
      removes: "invariant 1: bonds are counted",
      from: "        bondsHeld += msg.value;\n",
      to: "        bondsHeld += msg.value / 2;\n",
    },
    "2-refund-of-pending": {
      removes: "invariant 2: no step is both paid and refunded",
      from: "uint24 unopened = account.bought - account.settled - account.pending;",
      to: "uint24 unopened = account.bought - account.settled;",
    },
    "3-any-parent": {
      removes: "invariant 3: a claim continues from the one before",
      from: "        if (_heads[id] != opening.parentHead) revert PermitParentMismatch(_heads[id], opening.parentHead);\n",
    },
    "4-run-twice": {
      removes: "invariant 4: a permit and a run are consumed once",
      from: "        if (run.openedAt != 0) revert RunUsed(opening.runKey);\n",
    },
    "5-cancelled-permit": {
      removes: "invariant 5: cancelled permits never",
      from: "        if (opening.epoch != epoch) revert EpochOutdated(opening.epoch, epoch);\n",
    },
    "7-no-refund-after-expiry": {
      removes: "invariant 7: time and permissionless calls free every deposit",
      from: "if (msg.sender != buyer && block.timestamp < account.expiresAt) revert",
      to: "if (msg.sender != buyer) revert",
    },
    "9-refund-while-challenged": {
      removes: "invariant 9: no challenge blocks a refund",
      from: "        account.bought -= steps;\n",
      to: "        if (account.challenged != 0) revert ChallengePending(account.challenged);\n        account.bought -= steps;\n",
    },
  }),
  ...mutantsOf("contracts/OfferRegistry.sol", "invariants", INVARIANTS, {
    "6-terms-return": {
      removes: "invariant 6: a retired offer never comes back",
      from: "        record.status = OfferStatus.Retired;\n",
      to: "        record.status = OfferStatus.Live;\n",
    },
    "8-retired-offer-grows": {
      removes: "invariant 8: retiring ends sales",
      from: "if (_offers[offerId].status != OfferStatus.Live) revert OfferNotLive(offerId);",
      to: "if (_offers[offerId].status == OfferStatus.None) revert OfferNotLive(offerId);",
    },
  }),
  ...mutantsOf("contracts/test/EvidenceVerifierDouble.sol", "invariants", INVARIANTS, {
    "10-any-proof": {
      removes: "invariant 10: a proof is of its own claim",
      from: "        if (factsHash != keccak256(abi.encode(facts))) revert NotThisEvidence();\n",
    },
  }),
  ...mutantsOf("contracts/types/Keccak.sol", "hashes", ESCROW, {
    "a-word-twice": {
      removes: "keccakOf is abi.encode's hash",
      from: "        mstore(add(words, 0x60), d)\n        mstore(add(words, 0x80), e)\n",
      to: "        mstore(add(words, 0x60), d)\n        mstore(add(words, 0x80), d)\n",
    },
    "a-word-short": {
      removes: "keccakOf hashes every word",
      from: "hash := keccak256(words, 0x60)",
      to: "hash := keccak256(words, 0x40)",
    },
  }),
  ...mutantsOf("contracts/types/OfferTerms.sol", "hashes", ESCROW, {
    "terms-without-salt": {
      removes: "the id covers every term",
      from: "27 * 32;",
      to: "26 * 32;",
    },
  }),
  ...mutantsOf("contracts/base/Signatures.sol", "signatures", solidityTests("PermitConsumer"), {
    "answer-of-any-length": {
      removes: "ERC-1271: exactly one word",
      from: "answered && answer.length == 32 && ",
      to: "answered && ",
    },
    "answer-of-four-bytes": {
      removes: "ERC-1271: nothing but the selector in the word",
      from: "bytes32(answer) == bytes32(IERC1271.isValidSignature.selector)",
      to: "bytes4(answer) == IERC1271.isValidSignature.selector",
    },
    "all-the-gas": {
      removes: "ERC-1271: capped gas",
      from: "signer.staticcall{gas: ERC1271_GAS}(",
      to: "signer.staticcall(",
    },
    "precompiles-asked": {
      removes: "accounts without code are not asked",
      from: "    if (signer.code.length == 0) return false;\n",
    },
    "key-of-a-contract-account": {
      removes: "an account delegated by EIP-7702 signs with its key",
      from: "    if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;\n",
      to: "    if (failure == ECDSA.RecoverError.NoError && recovered == signer && signer.code.length == 0) return true;\n",
    },
  }),
];
