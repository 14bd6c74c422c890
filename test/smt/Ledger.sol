// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One entitlement of the escrow, as the prover sees it
/// @notice Every function has the name of the function in `contracts/Escrow.sol` whose statements it repeats; the prover
/// refuses to start unless they are the same. What stands in `require` instead is what the prover has to be told,
/// because it takes hashes for arbitrary numbers: which step is open, and that an open step has no claim.
/// @dev State variables have no value here: each proof starts from any state that its invariant allows.
abstract contract Ledger {
    struct Account {
        uint96 price;
        uint24 bought;
        uint24 settled;
        uint8 pending;
        uint8 maxPending;
    }

    struct Terms {
        uint96 price;
        uint24 maxSteps;
        uint8 maxPending;
    }

    Account internal account;
    Terms internal terms;
    /// @dev The head of the state chain is the marker of an open step, which is the last one opened.
    bool internal isOpen;

    /// @dev What holds between any two moves: assumed before each of them here, and proven to hold after it in `Order.sol`.
    modifier inOrder() {
        require(account.price == terms.price && account.maxPending == terms.maxPending);
        require(uint256(account.settled) + account.pending <= account.bought);
        require(account.bought <= terms.maxSteps);
        require(account.pending <= account.maxPending);
        require(!isOpen || account.pending > 0);
        _;
    }

    /// @dev As nothing was bought yet, nothing of the account is set.
    modifier unused() {
        require(account.price == 0 && account.bought == 0 && account.settled == 0 && account.pending == 0 && !isOpen);
        require(terms.price > 0 && terms.maxPending >= 1 && terms.maxPending <= 8);
        _;
    }

    function _purchase(uint24 steps) internal unused returns (uint256 amount) {
        if (steps == 0 || steps > terms.maxSteps) revert();
        if (account.price != 0) revert();
        account.price = terms.price;
        account.bought = steps;
        account.maxPending = terms.maxPending;
        amount = uint256(terms.price) * steps;
    }

    function _topUp(uint24 steps) internal inOrder returns (uint256 amount) {
        uint256 free = terms.maxSteps - account.bought;
        if (steps == 0 || steps > free) revert();
        account.bought += steps;
        amount = uint256(terms.price) * steps;
    }

    function refund(uint24 steps) internal inOrder returns (uint256) {
        uint24 unopened = account.bought - account.settled - account.pending;
        if (steps == type(uint24).max) steps = unopened;
        if (steps == 0 || steps > unopened) revert();
        account.bought -= steps;
        uint256 amount = uint256(account.price) * steps;
        return amount;
    }

    function recordOpening(uint32 step) internal inOrder {
        (uint24 bought, uint24 settled, uint8 pending, uint8 maxPending) = (
            account.bought,
            account.settled,
            account.pending,
            account.maxPending
        );
        uint256 next = uint256(settled) + pending + 1;
        if (step != next) revert();
        if (next > bought) revert();
        if (pending >= maxPending) revert();
        require(!isOpen);
        account.pending = pending + 1;
        isOpen = true;
    }

    function recordClaim() internal inOrder {
        require(isOpen);
        isOpen = false;
    }

    function _timeout() internal inOrder {
        require(isOpen);
        --account.pending;
        isOpen = false;
    }

    function reject(uint32 step) internal inOrder {
        require(step > account.settled && step <= uint256(account.settled) + account.pending);
        account.pending = uint8(step - 1 - account.settled);
        isOpen = false;
    }

    function _pay(uint32 step) internal inOrder {
        (uint24 settled, uint8 pending) = (account.settled, account.pending);
        uint256 next = uint256(settled) + 1;
        if (step != next) revert();
        if (pending == 0) revert();
        require(!isOpen || pending > 1);
        account.settled = uint24(next);
        account.pending = pending - 1;
    }

    /// @dev The rest of `_pay`: who gets the price. A split was recorded before, with the price that never changes.
    function _sharesOf(
        bool divided,
        uint96 sellerShare
    ) internal view returns (uint256 sellerAmount, uint256 buyerAmount) {
        uint96 price = account.price;
        sellerAmount = price;
        if (divided) {
            recordSplit(sellerShare);
            sellerAmount = sellerShare;
            buyerAmount = price - sellerShare;
        }
    }

    function recordSplit(uint96 sellerShare) internal view {
        uint96 price = account.price;
        if (sellerShare == 0 || sellerShare >= price) revert();
    }
}
