// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementClaimWithProofTest is Settling {
    uint256 private constant PERMIT_MEMBERS = 14;
    uint256 private constant COMMIT_MEMBER = 5;

    // ------------------------------------------------------------------ offer and permit

    function test_GivenTheOfferIsNotProvable_RevertWithOfferNotProvable() external {
        Claimed memory claimed = claimOf(open(buyUnprovable()));
        refused(
            claimed,
            abi.encodeWithSelector(ISettlement.OfferNotProvable.selector, claimed.opened.entitled.offerId)
        );
    }

    function test_GivenTheDeploymentHasNoVerifierOfEvidence_RevertWithoutAReason() external {
        deploy(address(0), address(permit2));
        // No offer can be provable here, so nothing of one can be open.
        Entitled memory entitled = entitledOf(defaultTerms(), buyer, fresh("entitlement"));
        refused(claimOf(openedOf(entitled, permitOf(entitled))), "");
    }

    function test_WhenAMemberOfThePermitIsNotWhatTheClaimNames_RevertWithPermitHashMismatchWhicheverItIs() external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        bytes memory words = abi.encode(proven.permit);
        assertEq(words.length, 32 * PERMIT_MEMBERS, "members");
        for (uint256 i; i < PERMIT_MEMBERS; ++i) {
            bytes memory changed = bytes.concat(words);
            // The commit is a shorter byte string, which begins its word.
            uint256 place = 32 * i + (i == COMMIT_MEMBER ? 0 : 31);
            changed[place] = changed[place] ^ 0x01;
            proven.permit = abi.decode(changed, (PermitInput));
            mismatched(claimed, proven, claimed.opened.entitled);
        }
    }

    function test_WhenThePermitWasForAnotherEntitlement_RefuseAnotherBuyer() external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        proven.buyer = stranger;
        mismatched(claimed, proven, entitledOf(claimed.opened.entitled.terms, stranger, claimed.ref.salt));
    }

    function test_WhenThePermitWasForAnotherEntitlement_RefuseAnotherSalt() external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        Entitled memory other = buy(claimed.opened.entitled.terms, 4);
        proven.salt = other.salt;
        mismatched(claimed, proven, other);
    }

    function test_WhenTheEvidenceVerifierRefuses_PassOnItsReason() external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        proven.proof = abi.encode(fresh("other facts"), nowIs());
        expectRefusal(otherEvidence());
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
    }

    // ------------------------------------------------------------------ log time

    function test_WhenTheLogTimeComesNearItsBounds_RefuseASecondBeforeTheHalfHourBeforeTheOpening() external {
        loggedOutside(-30 minutes - 1);
    }

    function test_WhenTheLogTimeComesNearItsBounds_AcceptHalfAnHourBeforeTheOpening() external {
        loggedInside(-30 minutes);
    }

    function test_WhenTheLogTimeComesNearItsBounds_AcceptASecondLaterThanHalfAnHourBeforeTheOpening() external {
        loggedInside(-30 minutes + 1);
    }

    function test_WhenTheLogTimeComesNearItsBounds_AcceptASecondBeforeTheClaimDeadline() external {
        loggedInside(int256(uint256(STEP_TIMEOUT)) - 1);
    }

    function test_WhenTheLogTimeComesNearItsBounds_RefuseTheClaimDeadline() external {
        loggedOutside(int256(uint256(STEP_TIMEOUT)));
    }

    function test_WhenTheLogTimeComesNearItsBounds_RefuseASecondAfterTheClaimDeadline() external {
        loggedOutside(int256(uint256(STEP_TIMEOUT)) + 1);
    }

    function test_GivenTheStepWasOpenedWithinHalfAnHourOfTheBeginningOfTime_AcceptTheBeginningOfTime() external {
        VM.warp(30 minutes - 1);
        accepted(claimOf(open(buy())), 0);
    }

    function test_GivenTheStepWasOpenedHalfAnHourAfterTheBeginningOfTime_AcceptTheBeginningOfTime() external {
        VM.warp(30 minutes);
        accepted(claimOf(open(buy())), 0);
    }

    function test_GivenTheStepWasOpenedASecondMoreAfterTheBeginningOfTime_RefuseTheBeginningOfTime() external {
        VM.warp(30 minutes + 1);
        loggedOutside(claimOf(open(buy())), 0);
    }

    // ------------------------------------------------------------------ the step

    function test_WhenTheClaimDeadlineOfTheStepComes_AcceptOneSecondBefore() external {
        Claimed memory claimed = claimOf(open(buy()));
        pass(STEP_TIMEOUT - 1);
        accepted(claimed, openedAt(claimed.opened));
    }

    function test_WhenTheClaimDeadlineOfTheStepComes_RevertWithClaimTooLateAtThatSecond() external {
        tooLate(STEP_TIMEOUT);
    }

    function test_WhenTheClaimDeadlineOfTheStepComes_RevertWithClaimTooLateOneSecondAfter() external {
        tooLate(STEP_TIMEOUT + 1);
    }

    function test_GivenTheStepWasNeverOpened_RefuseAProofLoggedNow() external {
        Entitled memory entitled = buy();
        Claimed memory claimed = claimOf(openedOf(entitled, permitOf(entitled)));
        loggedOutside(claimed, uint64(nowIs()));
    }

    function test_GivenTheStepWasNeverOpened_RefuseAProofLoggedAtTheBeginningOfTime() external {
        Entitled memory entitled = buy();
        Claimed memory claimed = claimOf(openedOf(entitled, permitOf(entitled)));
        refused(claimed, notOpen(claimed.opened));
    }

    function test_GivenTheStepIsClaimed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claim(buy());
        refused(claimed, notOpen(claimed.opened));
    }

    function test_GivenTheStepTimedOut_RevertWithStepNotOpen() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        refused(claimOf(opened), notOpen(opened));
    }

    function test_GivenAnEarlierStepWasRejectedWhileThisOneWasOpen_RevertWithStepNotOpen() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimOf(openAfter(first));
        reject(first);
        refused(second, notOpen(second.opened));
    }

    // ------------------------------------------------------------------ the run

    function test_GivenTheRunWasProvenWithAnotherClaimThroughAnotherGateway_RevertWithRunAlreadyProven() external {
        Claimed memory sold = claimWithProof(open(buy()));
        Claimed memory again = claimOf(sameRun(sold.opened.permit, sold.opened.permit.runAttempt));
        refused(again, abi.encodeWithSelector(ISettlement.RunAlreadyProven.selector, sold.ref.claimHash));
    }

    function test_GivenAnotherAttemptOfTheRunWasProven_Accept() external {
        Claimed memory sold = claimWithProof(open(buy()));
        requirePending(claimWithProof(sameRun(sold.opened.permit, sold.opened.permit.runAttempt + 1)));
    }

    // ------------------------------------------------------------------ the window

    function test_GivenTheOfferNamesNoVerifier_Accept() external {
        OfferTerms memory terms = defaultTerms();
        terms.verifier = address(0);
        publish(terms);
        requirePending(claimWithProof(open(buy(terms, 4))));
    }

    function test_GivenTheOfferHasNoArbiter_EndTheWindowAtOnce() external {
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        pass(7);
        settlement.claimWithProof(claimed.opened.entitled.terms, provenClaim(claimed));
        claimed.ref.windowEnd = uint40(nowIs());
        requirePending(claimed);
    }

    function test_GivenTheOfferHasNoArbiter_BePayableInTheSameSecond() external {
        Claimed memory claimed = claimWithProof(open(buyWithoutArbiter()));
        finalize(claimed);
        assertEq(recordOf(claimed).settled, 1, "steps paid");
    }

    function test_GivenTheOfferHasAnArbiter_LeaveTheDisputeWindowToTheBuyer() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        assertEq(claimed.ref.windowEnd, nowIs() + DISPUTE_WINDOW, "end of the window");
        pass(DISPUTE_WINDOW - 1);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowOpen.selector, claimed.ref.windowEnd));
        finalize(claimed);
        challengeConduct(claimed);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_AnswerTheHashOfTheClaim() external {
        Claimed memory claimed = claimOf(open(buy()));
        bytes32 answer = settlement.claimWithProof(claimed.opened.entitled.terms, provenClaim(claimed));
        assertEq(answer, claimed.ref.claimHash, "claim hash");
    }

    function test_WhenEverythingIsInOrder_BeOpenToAnyCaller(address caller) external {
        Claimed memory claimed = claimOf(open(buy()));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        VM.prank(caller);
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    function test_WhenEverythingIsInOrder_MakeTheClaimPending() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        requirePending(claimed);
        assertEq(
            escrow.pendingDigestOf(claimed.opened.entitled.id, 1),
            Hashes.claimDigest(claimed.ref),
            "digest of the claim with its window"
        );
    }

    function test_WhenEverythingIsInOrder_MarkTheRunAsProvenAndLeaveTheRestOfItsRecord() external {
        Opened memory opened = open(buy());
        IEscrow.Run memory run = escrow.runOf(opened.runKey);
        pass(7);
        claimWithProof(opened);
        run.proven = true;
        assertEq(abi.encode(escrow.runOf(opened.runKey)), abi.encode(run), "run");
    }

    function test_WhenEverythingIsInOrder_MoveTheHeadToTheNextState() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        assertEq(
            escrow.headOf(claimed.opened.entitled.id),
            Hashes.head(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment),
            "head"
        );
    }

    function test_WhenEverythingIsInOrder_RememberTheRunWithoutItsGateway() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        PermitInput memory permit = claimed.opened.permit;
        bytes32 known = settlement.provenRunOf(permit.repositoryId, permit.runId, permit.runAttempt);
        assertEq(known, claimed.ref.claimHash, "claim that the run was proven for");
    }

    function test_WhenEverythingIsInOrder_MoveNoMoney() external {
        Opened memory opened = open(buy());
        postStake(opened.entitled, 1 ether);
        Books memory books = booksOf(opened.entitled);
        claimWithProof(opened);
        requireBooks(opened.entitled, books);
    }

    function test_WhenEverythingIsInOrder_EmitStepClaimedWithoutAVerifier() external {
        Claimed memory claimed = claimOf(openAfter(claim(buy())));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        proven.evidenceLocator = "https://evidence.test/2";
        expectStepClaimedAt(claimed, proven.evidenceLocator);
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
    }

    function test_WhenEverythingIsInOrder_EmitClaimProven() external {
        Claimed memory claimed = claimOf(openAfter(claim(buy())));
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        VM.recordLogs();
        expectClaimProven(claimed, false, uint40(nowIs()) + DISPUTE_WINDOW);
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
        requireEvents(2);
    }

    // ------------------------------------------------------------------ parts

    function accepted(Claimed memory claimed, uint64 logTime) private {
        settlement.claimWithProof(claimed.opened.entitled.terms, provenClaim(claimed, logTime));
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        requirePending(claimed);
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        ISettlement.ProvenClaim memory proven = provenClaim(claimed);
        expectRefusal(answer);
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
    }

    /// @dev The claim names the permit that was signed, which is not this one of this entitlement.
    function mismatched(
        Claimed memory claimed,
        ISettlement.ProvenClaim memory proven,
        Entitled memory entitled
    ) private {
        OfferTerms memory terms = claimed.opened.entitled.terms;
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.PermitHashMismatch.selector,
                Hashes.permitDigest(address(consumer), entitled.id, terms, proven.permit),
                claimed.opened.permitHash
            )
        );
        settlement.claimWithProof(terms, proven);
    }

    function loggedInside(int256 sinceOpening) private {
        Claimed memory claimed = claimOf(open(buy()));
        accepted(claimed, uint64(uint256(int256(nowIs()) + sinceOpening)));
    }

    function loggedOutside(int256 sinceOpening) private {
        Claimed memory claimed = claimOf(open(buy()));
        loggedOutside(claimed, uint64(uint256(int256(nowIs()) + sinceOpening)));
    }

    function loggedOutside(Claimed memory claimed, uint64 logTime) private {
        uint256 opening = openedAt(claimed.opened);
        ISettlement.ProvenClaim memory proven = provenClaim(claimed, logTime);
        uint256 from = opening < 30 minutes ? 0 : opening - 30 minutes;
        expectRefusal(
            abi.encodeWithSelector(ISettlement.EvidenceTimeOutside.selector, logTime, from, opening + STEP_TIMEOUT)
        );
        settlement.claimWithProof(claimed.opened.entitled.terms, proven);
    }

    function tooLate(uint256 time) private {
        Claimed memory claimed = claimOf(open(buy()));
        uint256 deadline = nowIs() + STEP_TIMEOUT;
        pass(time);
        refused(claimed, abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, deadline));
    }

    /// @dev A step that an attempt of a run took through another gateway.
    function sameRun(PermitInput memory run, uint32 attempt) private returns (Opened memory) {
        OfferTerms memory terms = defaultTerms();
        terms.gateway = stranger;
        publish(terms);
        Entitled memory entitled = buy(terms, 4);
        PermitInput memory permit = permitOf(entitled);
        permit.repositoryId = run.repositoryId;
        permit.runId = run.runId;
        permit.runAttempt = attempt;
        return open(entitled, permit);
    }

    function expectStepClaimedAt(Claimed memory claimed, string memory locator) private {
        expectEvent(address(settlement));
        emit ISettlement.StepClaimed(
            claimed.opened.entitled.id,
            claimed.ref.step,
            claimed.ref.claimHash,
            claimed.ref.runKey,
            claimed.ref.parentHead,
            claimed.claim,
            address(0),
            0,
            EVIDENCE_HASH,
            uint40(nowIs()) + DISPUTE_WINDOW,
            locator
        );
    }
}
