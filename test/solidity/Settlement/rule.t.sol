// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {SmartAccount} from "../../../contracts/test/SmartAccount.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementRuleTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;
    ISettlement.Ruling private constant UPHELD = ISettlement.Ruling.Upheld;
    ISettlement.Ruling private constant SPLIT = ISettlement.Ruling.Split;
    ISettlement.Ruling private constant REJECTED = ISettlement.Ruling.Rejected;
    uint96 private constant SHARE = 400;
    uint256 private constant REST_OF_BOND = CONDUCT_BOND - ARBITER_FEE;

    // ------------------------------------------------------------------ who

    function test_WhenTheCallerIsNotTheArbiter_RefuseTheSeller() external {
        notTheArbiter(seller);
    }

    function test_WhenTheCallerIsNotTheArbiter_RefuseTheBuyer() external {
        notTheArbiter(buyer);
    }

    function test_WhenTheCallerIsNotTheArbiter_RefuseAStranger() external {
        notTheArbiter(stranger);
    }

    function test_WhenTheCallerIsNotTheArbiter_RefuseTheArbiterOfAnotherOffer() external {
        OfferTerms memory other = defaultTerms();
        other.arbiter = observer;
        publish(other);
        Claimed memory claimed = objected();
        notTheArbiter(observer);
        // Under his own offer's terms he may rule, but that offer has no such claim.
        expectRefusal(notPending(other, claimed.ref));
        VM.prank(observer);
        settlement.rule(other, claimed.ref, UPHELD, 0);
    }

    function test_GivenTheOfferHasNoArbiter_RefuseEverybody(address caller) external {
        Claimed memory claimed = claim(buyWithoutArbiter());
        // Nobody's calls come from the zero address, which is the arbiter here: but nobody could challenge either.
        bytes memory answer =
            caller == address(0)
                ? unknownChallenge(claimed, CONDUCT)
                : abi.encodeWithSelector(ISettlement.NotArbiter.selector, caller, address(0));
        expectRefusal(answer);
        VM.prank(caller);
        settlement.rule(claimed.opened.entitled.terms, claimed.ref, UPHELD, 0);
    }

    // ------------------------------------------------------------------ the ruling

    function test_WhenAnotherRulingThanASplitNamesAShare_RevertWithShareNotAllowedForUpholding() external {
        refused(objected(), UPHELD, 1, abi.encodeWithSelector(ISettlement.ShareNotAllowed.selector, 1));
    }

    function test_WhenAnotherRulingThanASplitNamesAShare_RevertWithShareNotAllowedForRejecting() external {
        refused(objected(), REJECTED, PRICE, abi.encodeWithSelector(ISettlement.ShareNotAllowed.selector, PRICE));
    }

    function test_WhenTheRulingIsNoneOfTheThree_RevertWithoutAReason() external {
        Claimed memory claimed = objected();
        bytes memory data = abi.encodeWithSelector(
            ISettlement.rule.selector,
            claimed.opened.entitled.terms,
            claimed.ref,
            uint8(3),
            uint96(0)
        );
        VM.prank(arbiter);
        (bool done, bytes memory answer) = address(settlement).call(data);
        assertFalse(done, "ruled");
        assertEq(answer, "", "answer");
    }

    function test_GivenNobodyChallenged_RevertWithChallengeUnknown() external {
        unknown(claim(buy()));
    }

    function test_GivenTheEvidenceAloneIsChallenged_RevertWithChallengeUnknown() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        unknown(claimed);
    }

    function test_GivenTheChallengeWasRuledUpon_RevertWithChallengeUnknown() external {
        Claimed memory claimed = objected();
        rule(claimed, UPHELD, 0);
        unknown(claimed);
    }

    function test_GivenAnEarlierStepWasRejected_RevertWithClaimNotPending() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(second);
        reject(first);
        refused(second, UPHELD, 0, notPending(second));
        refused(second, SPLIT, SHARE, notPending(second));
        refused(second, REJECTED, 0, notPending(second));
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RuleOneSecondBefore() external {
        Claimed memory claimed = objected();
        pass(ARBITRATION_WINDOW - 1);
        rule(claimed, UPHELD, 0);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RevertWithChallengeTimeOverAtThatSecond() external {
        tooLate(ARBITRATION_WINDOW);
    }

    function test_WhenTheEndOfTheArbitrationWindowComes_RevertWithChallengeTimeOverOneSecondAfter() external {
        tooLate(ARBITRATION_WINDOW + 1);
    }

    function test_WhenItIsAnySecondAroundTheEndOfTheArbitrationWindow_BePossibleExactlyWhereTheRejectionForSilenceIsNot(
        uint8 time
    ) external {
        Claimed memory claimed = objected();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        pass(time);
        uint256 before = VM.snapshotState();
        VM.prank(arbiter);
        (bool inTime, ) = address(settlement).call(abi.encodeCall(ISettlement.rule, (terms, claimed.ref, REJECTED, 0)));
        VM.revertToState(before);
        bool rejectable = succeeds(
            address(settlement),
            abi.encodeCall(ISettlement.rejectUnruled, (terms, claimed.ref))
        );
        assertTrue(inTime != rejectable, "one of the two, and not both");
        assertTrue(inTime == (time < ARBITRATION_WINDOW), "ruled in time");
    }

    function test_GivenTheEvidenceIsChallengedAsWell_RuleOneSecondBeforeTheEndOfTheProofWindow() external {
        Claimed memory claimed = objectedTwice();
        pass(PROOF_WINDOW - 1);
        rule(claimed, UPHELD, 0);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_GivenTheEvidenceIsChallengedAsWell_RevertWithProofOverdueAtThatSecond() external {
        overdue(0);
    }

    function test_GivenTheEvidenceIsChallengedAsWell_RevertWithProofOverdueOneSecondAfter() external {
        overdue(1);
    }

    function test_GivenTheEvidenceIsChallengedAsWell_RuleWhereTheProofCameInTime() external {
        Claimed memory claimed = objectedTwice();
        prove(claimed);
        pass(PROOF_WINDOW);
        rule(claimed, UPHELD, 0);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_GivenTheEvidenceIsChallengedAsWell_RejectAtThatSecond() external {
        Claimed memory claimed = objectedTwice();
        pass(PROOF_WINDOW);
        rule(claimed, REJECTED, 0);
        requireNoChallenge(claimed, EVIDENCE);
    }

    function test_GivenTheEvidenceIsChallengedAsWell_BePossibleForTheSellerExactlyWhereTheRejectionOfTheUnprovenClaimIsNot(
        uint8 time,
        bool split
    ) external {
        Claimed memory claimed = objectedTwice();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        ISettlement.Ruling ruling = split ? SPLIT : UPHELD;
        pass(time % ARBITRATION_WINDOW);
        uint256 before = VM.snapshotState();
        VM.prank(arbiter);
        (bool ruled, ) = address(settlement).call(
            abi.encodeCall(ISettlement.rule, (terms, claimed.ref, ruling, split ? 1 : 0))
        );
        VM.revertToState(before);
        bool rejectable = succeeds(
            address(settlement),
            abi.encodeCall(ISettlement.rejectUnproven, (terms, claimed.ref))
        );
        assertTrue(ruled != rejectable, "one of the two, and not both");
        assertTrue(ruled == (time % ARBITRATION_WINDOW < PROOF_WINDOW), "ruled in time");
    }

    function test_WhenTheReferenceIsFalseInOneMember_RefuseWhicheverItIs() external {
        Claimed memory claimed = objected();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            for (uint8 ruling; ruling < 3; ++ruling) {
                // A split first looks up the price, which an entitlement that does not exist has not.
                expectRefusal(
                    i == RUN_KEY_MEMBER
                        ? abi.encodeWithSelector(ISettlement.ChallengeUnknown.selector, ref.runKey, CONDUCT)
                        : ISettlement.Ruling(ruling) == SPLIT && i < 2
                            ? abi.encodeWithSelector(IEscrow.ShareOutOfRange.selector, SHARE, 0)
                            : notPending(terms, ref)
                );
                VM.prank(arbiter);
                settlement.rule(
                    terms,
                    ref,
                    ISettlement.Ruling(ruling),
                    ISettlement.Ruling(ruling) == SPLIT ? SHARE : 0
                );
            }
        }
        requirePending(claimed);
    }

    function test_WhenTheDisputeWindowHasPassedAndTheRulingIsDue_Rule() external {
        Claimed memory claimed = objected();
        pass(DISPUTE_WINDOW);
        rule(claimed, UPHELD, 0);
        finalize(claimed);
    }

    // ------------------------------------------------------------------ upheld

    function test_WhenTheArbiterUpholds_PayTheArbiterHisFeeAndTheSellerTheRestOfTheBond() external {
        Claimed memory claimed = objected();
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, UPHELD, 0);
        books.arbiter += ARBITER_FEE;
        books.seller += REST_OF_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_WhenTheArbiterUpholds_LeaveTheStakeAlone() external {
        Claimed memory claimed = objected(1 ether);
        rule(claimed, UPHELD, 0);
        assertEq(stakeOf(claimed), 1 ether, "stake");
    }

    function test_WhenTheArbiterUpholds_LetTheEntitlementGoOn() external {
        Claimed memory claimed = objected();
        rule(claimed, UPHELD, 0);
        openAfter(claimed);
        pass(DISPUTE_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        finalize(claimed);
        books.earnings += PRICE;
        books.deposit -= PRICE;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenTheArbiterUpholds_MarkTheRunAsUpheld() external {
        marked(UPHELD, 0, IEscrow.ConductStatus.Upheld);
    }

    function test_WhenTheArbiterUpholds_EmitConductRuledAndTwoCredited() external {
        Claimed memory claimed = objected();
        VM.recordLogs();
        expectRuled(claimed, UPHELD, 0);
        expectCredited(arbiter, ARBITER_FEE);
        expectCredited(seller, REST_OF_BOND);
        rule(claimed, UPHELD, 0);
        requireEvents(3);
    }

    // ------------------------------------------------------------------ split

    function test_WhenTheArbiterSplits_PayTheArbiterHisFeeAndTheBuyerTheRestOfTheBond() external {
        Claimed memory claimed = objected();
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, SPLIT, SHARE);
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_WhenTheArbiterSplits_LeaveTheStakeAlone() external {
        Claimed memory claimed = objected(1 ether);
        rule(claimed, SPLIT, SHARE);
        assertEq(stakeOf(claimed), 1 ether, "stake");
    }

    function test_WhenTheArbiterSplits_LetTheEntitlementGoOn() external {
        Claimed memory claimed = objected();
        rule(claimed, SPLIT, SHARE);
        requirePending(claimed);
        requirePending(claimAfter(claimed));
    }

    function test_WhenTheArbiterSplits_MarkTheRunAsSplit() external {
        Claimed memory claimed = marked(SPLIT, SHARE, IEscrow.ConductStatus.Split);
        (uint96 share, address currency) = escrow.splitOf(claimed.ref.runKey);
        assertEq(share, SHARE, "share");
        assertEq(currency, address(0), "currency");
    }

    function test_WhenTheArbiterSplits_DivideThePriceOnPayment() external {
        Claimed memory claimed = objected();
        rule(claimed, SPLIT, SHARE);
        pass(DISPUTE_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        finalize(claimed);
        books.earnings += SHARE;
        books.buyer += PRICE - SHARE;
        books.deposit -= PRICE;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenTheArbiterSplits_DivideThePriceInTheOffersToken() external {
        OfferTerms memory terms = defaultTerms();
        terms.token = address(token);
        publish(terms);
        Claimed memory claimed = claim(buy(terms, 4));
        challengeConduct(claimed);
        rule(claimed, SPLIT, SHARE);
        pass(DISPUTE_WINDOW);
        uint256 native = creditOf(buyer);
        finalize(claimed);
        assertEq(escrow.creditOf(address(token), buyer), PRICE - SHARE, "tokens of the buyer");
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), SHARE, "earnings");
        assertEq(creditOf(buyer), native, "native money of the buyer");
    }

    function test_WhenTheArbiterSplits_DivideNoOtherStepsPrice() external {
        // The fifth step takes the place of the first in everything that is kept for four pending steps.
        Claimed memory claimed = claim(buy(publish(), 5));
        challengeConduct(claimed);
        rule(claimed, SPLIT, SHARE);
        acknowledge(claimed);
        finalize(claimed);
        for (uint256 i; i < 4; ++i) {
            claimed = claimAfter(claimed);
            acknowledge(claimed);
            finalize(claimed);
        }
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), SHARE + 4 * PRICE, "earnings");
    }

    function test_WhenTheArbiterSplits_EmitConductRuledAndTwoCredited() external {
        Claimed memory claimed = objected();
        VM.recordLogs();
        expectRuled(claimed, SPLIT, SHARE);
        expectCredited(arbiter, ARBITER_FEE);
        expectCredited(buyer, REST_OF_BOND);
        rule(claimed, SPLIT, SHARE);
        requireEvents(3);
    }

    function test_WhenTheShareIsAtItsBounds_RefuseNone() external {
        outOfRange(0);
    }

    function test_WhenTheShareIsAtItsBounds_AcceptTheLeast() external {
        divided(1);
    }

    function test_WhenTheShareIsAtItsBounds_AcceptOneLessThanThePrice() external {
        divided(PRICE - 1);
    }

    function test_WhenTheShareIsAtItsBounds_RefuseThePrice() external {
        outOfRange(PRICE);
    }

    function test_WhenTheShareIsAtItsBounds_RefuseMoreThanThePrice() external {
        outOfRange(PRICE + 1);
    }

    // ------------------------------------------------------------------ rejected

    function test_WhenTheArbiterRejects_PayTheArbiterHisFeeAndTheBuyerTheRestOfTheBond() external {
        Claimed memory claimed = objected();
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, REJECTED, 0);
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireNoChallenge(claimed, CONDUCT);
    }

    function test_WhenTheArbiterRejects_FreeTheNumberForARefund() external {
        Claimed memory claimed = objected();
        rule(claimed, REJECTED, 0);
        VM.prank(buyer);
        escrow.refund(claimed.opened.entitled.terms, buyer, claimed.ref.salt, 4);
        assertEq(creditOf(buyer), 4 * PRICE + REST_OF_BOND, "credit of the buyer");
    }

    function test_WhenTheArbiterRejects_VoidLaterStepsAndLeaveEarlierOnesPayable() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        Claimed memory third = claimAfter(second);
        challengeConduct(second);
        rule(second, REJECTED, 0);
        requireVoid(second);
        requireVoid(third);
        pass(DISPUTE_WINDOW);
        finalize(first);
        assertEq(recordOf(first).opened, 1, "steps opened");
        assertEq(recordOf(first).settled, 1, "steps paid");
    }

    function test_WhenTheArbiterRejects_KeepTheMoneyOfTheStepsInDeposit() external {
        Claimed memory claimed = objected();
        rule(claimed, REJECTED, 0);
        assertEq(booksOf(claimed.opened.entitled).deposit, 4 * PRICE, "deposit of four steps");
    }

    function test_WhenTheArbiterRejects_EmitConductRuledClaimRejectedStepRejectedAndTwoCredited() external {
        Claimed memory claimed = objected();
        VM.recordLogs();
        expectRuled(claimed, REJECTED, 0);
        expectRejected(claimed, ISettlement.RejectionCause.Ruled, 1, 1);
        expectCredited(arbiter, ARBITER_FEE);
        expectCredited(buyer, REST_OF_BOND);
        rule(claimed, REJECTED, 0);
        requireEvents(5);
    }

    function test_WhenTheArbiterRejectsAndThereIsNoStake_PayTheBuyerNothingMore() external {
        slashed(0, 0);
    }

    function test_WhenTheArbiterRejectsAndTheStakeIsSmallerThanTheFee_PayTheBuyerAllOfTheStake() external {
        slashed(ARBITER_FEE - 1, ARBITER_FEE - 1);
    }

    function test_WhenTheArbiterRejectsAndTheStakeEqualsTheFee_PayTheBuyerAllOfTheStake() external {
        slashed(ARBITER_FEE, ARBITER_FEE);
    }

    function test_WhenTheArbiterRejectsAndTheStakeIsLargerThanTheFee_PayTheBuyerAsMuchAsTheFee() external {
        slashed(ARBITER_FEE + 1, ARBITER_FEE);
    }

    function test_WhenTheArbiterRejectsAndTheStakeIsSlashed_EmitStakeSlashedAndCredited() external {
        Claimed memory claimed = objected(1 ether);
        VM.recordLogs();
        expectRuled(claimed, REJECTED, 0);
        expectRejected(claimed, ISettlement.RejectionCause.Ruled, 1, 1);
        expectCredited(arbiter, ARBITER_FEE);
        expectCredited(buyer, REST_OF_BOND);
        expectSlashed(claimed, buyer, ARBITER_FEE);
        rule(claimed, REJECTED, 0);
        requireEvents(7);
    }

    function test_WhenTheArbiterRejectsAfterARootWasRevoked_PunishAllTheSame() external {
        Claimed memory claimed = objected(1 ether);
        evidence.revokeRoot();
        rule(claimed, REJECTED, 0);
        assertEq(stakeOf(claimed), 1 ether - ARBITER_FEE, "stake");
    }

    // ------------------------------------------------------------------ fees

    function test_GivenTheFeeTakesAllOfTheBond_PayTheArbiterAllOfItOnUpholding() external {
        Claimed memory claimed = objectedFor(CONDUCT_BOND, CONDUCT_BOND);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, UPHELD, 0);
        books.arbiter += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheFeeTakesAllOfTheBond_PayTheArbiterAllOfItOnRejecting() external {
        Claimed memory claimed = objectedFor(CONDUCT_BOND, CONDUCT_BOND);
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, REJECTED, 0);
        books.arbiter += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        // What he paid for, the seller's stake pays back.
        books.buyer += CONDUCT_BOND;
        books.stake -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheArbiterTakesNoFee_PayTheSellerAllOfItOnUpholding() external {
        Claimed memory claimed = objectedFor(CONDUCT_BOND, 0);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, UPHELD, 0);
        books.seller += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheArbiterTakesNoFee_PayTheBuyerAllOfItOnASplit() external {
        Claimed memory claimed = objectedFor(CONDUCT_BOND, 0);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, SPLIT, SHARE);
        books.buyer += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheArbiterTakesNoFee_SlashNothingOnRejecting() external {
        Claimed memory claimed = objectedFor(CONDUCT_BOND, 0);
        postStake(claimed.opened.entitled, 1 ether);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, REJECTED, 0);
        books.buyer += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenThereIsNoBond_MoveNoMoneyOnUpholding() external {
        Claimed memory claimed = objectedFor(0, 0);
        Books memory books = booksOf(claimed.opened.entitled);
        VM.recordLogs();
        expectRuled(claimed, UPHELD, 0);
        rule(claimed, UPHELD, 0);
        requireEvents(1);
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheArbiterCannotReceiveMoney_CreditHimAllTheSame() external {
        SmartAccount account = SmartAccount(payable(create("SmartAccount", abi.encode(stranger))));
        account.setRefusesMoney(true);
        OfferTerms memory terms = defaultTerms();
        terms.arbiter = address(account);
        publish(terms);
        Claimed memory claimed = claim(buy(terms, 4));
        challengeConduct(claimed);
        account.execute(address(settlement), abi.encodeCall(ISettlement.rule, (terms, claimed.ref, REJECTED, 0)));
        assertEq(creditOf(address(account)), ARBITER_FEE, "credit of the arbiter");
        requireVoid(claimed);
    }

    // ------------------------------------------------------------------ parts

    /// @dev A claim to whose conduct the buyer objected.
    function objected() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeConduct(claimed);
    }

    function objected(uint256 stake) private returns (Claimed memory claimed) {
        claimed = objected();
        if (stake > 0) postStake(claimed.opened.entitled, stake);
    }

    function objectedFor(uint96 bond, uint96 fee) private returns (Claimed memory claimed) {
        OfferTerms memory terms = defaultTerms();
        terms.conductBond = bond;
        terms.arbiterFee = fee;
        publish(terms);
        claimed = claim(buy(terms, 4));
        challengeConduct(claimed);
    }

    function stakeOf(Claimed memory claimed) private view returns (uint256) {
        return escrow.stakeOf(claimed.opened.entitled.offerId).amount;
    }

    function refused(Claimed memory claimed, ISettlement.Ruling ruling, uint96 share, bytes memory answer) private {
        expectRefusal(answer);
        rule(claimed, ruling, share);
    }

    function notTheArbiter(address caller) private {
        Claimed memory claimed = objected();
        expectRefusal(abi.encodeWithSelector(ISettlement.NotArbiter.selector, caller, arbiter));
        VM.prank(caller);
        settlement.rule(claimed.opened.entitled.terms, claimed.ref, UPHELD, 0);
    }

    function unknown(Claimed memory claimed) private {
        refused(claimed, UPHELD, 0, unknownChallenge(claimed, CONDUCT));
        refused(claimed, SPLIT, SHARE, unknownChallenge(claimed, CONDUCT));
        refused(claimed, REJECTED, 0, unknownChallenge(claimed, CONDUCT));
    }

    /// @dev A stranger doubts the evidence, and the buyer the conduct.
    function objectedTwice() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
    }

    function overdue(uint256 late) private {
        Claimed memory claimed = objectedTwice();
        uint256 proofEnd = nowIs() + PROOF_WINDOW;
        pass(PROOF_WINDOW + late);
        refused(claimed, UPHELD, 0, abi.encodeWithSelector(ISettlement.ProofOverdue.selector, proofEnd));
        refused(claimed, SPLIT, 1, abi.encodeWithSelector(ISettlement.ProofOverdue.selector, proofEnd));
    }

    function tooLate(uint256 time) private {
        Claimed memory claimed = objected();
        uint256 rulingEnd = nowIs() + ARBITRATION_WINDOW;
        pass(time);
        refused(claimed, UPHELD, 0, abi.encodeWithSelector(ISettlement.ChallengeTimeOver.selector, rulingEnd));
    }

    function marked(
        ISettlement.Ruling ruling,
        uint96 share,
        IEscrow.ConductStatus status
    ) private returns (Claimed memory claimed) {
        claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        challengeConduct(claimed);
        rule(claimed, ruling, share);
        run.conduct = status;
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), abi.encode(run), "run");
        assertEq(recordOf(claimed).challenged, 0, "challenged steps");
    }

    function divided(uint96 share) private {
        Claimed memory claimed = objected();
        rule(claimed, SPLIT, share);
        acknowledge(claimed);
        Books memory books = booksOf(claimed.opened.entitled);
        expectEvent(address(escrow));
        emit IEscrow.StepPaid(claimed.opened.entitled.id, 1, claimed.ref.runKey, share, PRICE - share);
        finalize(claimed);
        books.earnings += share;
        books.buyer += PRICE - share;
        books.deposit -= PRICE;
        requireBooks(claimed.opened.entitled, books);
    }

    function outOfRange(uint96 share) private {
        refused(objected(), SPLIT, share, abi.encodeWithSelector(IEscrow.ShareOutOfRange.selector, share, PRICE));
    }

    /// @dev The rejection pays the buyer so much from the stake.
    function slashed(uint256 stake, uint256 paidOut) private {
        Claimed memory claimed = objected(stake);
        Books memory books = booksOf(claimed.opened.entitled);
        rule(claimed, REJECTED, 0);
        books.arbiter += ARBITER_FEE;
        books.buyer += REST_OF_BOND + paidOut;
        books.bonds -= CONDUCT_BOND;
        books.stake -= paidOut;
        requireBooks(claimed.opened.entitled, books);
    }

    function expectRuled(Claimed memory claimed, ISettlement.Ruling ruling, uint96 share) private {
        expectEvent(address(settlement));
        emit ISettlement.ConductRuled(
            claimed.opened.entitled.id,
            claimed.ref.step,
            claimed.ref.runKey,
            arbiter,
            ruling,
            share
        );
    }
}
