// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ledger} from "./Ledger.sol";

/// @title A step ends once: paid or refunded
/// @notice Follows any one step number. A refunded number can be bought again by a top-up, so purchases and refunds of it
/// are counted: each purchase ends in one refund, in one payment, or is still held. What is paid stays paid.
abstract contract Once is Ledger {
    /// @dev The step number that is followed.
    uint24 internal number;
    bool internal paid;
    uint64 internal timesBought;
    uint64 internal timesRefunded;

    modifier keeps() {
        require(number > 0);
        require(timesBought < type(uint64).max && timesRefunded < type(uint64).max);
        require(paid == (number <= account.settled));
        require(timesBought == uint256(timesRefunded) + (number <= account.bought ? 1 : 0));
        _;
        assert(paid == (number <= account.settled));
        assert(timesBought == uint256(timesRefunded) + (number <= account.bought ? 1 : 0));
    }
}

contract OnceBought is Once {
    function buy(uint24 steps) external {
        require(number > 0 && !paid && timesBought == 0 && timesRefunded == 0);
        _purchase(steps);
        if (number <= account.bought) ++timesBought;
        assert(paid == (number <= account.settled));
        assert(timesBought == uint256(timesRefunded) + (number <= account.bought ? 1 : 0));
    }

    function add(uint24 steps) external keeps {
        uint24 bought = account.bought;
        _topUp(steps);
        if (number > bought && number <= account.bought) ++timesBought;
    }
}

contract OnceRefunded is Once {
    function giveBack(uint24 steps) external keeps {
        uint24 bought = account.bought;
        refund(steps);
        if (number > account.bought && number <= bought) {
            assert(!paid);
            ++timesRefunded;
        }
    }
}

contract OnceVoided is Once {
    function open(uint32 step) external keeps {
        recordOpening(step);
    }

    function timeout() external keeps {
        _timeout();
    }

    function void(uint32 step) external keeps {
        reject(step);
    }
}

/// @dev With payment as `PaymentSettlesOne` and `PaymentKeepsTheRest` prove it to be.
contract OncePaid is Once {
    function pay() external keeps {
        require(account.pending > 0 && uint256(account.settled) + account.pending <= account.bought);
        ++account.settled;
        if (number == account.settled) {
            assert(!paid);
            paid = true;
        }
        assert(account.settled <= account.bought);
    }
}
