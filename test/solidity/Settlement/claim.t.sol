// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementClaimTest is Settling {
    // ------------------------------------------------------------------ approval

    function test_GivenTheOfferNamesNoVerifier_RevertWithVerifierMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.verifier = address(0);
        publish(terms);
        refused(claimOf(open(buy(terms, 4))), abi.encodeWithSelector(ISettlement.VerifierMissing.selector));
    }

    function test_WhenTheDeadlineOfTheApprovalComes_AcceptOneSecondBefore() external {
        acceptedAroundApproval(9);
    }

    function test_WhenTheDeadlineOfTheApprovalComes_AcceptAtTheDeadline() external {
        acceptedAroundApproval(10);
    }

    function test_WhenTheDeadlineOfTheApprovalComes_RevertWithApprovalExpiredOneSecondAfter() external {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedFor(10);
        pass(11);
        expectRefusal(abi.encodeWithSelector(ISettlement.ApprovalExpired.selector, signed.deadline));
        settlement.claim(claimed.opened.entitled.terms, signed);
    }

    // ------------------------------------------------------------------ claim deadline

    function test_WhenTheClaimDeadlineOfTheStepComes_AcceptOneSecondBefore() external {
        Claimed memory claimed = claimOf(open(buy()));
        pass(STEP_TIMEOUT - 1);
        accepted(claimed);
    }

    function test_WhenTheClaimDeadlineOfTheStepComes_RevertWithClaimTooLateAtThatSecond() external {
        tooLate(STEP_TIMEOUT);
    }

    function test_WhenTheClaimDeadlineOfTheStepComes_RevertWithClaimTooLateOneSecondAfter() external {
        tooLate(STEP_TIMEOUT + 1);
    }

    function test_WhenItIsAnySecondAroundTheClaimDeadline_BePossibleExactlyWhereTheTimeoutIsNot(uint8 time) external {
        Opened memory opened = open(buy());
        Claimed memory claimed = claimOf(opened);
        ISettlement.SignedClaim memory signed = signedClaim(claimed);
        pass(time);
        uint256 before = VM.snapshotState();
        bool claimable = succeeds(
            address(settlement),
            abi.encodeCall(ISettlement.claim, (opened.entitled.terms, signed))
        );
        VM.revertToState(before);
        bool voidable = succeeds(
            address(escrow),
            abi.encodeCall(IEscrow.timeout, (opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead))
        );
        assertTrue(claimable != voidable, "one of the two, and not both");
        assertTrue(claimable == (time < STEP_TIMEOUT), "claimed in time");
    }

    // ------------------------------------------------------------------ the step

    function test_GivenTheStepWasNeverOpened_RevertWithStepNotOpen() external {
        Entitled memory entitled = buy();
        notOpenFor(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function test_GivenTheStepIsClaimed_RefuseTheSameClaimAgain() external {
        notOpenFor(claim(buy()));
    }

    function test_GivenTheStepIsClaimed_RefuseAnotherClaimOfTheSameRun() external {
        notOpenFor(claimOf(claim(buy()).opened));
    }

    function test_GivenTheStepIsPaid_RevertWithStepNotOpen() external {
        notOpenFor(paid(buy()));
    }

    function test_GivenTheStepTimedOut_RevertWithStepNotOpen() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        notOpenFor(claimOf(opened));
    }

    function test_GivenAnotherRunTookTheStepAfterATimeout_RefuseTheLateRun() external {
        (Opened memory late, ) = retried();
        notOpenFor(claimOf(late));
    }

    function test_GivenAnotherRunTookTheStepAfterATimeout_AcceptTheNewRun() external {
        (, Opened memory retry) = retried();
        accepted(claimOf(retry));
    }

    function test_GivenAnEarlierStepWasRejectedWhileThisOneWasOpen_RevertWithStepNotOpen() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimOf(openAfter(first));
        reject(first);
        notOpenFor(second);
    }

    // ------------------------------------------------------------------ what was opened

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherBuyer() external {
        Claimed memory claimed = claimOf(open(buy()));
        Entitled memory other = claimed.opened.entitled;
        notOpenUnder(claimed, entitledOf(other.terms, stranger, other.salt));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherSalt() external {
        Claimed memory claimed = claimOf(open(buy()));
        // The buyer's other entitlement of the same offer.
        notOpenUnder(claimed, buy(claimed.opened.entitled.terms, 4));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherOfferOfTheSameSeller() external {
        Claimed memory claimed = claimOf(open(buy()));
        notOpenUnder(claimed, entitledOf(publish(), buyer, claimed.ref.salt));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherStep() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.claim.step = 2;
        notOpenFor(claimedOf(claimed.opened, claimed.claim));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherPermit() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.claim.permitHash = fresh("permit");
        notOpenFor(claimedOf(claimed.opened, claimed.claim));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherRun() external {
        Entitled memory entitled = buy();
        Claimed memory claimed = claimOf(open(entitled));
        // A run that is open as well, for the same step of another entitlement.
        claimed.opened.runKey = open(buy(entitled.terms, 4)).runKey;
        notOpenFor(claimedOf(claimed.opened, claimed.claim));
    }

    function test_WhenAPartOfTheClaimIsNotWhatWasOpened_RefuseAnotherParent() external {
        Claimed memory claimed = claimOf(openAfter(claim(buy())));
        claimed.opened.parentHead = 0;
        notOpenFor(claimedOf(claimed.opened, claimed.claim));
    }

    // ------------------------------------------------------------------ what does not matter

    function test_GivenTheEntitlementHasExpiredSinceTheOpening_Accept() external {
        Entitled memory entitled = buy();
        pass(TTL - 1);
        Claimed memory claimed = claimOf(open(entitled));
        pass(1);
        accepted(claimed);
    }

    function test_GivenTheOfferWasRetiredSinceTheOpening_Accept() external {
        Claimed memory claimed = claimOf(open(buy()));
        VM.prank(seller);
        registry.retire(claimed.opened.entitled.offerId);
        accepted(claimed);
    }

    function test_GivenTheBuyerCancelledPermitsSinceTheOpening_Accept() external {
        Claimed memory claimed = claimOf(open(buy()));
        VM.prank(buyer);
        escrow.cancelPermits(claimed.opened.entitled.offerId, claimed.ref.salt);
        accepted(claimed);
    }

    function test_GivenAnEarlierStepIsUnderChallenge_Accept() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimOf(openAfter(first));
        challengeEvidence(first);
        challengeConduct(first);
        accepted(second);
    }

    function test_GivenTheRunClaimsThatNothingComesNext_MoveTheHeadToTheBeginning() external {
        Claimed memory claimed = claimOf(openAfter(claim(buy())));
        claimed.claim.nextStateCommitment = 0;
        claimed.claim.nextNetCommitment = 0;
        claimed = claimedOf(claimed.opened, claimed.claim);
        submit(claimed);
        assertEq(escrow.headOf(claimed.opened.entitled.id), 0, "head");
    }

    function test_GivenAsManyStepsArePendingAsTheOfferAllows_KeepEachOfTheirClaims() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 8;
        publish(terms);
        Claimed[] memory claims = new Claimed[](8);
        claims[0] = claim(buy(terms, 8));
        for (uint256 i = 1; i < 8; ++i) claims[i] = claimAfter(claims[i - 1]);
        for (uint256 i; i < 8; ++i) requirePending(claims[i]);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_AnswerTheHashOfTheClaim() external {
        Claimed memory claimed = claimOf(open(buy()));
        assertEq(submit(claimed), claimed.ref.claimHash, "claim hash");
    }

    function test_WhenEverythingIsInOrder_BeOpenToAnyCaller(address caller) external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.SignedClaim memory signed = signedClaim(claimed);
        VM.prank(caller);
        settlement.claim(claimed.opened.entitled.terms, signed);
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    function test_WhenEverythingIsInOrder_MakeTheClaimPendingUntilTheDisputeWindowHasPassed() external {
        Claimed memory claimed = claim(buy());
        assertEq(
            escrow.pendingDigestOf(claimed.opened.entitled.id, 1),
            Hashes.claimDigest(claimed.ref),
            "digest of the claim with its window"
        );
        pass(DISPUTE_WINDOW - 1);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowOpen.selector, claimed.ref.windowEnd));
        finalize(claimed);
        pass(1);
        finalize(claimed);
    }

    function test_WhenEverythingIsInOrder_MoveTheHeadToTheNextState() external {
        Claimed memory claimed = claim(buy());
        assertEq(
            escrow.headOf(claimed.opened.entitled.id),
            Hashes.head(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment),
            "head"
        );
    }

    function test_WhenEverythingIsInOrder_LeaveTheRecordOfTheRunAsItIs() external {
        Claimed memory claimed = claimOf(open(buy()));
        bytes memory before = abi.encode(escrow.runOf(claimed.ref.runKey));
        pass(7);
        submit(claimed);
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), before, "run");
    }

    function test_WhenEverythingIsInOrder_LeaveTheEntitlementAsItIs() external {
        Claimed memory claimed = claimOf(open(buy()));
        bytes memory before = abi.encode(recordOf(claimed));
        submit(claimed);
        assertEq(abi.encode(recordOf(claimed)), before, "entitlement");
    }

    function test_WhenEverythingIsInOrder_MoveNoMoney() external {
        Claimed memory claimed = claimOf(open(buy()));
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        submit(claimed);
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenEverythingIsInOrder_EmitStepClaimed() external {
        Claimed memory claimed = claimOf(openAfter(claim(buy())));
        pass(3);
        VM.recordLogs();
        expectStepClaimed(claimed, uint40(nowIs()) + DISPUTE_WINDOW);
        submit(claimed);
        requireEvents(1);
    }

    // ------------------------------------------------------------------ parts

    function submit(Claimed memory claimed) private returns (bytes32) {
        return settlement.claim(claimed.opened.entitled.terms, signedClaim(claimed));
    }

    function accepted(Claimed memory claimed) private {
        submit(claimed);
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        submit(claimed);
    }

    function notOpenFor(Claimed memory claimed) private {
        refused(claimed, notOpen(claimed.opened));
    }

    /// @dev A claim that says it belongs to another entitlement than the one that its run was opened for.
    function notOpenUnder(Claimed memory claimed, Entitled memory other) private {
        claimed.opened.entitled = other;
        notOpenFor(claimedOf(claimed.opened, claimed.claim));
    }

    function tooLate(uint256 time) private {
        Claimed memory claimed = claimOf(open(buy()));
        uint256 deadline = nowIs() + STEP_TIMEOUT;
        pass(time);
        refused(claimed, abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, deadline));
    }

    function approvedFor(uint256 time) private returns (Claimed memory claimed, ISettlement.SignedClaim memory signed) {
        claimed = claimOf(open(buy()));
        signed = signedClaim(claimed);
        signed.deadline = uint64(nowIs() + time);
        signed.signature = approval(verifier, claimed, signed.deadline);
    }

    function acceptedAroundApproval(uint256 time) private {
        (Claimed memory claimed, ISettlement.SignedClaim memory signed) = approvedFor(10);
        pass(time);
        settlement.claim(claimed.opened.entitled.terms, signed);
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    /// @dev A run that came too late, and the one that took its step.
    function retried() private returns (Opened memory late, Opened memory retry) {
        late = open(buy());
        pass(STEP_TIMEOUT);
        timeout(late);
        retry = open(late.entitled);
    }
}
