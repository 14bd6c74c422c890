// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

/// @notice What tests of the stake have in common.
abstract contract Staking is Ledger {
    /// @dev Notice period of an offer with default terms.
    uint256 internal constant NOTICE = STEP_TIMEOUT + 2 * DISPUTE_WINDOW + ARBITRATION_WINDOW;

    function posting(OfferTerms memory terms, uint256 amount) internal pure returns (Call memory) {
        return Call(terms.seller, amount, abi.encodeCall(IEscrow.postStake, (terms)));
    }

    function noticing(OfferTerms memory terms) internal pure returns (Call memory) {
        return Call(terms.seller, 0, abi.encodeCall(IEscrow.noticeStake, (terms)));
    }

    function withdrawing(OfferTerms memory terms) internal pure returns (Call memory) {
        return Call(terms.seller, 0, abi.encodeCall(IEscrow.withdrawStake, (terms)));
    }

    /// @dev A published offer with this stake.
    function staked(uint256 amount) internal returns (OfferTerms memory terms) {
        terms = publish();
        accepts(posting(terms, amount));
    }

    /// @dev A published offer with this stake, for which notice is given now.
    function noticed(uint256 amount) internal returns (OfferTerms memory terms) {
        terms = staked(amount);
        accepts(noticing(terms));
    }

    /// @dev A false claim takes part of the stake.
    function slash(OfferTerms memory terms, uint256 amount) internal {
        VM.prank(address(settlement));
        escrow.slash(Hashes.offerId(terms), stranger, amount);
    }

    function requireStake(OfferTerms memory terms, uint256 amount, uint256 withdrawableAt) internal view {
        IEscrow.Stake memory stake = escrow.stakeOf(Hashes.offerId(terms));
        assertEq(stake.amount, amount, "stake");
        assertEq(stake.withdrawableAt, withdrawableAt, "end of notice");
    }

    function notSeller() internal view returns (bytes memory) {
        return abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, stranger, seller);
    }

    function notLive(OfferTerms memory terms) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, Hashes.offerId(terms));
    }

    function notWithdrawable(uint256 from) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.StakeNotWithdrawable.selector, from);
    }
}
