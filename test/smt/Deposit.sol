// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ledger} from "./Ledger.sol";

/// @title The deposit is the price of the steps bought and not paid
/// @notice Each move changes `price * (bought - settled)` by exactly the money it names: what a purchase or top-up takes,
/// what a refund credits, what a payment gives to seller and buyer. Voiding moves no money.
abstract contract Deposit is Ledger {
    uint256 internal deposit;

    modifier keeps() {
        require(deposit == uint256(account.price) * (account.bought - account.settled));
        _;
        assert(deposit == uint256(account.price) * (account.bought - account.settled));
    }
}

contract DepositOfBuying is Deposit {
    function buy(uint24 steps) external {
        deposit = _purchase(steps);
        assert(deposit == uint256(account.price) * (account.bought - account.settled));
    }

    function add(uint24 steps) external keeps {
        deposit += _topUp(steps);
    }
}

contract DepositOfRefunding is Deposit {
    function giveBack(uint24 steps) external keeps {
        deposit -= refund(steps);
    }
}

contract DepositOfVoiding is Deposit {
    function open(uint32 step) external keeps {
        recordOpening(step);
    }

    function claim() external keeps {
        recordClaim();
    }

    function timeout() external keeps {
        _timeout();
    }

    function void(uint32 step) external keeps {
        reject(step);
    }
}

/// @dev Payment is proven in parts, since the prover is slow to multiply by a number that was cut to 24 bits: it settles one
/// step, changes nothing else, and gives away one price; and the deposit of one step less is one price less.
contract PaymentSettlesOne is Ledger {
    function pay(uint32 step) external {
        uint24 settled = account.settled;
        _pay(step);
        assert(account.settled > settled);
        assert(account.settled <= uint256(settled) + 1);
    }
}

contract PaymentKeepsTheRest is Ledger {
    function pay(uint32 step) external {
        (uint96 price, uint24 bought) = (account.price, account.bought);
        _pay(step);
        assert(account.price == price);
        assert(account.bought == bought);
    }
}

contract PaymentGivesOnePrice is Ledger {
    function pay(bool divided, uint96 sellerShare) external view {
        (uint256 sellerAmount, uint256 buyerAmount) = _sharesOf(divided, sellerShare);
        assert(sellerAmount + buyerAmount == account.price);
        assert(!divided || (sellerAmount > 0 && buyerAmount > 0));
    }
}

contract PaymentLeavesOnePriceLess is Deposit {
    function pay() external keeps {
        require(account.settled < account.bought);
        ++account.settled;
        deposit -= account.price;
    }
}
