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
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementChallengeConductTest is Settling {
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;
    bytes32 private constant STATEMENT = keccak256("statement");

    // ------------------------------------------------------------------ who, and the bond

    function test_GivenTheOfferHasNoArbiter_RevertWithArbiterMissing() external {
        refused(claim(buyWithoutArbiter()), abi.encodeWithSelector(ISettlement.ArbiterMissing.selector));
    }

    function test_WhenTheCallerIsNotTheBuyer_RefuseAStranger() external {
        notTheBuyer(stranger);
    }

    function test_WhenTheCallerIsNotTheBuyer_RefuseTheDelegate() external {
        notTheBuyer(delegate);
    }

    function test_WhenTheCallerIsNotTheBuyer_RefuseAStrangerWhoNamesHimselfAsBuyer() external {
        Claimed memory claimed = claim(buy());
        claimed.ref.buyer = stranger;
        refused(claimed, notPending(claimed));
    }

    function test_WhenTheBondIsNotWhatTheOfferSays_RefuseOneWeiLess() external {
        mismatched(claim(buy()), CONDUCT_BOND, CONDUCT_BOND - 1);
    }

    function test_WhenTheBondIsNotWhatTheOfferSays_RefuseOneWeiMore() external {
        mismatched(claim(buy()), CONDUCT_BOND, CONDUCT_BOND + 1);
    }

    function test_WhenTheBondIsNotWhatTheOfferSays_RefuseNone() external {
        mismatched(claim(buy()), CONDUCT_BOND, 0);
    }

    function test_GivenTheOfferAsksForNoBond_AcceptNone() external {
        accepted(claim(buyBondless()));
    }

    function test_GivenTheOfferAsksForNoBond_RefuseSome() external {
        mismatched(claim(buyBondless()), 0, 1);
    }

    // ------------------------------------------------------------------ the claim

    function test_WhenTheReferenceIsFalseInOneMember_RevertWithClaimNotPendingWhicheverItIs() external {
        Claimed memory claimed = claim(buy());
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            VM.deal(ref.buyer, 1 ether);
            expectRefusal(notPending(claimed.opened.entitled.terms, ref));
            VM.prank(ref.buyer);
            settlement.challengeConduct{value: CONDUCT_BOND}(claimed.opened.entitled.terms, ref, STATEMENT, "");
        }
    }

    function test_GivenTheStepIsOpenAndNotClaimed_RevertWithClaimNotPending() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.ref.windowEnd = uint40(FAR);
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

    // ------------------------------------------------------------------ other challenges

    function test_GivenConductIsChallenged_RevertWithAlreadyChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        ISettlement.Challenge memory first = settlement.challengeOf(claimed.ref.runKey, CONDUCT);
        pass(1);
        alreadyChallenged(claimed);
        requireChallenge(claimed, CONDUCT, first);
    }

    function test_GivenConductWasRuledUpon_RevertWithAlreadyChallengedAfterUpholding() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        alreadyChallenged(claimed);
    }

    function test_GivenConductWasRuledUpon_RevertWithAlreadyChallengedAfterASplit() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        alreadyChallenged(claimed);
    }

    function test_GivenTheEvidenceIsChallenged_Accept() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        accepted(claimed);
    }

    function test_GivenTheClaimWasProven_Accept() external {
        Claimed memory claimed = claim(buy());
        prove(claimed);
        accepted(claimed);
    }

    function test_GivenTheClaimCameWithItsProof_Accept() external {
        accepted(claimWithProof(open(buy())));
    }

    function test_GivenTheBuyerIsAContract_AcceptItsCall() external {
        SmartAccount account = SmartAccount(payable(create("SmartAccount", abi.encode(stranger))));
        Entitled memory entitled = buyFor(publish(), address(account), 4);
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        consumption.signature = signature(stranger, openedOf(entitled, permit).permitHash);
        consume(entitled, consumption);
        Claimed memory claimed = claim(openedOf(entitled, permit));
        account.execute{value: CONDUCT_BOND}(
            address(settlement),
            abi.encodeCall(ISettlement.challengeConduct, (entitled.terms, claimed.ref, STATEMENT, ""))
        );
        assertEq(settlement.challengeOf(claimed.ref.runKey, CONDUCT).poster, address(account), "buyer");
    }

    function test_GivenTheOfferIsNotProvable_Accept() external {
        accepted(claim(buyUnprovable()));
    }

    // ------------------------------------------------------------------ the window

    function test_GivenTheBuyerAcknowledgedTheClaim_RevertWithWindowClosed() external {
        Claimed memory claimed = claim(buy());
        acknowledge(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.WindowClosed.selector, nowIs()));
    }

    function test_WhenTheEndOfTheWindowComes_AcceptOneSecondBefore() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW - 1);
        accepted(claimed);
    }

    function test_WhenTheEndOfTheWindowComes_RevertWithWindowClosedAtThatSecond() external {
        closed(DISPUTE_WINDOW);
    }

    function test_WhenTheEndOfTheWindowComes_RevertWithWindowClosedOneSecondAfter() external {
        closed(DISPUTE_WINDOW + 1);
    }

    function test_WhenItIsAnySecondAroundTheEndOfTheWindow_BePossibleExactlyWherePaymentIsNot(uint8 time) external {
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        pass(time);
        uint256 before = VM.snapshotState();
        VM.prank(buyer);
        (bool challengeable, ) = address(settlement).call{value: CONDUCT_BOND}(
            abi.encodeCall(ISettlement.challengeConduct, (entitled.terms, claimed.ref, STATEMENT, ""))
        );
        VM.revertToState(before);
        bool payable_ = succeeds(address(escrow), abi.encodeCall(IEscrow.finalize, (claimed.ref, entitled.offerId)));
        assertTrue(challengeable != payable_, "one of the two, and not both");
        assertTrue(challengeable == (time < DISPUTE_WINDOW), "challenged in time");
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_RememberBuyerBondClaimAndEnd() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        pass(7);
        challengeConduct(claimed);
        requireChallenge(
            claimed,
            CONDUCT,
            ISettlement.Challenge({
                poster: buyer,
                bond: CONDUCT_BOND,
                entitlement: claimed.opened.entitled.id,
                claimDigest: Hashes.claimDigest(claimed.ref),
                end: uint40(nowIs()) + ARBITRATION_WINDOW,
                step: 2
            })
        );
    }

    function test_WhenEverythingIsInOrder_MarkTheRunAsChallengedAndLeaveTheRestOfItsRecord() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        challengeConduct(claimed);
        run.conduct = IEscrow.ConductStatus.Challenged;
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
    }

    function test_WhenEverythingIsInOrder_MarkTheStepAsChallengedAndChangeNothingElseOfTheEntitlement() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        IEscrow.Entitlement memory record = recordOf(claimed);
        challengeConduct(claimed);
        record.challenged = 1 << 2;
        assertEq(abi.encode(recordOf(claimed)), abi.encode(record), "entitlement");
        requirePending(claimed);
    }

    function test_WhenEverythingIsInOrder_TakeTheBondAndMoveNoOtherMoney() external {
        Claimed memory claimed = claim(buy());
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        challengeConduct(claimed);
        books.bonds += CONDUCT_BOND;
        books.held += CONDUCT_BOND;
        books.wallets -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenEverythingIsInOrder_BlockPayment() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        pass(DISPUTE_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
    }

    function test_WhenEverythingIsInOrder_BlockTheNextPermit() external {
        Claimed memory claimed = claim(buy());
        IPermitConsumer.Consumption memory next = signedPermit(claimed.opened.entitled, permitAfter(claimed));
        challengeConduct(claimed);
        expectRefusal(abi.encodeWithSelector(IEscrow.ChallengePending.selector, 1 << 1));
        consume(claimed.opened.entitled, next);
    }

    function test_WhenEverythingIsInOrder_EmitConductChallenged() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        OfferTerms memory terms = claimed.opened.entitled.terms;
        pass(7);
        VM.recordLogs();
        expectEvent(address(settlement));
        emit ISettlement.ConductChallenged(
            claimed.opened.entitled.id,
            2,
            claimed.ref.runKey,
            arbiter,
            CONDUCT_BOND,
            uint40(nowIs()) + ARBITRATION_WINDOW,
            STATEMENT,
            "https://statement.test/1"
        );
        VM.prank(buyer);
        settlement.challengeConduct{value: CONDUCT_BOND}(terms, claimed.ref, STATEMENT, "https://statement.test/1");
        requireEvents(1);
    }

    // ------------------------------------------------------------------ parts

    function buyBondless() private returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.conductBond = 0;
        terms.arbiterFee = 0;
        publish(terms);
        return buy(terms, 4);
    }

    function accepted(Claimed memory claimed) private {
        challengeConduct(claimed);
        assertEq(settlement.challengeOf(claimed.ref.runKey, CONDUCT).poster, buyer, "buyer");
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        challengeConduct(claimed);
    }

    function notTheBuyer(address caller) private {
        Claimed memory claimed = claim(buy());
        VM.prank(buyer);
        consumer.delegate(claimed.opened.entitled.offerId, claimed.ref.salt, delegate, 4, uint40(FAR));
        expectRefusal(abi.encodeWithSelector(ISettlement.NotEntitlementBuyer.selector, caller, buyer));
        VM.prank(caller);
        settlement.challengeConduct{value: CONDUCT_BOND}(claimed.opened.entitled.terms, claimed.ref, STATEMENT, "");
    }

    function mismatched(Claimed memory claimed, uint256 required, uint256 sent) private {
        expectRefusal(abi.encodeWithSelector(ISettlement.BondMismatch.selector, required, sent));
        VM.prank(buyer);
        settlement.challengeConduct{value: sent}(claimed.opened.entitled.terms, claimed.ref, STATEMENT, "");
    }

    function alreadyChallenged(Claimed memory claimed) private {
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyChallenged.selector, claimed.ref.runKey));
    }

    function closed(uint256 time) private {
        Claimed memory claimed = claim(buy());
        pass(time);
        refused(claimed, abi.encodeWithSelector(IEscrow.WindowClosed.selector, claimed.ref.windowEnd));
    }
}
