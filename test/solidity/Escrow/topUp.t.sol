// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {PayingByAllowance} from "./PayingByAllowance.sol";
import {ToppingUp} from "./ToppingUp.sol";

contract EscrowTopUpTest is ToppingUp, PayingByAllowance {
    function test_GivenTheOfferWasNeverPublished_RevertWithOfferNotLive() external {
        refusesAnOfferNeverPublished();
    }

    function test_GivenTheOfferIsRetired_RevertWithOfferNotLive() external {
        refusesARetiredOffer();
    }

    function test_WhenThePriceIsAnotherThanThePublishedOne_RevertWithOfferNotLive() external {
        refusesOtherTerms();
    }

    function test_GivenTheSaleEnds_AddStepsInTheLastSecondBefore() external {
        sellsUntilTheEnd();
    }

    function test_GivenTheSaleEnds_RevertWithSaleEndedAtTheEnd() external {
        refusesFromTheEnd(0);
    }

    function test_GivenTheSaleEnds_RevertWithSaleEndedAfterTheEnd() external {
        refusesFromTheEnd(1);
    }

    function test_GivenTheBuyerHasNoEntitlementUnderTheSalt_RevertWithNoSuchEntitlement() external {
        refusesAnUnknownSalt();
    }

    function test_GivenAnotherBuyerHasTheEntitlement_RevertWithNoSuchEntitlement() external {
        refusesAnotherBuyer();
    }

    function test_GivenTheEntitlementExpires_AddStepsInTheLastSecondBefore() external {
        addsUntilTheEntitlementExpires();
    }

    function test_GivenTheEntitlementExpires_RevertWithEntitlementExpiredAtTheExpiry() external {
        refusesFromTheExpiry(0);
    }

    function test_GivenTheEntitlementExpires_RevertWithEntitlementExpiredAfterTheExpiry() external {
        refusesFromTheExpiry(1);
    }

    function test_WhenNoStepIsOrdered_RevertWithStepsOutOfRange() external {
        refusesNoSteps();
    }

    function test_WhenTheSumIsOneStepMoreThanTheOfferAllows_RevertWithStepsOutOfRange() external {
        refusesOneStepTooMany();
    }

    function test_WhenTheSumIsAsManyStepsAsTheOfferAllows_AddThem() external {
        addsAsManyAsTheOfferAllows();
    }

    function test_GivenTheEntitlementIsFull_RevertWithStepsOutOfRange() external {
        refusesToAddToAFullEntitlement();
    }

    function test_GivenAFullEntitlementWasRefunded_AddAsManyAgain() external {
        addsInThePlaceOfRefundedSteps();
    }

    function test_GivenStepsArePaid_CountThemAsBought() external {
        countsPaidStepsAsBought();
    }

    function test_GivenStepsArePaidPendingOpenAndChallenged_ChangeNothingButTheNumberBought() external {
        changesNothingButTheNumberOfSteps();
    }

    function test_WhenEverythingFits_EmitToppedUp() external {
        emitsToppedUp();
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
        return abi.encodeCall(IEscrow.topUp, (entitled.terms, entitled.buyer, entitled.salt, steps));
    }
}
