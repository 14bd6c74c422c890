// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Permit2Payment} from "../../../contracts/types/Payment.sol";
import {PayingByPermit2} from "./PayingByPermit2.sol";
import {ToppingUp} from "./ToppingUp.sol";

contract EscrowTopUpWithPermit2Test is ToppingUp, PayingByPermit2 {
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

    function test_WhenEverythingFits_TakeExactlyThePriceFromTheSignerAndMoveNothingElse() external {
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

    function test_GivenTheTokenAnswersFalse_RevertWithPermit2Refused() external {
        refusesTheAnswerFalse();
    }

    function test_GivenTheTokenReverts_RevertWithPermit2Refused() external {
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

    function test_WhenTheOfferIsPaidInNativeMoney_RevertWithTokenMissing() external {
        refusesNativeOffer();
    }

    function test_WhenNativeMoneyIsSentAlong_Revert() external {
        refusesNativeMoneyNotAsked();
    }

    function test_GivenTheDeploymentHasNoPermit2_RevertWithPermit2Missing() external {
        refusesWhereThereIsNoPermit2();
    }

    function test_WhenAnotherAccountSigned_RevertWithPermit2Refused() external {
        refusesTheSignatureOfAnother();
    }

    function test_WhenThePayerNamedDidNotSign_RevertWithPermit2RefusedAndLeaveThatPayersMoney() external {
        refusesTheMoneyOfSomebodyWhoDidNotSign();
    }

    function test_WhenTheSignatureCoversAnotherOffer_RevertWithPermit2Refused() external {
        refusesTheWitnessOfAnotherOffer();
    }

    function test_WhenTheSignatureCoversOtherSteps_RevertWithPermit2Refused() external {
        refusesTheWitnessOfOtherSteps();
    }

    function test_WhenTheSignatureCoversAnotherBuyer_RevertWithPermit2Refused() external {
        refusesTheWitnessOfAnotherBuyer();
    }

    function test_WhenTheSignatureCoversAnotherSalt_RevertWithPermit2Refused() external {
        refusesTheWitnessOfAnotherSalt();
    }

    function test_WhenTheSignatureCoversAnotherDeadline_RevertWithPermit2Refused() external {
        refusesTheWitnessOfAnotherDeadline();
    }

    function test_WhenTheSignatureCoversAnotherSpender_RevertWithPermit2Refused() external {
        refusesAPaymentToAnotherSpender();
    }

    function test_WhenTheSignatureCoversAnotherToken_RevertWithPermit2Refused() external {
        refusesAPaymentInAnotherToken();
    }

    function test_WhenTheSignatureCoversMoreMoney_RevertWithPermit2Refused() external {
        refusesAPaymentOfMore();
    }

    function test_WhenTheSignatureCoversLessMoney_RevertWithPermit2Refused() external {
        refusesAPaymentOfLess();
    }

    function test_WhenTheSignatureCoversAPurchase_RevertWithPermit2Refused() external {
        refusesASignatureOverTheOther("Purchase");
    }

    function test_WhenTheNonceWasUsedBefore_RevertWithPermit2Refused() external {
        refusesAUsedNonce();
    }

    function test_GivenThePaymentHasADeadline_TakeThePriceAtIt() external {
        takesThePaymentUntilItsDeadline();
    }

    function test_GivenThePaymentHasADeadline_RevertWithPermit2RefusedAfterIt() external {
        refusesThePaymentAfterItsDeadline();
    }

    function test_GivenThePayerNeverApprovedPermit2_RevertWithPermit2Refused() external {
        refusesAPayerWhoNeverApprovedPermit2();
    }

    function test_GivenThePayerIsAContract_TakeThePriceIfItSigned() external {
        takesThePriceFromAContractThatSigned();
    }

    function test_GivenThePayerIsAContract_RevertWithPermit2RefusedIfItDidNot() external {
        refusesAContractThatDidNotSign();
    }

    function kind() internal pure override returns (string memory) {
        return "TopUp";
    }

    function paymentData(
        Entitled memory entitled,
        uint24 steps,
        Permit2Payment memory payment_
    ) internal pure override returns (bytes memory) {
        return
            abi.encodeCall(IEscrow.topUpWithPermit2, (entitled.terms, entitled.buyer, entitled.salt, steps, payment_));
    }
}
