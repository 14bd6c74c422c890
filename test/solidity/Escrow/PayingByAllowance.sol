// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {VM} from "../base/Vm.sol";
import {Paying} from "./Paying.sol";

/// @notice What plain purchases and top-ups have in common: native money sent along, or tokens that the caller let the
/// escrow take.
abstract contract PayingByAllowance is Paying {
    /// @dev The calldata of the function under test.
    function paymentData(Entitled memory entitled, uint24 steps) internal pure virtual returns (bytes memory);

    function payment(Entitled memory entitled, uint24 steps) internal override returns (Call memory) {
        uint256 amount = uint256(entitled.terms.price) * steps;
        fundIn(entitled.terms.token, payer, address(escrow), amount);
        return Call(payer, entitled.terms.token == address(0) ? amount : 0, paymentData(entitled, steps));
    }

    function unpaid(address currency, bytes memory) internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.TokenTransferFailed.selector, currency);
    }

    /// @dev Three steps are paid natively, and nothing else is moved.
    function takesExactlyThePriceInNativeMoney() internal {
        Entitled memory entitled = orderedIn(address(0));
        Books memory books = booksOf(entitled);
        accepts(payment(entitled, 3));
        books.payer.native -= 3 * PRICE;
        books.vault.native += 3 * PRICE;
        books.deposit += 3 * PRICE;
        requireBooks(entitled, books);
    }

    function refusesNativeAmount(uint256 amount) internal {
        refuses(withValue(payment(orderedIn(address(0)), 3), amount), wrongPayment(3 * PRICE, amount));
    }

    function refusesNativeMoneyBesideTokens() internal {
        refuses(withValue(payment(ordered(), 3), 1), wrongPayment(0, 1));
    }

    function refusesTooSmallAnAllowance() internal {
        Call memory call_ = payment(ordered(), 3);
        VM.prank(payer);
        token.approve(address(escrow), 3 * PRICE - 1);
        refuses(call_, unpaid(address(token), ""));
    }

    function refusesTooSmallABalance() internal {
        Call memory call_ = payment(ordered(), 3);
        VM.prank(payer);
        token.transfer(stranger, 1);
        refuses(call_, unpaid(address(token), ""));
    }

    function wrongPayment(uint256 expected, uint256 actual) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.WrongPayment.selector, expected, actual);
    }
}
