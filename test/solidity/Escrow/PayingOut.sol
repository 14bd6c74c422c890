// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {SmartAccount} from "../../../contracts/test/SmartAccount.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";
import {BackwardToken, BlockingToken, FeeOnTopToken, LyingToken, RebasingToken, SilentToken} from "./Tokens.sol";

/// @notice Takes native money only at the price of all gas.
contract BurningReceiver {
    receive() external payable {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice What the two ways to take money out have in common: a buyer's credit and a seller's earnings. What is owed
/// is always the price of one step.
abstract contract PayingOut is Ledger {
    address internal constant NATIVE = address(0);

    /// @dev Whose money it usually is.
    function usualOwner() internal view virtual returns (address);

    /// @dev The price of a step in this money comes to be owed to `owner`.
    function owe(address owner, address currency) internal virtual returns (Entitled memory);

    /// @dev To whom it is owed.
    function ownerOf(Entitled memory entitled) internal pure virtual returns (address);

    /// @dev What is still owed.
    function owed(Entitled memory entitled) internal view virtual returns (uint256);

    /// @dev The calldata of the function under test.
    function payOutData(Entitled memory entitled, address to) internal pure virtual returns (bytes memory);

    /// @dev The next event is that of the payment.
    function expectPaidOut(Entitled memory entitled, address to) internal virtual;

    function owe(address currency) internal returns (Entitled memory) {
        return owe(usualOwner(), currency);
    }

    /// @dev The owner has what is owed paid to `to`.
    function payOut(Entitled memory entitled, address to) internal pure returns (Call memory) {
        return Call(ownerOf(entitled), 0, payOutData(entitled, to));
    }

    function payOut(Entitled memory entitled) internal pure returns (Call memory) {
        return payOut(entitled, ownerOf(entitled));
    }

    // ------------------------------------------------------------------ what is owed

    function refusesASecondTime() internal {
        Entitled memory entitled = owe(NATIVE);
        owe(person("somebody"), NATIVE);
        accepts(payOut(entitled));
        refuses(payOut(entitled), IEscrow.NothingToWithdraw.selector);
    }

    function refusesReceiver(address to) internal {
        keepsTheDebt(owe(NATIVE), to, abi.encodePacked(IEscrow.ReceiverMissing.selector));
        keepsTheDebt(owe(address(token)), to, abi.encodePacked(IEscrow.ReceiverMissing.selector));
    }

    function answersTheAmount(address currency) internal {
        assertEq(abi.decode(accepts(payOut(owe(currency))), (uint256)), PRICE, "amount");
    }

    function emitsThePayment(address currency) internal {
        Entitled memory entitled = owe(currency);
        expectPaidOut(entitled, arbiter);
        accepts(payOut(entitled, arbiter));
    }

    function paysOnlyTheNamedMoney() internal {
        Entitled memory native = owe(NATIVE);
        Entitled memory tokens = owe(address(token));
        accepts(payOut(tokens));
        assertEq(owed(native), PRICE, "owed");
        assertEq(owed(tokens), 0, "paid");
    }

    /// @dev The debt falls, the receiver and nobody else gets the money.
    function requirePaid(Entitled memory entitled, Purse memory before, address to) private view {
        address currency = entitled.terms.token == NATIVE ? address(token) : entitled.terms.token;
        Purse memory purse = purseOf(to, currency);
        assertEq(owed(entitled), 0, "owed");
        bool native = entitled.terms.token == NATIVE;
        assertEq(purse.native, before.native + (native ? PRICE : 0), "native");
        assertEq(purse.tokens, before.tokens + (native ? 0 : PRICE), "tokens");
    }

    function pays(Entitled memory entitled, address to) internal {
        Purse memory before = purseOf(to, entitled.terms.token == NATIVE ? address(token) : entitled.terms.token);
        accepts(payOut(entitled, to));
        requirePaid(entitled, before, to);
    }

    /// @dev The payment is refused with this answer, and stays owed.
    function keepsTheDebt(Entitled memory entitled, address to, bytes memory answer) internal {
        refuses(payOut(entitled, to), answer);
        assertEq(owed(entitled), PRICE, "owed");
    }

    // ------------------------------------------------------------------ hostile receivers

    function refusing() private returns (SmartAccount account) {
        account = SmartAccount(payable(create("SmartAccount", abi.encode(stranger))));
        account.setRefusesMoney(true);
    }

    function keepsTheDebtToAReceiverThatRefuses() internal {
        address receiver = address(refusing());
        keepsTheDebt(owe(NATIVE), receiver, abi.encodeWithSelector(IEscrow.ReceiverRefused.selector, receiver));
    }

    function keepsTheDebtToAReceiverThatBurnsAllGas() internal {
        address receiver = address(new BurningReceiver());
        keepsTheDebt(owe(NATIVE), receiver, abi.encodeWithSelector(IEscrow.ReceiverRefused.selector, receiver));
    }

    function paysInThePlaceOfAnOwnerThatRefuses() internal {
        SmartAccount account = refusing();
        Entitled memory entitled = owe(address(account), NATIVE);
        refuses(payOut(entitled), abi.encodeWithSelector(IEscrow.ReceiverRefused.selector, account));
        pays(entitled, stranger);
    }

    function paysOthersWhileAReceiverRefuses() internal {
        SmartAccount account = refusing();
        refuses(
            payOut(owe(address(account), NATIVE)),
            abi.encodeWithSelector(IEscrow.ReceiverRefused.selector, account)
        );
        pays(owe(NATIVE), usualOwner());
    }

    function calling(Entitled memory entitled, bytes memory data) private returns (SmartAccount account) {
        account = SmartAccount(payable(ownerOf(entitled)));
        account.setHook(address(escrow), data);
    }

    function answersLockedToEveryReceiver() internal {
        address owner = create("SmartAccount", abi.encode(stranger));
        uint256 count = lockedCalls(owe(NATIVE)).length;
        for (uint256 i; i < count; ++i) {
            Entitled memory entitled = owe(owner, NATIVE);
            SmartAccount account = calling(entitled, lockedCalls(entitled)[i]);
            accepts(payOut(entitled));
            assertEq(account.hookAnswer(), locked(), "answer");
        }
    }

    function paysOnceAReceiverThatAsksAgain() internal {
        address owner = create("SmartAccount", abi.encode(stranger));
        owe(NATIVE);
        Entitled memory entitled = owe(owner, NATIVE);
        SmartAccount account = calling(entitled, payOutData(entitled, owner));
        uint256 vault = address(escrow).balance;
        accepts(payOut(entitled));
        assertEq(account.hookAnswer(), locked(), "answer");
        assertEq(owner.balance, PRICE, "paid");
        assertEq(address(escrow).balance, vault - PRICE, "vault");
    }

    /// @dev The receiver refunds a step while it is paid.
    function keepsTheBooksWhenAReceiverRefunds() internal {
        address owner = create("SmartAccount", abi.encode(stranger));
        Entitled memory other = bought(published(defaultTerms()), owner, 3);
        Entitled memory entitled = owe(owner, NATIVE);
        calling(entitled, abi.encodeCall(IEscrow.refund, (other.terms, owner, other.salt, 2)));
        Books memory books = booksOf(other);
        accepts(payOut(entitled));
        books.deposit -= 2 * PRICE;
        books.vault.native -= PRICE;
        requireBooks(other, books);
        assertEq(escrow.creditOf(NATIVE, owner), 2 * PRICE, "credit");
    }

    // ------------------------------------------------------------------ hostile tokens

    function keepsTheDebtInAMood(HostileToken.Mood mood) internal {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = owe(address(hostile));
        hostile.setMood(mood);
        keepsTheDebt(entitled, stranger, transferFailed(address(hostile)));
        hostile.setMood(HostileToken.Mood.Honest);
        pays(entitled, stranger);
    }

    function paysOtherMoneyWhileATokenReverts() internal {
        HostileToken hostile = hostileToken();
        Entitled memory stuck = owe(address(hostile));
        hostile.setMood(HostileToken.Mood.Reverts);
        refuses(payOut(stuck), transferFailed(address(hostile)));
        pays(owe(NATIVE), usualOwner());
        pays(owe(address(token)), usualOwner());
    }

    function keepsTheDebtOfATokenThatLies() internal {
        LyingToken lying = new LyingToken();
        Entitled memory entitled = owe(address(lying));
        lying.lie();
        keepsTheDebt(entitled, stranger, mismatch(address(lying), 0));
    }

    function keepsTheDebtOfATokenThatTakesMore() internal {
        FeeOnTopToken greedy = new FeeOnTopToken();
        greedy.mint(payer, PRICE);
        greedy.mint(address(escrow), PRICE);
        keepsTheDebt(owe(address(greedy)), stranger, mismatch(address(greedy), PRICE + 10));
    }

    function keepsTheDebtOfATokenThatPaysTheEscrow() internal {
        BackwardToken backward = new BackwardToken();
        Entitled memory entitled = owe(address(backward));
        backward.turn();
        keepsTheDebt(entitled, stranger, mismatch(address(backward), 0));
    }

    /// @dev The escrow's balance falls by what it owed. What its receiver gets is between the two and their token.
    function paysATokenThatKeepsAFee() internal {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = owe(address(hostile));
        hostile.setMood(HostileToken.Mood.Fee);
        accepts(payOut(entitled, stranger));
        assertEq(owed(entitled), 0, "owed");
        assertEq(hostile.balanceOf(stranger), PRICE - 10, "received");
        assertEq(hostile.balanceOf(address(escrow)), 0, "vault");
    }

    function paysATokenThatAnswersNothing() internal {
        pays(owe(address(new SilentToken())), stranger);
    }

    function paysAnotherReceiverThanTheBlockedOwner() internal {
        BlockingToken blocking = new BlockingToken();
        Entitled memory entitled = owe(address(blocking));
        blocking.blockAccount(usualOwner());
        keepsTheDebt(entitled, usualOwner(), transferFailed(address(blocking)));
        pays(entitled, stranger);
    }

    function keepsTheDebtOfATokenWithoutCode() internal {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = owe(address(hostile));
        VM.etch(address(hostile), "");
        keepsTheDebt(entitled, stranger, "");
    }

    function answersLockedToEveryTokenThatPays() internal {
        HostileToken hostile = hostileToken();
        uint256 count = lockedCalls(owe(NATIVE)).length;
        for (uint256 i; i < count; ++i) {
            Entitled memory entitled = owe(address(hostile));
            hostile.setHook(address(escrow), lockedCalls(entitled)[i]);
            accepts(payOut(entitled, stranger));
            assertEq(hostile.hookAnswer(), locked(), "answer");
            hostile.setHook(address(0), "");
        }
    }

    // ------------------------------------------------------------------ rebasing

    /// @dev Half of the money is gone: the first owner gets all, the second nothing, and no other money is touched.
    function keepsALossWithinTheToken() internal {
        RebasingToken rebasing = new RebasingToken();
        Entitled memory first = owe(address(rebasing));
        Entitled memory second = owe(stranger, address(rebasing));
        Entitled memory other = owe(address(token));
        rebasing.rebase(50);
        pays(first, arbiter);
        keepsTheDebt(second, stranger, transferFailed(address(rebasing)));
        pays(other, arbiter);
    }

    function paysNoGainOfTheToken() internal {
        RebasingToken rebasing = new RebasingToken();
        Entitled memory entitled = owe(address(rebasing));
        rebasing.rebase(200);
        pays(entitled, stranger);
        assertEq(rebasing.balanceOf(address(escrow)), PRICE, "vault");
    }

    function transferFailed(address currency) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.TokenTransferFailed.selector, currency);
    }

    function mismatch(address currency, uint256 sent) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.TokenAmountMismatch.selector, currency, PRICE, sent);
    }
}
