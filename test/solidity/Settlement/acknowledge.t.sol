// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {SmartAccount} from "../../../contracts/test/SmartAccount.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementAcknowledgeTest is Settling {
    // ------------------------------------------------------------------ the buyer's word

    function test_WhenTheBuyerCalls_AskForNoSignature() external {
        Claimed memory claimed = claim(buy());
        VM.prank(buyer);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, "");
        requireEnded(claimed);
    }

    function test_WhenTheBuyerCalls_IgnoreWhateverStandsForASignature(bytes memory anything) external {
        Claimed memory claimed = claim(buy());
        VM.prank(buyer);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, anything);
        requireEnded(claimed);
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_AcceptFromAnybody(address caller) external {
        Claimed memory claimed = claim(buy());
        bytes memory signed = acknowledgement(buyer, claimed);
        VM.prank(caller);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, signed);
        requireEnded(claimed);
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItForAnotherStep() external {
        Claimed memory claimed = claim(buy());
        bytes32 digest = Hashes.acknowledgementDigest(
            address(settlement),
            claimed.opened.entitled.id,
            2,
            claimed.ref.claimHash
        );
        unsigned(claimed, signature(buyer, digest));
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItForAnotherClaimOfTheSameStep() external {
        Claimed memory claimed = claim(buy());
        unsigned(claimed, acknowledgement(buyer, claimOf(claimed.opened)));
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItForAnotherEntitlement() external {
        Claimed memory claimed = claim(buy());
        bytes32 digest = Hashes.acknowledgementDigest(
            address(settlement),
            buy(claimed.opened.entitled.terms, 4).id,
            1,
            claimed.ref.claimHash
        );
        unsigned(claimed, signature(buyer, digest));
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItForAnotherChain() external {
        Claimed memory claimed = claim(buy());
        VM.chainId(8453);
        bytes memory signed = acknowledgement(buyer, claimed);
        VM.chainId(31_337);
        unsigned(claimed, signed);
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItForAnotherContract() external {
        Claimed memory claimed = claim(buy());
        bytes32 digest = Hashes.acknowledgementDigest(
            address(consumer),
            claimed.opened.entitled.id,
            1,
            claimed.ref.claimHash
        );
        unsigned(claimed, signature(buyer, digest));
    }

    function test_WhenSomebodyElseCallsWithTheBuyersSignature_RefuseItsHighTwin() external {
        Claimed memory claimed = claim(buy());
        unsigned(claimed, SignatureForms.malleable(acknowledgement(buyer, claimed)));
    }

    function test_WhenSomebodyElseCallsWithoutTheBuyersSignature_RefuseTheSeller() external {
        Claimed memory claimed = claim(buy());
        unsignedFrom(seller, claimed, acknowledgement(seller, claimed));
    }

    function test_WhenSomebodyElseCallsWithoutTheBuyersSignature_RefuseTheGateway() external {
        Claimed memory claimed = claim(buy());
        unsignedFrom(gateway, claimed, acknowledgement(gateway, claimed));
    }

    function test_WhenSomebodyElseCallsWithoutTheBuyersSignature_RefuseAnEmptySignature() external {
        unsigned(claim(buy()), "");
    }

    function test_GivenTheBuyerHasADelegate_RefuseTheDelegatesCall() external {
        unsignedFrom(delegate, delegated(), "");
    }

    function test_GivenTheBuyerHasADelegate_RefuseTheDelegatesSignature() external {
        Claimed memory claimed = delegated();
        unsigned(claimed, acknowledgement(delegate, claimed));
    }

    function test_GivenTheBuyerIsAContract_AcceptItsCall() external {
        (SmartAccount account, Claimed memory claimed) = claimedFrom();
        account.execute(
            address(settlement),
            abi.encodeCall(ISettlement.acknowledge, (claimed.opened.entitled.terms, claimed.ref, ""))
        );
        requireEnded(claimed);
    }

    function test_GivenTheBuyerIsAContract_AcceptWhatItAgreesTo() external {
        (, Claimed memory claimed) = claimedFrom();
        bytes memory signed = acknowledgement(delegate, claimed);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, signed);
        requireEnded(claimed);
    }

    function test_GivenTheBuyerIsAContract_RefuseWhatItDoesNotAgreeTo() external {
        (, Claimed memory claimed) = claimedFrom();
        unsigned(claimed, acknowledgement(stranger, claimed));
    }

    // ------------------------------------------------------------------ the claim

    function test_WhenTheReferenceIsFalseInOneMember_RevertWithClaimNotPendingWhicheverItIs() external {
        Claimed memory claimed = claim(buy());
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            expectRefusal(notPending(claimed.opened.entitled.terms, ref));
            VM.prank(ref.buyer);
            settlement.acknowledge(claimed.opened.entitled.terms, ref, "");
        }
        requirePending(claimed);
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

    function test_GivenTheStepWasClaimedAgainAfterARejection_RefuseTheAcknowledgementOfTheFirstClaim() external {
        Claimed memory first = claim(buy());
        bytes memory signed = acknowledgement(buyer, first);
        reject(first);
        unsigned(claim(openAgain(first, 1)), signed);
    }

    // ------------------------------------------------------------------ challenges

    function test_GivenTheEvidenceIsChallenged_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
    }

    function test_GivenTheEvidenceIsChallenged_AcceptOnceItIsProven() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        prove(claimed);
        accepted(claimed);
    }

    function test_GivenConductIsChallenged_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
    }

    function test_GivenConductIsChallenged_AcceptOnceItIsUpheld() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        accepted(claimed);
    }

    function test_GivenConductIsChallenged_AcceptOnceThePriceIsSplit() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        accepted(claimed);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), 400, "earnings");
    }

    // ------------------------------------------------------------------ the window

    function test_GivenTheClaimIsAcknowledged_RefuseTheReferenceWithTheOldEnd() external {
        Claimed memory claimed = claim(buy());
        Claimed memory before = claimedOf(claimed.opened, claimed.claim);
        before.ref.windowEnd = claimed.ref.windowEnd;
        acknowledge(claimed);
        refused(before, notPending(before));
    }

    function test_GivenTheClaimIsAcknowledged_ChangeNothingByTheReferenceWithTheNewEnd() external {
        Claimed memory claimed = claim(buy());
        pass(7);
        acknowledge(claimed);
        pass(7);
        requireWindow(claimed, claimed.ref.windowEnd, claimed.ref.windowEnd);
    }

    function test_WhenTheEndOfTheWindowComes_EndItOneSecondBefore() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW - 1);
        requireWindow(claimed, uint40(nowIs()), uint40(nowIs()));
    }

    function test_WhenTheEndOfTheWindowComes_LeaveItAsItIsAtThatSecond() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW);
        requireWindow(claimed, claimed.ref.windowEnd, 0);
    }

    function test_WhenTheEndOfTheWindowComes_LeaveItAsItIsOneSecondAfter() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW + 1);
        requireWindow(claimed, claimed.ref.windowEnd, 0);
    }

    function test_WhenTheClaimIsTheLastOfSeveral_LeaveTheWindowsOfTheOthersAsTheyAre() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        acknowledge(second);
        requirePending(first);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowOpen.selector, first.ref.windowEnd));
        finalize(first);
    }

    function test_WhenTheClaimIsTheLastOfSeveral_NotBePayableBeforeTheOthers() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        acknowledge(second);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 2, 1));
        finalize(second);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_MakeTheClaimPayableInTheSameSecond() external {
        Claimed memory claimed = claim(buy());
        pass(7);
        acknowledge(claimed);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings");
    }

    function test_WhenEverythingIsInOrder_EndTheTimeForChallenges() external {
        Claimed memory claimed = claim(buy());
        acknowledge(claimed);
        OfferTerms memory terms = claimed.opened.entitled.terms;
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowClosed.selector, nowIs()));
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowClosed.selector, nowIs()));
        challengeConduct(claimed);
    }

    function test_WhenEverythingIsInOrder_RecordTheEndWithTheRunAndChangeNothingElseOfIt() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        pass(7);
        acknowledge(claimed);
        run.windowEnd = uint40(nowIs());
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
    }

    function test_WhenEverythingIsInOrder_LeaveTheEntitlementAsItIs() external {
        Claimed memory claimed = claim(buy());
        bytes memory record = abi.encode(recordOf(claimed));
        bytes32 head = escrow.headOf(claimed.opened.entitled.id);
        acknowledge(claimed);
        assertEq(abi.encode(recordOf(claimed)), record, "entitlement");
        assertEq(escrow.headOf(claimed.opened.entitled.id), head, "head");
    }

    function test_WhenEverythingIsInOrder_MoveNoMoney() external {
        Claimed memory claimed = claim(buy());
        Books memory books = booksOf(claimed.opened.entitled);
        acknowledge(claimed);
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenEverythingIsInOrder_EmitClaimAcknowledged() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        pass(7);
        VM.recordLogs();
        expectAcknowledged(claimed, uint40(nowIs()));
        acknowledge(claimed);
        requireEvents(1);
    }

    // ------------------------------------------------------------------ parts

    function accepted(Claimed memory claimed) private {
        acknowledge(claimed);
        requirePending(claimed);
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        acknowledge(claimed);
    }

    function unsigned(Claimed memory claimed, bytes memory signed) private {
        unsignedFrom(stranger, claimed, signed);
    }

    function unsignedFrom(address caller, Claimed memory claimed, bytes memory signed) private {
        expectRefusal(abi.encodeWithSelector(ISettlement.AcknowledgementInvalid.selector, claimed.ref.buyer));
        VM.prank(caller);
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, signed);
        requirePending(claimed);
    }

    function requireEnded(Claimed memory claimed) private view {
        claimed.ref.windowEnd = uint40(nowIs());
        requirePending(claimed);
    }

    /// @dev The buyer acknowledges, and the window ends at `end`; the run's record says so if it was brought forward.
    function requireWindow(Claimed memory claimed, uint40 end, uint40 recorded) private {
        expectAcknowledged(claimed, end);
        acknowledge(claimed);
        claimed.ref.windowEnd = end;
        requirePending(claimed);
        assertEq(escrow.runOf(claimed.ref.runKey).windowEnd, recorded, "end of the window, if it changed");
    }

    function expectAcknowledged(Claimed memory claimed, uint40 windowEnd) private {
        expectEvent(address(settlement));
        emit ISettlement.ClaimAcknowledged(
            claimed.opened.entitled.id,
            claimed.ref.step,
            claimed.ref.claimHash,
            windowEnd
        );
    }

    /// @dev A claim of an entitlement whose buyer lets another key sign permits.
    function delegated() private returns (Claimed memory claimed) {
        Entitled memory entitled = buy();
        VM.prank(buyer);
        consumer.delegate(entitled.offerId, entitled.salt, delegate, 4, uint40(FAR));
        return claim(entitled);
    }

    /// @dev A claim of an entitlement of a contract that agrees to what the delegate signs.
    function claimedFrom() private returns (SmartAccount account, Claimed memory claimed) {
        account = SmartAccount(payable(create("SmartAccount", abi.encode(delegate))));
        Entitled memory entitled = buyFor(publish(), address(account), 4);
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        Opened memory opened = openedOf(entitled, permit);
        consumption.signature = signature(delegate, opened.permitHash);
        consume(entitled, consumption);
        claimed = claim(opened);
    }
}
