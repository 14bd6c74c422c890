// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {VM} from "../base/Vm.sol";
import {Deciding} from "./Deciding.sol";

/// @notice What the two ways to challenge a claim have in common. The bond is 100 wei.
abstract contract Challenging is Deciding {
    function opensUntilTheEnd() internal {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd - 1);
        accepts(deciding(claimed));
    }

    function refusesFromTheEnd(uint256 late) internal {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd + late);
        refusesClosed(claimed);
    }

    function refusesAfterAnAcknowledgement() internal {
        Claimed memory claimed = claim(buy());
        acknowledge(claimed);
        refusesClosed(claimed);
    }

    function refusesClosed(Claimed memory claimed) private {
        bytes4 error_ = IEscrow.WindowClosed.selector;
        refuses(deciding(claimed), abi.encodeWithSelector(error_, claimed.ref.windowEnd));
    }

    /// @dev The fifth step, of which four can be pending, has the second bit.
    function setsTheBitOfTheStep() internal {
        Entitled memory entitled = ofPending(4, 5);
        Claimed[] memory all = claims(entitled, 4);
        pass(DISPUTE_WINDOW);
        for (uint256 i; i < 4; ++i) finalize(all[i]);
        Claimed memory fifth = claimAfter(all[3]);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        accepts(deciding(fifth));
        stored.challenged = 2;
        requireEntitlement(entitled, stored);
    }

    function setsABitForEach() internal {
        Entitled memory entitled = ofPending(8, 8);
        Claimed[] memory all = claims(entitled, 8);
        uint256 bits;
        for (uint256 i; i < 8; ++i) {
            accepts(deciding(all[i]));
            bits |= 1 << ((i + 1) % 8);
            assertEq(escrow.entitlementOf(entitled.id).challenged, bits, "challenged");
        }
        assertEq(bits, 255, "all");
    }

    function holdsTheValue() internal {
        Claimed memory claimed = claim(buy());
        Call memory call_ = deciding(claimed);
        Books memory books = booksOf(claimed.opened.entitled);
        VM.recordLogs();
        accepts(call_);
        assertEq(VM.getRecordedLogs().length, 0, "events");
        books.settlement.native -= 100;
        books.vault.native += 100;
        books.bonds += 100;
        requireBooks(claimed.opened.entitled, books);
    }

    function alreadyChallenged(Claimed memory claimed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.AlreadyChallenged.selector, claimed.ref.runKey);
    }
}
