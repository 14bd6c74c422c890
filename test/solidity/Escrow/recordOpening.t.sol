// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowRecordOpeningTest is Ledger {
    function test_WhenTheCallerIsNotThePermitConsumer_RevertWithNotAuthorisedContract(address caller) external {
        refusesCaller(opening(ready()), caller, address(consumer));
    }

    function test_WhenTheCallerIsTheSettlement_RevertWithNotAuthorisedContract() external {
        refusesCaller(opening(ready()), address(settlement), address(consumer));
    }

    function test_GivenNoSuchEntitlement_RevertWithNoSuchEntitlement() external {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("entitlement"));
        refusesOpening(
            openingOf(openedOf(entitled, permitOf(entitled))),
            abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, entitled.id)
        );
    }

    function test_WhenThePermitIsOfAnEarlierEpoch_RevertWithEpochOutdated() external {
        epochOutdated(1, 2);
    }

    function test_WhenThePermitIsOfALaterEpoch_RevertWithEpochOutdated() external {
        epochOutdated(3, 2);
    }

    function test_WhenThePermitsEpochHasMoreBitsThanTheEntitlements_RevertWithEpochOutdated() external {
        epochOutdated(2 + (1 << 16), 2);
    }

    function test_WhenADelegateOfAnotherGenerationSigned_RevertWithDelegationOutdated() external {
        IEscrow.StepOpening memory opening_ = ofGeneration(6, 7);
        opening_.byDelegate = true;
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 6, 7));
    }

    function test_WhenADelegateOfThisGenerationSigned_Open() external {
        IEscrow.StepOpening memory opening_ = ofGeneration(7, 7);
        opening_.byDelegate = true;
        accepts(opening(opening_));
    }

    function test_WhenTheBuyerSigned_OpenWhateverGenerationIsNamed() external {
        accepts(opening(ofGeneration(6, 7)));
    }

    function test_GivenTheEntitlementExpires_OpenInTheLastSecondBefore() external {
        IEscrow.StepOpening memory opening_ = ready();
        VM.warp(escrow.entitlementOf(opening_.entitlement).expiresAt - 1);
        accepts(opening(opening_));
    }

    function test_GivenTheEntitlementExpires_RevertWithEntitlementExpiredAtTheExpiry() external {
        expired(0);
    }

    function test_GivenTheEntitlementExpires_RevertWithEntitlementExpiredAfterTheExpiry() external {
        expired(1);
    }

    function test_WhenTheStepIsZero_RevertWithStepNotNext() external {
        notNext(0);
    }

    function test_WhenTheStepIsPending_RevertWithStepNotNext() external {
        notNext(2);
    }

    function test_WhenTheStepIsPaid_RevertWithStepNotNext() external {
        notNext(1);
    }

    function test_WhenAStepIsLeftOut_RevertWithStepNotNext() external {
        notNext(4);
    }

    function test_GivenAllStepsBoughtAreOpened_RevertWithStepNotBought() external {
        Claimed memory claimed = claim(buy(publish(), 1));
        refusesOpening(openingAfter(claimed), abi.encodeWithSelector(IEscrow.StepNotBought.selector, 2, 1));
    }

    function test_GivenTheUnopenedStepsWereRefunded_RevertWithStepNotBought() external {
        IEscrow.StepOpening memory opening_ = ready();
        refund(_entitled, 4);
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.StepNotBought.selector, 1, 0));
    }

    function test_GivenAsManyStepsArePendingAsCanBe_RevertWithTooManyPendingWhereOneCanBe() external {
        tooManyPending(1);
    }

    function test_GivenAsManyStepsArePendingAsCanBe_RevertWithTooManyPendingWhereFourCanBe() external {
        tooManyPending(4);
    }

    function test_GivenAsManyStepsArePendingAsCanBe_RevertWithTooManyPendingWhereEightCanBe() external {
        tooManyPending(8);
    }

    function test_GivenAsManyStepsArePendingAsCanBe_OpenOnceTheFirstIsPaid() external {
        (Claimed memory first, Claimed memory last) = pending(4, 4);
        pass(DISPUTE_WINDOW);
        finalize(first);
        accepts(opening(openingAfter(last)));
    }

    function test_GivenOneStepLessIsPendingThanCanBe_Open() external {
        (, Claimed memory last) = pending(8, 7);
        accepts(opening(openingAfter(last)));
    }

    function test_GivenAPendingStepIsChallenged_RevertWithChallengePendingAndTheStepsBit() external {
        (Claimed memory first, Claimed memory last) = pending(4, 2);
        challengeEvidence(first);
        refusesOpening(openingAfter(last), abi.encodeWithSelector(IEscrow.ChallengePending.selector, 2));
    }

    function test_GivenAllPendingStepsAreChallenged_RevertWithChallengePendingAndTheBitsOfAll() external {
        (Claimed memory first, Claimed memory last) = pending(4, 2);
        challengeEvidence(first);
        challengeConduct(last);
        refusesOpening(openingAfter(last), abi.encodeWithSelector(IEscrow.ChallengePending.selector, 6));
    }

    function test_GivenTheChallengeIsDecided_Open() external {
        (Claimed memory first, Claimed memory last) = pending(4, 2);
        challengeConduct(first);
        rule(first, ISettlement.Ruling.Upheld, 0);
        accepts(opening(openingAfter(last)));
    }

    function test_WhenAParentIsNamedBeforeTheFirstStep_RevertWithPermitParentMismatch() external {
        IEscrow.StepOpening memory opening_ = ready();
        opening_.parentHead = fresh("parent");
        parentMismatch(opening_, 0);
    }

    function test_WhenAnotherParentIsNamedThanTheLastClaimLeft_RevertWithPermitParentMismatch() external {
        Claimed memory claimed = claim(buy());
        IEscrow.StepOpening memory opening_ = openingAfter(claimed);
        opening_.parentHead = fresh("parent");
        parentMismatch(opening_, Hashes.head(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment));
    }

    function test_WhenNoParentIsNamedAfterTheFirstStep_RevertWithPermitParentMismatch() external {
        Claimed memory claimed = claim(buy());
        IEscrow.StepOpening memory opening_ = openingAfter(claimed);
        opening_.parentHead = 0;
        parentMismatch(opening_, Hashes.head(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment));
    }

    function test_GivenAStepIsOpen_RevertWithPermitParentMismatch() external {
        Opened memory opened = open(buy());
        PermitInput memory permit = permitOf(opened.entitled);
        permit.step = 2;
        parentMismatch(
            openingOf(openedOf(opened.entitled, permit)),
            Hashes.openMarker(opened.parentHead, opened.permitHash, opened.runKey)
        );
    }

    function test_GivenTheRunIsOpenInAnotherEntitlement_RevertWithRunUsed() external {
        Opened memory opened = open(buy());
        IEscrow.StepOpening memory opening_ = ready();
        runUsed(opening_, opened);
    }

    function test_GivenTheRunHasTimedOut_RevertWithRunUsed() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        runUsed(openingOf(opened), opened);
    }

    function test_GivenTheRunIsPaid_RevertWithRunUsed() external {
        Claimed memory claimed = paid(buy());
        runUsed(openingAfter(claimed), claimed.opened);
    }

    function test_GivenTheRunWasRejected_RevertWithRunUsed() external {
        Claimed memory claimed = claim(buy());
        reject(claimed);
        IEscrow.StepOpening memory opening_ = openingOf(claimed.opened);
        opening_.epoch = 1;
        runUsed(opening_, claimed.opened);
    }

    function test_WhenEverythingFits_AnswerTheDeadlineForTheClaim() external {
        assertEq(abi.decode(accepts(opening(ready())), (uint256)), nowIs() + STEP_TIMEOUT, "deadline");
    }

    function test_WhenEverythingFits_CountTheStepAndChangeNothingElse() external {
        IEscrow.StepOpening memory opening_ = openingAfter(paid(buy()));
        _entitled.id = opening_.entitlement;
        IEscrow.Entitlement memory stored = escrow.entitlementOf(_entitled.id);
        accepts(opening(opening_));
        stored.opened = 2;
        requireEntitlement(_entitled, stored);
    }

    function test_WhenEverythingFits_MarkTheHeadOpenForThisRunAndPermit() external {
        IEscrow.StepOpening memory opening_ = openingAfter(claim(buy()));
        accepts(opening(opening_));
        bytes32 marker = Hashes.openMarker(opening_.parentHead, opening_.permitHash, opening_.runKey);
        assertEq(escrow.headOf(opening_.entitlement), marker, "head");
    }

    function test_WhenEverythingFits_RecordTheRun() external {
        Opened memory opened = openedFirst();
        accepts(opening(openingOf(opened)));
        requireRun(opened, freshRun(nowIs()));
    }

    function test_WhenEverythingFits_EmitNothingAndMoveNoMoney() external {
        Opened memory opened = openedFirst();
        movesNothing(opening(openingOf(opened)), opened.entitled);
    }

    function test_WhenAStaleRunIsNamedBeforeItsDeadline_RevertWithStepNotTimedOut() external {
        IEscrow.StepOpening memory opening_ = replacing(1);
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.StepNotTimedOut.selector, nowIs() + 1));
    }

    function test_WhenAStaleRunIsNamedAtItsDeadline_OpenTheStepAnewAndCountItOnce() external {
        IEscrow.StepOpening memory opening_ = replacing(0);
        accepts(opening(opening_));
        assertEq(escrow.entitlementOf(opening_.entitlement).opened, 1, "opened");
        bytes32 marker = Hashes.openMarker(opening_.parentHead, opening_.permitHash, opening_.runKey);
        assertEq(escrow.headOf(opening_.entitlement), marker, "head");
    }

    function test_WhenAStaleRunIsNamedAtItsDeadline_EmitStepTimedOut() external {
        IEscrow.StepOpening memory opening_ = replacing(0);
        expectEvent(address(escrow));
        emit IEscrow.StepTimedOut(opening_.entitlement, 1, opening_.staleRunKey);
        accepts(opening(opening_));
    }

    function test_WhenAStaleRunIsNamedWithAnotherPermit_RevertWithStepNotOpen() external {
        IEscrow.StepOpening memory opening_ = replacing(0);
        opening_.stalePermitHash = fresh("permit");
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.StepNotOpen.selector, opening_.staleRunKey));
    }

    function test_WhenAStaleRunIsNamedAndTheHeadIsTheParent_OpenWithoutVoidingAnything() external {
        IEscrow.StepOpening memory opening_ = ready();
        opening_.staleRunKey = open(buy()).runKey;
        accepts(opening(opening_));
    }

    Entitled private _entitled;

    /// @dev The opening of the first of four steps.
    function ready() private returns (IEscrow.StepOpening memory) {
        _entitled = buy();
        return openingOf(openedOf(_entitled, permitOf(_entitled)));
    }

    /// @dev The first step of a fresh entitlement, not opened yet.
    function openedFirst() private returns (Opened memory) {
        Entitled memory entitled = buy();
        return openedOf(entitled, permitOf(entitled));
    }

    /// @dev What the permit consumer tells the ledger of a buyer's permit.
    function openingOf(Opened memory opened) private pure returns (IEscrow.StepOpening memory opening_) {
        opening_.entitlement = opened.entitled.id;
        opening_.step = opened.permit.step;
        opening_.epoch = opened.permit.epoch;
        opening_.runKey = opened.runKey;
        opening_.permitHash = opened.permitHash;
        opening_.parentHead = opened.parentHead;
        opening_.stepTimeout = opened.entitled.terms.stepTimeout;
    }

    function openingAfter(Claimed memory parent) private returns (IEscrow.StepOpening memory) {
        return openingOf(openedOf(parent.opened.entitled, permitAfter(parent)));
    }

    function opening(IEscrow.StepOpening memory opening_) private view returns (Call memory) {
        return Call(address(consumer), 0, abi.encodeCall(IEscrow.recordOpening, (opening_)));
    }

    /// @dev The first `count` steps of an entitlement are claimed.
    function pending(uint8 maxPending, uint256 count) private returns (Claimed memory first, Claimed memory last) {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = maxPending;
        first = claim(buy(published(terms), 100));
        last = first;
        for (uint256 i = 1; i < count; ++i) last = claimAfter(last);
    }

    /// @dev A first step anew, `early` seconds before the open one times out.
    function replacing(uint256 early) private returns (IEscrow.StepOpening memory opening_) {
        Opened memory stale = open(buy());
        pass(STEP_TIMEOUT - early);
        opening_ = openingOf(openedOf(stale.entitled, permitOf(stale.entitled)));
        opening_.staleRunKey = stale.runKey;
        opening_.stalePermitHash = stale.permitHash;
    }

    function ofGeneration(uint16 named, uint16 actual) private returns (IEscrow.StepOpening memory opening_) {
        opening_ = ready();
        setCounters(_entitled, actual, 0);
        opening_.generation = named;
    }

    function freshRun(uint256 openedAt) private pure returns (IEscrow.Run memory run) {
        run.step = 1;
        run.openedAt = uint40(openedAt);
        run.claimDeadline = uint40(openedAt) + STEP_TIMEOUT;
    }

    // ------------------------------------------------------------------ refusals

    function refusesOpening(IEscrow.StepOpening memory opening_, bytes memory answer) private {
        refuses(opening(opening_), answer);
    }

    function epochOutdated(uint32 named, uint16 actual) private {
        IEscrow.StepOpening memory opening_ = ready();
        setCounters(_entitled, 0, actual);
        opening_.epoch = named;
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.EpochOutdated.selector, named, actual));
    }

    function expired(uint256 late) private {
        IEscrow.StepOpening memory opening_ = ready();
        uint40 end = escrow.entitlementOf(opening_.entitlement).expiresAt;
        VM.warp(end + late);
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.EntitlementExpired.selector, end));
    }

    /// @dev The third step is next.
    function notNext(uint32 step) private {
        IEscrow.StepOpening memory opening_ = openingAfter(claimAfter(paid(buy())));
        opening_.step = step;
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.StepNotNext.selector, step, 3));
    }

    function tooManyPending(uint8 maxPending) private {
        (, Claimed memory last) = pending(maxPending, maxPending);
        bytes4 error_ = IEscrow.TooManyPending.selector;
        refusesOpening(openingAfter(last), abi.encodeWithSelector(error_, maxPending, maxPending));
    }

    function parentMismatch(IEscrow.StepOpening memory opening_, bytes32 expected) private {
        bytes4 error_ = IEscrow.PermitParentMismatch.selector;
        refusesOpening(opening_, abi.encodeWithSelector(error_, expected, opening_.parentHead));
    }

    function runUsed(IEscrow.StepOpening memory opening_, Opened memory user) private {
        opening_.runKey = user.runKey;
        refusesOpening(opening_, abi.encodeWithSelector(IEscrow.RunUsed.selector, user.runKey));
    }
}
