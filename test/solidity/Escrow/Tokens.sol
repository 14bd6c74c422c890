// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Play money that anybody can mint.
abstract contract OddToken is ERC20("Odd", "ODD") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Moves money and answers nothing, as some old tokens do.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    error TooLittle();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) revert TooLittle();
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert TooLittle();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Takes any call it does not know for a good one: also a permit that it does not have.
contract AcceptingToken is SilentToken {
    fallback() external {}
}

/// @notice Gives each receiver one more than was sent.
contract GenerousToken is OddToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) _mint(to, 1);
    }
}

/// @notice Takes a hundredth from the sender, on top of what was sent.
contract FeeOnTopToken is OddToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) _burn(from, value / 100);
    }
}

/// @notice Says that it has moved the money, and has not, while it lies.
contract LyingToken is OddToken {
    bool public lies;

    function lie() external {
        lies = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (!lies) super._update(from, to, value);
    }
}

/// @notice Pays the sender when it should take from it.
contract BackwardToken is OddToken {
    bool public isBackward;

    function turn() external {
        isBackward = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBackward) super._update(address(0), from, value);
        else super._update(from, to, value);
    }
}

/// @notice Changes everybody's balance at will.
contract RebasingToken is OddToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * percent) / 100;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, (value * 100) / percent);
    }
}

/// @notice Moves nothing from or to those on its list.
contract BlockingToken is OddToken {
    mapping(address account => bool) public isBlocked;

    error Blocked(address account);

    function blockAccount(address account) external {
        isBlocked[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBlocked[from]) revert Blocked(from);
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @notice Calls somebody back when it is asked for a permit.
contract PermitHookToken is OddToken {
    address public hookTarget;
    bytes public hookData;
    bytes public hookAnswer;

    function setHook(address target, bytes calldata data) external {
        hookTarget = target;
        hookData = data;
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        (, hookAnswer) = hookTarget.call(hookData);
    }
}
