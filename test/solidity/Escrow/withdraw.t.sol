// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {PayingOut} from "./PayingOut.sol";

contract EscrowWithdrawTest is PayingOut {
    function test_GivenTheCallerHasNoCredit_RevertWithNothingToWithdraw() external {
        Entitled memory entitled = owe(NATIVE);
        refuses(withCaller(payOut(entitled), stranger), IEscrow.NothingToWithdraw.selector);
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

    function test_WhenTheMoneyIsNative_EmitWithdrawn() external {
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

    function test_WhenTheMoneyIsAToken_EmitWithdrawn() external {
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
        return buyer;
    }

    /// @dev The owner bought a step and refunded it.
    function owe(address owner, address currency) internal override returns (Entitled memory entitled) {
        entitled = bought(published(termsIn(currency)), owner, 1);
        refund(entitled, 1);
    }

    function ownerOf(Entitled memory entitled) internal pure override returns (address) {
        return entitled.buyer;
    }

    function owed(Entitled memory entitled) internal view override returns (uint256) {
        return escrow.creditOf(entitled.terms.token, entitled.buyer);
    }

    function payOutData(Entitled memory entitled, address to) internal pure override returns (bytes memory) {
        return abi.encodeCall(IEscrow.withdraw, (entitled.terms.token, to));
    }

    function expectPaidOut(Entitled memory entitled, address to) internal override {
        expectEvent(address(escrow));
        emit IEscrow.Withdrawn(entitled.terms.token, entitled.buyer, to, PRICE);
    }

    function movesNothingElse(address currency) private {
        Entitled memory entitled = owe(currency);
        Books memory books = booksOf(entitled);
        accepts(payOut(entitled));
        if (currency == NATIVE) {
            books.vault.native -= PRICE;
            books.buyer.native += PRICE;
            books.buyer.nativeCredit = 0;
        } else {
            books.vault.tokens -= PRICE;
            books.buyer.tokens += PRICE;
            books.buyer.tokenCredit = 0;
        }
        requireBooks(entitled, books);
    }
}
