// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PayingOut} from "./PayingOut.sol";

contract EscrowWithdrawEarningsTest is PayingOut {
    function test_WhenTheCallerIsNotTheSeller_RevertWithNotSeller() external {
        Call memory call_ = withCaller(payOut(owe(NATIVE)), buyer);
        refuses(call_, abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, buyer, seller));
    }

    function test_WhenTheCallerNamesTheTermsWithAnotherSeller_RevertWithNothingToWithdraw() external {
        Entitled memory entitled = owe(NATIVE);
        entitled.terms.seller = stranger;
        refuses(payOut(entitled), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenTheOfferHasEarnedNothing_RevertWithNothingToWithdraw() external {
        owe(NATIVE);
        refuses(payOut(buy()), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenTheOfferIsRetired_Pay() external {
        Entitled memory entitled = owe(NATIVE);
        retire(entitled);
        pays(entitled, seller);
    }

    function test_GivenItWasPaidOutBefore_RevertWithNothingToWithdraw() external {
        refusesASecondTime();
    }

    function test_WhenTheReceiverIsNobody_RevertWithReceiverMissing() external {
        refusesReceiver(address(0));
    }

    function test_WhenTheReceiverIsTheEscrow_RevertWithReceiverMissing() external {
        refusesReceiver(address(escrow));
    }

    function test_GivenMoneyOfSeveralKindsIsOwed_PayTheNamedOneOnly() external {
        paysOnlyTheNamedMoney();
    }

    function test_WhenTheMoneyIsNative_AnswerTheAmount() external {
        answersTheAmount(NATIVE);
    }

    function test_WhenTheMoneyIsNative_EmitEarningsWithdrawn() external {
        emitsThePayment(NATIVE);
    }

    function test_WhenTheMoneyIsNative_PayItsOwnerAndMoveNothingElse() external {
        movesNothingElse(NATIVE);
    }

    function test_WhenTheMoneyIsNative_PayWhomItsOwnerNames() external {
        pays(owe(NATIVE), stranger);
    }

    function test_WhenTheMoneyIsAToken_AnswerTheAmount() external {
        answersTheAmount(address(token));
    }

    function test_WhenTheMoneyIsAToken_EmitEarningsWithdrawn() external {
        emitsThePayment(address(token));
    }

    function test_WhenTheMoneyIsAToken_PayItsOwnerAndMoveNothingElse() external {
        movesNothingElse(address(token));
    }

    function test_WhenTheMoneyIsAToken_PayWhomItsOwnerNames() external {
        pays(owe(address(token)), stranger);
    }

    function test_GivenTheReceiverRefusesNativeMoney_RevertWithReceiverRefusedAndKeepTheDebt() external {
        keepsTheDebtToAReceiverThatRefuses();
    }

    function test_GivenTheReceiverRefusesNativeMoney_PayAnotherReceiverWhomTheOwnerNames() external {
        paysInThePlaceOfAnOwnerThatRefuses();
    }

    function test_GivenTheReceiverRefusesNativeMoney_PayEverybodyElse() external {
        paysOthersWhileAReceiverRefuses();
    }

    function test_GivenTheReceiverBurnsAllGas_RevertWithReceiverRefusedAndKeepTheDebt() external {
        keepsTheDebtToAReceiverThatBurnsAllGas();
    }

    function test_WhenTheReceiverCallsBack_AnswerLockedToEachFunctionThatMovesMoney() external {
        answersLockedToEveryReceiver();
    }

    function test_WhenTheReceiverCallsBack_PayOnce() external {
        paysOnceAReceiverThatAsksAgain();
    }

    function test_WhenTheReceiverCallsBack_KeepTheBooksWhenARefundIsMade() external {
        keepsTheBooksWhenAReceiverRefunds();
    }

    function test_GivenTheTokenAnswersFalse_RevertWithTokenTransferFailedAndKeepTheDebtUntilItMoves() external {
        keepsTheDebtInAMood(HostileToken.Mood.AnswersFalse);
    }

    function test_GivenTheTokenReverts_RevertWithTokenTransferFailedAndKeepTheDebtUntilItMoves() external {
        keepsTheDebtInAMood(HostileToken.Mood.Reverts);
    }

    function test_GivenTheTokenReverts_PayAllOtherMoney() external {
        paysOtherMoneyWhileATokenReverts();
    }

    function test_GivenTheTokenSaysThatItHasPaidAndHasNot_RevertWithTokenAmountMismatchAndKeepTheDebt() external {
        keepsTheDebtOfATokenThatLies();
    }

    function test_GivenTheTokenTakesMoreThanItWasAskedTo_RevertWithTokenAmountMismatchAndKeepTheDebt() external {
        keepsTheDebtOfATokenThatTakesMore();
    }

    function test_GivenTheTokenPaysTheEscrowInstead_RevertWithTokenAmountMismatchAndKeepTheDebt() external {
        keepsTheDebtOfATokenThatPaysTheEscrow();
    }

    function test_GivenTheTokenKeepsAFeeOfWhatItMoves_Pay() external {
        paysATokenThatKeepsAFee();
    }

    function test_GivenTheTokenAnswersNothing_Pay() external {
        paysATokenThatAnswersNothing();
    }

    function test_GivenTheTokenBlocksTheOwner_PayAnotherReceiverWhomTheOwnerNames() external {
        paysAnotherReceiverThanTheBlockedOwner();
    }

    function test_GivenTheTokenHasLostItsCode_RevertAndKeepTheDebt() external {
        keepsTheDebtOfATokenWithoutCode();
    }

    function test_WhenTheTokenCallsBack_AnswerLockedToEachFunctionThatMovesMoney() external {
        answersLockedToEveryTokenThatPays();
    }

    function test_GivenTheTokenShrinksAllBalances_KeepTheLossWithinThatToken() external {
        keepsALossWithinTheToken();
    }

    function test_GivenTheTokenGrowsAllBalances_PayWhatIsOwedAndNoMore() external {
        paysNoGainOfTheToken();
    }

    function usualOwner() internal view override returns (address) {
        return seller;
    }

    /// @dev The owner sold a step, which was paid.
    function owe(address owner, address currency) internal override returns (Entitled memory entitled) {
        OfferTerms memory terms = termsIn(currency);
        terms.seller = owner;
        entitled = bought(published(terms), buyer, 1);
        paid(entitled);
    }

    function ownerOf(Entitled memory entitled) internal pure override returns (address) {
        return entitled.terms.seller;
    }

    function owed(Entitled memory entitled) internal view override returns (uint256) {
        return escrow.earningsOf(entitled.offerId);
    }

    function payOutData(Entitled memory entitled, address to) internal pure override returns (bytes memory) {
        return abi.encodeCall(IEscrow.withdrawEarnings, (entitled.terms, to));
    }

    function expectPaidOut(Entitled memory entitled, address to) internal override {
        expectEvent(address(escrow));
        emit IEscrow.EarningsWithdrawn(entitled.offerId, entitled.terms.seller, to, entitled.terms.token, PRICE);
    }

    function movesNothingElse(address currency) private {
        Entitled memory entitled = owe(currency);
        Books memory books = booksOf(entitled);
        accepts(payOut(entitled));
        if (currency == NATIVE) {
            books.vault.native -= PRICE;
            books.seller.native += PRICE;
        } else {
            books.vault.tokens -= PRICE;
            books.seller.tokens += PRICE;
        }
        books.earnings = 0;
        requireBooks(entitled, books);
    }
}
