// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {OfferId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowFinalizeTest is Ledger {
    function test_GivenNoSuchEntitlement_RevertWithClaimNotPending() external {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("entitlement"));
        notPending(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function test_GivenTheStepIsNotOpen_RevertWithClaimNotPending() external {
        Entitled memory entitled = buy();
        notPending(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function test_GivenTheStepIsOpen_RevertWithClaimNotPending() external {
        notPending(claimOf(open(buy())));
    }

    function test_GivenTheStepBeforeItIsNotPaid_RevertWithStepNotNext() external {
        Claimed memory second = claimAfter(claim(buy()));
        pass(DISPUTE_WINDOW);
        refuses(finalizing(second), notNext(2, 1));
    }

    function test_GivenTheStepIsPaid_RevertWithStepNotNext() external {
        refuses(finalizing(paid(buy())), notNext(1, 2));
    }

    function test_GivenTheStepWasRejected_RevertWithClaimNotPending() external {
        Claimed memory claimed = claim(buy());
        reject(claimed);
        pass(DISPUTE_WINDOW);
        notPending(claimed);
    }

    function test_GivenTheStepWasVoidedWithAnEarlierOne_RevertWithClaimNotPending() external {
        notPending(voidedAndItsPlace(false));
    }

    function test_GivenAnotherRunTookThePlaceOfTheVoidedStep_RevertWithClaimNotPending() external {
        notPending(voidedAndItsPlace(true));
    }

    function test_WhenAnotherBuyerIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.ref.buyer = stranger;
        claimed.opened.entitled.id = Hashes.entitlementId(offerOf(claimed), stranger, claimed.ref.salt);
        notPending(claimed);
    }

    function test_WhenAnotherSaltIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.ref.salt = fresh("entitlement");
        claimed.opened.entitled.id = Hashes.entitlementId(offerOf(claimed), buyer, claimed.ref.salt);
        notPending(claimed);
    }

    function test_WhenAnotherOfferIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.opened.entitled.offerId = publish(defaultTerms());
        claimed.opened.entitled.id = Hashes.entitlementId(offerOf(claimed), buyer, claimed.ref.salt);
        notPending(claimed);
    }

    function test_WhenAnotherRunIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.ref.runKey = RunKey.wrap(fresh("run"));
        notPending(claimed);
    }

    function test_WhenAnotherClaimIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.ref.claimHash = fresh("claim");
        notPending(claimed);
    }

    function test_WhenAnotherParentIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = due();
        claimed.ref.parentHead = fresh("parent");
        notPending(claimed);
    }

    function test_WhenAnEarlierEndOfTheWindowIsNamed_RevertWithClaimNotPending() external {
        Claimed memory claimed = claim(buy());
        claimed.ref.windowEnd = uint40(nowIs());
        notPending(claimed);
    }

    function test_GivenTheClaimBeforeUsedTheSameSlot_RevertWithClaimNotPendingForThatClaimUnderTheNextNumber()
        external
    {
        Claimed memory first = paid(buy(published(termsOfPending(1)), 2));
        openAfter(first);
        first.ref.step = 2;
        notPending(first);
    }

    function test_GivenTheClaimBeforeUsedTheSameSlot_RevertWithStepNotNextForThatClaimUnderItsOwnNumber() external {
        Claimed memory first = paid(buy(published(termsOfPending(1)), 2));
        claimAfter(first);
        refuses(finalizing(first), notNext(1, 2));
    }

    function test_GivenAnEvidenceChallengeIsOpen_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challenged(claimed);
    }

    function test_GivenAConductChallengeIsOpen_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        challenged(claimed);
    }

    function test_GivenOneOfTwoChallengesIsDecided_RevertWithClaimChallengedWhileTheBuyersIsOpen() external {
        Claimed memory claimed = twiceChallenged();
        prove(claimed);
        challenged(claimed);
    }

    function test_GivenOneOfTwoChallengesIsDecided_RevertWithClaimChallengedWhileTheDemandForProofIsOpen() external {
        Claimed memory claimed = twiceChallenged();
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        challenged(claimed);
    }

    function test_GivenBothChallengesAreDecided_PayThePrice() external {
        Claimed memory claimed = twiceChallenged();
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        prove(claimed);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(claimed));
        assertEq(escrow.earningsOf(offerOf(claimed)), PRICE, "earnings");
    }

    function test_GivenALaterStepIsChallenged_PayThisOne() external {
        Claimed memory first = claim(buy());
        challengeEvidence(claimAfter(first));
        pass(DISPUTE_WINDOW);
        accepts(finalizing(first));
    }

    function test_GivenTheClaimCanBeChallengedUpToItsWindowsEnd_RevertWithWindowOpenInTheLastSecondWhenItCanBeChallenged()
        external
    {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd - 1);
        refuses(finalizing(claimed), abi.encodeWithSelector(IEscrow.WindowOpen.selector, claimed.ref.windowEnd));
        challengeEvidence(claimed);
    }

    function test_GivenTheClaimCanBeChallengedUpToItsWindowsEnd_PayAtTheEndWhenItCannotBeChallenged() external {
        Claimed memory claimed = due();
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowClosed.selector, nowIs()));
        challengeEvidence(claimed);
        accepts(finalizing(claimed));
    }

    function test_GivenTheClaimCanBeChallengedUpToItsWindowsEnd_PayAfterTheEnd() external {
        Claimed memory claimed = due();
        pass(1);
        accepts(finalizing(claimed));
    }

    function test_GivenTheBuyerHasAcknowledged_PayInTheSameSecond() external {
        Claimed memory claimed = claim(buy());
        acknowledge(claimed);
        accepts(finalizing(claimed));
    }

    function test_GivenTheClaimCameProvenToAnOfferWithoutArbiter_PayInTheSameSecond() external {
        accepts(finalizing(claimWithProof(open(buy(published(termsWithoutArbiter()), 1)))));
    }

    function test_GivenThePriceIsSplit_PayBothTheirSharesInNativeMoneyAndMoveNothingElse() external {
        Claimed memory claimed = split(buy(), 400);
        Books memory books = booksOf(claimed.opened.entitled);
        accepts(finalizing(claimed));
        books.deposit -= PRICE;
        books.earnings += 400;
        books.buyer.nativeCredit += 600;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenThePriceIsSplit_PayBothTheirSharesInTokensAndMoveNothingElse() external {
        Claimed memory claimed = split(bought(published(tokenTerms()), buyer, 2), 990);
        Books memory books = booksOf(claimed.opened.entitled);
        accepts(finalizing(claimed));
        books.deposit -= PRICE;
        books.earnings += 990;
        books.buyer.tokenCredit += 10;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenThePriceIsSplit_EmitCreditedAndStepPaidWithBothShares() external {
        Claimed memory claimed = split(buy(), 400);
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(0), buyer, 600);
        expectEvent(address(escrow));
        emit IEscrow.StepPaid(claimed.opened.entitled.id, 1, claimed.opened.runKey, 400, 600);
        accepts(finalizing(claimed));
    }

    function test_GivenThePriceIsSplit_PayTheFullPriceOfTheStepThatTakesItsSlot() external {
        Claimed memory first = split(buy(published(termsOfPending(1)), 2), 400);
        accepts(finalizing(first));
        Claimed memory second = claimAfter(first);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(second));
        assertEq(escrow.earningsOf(offerOf(first)), 400 + PRICE, "earnings");
    }

    function test_GivenThePriceIsSplit_PayTheFullPriceOfTheStepsAroundIt() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        Claimed memory third = claimAfter(second);
        challengeConduct(second);
        rule(second, ISettlement.Ruling.Split, 400);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(first));
        accepts(finalizing(second));
        accepts(finalizing(third));
        assertEq(escrow.earningsOf(offerOf(first)), 2 * PRICE + 400, "earnings");
        assertEq(escrow.creditOf(address(0), buyer), CONDUCT_BOND - ARBITER_FEE + 600, "credit");
    }

    function test_GivenTheEntitlementHasExpired_Pay() external {
        Claimed memory claimed = claim(buy());
        VM.warp(escrow.entitlementOf(claimed.opened.entitled.id).expiresAt);
        accepts(finalizing(claimed));
    }

    function test_GivenTheOfferIsRetired_Pay() external {
        Claimed memory claimed = due();
        retire(claimed.opened.entitled);
        accepts(finalizing(claimed));
    }

    function test_GivenTheTokenDoesNotMove_PayAllTheSame() external {
        HostileToken hostile = hostileToken();
        Claimed memory claimed = claim(bought(published(termsIn(address(hostile))), buyer, 1));
        hostile.setMood(HostileToken.Mood.Reverts);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(claimed));
        assertEq(escrow.earningsOf(offerOf(claimed)), PRICE, "earnings");
    }

    function test_GivenEverySlotHasBeenUsedSeveralTimes_PayEachStepOnceWhereOneCanBePending() external {
        pays17(1);
    }

    function test_GivenEverySlotHasBeenUsedSeveralTimes_PayEachStepOnceWhereEightCanBePending() external {
        pays17(8);
    }

    function test_WhenEverythingFits_SettleTheStepAndChangeNothingElse() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        openAfter(second);
        Entitled memory entitled = first.opened.entitled;
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        bytes32 head = escrow.headOf(entitled.id);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(first));
        stored.settled = 1;
        requireEntitlement(entitled, stored);
        assertEq(escrow.headOf(entitled.id), head, "head");
    }

    function test_WhenEverythingFits_EmitStepPaid() external {
        Claimed memory claimed = due();
        expectEvent(address(escrow));
        emit IEscrow.StepPaid(claimed.opened.entitled.id, 1, claimed.opened.runKey, PRICE, 0);
        accepts(finalizing(claimed));
    }

    function test_WhenEverythingFits_MoveThePriceFromTheDepositToTheOffersEarningsAndNothingElse() external {
        Claimed memory claimed = due();
        Books memory books = booksOf(claimed.opened.entitled);
        accepts(finalizing(claimed));
        books.deposit -= PRICE;
        books.earnings += PRICE;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenEverythingFits_AddUpWhatEntitlementsOfOneOfferEarn() external {
        Claimed memory claimed = claim(buy());
        Claimed memory other = claim(buyFor(claimed.opened.entitled.terms, stranger, 1));
        pass(DISPUTE_WINDOW);
        accepts(finalizing(claimed));
        accepts(finalizing(other));
        assertEq(escrow.earningsOf(offerOf(claimed)), 2 * PRICE, "earnings");
    }

    function test_WhenAnyShareOfAnyPriceIsTheSellers_PayTheWholePriceBetweenBoth(uint96 price, uint96 share) external {
        VM.assume(price > 1);
        OfferTerms memory terms = tokenTerms();
        terms.price = price;
        share = 1 + (share % (price - 1));
        Claimed memory claimed = split(bought(published(terms), buyer, 1), share);
        accepts(finalizing(claimed));
        assertEq(escrow.earningsOf(offerOf(claimed)), share, "earnings");
        assertEq(escrow.creditOf(address(token), buyer), price - share, "credit");
    }

    /// @dev Anybody has a step paid.
    function finalizing(Claimed memory claimed) private view returns (Call memory) {
        return Call(stranger, 0, abi.encodeCall(IEscrow.finalize, (claimed.ref, offerOf(claimed))));
    }

    function offerOf(Claimed memory claimed) private pure returns (OfferId) {
        return claimed.opened.entitled.offerId;
    }

    /// @dev The first step, claimed, in the first second in which it can be paid.
    function due() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd);
    }

    function twiceChallenged() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
    }

    /// @dev The first step, ready to be paid, with a share for the seller.
    function split(Entitled memory entitled, uint96 sellerShare) private returns (Claimed memory claimed) {
        claimed = claim(entitled);
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, sellerShare);
        VM.warp(claimed.ref.windowEnd);
    }

    function termsOfPending(uint8 maxPending) private returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.maxPending = maxPending;
    }

    /// @dev A second step that was voided with the first, while the first is claimed anew and paid.
    function voidedAndItsPlace(bool taken) private returns (Claimed memory voided) {
        Claimed memory first = claim(buy());
        voided = claimAfter(first);
        reject(first);
        PermitInput memory permit = permitOf(first.opened.entitled);
        permit.epoch = 1;
        first = claim(open(first.opened.entitled, permit));
        if (taken) {
            permit = permitAfter(first);
            permit.epoch = 1;
            claim(open(first.opened.entitled, permit));
        }
        pass(DISPUTE_WINDOW);
        finalize(first);
    }

    /// @dev Seventeen steps, claimed as many at once as can be, and paid.
    function pays17(uint8 maxPending) private {
        Entitled memory entitled = buy(published(termsOfPending(maxPending)), 17);
        Claimed[] memory claims = new Claimed[](17);
        uint256 settled;
        for (uint256 i; i < 17; ++i) {
            claims[i] = i == 0 ? claim(entitled) : claimAfter(claims[i - 1]);
            if (i + 1 - settled < maxPending && i < 16) continue;
            pass(DISPUTE_WINDOW);
            for (; settled <= i; ++settled) accepts(finalizing(claims[settled]));
        }
        assertEq(escrow.entitlementOf(entitled.id).settled, 17, "settled");
        assertEq(escrow.earningsOf(entitled.offerId), 17 * PRICE, "earnings");
        for (uint256 i; i < 17; ++i) refuses(finalizing(claims[i]), notNext(i + 1, 18));
    }

    function notPending(Claimed memory claimed) private {
        bytes4 error_ = IEscrow.ClaimNotPending.selector;
        refuses(
            finalizing(claimed),
            abi.encodeWithSelector(error_, claimed.opened.entitled.id, claimed.ref.step, claimed.ref.runKey)
        );
    }

    function challenged(Claimed memory claimed) private {
        pass(DISPUTE_WINDOW);
        refuses(finalizing(claimed), abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
    }

    function notNext(uint256 step, uint256 next) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.StepNotNext.selector, step, next);
    }
}
