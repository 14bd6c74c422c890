// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Every unit held belongs to exactly one pot
/// @notice `balance` is what the escrow holds of one currency: deposits, credits, earnings, bonds and stakes, in sum.
/// Native money has all five pots; a token has the first three. Deposits change as the proofs of `Deposit.sol` say.
contract Vault {
    /// @dev More units than any currency has; far from what a word can hold, as the prover is slow to see near its end.
    uint256 internal constant MOST = 2 ** 248;

    uint256 internal balance;
    uint256 internal deposits;
    uint256 internal credits;
    uint256 internal earnings;
    uint256 internal bondsHeld;
    uint256 internal stake;

    modifier keeps() {
        require(balance <= MOST && deposits <= MOST && credits <= MOST && earnings <= MOST && bondsHeld <= MOST);
        require(balance == deposits + credits + earnings + bondsHeld + stake);
        _;
        assert(balance == deposits + credits + earnings + bondsHeld + stake);
    }

    function buy(uint256 amount) external keeps {
        require(amount <= MOST - balance);
        balance += amount;
        deposits += amount;
    }

    function refund(uint256 amount) external keeps {
        deposits -= amount;
        credits += amount;
    }

    function pay(uint96 price, uint256 sellerAmount, uint256 buyerAmount) external keeps {
        require(sellerAmount <= price && buyerAmount == price - sellerAmount);
        deposits -= price;
        earnings += sellerAmount;
        credits += buyerAmount;
    }

    function _markChallenged(uint256 value) external keeps {
        require(value <= MOST - balance);
        balance += value;
        bondsHeld += value;
    }

    function payBond(uint256 amount) external keeps {
        bondsHeld -= amount;
        credits += amount;
    }

    function postStake(uint256 value) external keeps {
        require(value <= MOST - balance);
        balance += value;
        uint256 total = stake + value;
        stake = total;
    }

    function slash(uint256 paid) external keeps {
        stake -= paid;
        credits += paid;
    }

    function withdrawStake() external keeps {
        credits += stake;
        delete stake;
    }

    function withdraw(uint256 amount) external keeps {
        require(amount <= credits);
        credits -= amount;
        balance -= amount;
    }

    function withdrawEarnings(uint256 amount) external keeps {
        require(amount <= earnings);
        earnings -= amount;
        balance -= amount;
    }
}

/// @dev What a slash takes fits the stake, so cutting it to the stake's width cuts nothing off.
contract Slash {
    uint128 internal stake;

    function slash(uint256 amount) external view {
        uint256 paid = amount < stake ? amount : stake;
        assert(paid <= stake);
        assert(paid <= amount);
        assert(paid <= type(uint128).max);
    }
}
