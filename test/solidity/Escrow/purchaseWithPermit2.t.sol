// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Permit2Payment} from "../../../contracts/types/Payment.sol";
import {PayingByPermit2} from "./PayingByPermit2.sol";
import {Purchasing} from "./Purchasing.sol";

contract EscrowPurchaseWithPermit2Test is Purchasing, PayingByPermit2 {
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

    function test_WhenTheSignatureCoversATopUp_RevertWithPermit2Refused() external {
        refusesASignatureOverTheOther("TopUp");
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
        return "Purchase";
    }

    function paymentData(
        Entitled memory entitled,
        uint24 steps,
        Permit2Payment memory payment_
    ) internal pure override returns (bytes memory) {
        return
            abi.encodeCall(
                IEscrow.purchaseWithPermit2,
                (entitled.terms, entitled.buyer, entitled.salt, steps, payment_)
            );
    }
}
