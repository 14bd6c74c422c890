// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {PayingByAllowance} from "./PayingByAllowance.sol";
import {Purchasing} from "./Purchasing.sol";

contract EscrowPurchaseTest is Purchasing, PayingByAllowance {
    function test_GivenTheOfferWasNeverPublished_RevertWithOfferNotLive() external {
        refusesAnOfferNeverPublished();
    }

    function test_GivenTheOfferIsRetired_RevertWithOfferNotLive() external {
        refusesARetiredOffer();
    }

    function test_WhenThePriceIsAnotherThanThePublishedOne_RevertWithOfferNotLive() external {
        refusesOtherTerms();
    }

    function test_GivenTheSaleEnds_SellInTheLastSecondBefore() external {
        sellsUntilTheEnd();
    }

    function test_GivenTheSaleEnds_RevertWithSaleEndedAtTheEnd() external {
        refusesFromTheEnd(0);
    }

    function test_GivenTheSaleEnds_RevertWithSaleEndedAfterTheEnd() external {
        refusesFromTheEnd(1);
    }

    function test_WhenNoBuyerIsNamed_RevertWithBuyerMissing() external {
        refusesNoBuyer();
    }

    function test_WhenNoStepIsOrdered_RevertWithStepsOutOfRange() external {
        refusesNoSteps();
    }

    function test_WhenOneStepMoreIsOrderedThanTheOfferAllows_RevertWithStepsOutOfRange() external {
        refusesOneStepTooMany();
    }

    function test_WhenAsManyStepsAreOrderedAsTheOfferAllows_SellThem() external {
        sellsAsManyAsTheOfferAllows();
    }

    function test_GivenTheBuyerHasUsedTheSaltForThisOffer_RevertWithEntitlementExists() external {
        refusesTheSameSaltAgain();
    }

    function test_GivenTheBuyerHasUsedTheSaltForThisOffer_RevertWithEntitlementExistsAfterAFullRefundToo() external {
        refusesTheSameSaltAfterARefund();
    }

    function test_GivenTheBuyerHasUsedTheSaltForThisOffer_SellUnderAnotherSalt() external {
        sellsUnderAnotherSalt();
    }

    function test_GivenTheBuyerHasUsedTheSaltForThisOffer_SellToAnotherBuyerUnderTheSameSalt() external {
        sellsToAnotherBuyerUnderTheSameSalt();
    }

    function test_GivenTheBuyerHasUsedTheSaltForThisOffer_SellAnotherOfferUnderTheSameSalt() external {
        sellsAnotherOfferUnderTheSameSalt();
    }

    function test_WhenEverythingFits_AnswerTheEntitlementsId() external {
        answersTheId();
    }

    function test_WhenEverythingFits_RecordAnEntitlementOfTheNamedBuyer() external {
        recordsTheEntitlement();
    }

    function test_WhenEverythingFits_EmitPurchased() external {
        emitsPurchased();
    }

    function test_WhenEverythingFits_TakeExactlyThePriceFromTheCallerAndMoveNothingElse() external {
        takesExactlyThePrice(ordered());
    }

    function test_GivenTheTokenKeepsAFee_RevertWithTokenAmountMismatch() external {
        refusesAFee();
    }

    function test_GivenTheTokenGivesMoreThanItWasAskedFor_RevertWithTokenAmountMismatch() external {
        refusesAPresent();
    }

    function test_GivenTheTokenTakesFromItsReceiver_RevertWithTokenAmountMismatch() external {
        refusesATokenThatTakesFromItsReceiver();
    }

    function test_GivenTheTokenAnswersFalse_RevertWithTokenTransferFailed() external {
        refusesTheAnswerFalse();
    }

    function test_GivenTheTokenReverts_RevertWithTokenTransferFailed() external {
        refusesATokenThatReverts();
    }

    function test_GivenTheTokenAnswersNothing_TakeExactlyThePrice() external {
        takesATokenThatAnswersNothing();
    }

    function test_GivenTheTokenHasLostItsCode_Revert() external {
        refusesATokenWithoutCode();
    }

    function test_WhenTheTokenCallsBack_AnswerLockedToEachFunctionThatMovesMoney() external {
        answersLockedToEveryCallback();
    }

    function test_WhenTheTokenCallsBack_KeepTheBooksWhenARefundIsMade() external {
        keepsTheBooksWhenTheTokenRefundsWithinThePayment();
    }

    function test_WhenTheOfferIsPaidInNativeMoney_TakeExactlyThePrice() external {
        takesExactlyThePriceInNativeMoney();
    }

    function test_WhenTheOfferIsPaidInNativeMoney_RevertWithWrongPaymentForLess() external {
        refusesNativeAmount(3 * PRICE - 1);
    }

    function test_WhenTheOfferIsPaidInNativeMoney_RevertWithWrongPaymentForMore() external {
        refusesNativeAmount(3 * PRICE + 1);
    }

    function test_WhenTheOfferIsPaidInNativeMoney_RevertWithWrongPaymentForNothing() external {
        refusesNativeAmount(0);
    }

    function test_WhenTheOfferIsPaidInATokenAndNativeMoneyComesToo_RevertWithWrongPayment() external {
        refusesNativeMoneyBesideTokens();
    }

    function test_GivenTheCallerApprovedTooLittle_RevertWithTokenTransferFailed() external {
        refusesTooSmallAnAllowance();
    }

    function test_GivenTheCallerHasTooLittle_RevertWithTokenTransferFailed() external {
        refusesTooSmallABalance();
    }

    function paymentData(Entitled memory entitled, uint24 steps) internal pure override returns (bytes memory) {
        return abi.encodeCall(IEscrow.purchase, (entitled.terms, entitled.buyer, entitled.salt, steps));
    }
}
