// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeTest is Consuming {
    // ------------------------------------------------------------------ caller

    function test_WhenTheCallerIsNotTheOffersGateway_RefuseTheBuyer() external {
        notGateway(buyer);
    }

    function test_WhenTheCallerIsNotTheOffersGateway_RefuseAStranger() external {
        notGateway(stranger);
    }

    // ------------------------------------------------------------------ permit and terms

    function test_WhenTheDeadlineOfThePermitComes_OpenOneSecondBefore() external {
        consumedAround(-1);
    }

    function test_WhenTheDeadlineOfThePermitComes_OpenAtTheDeadline() external {
        consumedAround(0);
    }

    function test_WhenTheDeadlineOfThePermitComes_RevertWithPermitExpiredOneSecondAfter() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.deadline = uint64(nowIs() + 10);
        pass(11);
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IPermitConsumer.PermitExpired.selector, permit.deadline)
        );
    }

    function test_WhenThePermitNamesAnotherRepository_RevertWithPermitRepositoryMismatch() external {
        Entitled memory entitled = ofRepository(78);
        refused(
            entitled,
            signedPermit(entitled, permitOf(entitled)),
            abi.encodeWithSelector(IPermitConsumer.PermitRepositoryMismatch.selector, 78, 77)
        );
    }

    function test_WhenThePermitNamesTheOffersRepository_Open() external {
        requireOpen(open(ofRepository(77)));
    }

    function test_GivenTheOfferNamesNoRepository_OpenForAny(uint64 repository) external {
        Entitled memory entitled = ofRepository(0);
        PermitInput memory permit = permitOf(entitled);
        permit.repositoryId = repository;
        requireOpen(open(entitled, permit));
    }

    function test_WhenThePermitNamesAnotherSourceCommit_RevertWithPermitCommitMismatch() external {
        bytes20 commit = bytes20(uint160(1));
        Entitled memory entitled = ofCommit(commit);
        PermitInput memory permit = permitOf(entitled);
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IPermitConsumer.PermitCommitMismatch.selector, commit, permit.sourceCommit)
        );
    }

    function test_WhenThePermitNamesTheOffersSourceCommit_Open() external {
        requireOpen(open(ofCommit(bytes20(uint160(0x2222222222222222222222222222222222222222)))));
    }

    function test_GivenTheOfferNamesNoSourceCommit_OpenForAny(bytes20 commit) external {
        Entitled memory entitled = buyForAnyCommit();
        PermitInput memory permit = permitOf(entitled);
        permit.sourceCommit = commit;
        requireOpen(open(entitled, permit));
    }

    // ------------------------------------------------------------------ entitlement

    function test_GivenTheEntitlementDoesNotExist_RevertWithNoSuchEntitlement() external {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("never bought"));
        refused(
            entitled,
            signedPermit(entitled, permitOf(entitled)),
            abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, entitled.id)
        );
    }

    function test_WhenThePermitIsOfAnEarlierEpoch_RevertWithEpochOutdated() external {
        Entitled memory entitled = buy();
        cancelPermits(entitled);
        refused(
            entitled,
            signedPermit(entitled, permitOf(entitled)),
            abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1)
        );
    }

    function test_WhenThePermitIsOfALaterEpoch_RevertWithEpochOutdated() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        // What a comparison of the lower 16 bits alone would take for epoch 0.
        permit.epoch = 2 ** 16;
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 2 ** 16, 0)
        );
    }

    function test_WhenThePermitIsOfTheEpochAfterACancel_Open() external {
        Entitled memory entitled = buy();
        cancelPermits(entitled);
        PermitInput memory permit = permitOf(entitled);
        permit.epoch = 1;
        requireOpen(open(entitled, permit));
    }

    function test_WhenTheEntitlementExpires_OpenOneSecondBefore() external {
        Entitled memory entitled = buy();
        pass(TTL - 1);
        requireOpen(open(entitled));
    }

    function test_WhenTheEntitlementExpires_RevertWithEntitlementExpiredAtThatSecond() external {
        expired(0);
    }

    function test_WhenTheEntitlementExpires_RevertWithEntitlementExpiredOneSecondAfter() external {
        expired(1);
    }

    // ------------------------------------------------------------------ step

    function test_WhenThePermitNamesAStepTooEarly_RevertWithStepNotNext() external {
        Claimed memory first = claim(buy());
        PermitInput memory permit = permitAfter(first);
        permit.step = 1;
        stepNotNext(first.opened.entitled, permit, 2);
    }

    function test_WhenThePermitNamesAStepTooLate_RevertWithStepNotNext() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.step = 2;
        stepNotNext(entitled, permit, 1);
    }

    function test_WhenThePermitNamesStepZero_RevertWithStepNotNext() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.step = 0;
        stepNotNext(entitled, permit, 1);
    }

    function test_WhenTheNextStepWasNotBought_RevertWithStepNotBought() external {
        Claimed memory only = claim(buy(publish(), 1));
        notBought(only, 1);
    }

    function test_GivenTheNextStepWasRefunded_RevertWithStepNotBought() external {
        Claimed memory first = claim(buy(publish(), 3));
        Entitled memory entitled = first.opened.entitled;
        VM.prank(buyer);
        escrow.refund(entitled.terms, buyer, entitled.salt, 2);
        notBought(first, 1);
    }

    function test_GivenAsManyStepsArePendingAsTheOfferAllows_RevertWithTooManyPending() external {
        Claimed memory last = twoPendingOfTwo();
        refusedAfter(last, abi.encodeWithSelector(IEscrow.TooManyPending.selector, 2, 2));
    }

    function test_GivenAsManyStepsArePendingAsTheOfferAllows_OpenOnceTheFirstIsPaid() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 2;
        publish(terms);
        Claimed memory first = claim(buy(terms, 4));
        Claimed memory second = claimAfter(first);
        acknowledge(first);
        finalize(first);
        requireOpen(openAfter(second));
    }

    function test_GivenADemandForProofIsOpen_RevertWithChallengePending() external {
        Claimed memory first = claim(buy());
        challengeEvidence(first);
        refusedAfter(first, abi.encodeWithSelector(IEscrow.ChallengePending.selector, 1 << 1));
    }

    function test_GivenADemandForProofIsOpen_OpenOnceItIsAnswered() external {
        Claimed memory first = claim(buy());
        challengeEvidence(first);
        prove(first);
        requireOpen(openAfter(first));
    }

    function test_GivenAnObjectionToConductIsOpen_RevertWithChallengePending() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(second);
        refusedAfter(second, abi.encodeWithSelector(IEscrow.ChallengePending.selector, 1 << 2));
    }

    function test_GivenAnObjectionToConductIsOpen_OpenOnceItIsRuled() external {
        Claimed memory first = claim(buy());
        challengeConduct(first);
        rule(first, ISettlement.Ruling.Upheld, 0);
        requireOpen(openAfter(first));
    }

    // ------------------------------------------------------------------ chain

    function test_WhenTheParentsAreNotThoseOfTheLastClaim_RefuseAnotherState() external {
        Claimed memory first = claim(buy());
        PermitInput memory permit = permitAfter(first);
        permit.parentStateCommitment = fresh("other state");
        parentMismatch(first, permit);
    }

    function test_WhenTheParentsAreNotThoseOfTheLastClaim_RefuseAnotherNet() external {
        Claimed memory first = claim(buy());
        PermitInput memory permit = permitAfter(first);
        permit.parentNetCommitment = fresh("other net");
        parentMismatch(first, permit);
    }

    function test_WhenTheParentsAreNotThoseOfTheLastClaim_RefuseToBeginAnew() external {
        Claimed memory first = claim(buy());
        PermitInput memory permit = permitAfter(first);
        permit.parentStateCommitment = 0;
        permit.parentNetCommitment = 0;
        parentMismatch(first, permit);
    }

    function test_WhenTheFirstStepNamesAParent_RevertWithPermitParentMismatch() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.parentNetCommitment = fresh("net");
        bytes32 parent = Hashes.head(0, permit.parentNetCommitment);
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IEscrow.PermitParentMismatch.selector, 0, parent)
        );
    }

    function test_GivenAStepIsOpen_RevertWithPermitParentMismatch() external {
        Opened memory opened = open(buy());
        bytes32 marker = Hashes.openMarker(opened.parentHead, opened.permitHash, opened.runKey);
        PermitInput memory permit = permitOf(opened.entitled);
        permit.step = 2;
        refused(
            opened.entitled,
            signedPermit(opened.entitled, permit),
            abi.encodeWithSelector(IEscrow.PermitParentMismatch.selector, marker, 0)
        );
    }

    // ------------------------------------------------------------------ run

    function test_GivenTheSamePermitWasConsumed_RefuseTheSecondConsumption() external {
        Opened memory opened = open(buy());
        refused(
            opened.entitled,
            signedPermit(opened.entitled, opened.permit),
            abi.encodeWithSelector(IEscrow.StepNotNext.selector, 1, 2)
        );
    }

    function test_GivenTheRunTookAnotherEntitlementsStep_RevertWithRunUsed() external {
        Opened memory opened = open(buy());
        runUsed(buy(opened.entitled.terms, 4), opened, 0);
    }

    function test_GivenTheRunTookThisStepAndTimedOut_RevertWithRunUsed() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        runUsed(opened.entitled, opened, 0);
    }

    function test_GivenTheRunTookThisStepAndWasRejected_RevertWithRunUsed() external {
        Claimed memory first = claim(buy());
        reject(first);
        runUsed(first.opened.entitled, first.opened, 1);
    }

    function test_GivenAnotherGatewayUsedTheRunOfThatNumber_Open() external {
        Opened memory opened = open(buy());
        OfferTerms memory terms = defaultTerms();
        terms.gateway = stranger;
        publish(terms);
        Entitled memory entitled = buy(terms, 1);
        PermitInput memory permit = permitOf(entitled);
        permit.runId = opened.permit.runId;
        requireOpen(open(entitled, permit));
    }

    function test_GivenAnEarlierAttemptOfTheRunWasUsed_Open() external {
        Opened memory opened = open(buy());
        Entitled memory entitled = buy(opened.entitled.terms, 1);
        PermitInput memory permit = permitOf(entitled);
        permit.runId = opened.permit.runId;
        permit.runAttempt = 2;
        requireOpen(open(entitled, permit));
    }

    // ------------------------------------------------------------------ offer

    function test_GivenTheOfferWasRetired_Open() external {
        Entitled memory entitled = buy();
        VM.prank(seller);
        registry.retire(entitled.offerId);
        requireOpen(open(entitled));
    }

    function test_GivenTheSaleEnded_Open() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs() + 1);
        publish(terms);
        Entitled memory entitled = buy(terms, 1);
        pass(2);
        requireOpen(open(entitled));
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_ReturnThePermitsDigest() external {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        VM.prank(gateway);
        bytes32 permitHash = consumer.consume(entitled.terms, consumption);
        assertEq(permitHash, openedOf(entitled, permit).permitHash, "permit hash");
    }

    function test_WhenEverythingIsInOrder_CountTheStepAsOpenedAndChangeNothingElseOfTheEntitlement() external {
        Entitled memory entitled = buy();
        IEscrow.Entitlement memory expected = escrow.entitlementOf(entitled.id);
        open(entitled);
        expected.opened = 1;
        assertEq(abi.encode(escrow.entitlementOf(entitled.id)), abi.encode(expected), "entitlement");
    }

    function test_WhenEverythingIsInOrder_PutTheOpenMarkerAtTheHead() external {
        Opened memory opened = openAfter(claim(buy()));
        bytes32 marker = Hashes.openMarker(opened.parentHead, opened.permitHash, opened.runKey);
        assertEq(escrow.headOf(opened.entitled.id), marker, "head");
    }

    function test_WhenEverythingIsInOrder_RecordStepAndTimeOfTheRun() external {
        Opened memory opened = openAfter(claim(buy()));
        IEscrow.Run memory expected;
        expected.step = 2;
        expected.openedAt = uint40(nowIs());
        expected.claimDeadline = uint40(nowIs()) + STEP_TIMEOUT;
        assertEq(abi.encode(escrow.runOf(opened.runKey)), abi.encode(expected), "run");
    }

    function test_WhenEverythingIsInOrder_LeaveTheClaimPossibleUntilTheStepsTimeout() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT - 1);
        requireOpen(opened);
        pass(1);
        assertFalse(
            escrow.isOpen(opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead),
            "no longer open"
        );
    }

    function test_WhenEverythingIsInOrder_EmitPermitConsumed() external {
        Claimed memory first = claim(buy());
        PermitInput memory permit = permitAfter(first);
        permit.observationHash = fresh("observation");
        IPermitConsumer.Consumption memory consumption = signedPermit(first.opened.entitled, permit);
        expectPermitConsumed(first.opened.entitled, consumption);
        consume(first.opened.entitled, consumption);
    }

    function test_WhenEverythingIsInOrder_MoveNoMoney() external {
        Entitled memory entitled = buy();
        uint256 held = address(escrow).balance;
        open(entitled);
        assertEq(address(escrow).balance, held, "money in the escrow");
        assertEq(escrow.creditOf(address(0), buyer), 0, "credit");
    }

    // ------------------------------------------------------------------ parts

    function notGateway(address caller) private {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.NotGateway.selector, caller, gateway));
        VM.prank(caller);
        consumer.consume(entitled.terms, consumption);
    }

    function consumedAround(int256 offset) private {
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        permit.deadline = uint64(nowIs() + 10);
        VM.warp(uint256(int256(uint256(permit.deadline)) + offset));
        consumed(entitled, signedPermit(entitled, permit));
    }

    function ofRepository(uint64 repository) private returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.sourceRepositoryId = repository;
        publish(terms);
        return buy(terms, 1);
    }

    function ofCommit(bytes20 commit) private returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = commit;
        publish(terms);
        return buy(terms, 1);
    }

    function cancelPermits(Entitled memory entitled) private {
        VM.prank(entitled.buyer);
        escrow.cancelPermits(entitled.offerId, entitled.salt);
    }

    function expired(uint256 after_) private {
        Entitled memory entitled = buy();
        uint256 expiresAt = nowIs() + TTL;
        pass(TTL + after_);
        refused(
            entitled,
            signedPermit(entitled, permitOf(entitled)),
            abi.encodeWithSelector(IEscrow.EntitlementExpired.selector, expiresAt)
        );
    }

    function stepNotNext(Entitled memory entitled, PermitInput memory permit, uint256 expected) private {
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IEscrow.StepNotNext.selector, permit.step, expected)
        );
    }

    function notBought(Claimed memory last, uint24 bought) private {
        refusedAfter(last, abi.encodeWithSelector(IEscrow.StepNotBought.selector, last.ref.step + 1, bought));
    }

    function twoPendingOfTwo() private returns (Claimed memory) {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 2;
        publish(terms);
        return claimAfter(claim(buy(terms, 4)));
    }

    /// @dev The step after a claimed one is refused.
    function refusedAfter(Claimed memory parent, bytes memory answer) private {
        Entitled memory entitled = parent.opened.entitled;
        refused(entitled, signedPermit(entitled, permitAfter(parent)), answer);
    }

    function parentMismatch(Claimed memory last, PermitInput memory permit) private {
        bytes32 head = Hashes.head(last.claim.nextStateCommitment, last.claim.nextNetCommitment);
        bytes32 parent = Hashes.head(permit.parentStateCommitment, permit.parentNetCommitment);
        Entitled memory entitled = last.opened.entitled;
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IEscrow.PermitParentMismatch.selector, head, parent)
        );
    }

    /// @dev A new permit for the run of an earlier one.
    function runUsed(Entitled memory entitled, Opened memory earlier, uint32 epoch) private {
        PermitInput memory permit = permitOf(entitled);
        permit.runId = earlier.permit.runId;
        permit.epoch = epoch;
        refused(
            entitled,
            signedPermit(entitled, permit),
            abi.encodeWithSelector(IEscrow.RunUsed.selector, earlier.runKey)
        );
    }
}
