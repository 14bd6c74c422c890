// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementRejectUnruledTest is Settling {
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;

    // ------------------------------------------------------------------ the challenge

    function test_GivenNobodyChallenged_RevertWithChallengeUnknown() external {
        unknown(claim(buy()));
    }

    function test_GivenTheEvidenceAloneIsChallenged_RevertWithChallengeUnknown() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        pass(ARBITRATION_WINDOW);
        unknown(claimed);
    }

    function test_GivenTheChallengeWasRuledUpon_RevertWithChallengeUnknown() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        pass(ARBITRATION_WINDOW);
        unknown(claimed);
    }

    function test_GivenTheClaimWasRejected_RevertWithChallengeUnknown() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        unknown(claimed);
    }

    function test_GivenAnEarlierStepWasRejected_RevertWithClaimNotPending() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(second);
        reject(first);
        pass(ARBITRATION_WINDOW);
        refused(second, notPending(second));
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RevertWithChallengeTimeRunningOneSecondBefore() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        uint256 rulingEnd = nowIs() + ARBITRATION_WINDOW;
        pass(ARBITRATION_WINDOW - 1);
        refused(claimed, abi.encodeWithSelector(ISettlement.ChallengeTimeRunning.selector, rulingEnd));
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RejectAtThatSecond() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        requireVoid(claimed);
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RejectOneSecondAfter() external {
        Claimed memory claimed = unruled();
        pass(1);
        rejectUnruled(claimed);
        requireVoid(claimed);
    }

    function test_WhenTheReferenceIsFalseInOneMember_RefuseWhicheverItIs() external {
        Claimed memory claimed = unruled();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            if (i == RUN_KEY_MEMBER) {
                expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeUnknown.selector, ref.runKey, CONDUCT));
            } else {
                expectRefusal(notPending(terms, ref));
            }
            settlement.rejectUnruled(terms, ref);
        }
        requirePending(claimed);
    }

    function test_WhenTheTermsAreThoseOfAnotherOffer_RevertWithClaimNotPending() external {
        Claimed memory claimed = unruled();
        OfferTerms memory other = publish();
        expectRefusal(notPending(other, claimed.ref));
        settlement.rejectUnruled(other, claimed.ref);
    }

    function test_WhenAnybodyCalls_GiveTheCallerNothing(address caller) external {
        VM.assume(caller != buyer);
        Claimed memory claimed = unruled();
        uint256 before = creditOf(caller);
        VM.prank(caller);
        settlement.rejectUnruled(claimed.opened.entitled.terms, claimed.ref);
        assertEq(creditOf(caller), before, "credit of the caller");
        requireVoid(claimed);
    }

    // ------------------------------------------------------------------ money

    function test_GivenThereIsAStake_LeaveItAlone() external {
        Claimed memory claimed = unruled();
        postStake(claimed.opened.entitled, 1 ether);
        returned(claimed);
    }

    function test_GivenTheArbiterIsDueAFee_PayHimNothing() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        assertEq(creditOf(arbiter), 0, "credit of the arbiter");
    }

    function test_GivenTheClaimIsProven_RejectAllTheSame() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        returned(claimed);
        requireVoid(claimed);
    }

    function test_GivenTheSecondOfThreePendingStepsIsChallenged_LeaveTheFirstPayableAndVoidTheOthers() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        Claimed memory third = claimAfter(second);
        challengeConduct(second);
        pass(ARBITRATION_WINDOW);
        rejectUnruled(second);
        requireVoid(second);
        requireVoid(third);
        finalize(first);
        assertEq(recordOf(first).opened, 1, "steps opened");
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheClaimIsRejected_ReturnTheBondToTheBuyer() external {
        returned(unruled());
    }

    function test_WhenTheClaimIsRejected_FreeTheNumberForARefund() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        VM.prank(buyer);
        escrow.refund(claimed.opened.entitled.terms, buyer, claimed.ref.salt, 4);
        assertEq(creditOf(buyer), 4 * PRICE + CONDUCT_BOND, "credit of the buyer");
    }

    function test_WhenTheClaimIsRejected_FreeTheNumberForAnotherRun() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        requirePending(claim(openAgain(claimed, 1)));
    }

    function test_WhenTheClaimIsRejected_KeepTheMoneyOfTheStepsInDeposit() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        assertEq(booksOf(claimed.opened.entitled).deposit, 4 * PRICE, "deposit of four steps");
    }

    function test_WhenTheClaimIsRejected_ForgetTheChallenge() external {
        Claimed memory claimed = unruled();
        rejectUnruled(claimed);
        requireNoChallenge(claimed, CONDUCT);
        assertEq(recordOf(claimed).challenged, 0, "challenged steps");
    }

    function test_WhenTheClaimIsRejected_EmitClaimRejectedStepRejectedAndCredited() external {
        Claimed memory claimed = unruled();
        VM.recordLogs();
        expectRejected(claimed, ISettlement.RejectionCause.Unruled, 1, 1);
        expectCredited(buyer, CONDUCT_BOND);
        rejectUnruled(claimed);
        requireEvents(3);
    }

    // ------------------------------------------------------------------ parts

    /// @dev A claim to whose conduct the buyer objected, and on which the arbiter did not rule in time.
    function unruled() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        rejectUnruled(claimed);
    }

    function unknown(Claimed memory claimed) private {
        refused(claimed, unknownChallenge(claimed, CONDUCT));
    }

    function returned(Claimed memory claimed) private {
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnruled(claimed);
        books.buyer += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }
}
