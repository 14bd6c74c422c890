// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementChallengeEvidenceTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    /// @dev Four proofs at this base fee cost exactly the least bond.
    uint256 private constant EVEN_FEE = MIN_BOND / (4 * PROOF_GAS);

    // ------------------------------------------------------------------ bond

    function test_GivenTheOfferIsNotProvable_RevertWithOfferNotProvable() external {
        Claimed memory claimed = claim(buyUnprovable());
        refused(
            claimed,
            abi.encodeWithSelector(ISettlement.OfferNotProvable.selector, claimed.opened.entitled.offerId)
        );
    }

    function test_WhenTheBondIsTooSmall_RevertWithBondTooSmallForOneWeiLess() external {
        tooSmall(claim(buy()), MIN_BOND, MIN_BOND - 1);
    }

    function test_WhenTheBondIsTooSmall_RevertWithBondTooSmallForNone() external {
        tooSmall(claim(buy()), MIN_BOND, 0);
    }

    function test_GivenTheBaseFeeMakesProofsCheap_AskForTheLeastBond() external {
        requireBond(EVEN_FEE - 1, MIN_BOND);
    }

    function test_GivenTheBaseFeeMakesFourProofsCostJustTheLeastBond_AskForTheLeastBond() external {
        assertEq(4 * PROOF_GAS * EVEN_FEE, MIN_BOND, "four proofs");
        requireBond(EVEN_FEE, MIN_BOND);
    }

    function test_GivenTheBaseFeeMakesFourProofsCostMoreThanTheLeastBond_AskForFourProofs() external {
        requireBond(EVEN_FEE + 1, MIN_BOND + 4 * PROOF_GAS);
    }

    function test_GivenTheBaseFeeMakesFourProofsCostMoreThanTheLeastBond_RefuseTheLeastBond() external {
        Claimed memory claimed = claim(buy());
        VM.fee(2 * EVEN_FEE);
        tooSmall(claimed, 2 * MIN_BOND, MIN_BOND);
    }

    function test_GivenTheBaseFeeRisesAfterTheChallenge_KeepTheBondAsItWas() external {
        keepsBond(0, 3 * EVEN_FEE, MIN_BOND);
    }

    function test_GivenTheBaseFeeFallsAfterTheChallenge_KeepTheBondAsItWas() external {
        keepsBond(3 * EVEN_FEE, 0, 3 * MIN_BOND);
    }

    function test_WhenMoreThanTheBondIsSent_CreditTheExcessToTheChallenger() external {
        Claimed memory claimed = claim(buy());
        Books memory books = booksOf(claimed.opened.entitled);
        VM.recordLogs();
        expectCredited(stranger, 7);
        challengeWith(claimed, MIN_BOND + 7);
        requireEvents(2);
        books.challenger += 7;
        books.bonds += MIN_BOND;
        books.held += MIN_BOND + 7;
        books.wallets -= MIN_BOND + 7;
        requireBooks(claimed.opened.entitled, books);
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).bond, MIN_BOND, "bond");
    }

    // ------------------------------------------------------------------ the claim

    function test_WhenTheReferenceIsFalseInOneMember_RevertWithClaimNotPendingWhicheverItIs() external {
        Claimed memory claimed = claim(buy());
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            expectRefusal(notPending(claimed.opened.entitled.terms, ref));
            settlement.challengeEvidence{value: MIN_BOND}(claimed.opened.entitled.terms, ref);
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

    function test_GivenAnEarlierStepWasRejected_RevertWithClaimNotPending() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        reject(first);
        refused(second, notPending(second));
    }

    function test_GivenTheClaimWasProven_RevertWithAlreadyProven() external {
        Claimed memory claimed = claim(buy());
        prove(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
    }

    function test_GivenTheClaimCameWithItsProof_RevertWithAlreadyProven() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
    }

    // ------------------------------------------------------------------ other challenges

    function test_GivenTheEvidenceIsChallenged_RevertWithAlreadyChallenged() external {
        Claimed memory claimed = claim(buy());
        VM.prank(seller);
        settlement.challengeEvidence{value: MIN_BOND}(claimed.opened.entitled.terms, claimed.ref);
        ISettlement.Challenge memory first = settlement.challengeOf(claimed.ref.runKey, EVIDENCE);
        pass(1);
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyChallenged.selector, claimed.ref.runKey));
        requireChallenge(claimed, EVIDENCE, first);
    }

    function test_GivenTheChallengeWasAnswered_RevertWithAlreadyProven() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        prove(claimed);
        refused(claimed, abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
    }

    function test_GivenConductIsChallenged_Accept() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        accepted(claimed);
    }

    function test_GivenConductWasRuledUponWithinTheWindow_AcceptAfterUpholding() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        accepted(claimed);
    }

    function test_GivenConductWasRuledUponWithinTheWindow_AcceptAfterASplit() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        accepted(claimed);
    }

    function test_GivenALaterStepIsChallenged_AcceptForTheEarlier() external {
        Claimed memory first = claim(buy());
        challengeEvidence(claimAfter(first));
        accepted(first);
        assertEq(recordOf(first).challenged, (1 << 1) | (1 << 2), "challenged steps");
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
        (bool challengeable, ) = address(settlement).call{value: MIN_BOND}(
            abi.encodeCall(ISettlement.challengeEvidence, (entitled.terms, claimed.ref))
        );
        VM.revertToState(before);
        bool payable_ = succeeds(address(escrow), abi.encodeCall(IEscrow.finalize, (claimed.ref, entitled.offerId)));
        assertTrue(challengeable != payable_, "one of the two, and not both");
        assertTrue(challengeable == (time < DISPUTE_WINDOW), "challenged in time");
    }

    // ------------------------------------------------------------------ who

    function test_WhenAnybodyChallenges_AcceptFromTheSeller() external {
        acceptedFrom(seller);
    }

    function test_WhenAnybodyChallenges_AcceptFromTheBuyer() external {
        acceptedFrom(buyer);
    }

    function test_WhenAnybodyChallenges_AcceptFromAStranger() external {
        acceptedFrom(stranger);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_RememberChallengerBondClaimAndEnd() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        pass(7);
        challengeEvidence(claimed);
        requireChallenge(
            claimed,
            EVIDENCE,
            ISettlement.Challenge({
                poster: stranger,
                bond: uint96(MIN_BOND),
                entitlement: claimed.opened.entitled.id,
                claimDigest: Hashes.claimDigest(claimed.ref),
                end: uint40(nowIs()) + PROOF_WINDOW,
                step: 2
            })
        );
    }

    function test_WhenEverythingIsInOrder_MarkTheRunAsChallengedAndLeaveTheRestOfItsRecord() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        challengeEvidence(claimed);
        run.evidence = IEscrow.EvidenceStatus.Challenged;
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
    }

    function test_WhenEverythingIsInOrder_MarkTheStepAsChallengedAndChangeNothingElseOfTheEntitlement() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        IEscrow.Entitlement memory record = recordOf(claimed);
        challengeEvidence(claimed);
        record.challenged = 1 << 2;
        assertEq(abi.encode(recordOf(claimed)), abi.encode(record), "entitlement");
        requirePending(claimed);
    }

    function test_WhenEverythingIsInOrder_TakeTheBondAndMoveNoOtherMoney() external {
        Claimed memory claimed = claim(buy());
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        challengeEvidence(claimed);
        books.bonds += MIN_BOND;
        books.held += MIN_BOND;
        books.wallets -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenEverythingIsInOrder_BlockPayment() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        pass(DISPUTE_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
    }

    function test_WhenEverythingIsInOrder_BlockTheNextPermit() external {
        Claimed memory claimed = claim(buy());
        IPermitConsumer.Consumption memory next = signedPermit(claimed.opened.entitled, permitAfter(claimed));
        challengeEvidence(claimed);
        expectRefusal(abi.encodeWithSelector(IEscrow.ChallengePending.selector, 1 << 1));
        consume(claimed.opened.entitled, next);
    }

    function test_WhenEverythingIsInOrder_EmitEvidenceChallenged() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        pass(7);
        VM.recordLogs();
        expectEvent(address(settlement));
        emit ISettlement.EvidenceChallenged(
            claimed.opened.entitled.id,
            2,
            claimed.ref.runKey,
            stranger,
            MIN_BOND,
            uint40(nowIs()) + PROOF_WINDOW
        );
        challengeEvidence(claimed);
        requireEvents(1);
    }

    // ------------------------------------------------------------------ parts

    function challengeWith(Claimed memory claimed, uint256 value) private {
        VM.prank(stranger);
        settlement.challengeEvidence{value: value}(claimed.opened.entitled.terms, claimed.ref);
    }

    function accepted(Claimed memory claimed) private {
        challengeEvidence(claimed);
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).poster, stranger, "challenger");
    }

    function acceptedFrom(address challenger) private {
        Claimed memory claimed = claim(buy());
        VM.prank(challenger);
        settlement.challengeEvidence{value: MIN_BOND}(claimed.opened.entitled.terms, claimed.ref);
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).poster, challenger, "challenger");
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        challengeEvidence(claimed);
    }

    function tooSmall(Claimed memory claimed, uint256 required, uint256 sent) private {
        expectRefusal(abi.encodeWithSelector(ISettlement.BondTooSmall.selector, required, sent));
        challengeWith(claimed, sent);
    }

    /// @dev At this base fee a challenge takes exactly this bond.
    function requireBond(uint256 baseFee, uint256 bond) private {
        Claimed memory claimed = claim(buy());
        VM.fee(baseFee);
        tooSmall(claimed, bond, bond - 1);
        challengeWith(claimed, bond);
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).bond, bond, "bond");
        assertEq(escrow.bondsHeld(), bond, "bonds held");
    }

    /// @dev What is won by a challenge is what was put up, whatever gas costs then.
    function keepsBond(uint256 feeBefore, uint256 feeAfter, uint256 bond) private {
        Claimed memory claimed = claim(buy());
        VM.fee(feeBefore);
        challengeWith(claimed, bond);
        VM.fee(feeAfter);
        Books memory books = booksOf(claimed.opened.entitled);
        prove(claimed);
        books.seller += bond;
        books.bonds -= bond;
        requireBooks(claimed.opened.entitled, books);
    }

    function closed(uint256 time) private {
        Claimed memory claimed = claim(buy());
        pass(time);
        refused(claimed, abi.encodeWithSelector(IEscrow.WindowClosed.selector, claimed.ref.windowEnd));
    }
}
