// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementProveTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;

    // ------------------------------------------------------------------ the proof

    function test_GivenTheOfferIsNotProvable_RevertWithOfferNotProvable() external {
        Claimed memory claimed = claim(buyUnprovable());
        refused(
            claimed,
            abi.encodeWithSelector(ISettlement.OfferNotProvable.selector, claimed.opened.entitled.offerId)
        );
    }

    function test_WhenThePermitIsNotTheOneThatTheClaimNames_RevertWithPermitHashMismatch() external {
        Claimed memory claimed = claim(buy());
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        proven.permit.inputHash = fresh("empty task");
        Entitled memory entitled = claimed.opened.entitled;
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.PermitHashMismatch.selector,
                Hashes.permitDigest(address(consumer), entitled.id, entitled.terms, proven.permit),
                claimed.opened.permitHash
            )
        );
        settlement.prove(entitled.terms, proven, claimed.ref.windowEnd);
    }

    function test_WhenTheEvidenceVerifierRefuses_PassOnItsReason() external {
        Claimed memory claimed = claim(buy());
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        proven.proof = abi.encode(fresh("other facts"), nowIs());
        expectRefusal(otherEvidence());
        settlement.prove(claimed.opened.entitled.terms, proven, claimed.ref.windowEnd);
    }

    function test_WhenTheLogTimeComesNearItsBounds_RefuseASecondBeforeTheHalfHourBeforeTheOpening() external {
        loggedOutside(-30 minutes - 1);
    }

    function test_WhenTheLogTimeComesNearItsBounds_AcceptHalfAnHourBeforeTheOpening() external {
        loggedInside(-30 minutes);
    }

    function test_WhenTheLogTimeComesNearItsBounds_AcceptASecondBeforeTheClaimDeadline() external {
        loggedInside(int256(uint256(STEP_TIMEOUT)) - 1);
    }

    function test_WhenTheLogTimeComesNearItsBounds_RefuseTheClaimDeadline() external {
        loggedOutside(int256(uint256(STEP_TIMEOUT)));
    }

    // ------------------------------------------------------------------ the claim

    function test_WhenTheReferenceNamesAnotherEndOfTheWindow_RevertWithClaimNotPending() external {
        Claimed memory claimed = claim(buy());
        ++claimed.ref.windowEnd;
        refused(claimed, notPending(claimed));
    }

    function test_GivenTheStepIsOpenAndNotClaimed_RevertWithClaimNotPending() external {
        Claimed memory claimed = claimOf(open(buy()));
        refused(claimed, notPending(claimed));
    }

    function test_GivenTheStepIsPaid_RevertWithClaimNotPending() external {
        Claimed memory claimed = paid(buy());
        refused(claimed, notPending(claimed));
    }

    function test_GivenTheClaimWasRejected_RevertWithClaimNotPending() external {
        Claimed memory claimed = claim(buy());
        reject(claimed);
        refused(claimed, notPending(claimed));
    }

    function test_GivenAnEarlierStepWasRejected_RefuseAnUnchallengedClaim() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        reject(first);
        refused(second, notPending(second));
    }

    function test_GivenAnEarlierStepWasRejected_RefuseAChallengedClaim() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(second);
        reject(first);
        refused(second, notPending(second));
    }

    function test_GivenTheClaimIsProven_RefuseASecondProof() external {
        Claimed memory claimed = claim(buy());
        prove(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
    }

    function test_GivenTheClaimIsProven_RefuseASecondProofOfAClaimThatCameWithOne() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
    }

    function test_GivenTheRunWasProvenWithAnotherClaimThroughAnotherGateway_RevertWithRunAlreadyProven() external {
        Claimed memory sold = claim(buy());
        OfferTerms memory terms = defaultTerms();
        terms.gateway = stranger;
        publish(terms);
        PermitInput memory permit = permitOf(sold.opened.entitled);
        permit.runId = sold.opened.permit.runId;
        // A signature sells it twice, a proof does not.
        Claimed memory again = claim(open(buy(terms, 4), permit));
        prove(sold);
        refused(again, abi.encodeWithSelector(ISettlement.RunAlreadyProven.selector, sold.ref.claimHash));
    }

    function test_WhenItIsLongAfterTheClaimDeadline_Accept() external {
        Claimed memory claimed = claim(buy());
        pass(10 * STEP_TIMEOUT);
        provable(claimed);
    }

    function test_GivenTheEntitlementHasExpired_Accept() external {
        Claimed memory claimed = claim(buy());
        pass(TTL);
        provable(claimed);
    }

    // ------------------------------------------------------------------ unchallenged

    function test_GivenNobodyChallenged_RememberTheRunWithoutItsGateway() external {
        Claimed memory claimed = claim(buy());
        prove(claimed);
        PermitInput memory permit = claimed.opened.permit;
        bytes32 known = settlement.provenRunOf(permit.repositoryId, permit.runId, permit.runAttempt);
        assertEq(known, claimed.ref.claimHash, "claim that the run was proven for");
    }

    function test_GivenNobodyChallenged_MarkTheRunAsProven() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        prove(claimed);
        run.proven = true;
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
    }

    function test_GivenNobodyChallenged_MoveNoMoney() external {
        Claimed memory claimed = claim(buy());
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenNobodyChallenged_EmitClaimProvenAndNothingElse() external {
        Claimed memory claimed = claim(buy());
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        VM.recordLogs();
        expectClaimProven(claimed, false, claimed.ref.windowEnd);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        requireEvents(1);
    }

    function test_GivenNobodyChallengedAndThereIsAnArbiter_LeaveTheWindowAsItIs() external {
        Claimed memory claimed = claim(buy());
        pass(7);
        settlement.prove(claimed.opened.entitled.terms, provenClaim(claimed), claimed.ref.windowEnd);
        requirePending(claimed);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowOpen.selector, claimed.ref.windowEnd));
        finalize(claimed);
    }

    function test_GivenNobodyChallengedAndThereIsNoArbiter_EndTheWindowNow() external {
        windowEnds(7, 7);
    }

    function test_GivenNobodyChallengedAndThereIsNoArbiter_BePayableInTheSameSecond() external {
        Claimed memory claimed = claim(buyWithoutArbiter());
        pass(7);
        prove(claimed);
        finalize(claimed);
        assertEq(recordOf(claimed).settled, 1, "steps paid");
    }

    function test_GivenNobodyChallengedAndThereIsNoArbiter_EndAWindowThatHasASecondLeft() external {
        windowEnds(DISPUTE_WINDOW - 1, DISPUTE_WINDOW - 1);
    }

    function test_GivenNobodyChallengedAndThereIsNoArbiter_LeaveAWindowAloneThatEndsInThisSecond() external {
        windowEnds(DISPUTE_WINDOW, DISPUTE_WINDOW);
    }

    function test_GivenNobodyChallengedAndThereIsNoArbiter_LeaveAWindowAloneThatHasEnded() external {
        windowEnds(DISPUTE_WINDOW + 1, DISPUTE_WINDOW);
    }

    function test_GivenTheBuyerAcknowledgedTheClaim_AcceptByTheNewEndOfTheWindow() external {
        Claimed memory claimed = claim(buy());
        Claimed memory before = claimedOf(claimed.opened, claimed.claim);
        before.ref.windowEnd = claimed.ref.windowEnd;
        pass(7);
        acknowledge(claimed);
        refused(before, notPending(before));
        provable(claimed);
    }

    // ------------------------------------------------------------------ challenged

    function test_WhenTheEndOfTheProofWindowComes_AcceptOneSecondBefore() external {
        Claimed memory claimed = challenged();
        pass(PROOF_WINDOW - 1);
        provable(claimed);
    }

    function test_WhenTheEndOfTheProofWindowComes_RevertWithChallengeTimeOverAtThatSecond() external {
        tooLate(PROOF_WINDOW);
    }

    function test_WhenTheEndOfTheProofWindowComes_RevertWithChallengeTimeOverOneSecondAfter() external {
        tooLate(PROOF_WINDOW + 1);
    }

    function test_WhenItIsAnySecondAroundTheEndOfTheProofWindow_BePossibleExactlyWhereTheRejectionIsNot(
        uint8 time
    ) external {
        Claimed memory claimed = challenged();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        pass(time);
        uint256 before = VM.snapshotState();
        bool inTime = succeeds(
            address(settlement),
            abi.encodeCall(ISettlement.prove, (terms, proof, claimed.ref.windowEnd))
        );
        VM.revertToState(before);
        bool rejectable = succeeds(
            address(settlement),
            abi.encodeCall(ISettlement.rejectUnproven, (terms, claimed.ref))
        );
        assertTrue(inTime != rejectable, "one of the two, and not both");
        assertTrue(inTime == (time < PROOF_WINDOW), "proven in time");
    }

    function test_WhenTheProofIsInTime_CreditTheBondToTheSellerWhoeverBringsTheProof(address caller) external {
        Claimed memory claimed = challenged();
        postStake(claimed.opened.entitled, 1 ether);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        Books memory books = booksOf(claimed.opened.entitled);
        VM.prank(caller);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        books.seller += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenTheProofIsInTime_ForgetTheChallenge() external {
        Claimed memory claimed = challenged();
        prove(claimed);
        requireNoChallenge(claimed, EVIDENCE);
    }

    function test_WhenTheProofIsInTime_MarkTheChallengeAsAnswered() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        challengeEvidence(claimed);
        prove(claimed);
        run.proven = true;
        run.evidence = IEscrow.EvidenceStatus.Answered;
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
    }

    function test_WhenTheProofIsInTime_LetTheEntitlementGoOn() external {
        Claimed memory claimed = challenged();
        prove(claimed);
        assertEq(recordOf(claimed).challenged, 0, "challenged steps");
        openAfter(claimed);
        pass(DISPUTE_WINDOW);
        finalize(claimed);
    }

    function test_WhenTheProofIsInTime_EmitClaimProvenAndCredited() external {
        Claimed memory claimed = challenged();
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        VM.recordLogs();
        expectClaimProven(claimed, true, claimed.ref.windowEnd);
        expectCredited(seller, MIN_BOND);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        requireEvents(2);
    }

    function test_WhenTheProofIsInTime_LeaveARunningWindowToTheBuyer() external {
        Claimed memory claimed = challenged();
        prove(claimed);
        pass(DISPUTE_WINDOW - 1);
        challengeConduct(claimed);
    }

    function test_GivenTheEvidenceIsChallengedAndThereIsNoArbiter_EndTheWindowWithTheAnswer() external {
        Claimed memory claimed = claim(buyWithoutArbiter());
        challengeEvidence(claimed);
        pass(7);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        expectClaimProven(claimed, true, uint40(nowIs()));
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        endWindow(claimed);
        finalize(claimed);
    }

    function test_GivenConductIsChallenged_LeaveThatChallengeOpen() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        ISettlement.Challenge memory challenge = settlement.challengeOf(claimed.ref.runKey, CONDUCT);
        prove(claimed);
        requireChallenge(claimed, CONDUCT, challenge);
        stillBlocked(claimed);
    }

    function test_GivenEvidenceAndConductAreChallenged_LeaveTheStepBlockedByConductAlone() external {
        Claimed memory claimed = challenged();
        challengeConduct(claimed);
        prove(claimed);
        requireNoChallenge(claimed, EVIDENCE);
        stillBlocked(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        finalize(claimed);
    }

    function test_GivenTheEvidenceOfAnotherPendingStepIsChallenged_LeaveThatStepBlocked() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(first);
        challengeEvidence(second);
        prove(first);
        // One bit for each step number, modulo four pending.
        assertEq(recordOf(second).challenged, 1 << 2, "challenged steps");
        pass(DISPUTE_WINDOW);
        finalize(first);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, second.ref.runKey));
        finalize(second);
    }

    // ------------------------------------------------------------------ parts

    function challenged() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeEvidence(claimed);
    }

    function provable(Claimed memory claimed) private {
        prove(claimed);
        requirePending(claimed);
        assertTrue(escrow.runOf(claimed.ref.runKey).proven, "proven");
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        expectRefusal(answer);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
    }

    function loggedAt(int256 sinceOpening) private returns (Claimed memory claimed, uint64 logTime) {
        claimed = claim(buy());
        logTime = uint64(uint256(int256(nowIs()) + sinceOpening));
    }

    function loggedInside(int256 sinceOpening) private {
        (Claimed memory claimed, uint64 logTime) = loggedAt(sinceOpening);
        settlement.prove(claimed.opened.entitled.terms, provenClaim(claimed, logTime), claimed.ref.windowEnd);
        assertTrue(escrow.runOf(claimed.ref.runKey).proven, "proven");
    }

    function loggedOutside(int256 sinceOpening) private {
        (Claimed memory claimed, uint64 logTime) = loggedAt(sinceOpening);
        uint256 opening = openedAt(claimed.opened);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed, logTime);
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.EvidenceTimeOutside.selector,
                logTime,
                opening - 30 minutes,
                opening + STEP_TIMEOUT
            )
        );
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
    }

    function tooLate(uint256 time) private {
        Claimed memory claimed = challenged();
        uint256 proofEnd = nowIs() + PROOF_WINDOW;
        pass(time);
        refused(claimed, abi.encodeWithSelector(ISettlement.ChallengeTimeOver.selector, proofEnd));
    }

    /// @dev A proof so long after a claim that nobody can rule on leaves its window with this length.
    function windowEnds(uint256 time, uint40 length) private {
        Claimed memory claimed = claim(buyWithoutArbiter());
        uint40 end = uint40(nowIs()) + length;
        bool changes = end < claimed.ref.windowEnd;
        pass(time);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        expectClaimProven(claimed, false, end);
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
        claimed.ref.windowEnd = end;
        requirePending(claimed);
        assertEq(escrow.runOf(claimed.ref.runKey).windowEnd, changes ? end : 0, "end of the window, if it changed");
    }

    function stillBlocked(Claimed memory claimed) private {
        assertEq(recordOf(claimed).challenged, 1 << 1, "challenged steps");
        pass(DISPUTE_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
    }
}
