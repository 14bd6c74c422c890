// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ledger} from "./Ledger.sol";

/// @title Steps are bought, opened and paid in order, at most `maxPending` wait
/// @notice Induction over the moves: purchase makes the invariant true, every other move keeps it.
abstract contract Order is Ledger {
    modifier keeps() {
        _;
        assert(account.price == terms.price && account.maxPending == terms.maxPending);
        assert(uint256(account.settled) + account.pending <= account.bought);
        assert(account.bought <= terms.maxSteps);
        assert(account.pending <= account.maxPending);
        assert(!isOpen || account.pending > 0);
    }
}

/// @dev Nothing but the moves themselves: none of their additions and subtractions can overflow.
contract Arithmetic is Ledger {}

contract OrderOfBuying is Order {
    function buy(uint24 steps) external keeps {
        _purchase(steps);
    }

    function add(uint24 steps) external keeps {
        _topUp(steps);
    }

    function giveBack(uint24 steps) external keeps {
        refund(steps);
    }
}

contract OrderOfOpening is Order {
    function open(uint32 step) external keeps {
        recordOpening(step);
    }

    function claim() external keeps {
        recordClaim();
    }

    function timeout() external keeps {
        _timeout();
    }
}

contract OrderOfRejecting is Order {
    function void(uint32 step) external keeps {
        reject(step);
    }
}

contract OrderOfPaying is Order {
    function pay(uint32 step) external keeps {
        _pay(step);
    }
}
