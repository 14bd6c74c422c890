// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Deciding} from "./Deciding.sol";

contract EscrowRejectTest is Deciding {
    function test_WhenTheCallerIsNotTheSettlement_RevertWithNotAuthorisedContract(address caller) external {
        refusesOthers(caller);
    }

    function test_WhenTheCallerIsThePermitConsumer_RevertWithNotAuthorisedContract() external {
        refusesOthers(address(consumer));
    }

    function test_GivenNoSuchEntitlement_RevertWithClaimNotPending() external {
        refusesAnUnknownEntitlement();
    }

    function test_GivenTheStepWasNeverOpened_RevertWithClaimNotPending() external {
        refusesAStepNeverOpened();
    }

    function test_GivenTheStepIsOpen_RevertWithClaimNotPending() external {
        refusesAnOpenStep();
    }

    function test_GivenTheStepHasTimedOut_RevertWithClaimNotPending() external {
        refusesAStepThatTimedOut();
    }

    function test_GivenTheStepIsPaid_RevertWithClaimNotPending() external {
        refusesAPaidStep();
    }

    function test_GivenTheStepIsPaidAndTheNextHasItsSlot_RevertWithClaimNotPending() external {
        refusesAPaidStepWhoseSlotIsTaken();
    }

    function test_GivenTheStepWasRejected_RevertWithClaimNotPending() external {
        refusesARejectedStep();
    }

    function test_GivenTheStepWasVoidedWithAnEarlierOne_RevertWithClaimNotPending() external {
        refusesAVoidedStep();
    }

    function test_GivenAnotherRunHasTheNumberOfTheVoidedStep_RevertWithClaimNotPending() external {
        refusesAVoidedStepWhoseNumberIsTaken();
    }

    function test_WhenAnotherEntitlementIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherEntitlement();
    }

    function test_WhenAnotherStepIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherStep();
    }

    function test_WhenAnotherRunIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherRun();
    }

    function test_WhenAnotherClaimIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherClaim();
    }

    function test_WhenAnotherParentIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherParent();
    }

    function test_WhenAnotherEndOfTheWindowIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherWindow();
    }

    function test_GivenOneStepIsPending_FreeItsNumberAndChangeNothingButTheCounters() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Entitlement memory stored = escrow.entitlementOf(claimed.opened.entitled.id);
        accepts(deciding(claimed));
        (stored.opened, stored.generation, stored.epoch) = (0, 1, 1);
        requireEntitlement(claimed.opened.entitled, stored);
    }

    function test_GivenOneStepIsPending_BringBackTheHeadOfBeforeTheFirstStep() external {
        Claimed memory claimed = claim(buy());
        accepts(deciding(claimed));
        assertEq(escrow.headOf(claimed.opened.entitled.id), bytes32(0), "head");
    }

    function test_GivenOneStepIsPending_EmitStepRejected() external {
        Claimed memory claimed = claim(buy());
        expectEvent(address(escrow));
        emit IEscrow.StepRejected(claimed.opened.entitled.id, 1, claimed.ref.runKey, 1, 1);
        accepts(deciding(claimed));
    }

    function test_GivenOneStepIsPending_MoveNoMoney() external {
        Claimed memory claimed = claim(buy());
        Books memory books = booksOf(claimed.opened.entitled);
        accepts(deciding(claimed));
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenOneStepIsPending_LeaveTheRunAsItWas() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        accepts(deciding(claimed));
        requireRun(claimed.opened, run);
    }

    function test_GivenOneStepIsPending_ForgetTheClaim() external {
        Claimed memory claimed = claim(buy());
        accepts(deciding(claimed));
        requirePendingDigest(claimed, 0);
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_FreeItsNumberAndTheLaterOnes() external {
        (Claimed[] memory all, ) = fourSteps();
        IEscrow.Entitlement memory stored = escrow.entitlementOf(all[1].opened.entitled.id);
        accepts(deciding(all[1]));
        (stored.opened, stored.generation, stored.epoch) = (1, 1, 1);
        requireEntitlement(all[1].opened.entitled, stored);
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_BringBackTheHeadThatTheStepBeforeLeft() external {
        (Claimed[] memory all, ) = fourSteps();
        accepts(deciding(all[1]));
        bytes32 head = Hashes.head(all[0].claim.nextStateCommitment, all[0].claim.nextNetCommitment);
        assertEq(escrow.headOf(all[1].opened.entitled.id), head, "head");
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_ForgetTheClaimsFromItOn() external {
        (Claimed[] memory all, ) = fourSteps();
        accepts(deciding(all[1]));
        requirePendingDigest(all[1], 0);
        requirePendingDigest(all[2], 0);
        notPending(all[2]);
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_LeaveTheClaimBeforeItToBePaid() external {
        (Claimed[] memory all, ) = fourSteps();
        accepts(deciding(all[1]));
        requirePendingDigest(all[0], Hashes.claimDigest(all[0].ref));
        pass(DISPUTE_WINDOW);
        finalize(all[0]);
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_LeaveTheOpenRunWithoutClaimAndWithoutTimeout()
        external
    {
        (Claimed[] memory all, Opened memory last) = fourSteps();
        accepts(deciding(all[1]));
        ISettlement.SignedClaim memory signed = signedClaim(claimOf(last));
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotOpen.selector, last.runKey));
        settlement.claim(last.entitled.terms, signed);
        pass(STEP_TIMEOUT);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotOpen.selector, last.runKey));
        timeout(last);
    }

    function test_GivenItIsInTheMiddleOfThreePendingAndAnOpenOne_LetTheNumbersBeTakenByOtherRunsAndPaid() external {
        (Claimed[] memory all, ) = fourSteps();
        accepts(deciding(all[1]));
        Entitled memory entitled = all[0].opened.entitled;
        Claimed memory second = claim(open(entitled, retried(permitAfter(all[0]))));
        Claimed memory third = claim(open(entitled, retried(permitAfter(second))));
        pass(DISPUTE_WINDOW);
        finalize(all[0]);
        finalize(second);
        finalize(third);
        assertEq(escrow.earningsOf(entitled.offerId), 3 * PRICE, "earnings");
    }

    function test_GivenItIsTheFirstOfSeveral_FreeAllNumbers() external {
        (Claimed[] memory all, ) = fourSteps();
        accepts(deciding(all[0]));
        assertEq(escrow.entitlementOf(all[0].opened.entitled.id).opened, 0, "opened");
    }

    function test_GivenItIsTheLastOfSeveral_FreeItsNumberOnly() external {
        Claimed[] memory all = claims(buy(), 3);
        accepts(deciding(all[2]));
        assertEq(escrow.entitlementOf(all[0].opened.entitled.id).opened, 2, "opened");
        requirePendingDigest(all[1], Hashes.claimDigest(all[1].ref));
    }

    function test_GivenEarlierStepsArePaid_KeepThemPaid() external {
        Claimed memory second = claimAfter(paid(buy()));
        Entitled memory entitled = second.opened.entitled;
        accepts(deciding(second));
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        assertEq(stored.settled, 1, "settled");
        assertEq(stored.opened, 1, "opened");
    }

    function test_GivenEveryPendingStepIsChallenged_ClearTheBitsFromItOnAndLeaveThoseBefore() external {
        Claimed[] memory all = claims(buy(), 4);
        for (uint256 i; i < 4; ++i) challengeConduct(all[i]);
        accepts(deciding(all[2]));
        assertEq(escrow.entitlementOf(all[0].opened.entitled.id).challenged, 2 + 4, "challenged");
    }

    function test_GivenEveryPendingStepIsChallenged_LeaveTheBondsWhereTheyAre() external {
        Claimed[] memory all = claims(buy(), 4);
        for (uint256 i; i < 4; ++i) challengeConduct(all[i]);
        Books memory books = booksOf(all[0].opened.entitled);
        accepts(deciding(all[2]));
        requireBooks(all[0].opened.entitled, books);
    }

    function test_GivenEveryPendingStepIsChallenged_LetStepsBeOpenedAgainOnceTheOthersAreDecided() external {
        Claimed[] memory all = claims(buy(), 2);
        challengeConduct(all[0]);
        challengeConduct(all[1]);
        accepts(deciding(all[1]));
        rule(all[0], ISettlement.Ruling.Upheld, 0);
        open(all[0].opened.entitled, retried(permitAfter(all[0])));
    }

    function test_GivenThePricesOfAllPendingStepsAreSplit_PayTheNewStepsFromItOnInFullAndTheOneBeforeAsItWasSplit()
        external
    {
        Claimed[] memory all = claims(buy(), 3);
        for (uint256 i; i < 3; ++i) {
            challengeConduct(all[i]);
            rule(all[i], ISettlement.Ruling.Split, 400);
        }
        accepts(deciding(all[1]));
        Entitled memory entitled = all[0].opened.entitled;
        Claimed memory second = claim(open(entitled, retried(permitAfter(all[0]))));
        Claimed memory third = claim(open(entitled, retried(permitAfter(second))));
        pass(DISPUTE_WINDOW);
        finalize(all[0]);
        assertEq(escrow.earningsOf(entitled.offerId), 400, "split");
        finalize(second);
        finalize(third);
        assertEq(escrow.earningsOf(entitled.offerId), 400 + 2 * PRICE, "in full");
    }

    function test_GivenOneStepCanBePending_FreeItsNumber() external {
        Claimed memory second = claimAfter(paid(ofPending(1, 2)));
        accepts(deciding(second));
        requirePendingDigest(second, 0);
        assertEq(escrow.entitlementOf(second.opened.entitled.id).opened, 1, "opened");
    }

    function test_GivenEightStepsArePendingAcrossTheEndOfTheRing_ClearSixSlotsAndSixBitsAndNoOther() external {
        Claimed[] memory all = eightAfterFive();
        for (uint256 i; i < 8; ++i) challengeConduct(all[i]);
        accepts(deciding(all[2]));
        IEscrow.Entitlement memory stored = escrow.entitlementOf(all[0].opened.entitled.id);
        assertEq(stored.opened, 7, "opened");
        assertEq(stored.challenged, (1 << 6) + (1 << 7), "challenged");
        for (uint256 i = 2; i < 8; ++i) requirePendingDigest(all[i], 0);
        requirePendingDigest(all[0], Hashes.claimDigest(all[0].ref));
        requirePendingDigest(all[1], Hashes.claimDigest(all[1].ref));
    }

    function test_GivenEightStepsArePendingAcrossTheEndOfTheRing_LetAllEightBePaidIfTheLastOneIsRejectedAndTakenAnew()
        external
    {
        Claimed[] memory all = eightAfterFive();
        accepts(deciding(all[7]));
        all[7] = claim(open(all[0].opened.entitled, retried(permitAfter(all[6]))));
        pass(DISPUTE_WINDOW);
        for (uint256 i; i < 8; ++i) finalize(all[i]);
        assertEq(escrow.earningsOf(all[0].opened.entitled.offerId), 13 * PRICE, "earnings");
    }

    function test_GivenAPermitWasSignedBefore_BeWorthless() external {
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        accepts(deciding(claimed));
        expectRefusal(abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_GivenADelegateWasNamedBefore_EndTheDelegation() external {
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        VM.prank(buyer);
        consumer.delegate(entitled.offerId, entitled.salt, delegate, 4, uint40(FAR));
        accepts(deciding(claimed));
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, retried(permitOf(entitled)), delegate);
        expectRefusal(abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_GivenTheBuyerHasCancelledSince_RaiseBothCountersByOneEach() external {
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        VM.prank(buyer);
        escrow.cancelPermits(entitled.offerId, entitled.salt);
        expectEvent(address(escrow));
        emit IEscrow.StepRejected(entitled.id, 1, claimed.ref.runKey, 1, 2);
        accepts(deciding(claimed));
    }

    function test_GivenBothCountersAreAsHighAsTheyGo_BeginAgainAtZeroAndRejectAllTheSame() external {
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        setCounters(entitled, type(uint16).max, type(uint16).max);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        expectEvent(address(escrow));
        emit IEscrow.StepRejected(entitled.id, 1, claimed.ref.runKey, 0, 0);
        accepts(deciding(claimed));
        (stored.opened, stored.generation, stored.epoch) = (0, 0, 0);
        requireEntitlement(entitled, stored);
    }

    function test_GivenTheEntitlementHasExpired_FreeTheNumberForARefund() external {
        Claimed memory claimed = claim(buy());
        VM.warp(escrow.entitlementOf(claimed.opened.entitled.id).expiresAt);
        accepts(deciding(claimed));
        refund(claimed.opened.entitled, 4);
    }

    function test_GivenAnotherEntitlementOfTheSameOffer_LeaveItAlone() external {
        Claimed memory claimed = claim(buy());
        Claimed memory other = claim(buy(claimed.opened.entitled.terms, 1));
        IEscrow.Entitlement memory stored = escrow.entitlementOf(other.opened.entitled.id);
        accepts(deciding(claimed));
        requireEntitlement(other.opened.entitled, stored);
        requirePendingDigest(other, Hashes.claimDigest(other.ref));
    }

    function deciding(IEscrow.StepRef memory ref) internal view override returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.reject, (ref)));
    }

    /// @dev Three claims and an open step.
    function fourSteps() private returns (Claimed[] memory all, Opened memory last) {
        all = claims(buy(), 3);
        last = openAfter(all[2]);
    }

    /// @dev Five steps are paid, and the eight after them are claimed.
    function eightAfterFive() private returns (Claimed[] memory all) {
        Entitled memory entitled = ofPending(8, 13);
        Claimed[] memory first = claims(entitled, 5);
        pass(DISPUTE_WINDOW);
        for (uint256 i; i < 5; ++i) finalize(first[i]);
        all = new Claimed[](8);
        all[0] = claimAfter(first[4]);
        for (uint256 i = 1; i < 8; ++i) all[i] = claimAfter(all[i - 1]);
    }
}
