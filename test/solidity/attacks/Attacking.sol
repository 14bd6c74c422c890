// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "../Settlement/Settling.sol";

/// @notice Somebody who has no part in a trade and wants money from it, or wants to spoil it. Each test performs one
/// attack as he would, or as a dishonest party would, and shows that it fails or gains nothing.
abstract contract Attacking is Settling {
    address internal thief = person("thief");

    /// @dev All native money and play money of an account, in its pocket and withdrawable.
    function wealthOf(address account) internal view returns (uint256) {
        return
            account.balance + creditOf(account) + token.balanceOf(account) + escrow.creditOf(address(token), account);
    }

    /// @dev Four steps of an offer paid in play money.
    function buyWithTokens() internal returns (Entitled memory) {
        return buy(publishForTokens(), 4);
    }

    function publishForTokens() internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.token = address(token);
        publish(terms);
    }

    /// @dev The buyer takes everything that is not opened.
    function refundAll(Entitled memory entitled) internal {
        VM.prank(entitled.buyer);
        escrow.refund(entitled.terms, entitled.buyer, entitled.salt, type(uint24).max);
    }
}
