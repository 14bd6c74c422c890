// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice An ERC-20 that can be told to misbehave: to keep a fee, to answer false, to revert, to call somebody back
/// in the middle of a transfer.
contract HostileToken is ERC20("Hostile", "HOST") {
    enum Mood {
        Honest,
        Fee,
        AnswersFalse,
        Reverts,
        Drains
    }

    Mood public mood;
    address public hookTarget;
    bytes public hookData;
    /// @notice What the call in the middle of the last transfer came back with.
    bytes public hookAnswer;
    bool public hookSucceeded;

    error Paused();

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function setHook(address target, bytes calldata data) external {
        hookTarget = target;
        hookData = data;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, msg.sender, amount);
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (mood == Mood.Reverts) revert Paused();
        if (mood == Mood.AnswersFalse) return false;
        if (hookTarget != address(0)) (hookSucceeded, hookAnswer) = hookTarget.call(hookData);
        // The receiver ends with less than it had.
        if (mood == Mood.Drains && balanceOf(to) > 0) _burn(to, 1);
        if (mood == Mood.Drains) return true;
        uint256 fee = mood == Mood.Fee ? amount / 100 : 0;
        _transfer(from, to, amount - fee);
        if (fee > 0) _burn(from, fee);
        return true;
    }
}
