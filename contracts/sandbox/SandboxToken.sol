// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Play money of local deployments
/// @notice A plain ERC-20 with six decimals and EIP-2612 that its deployer can mint. It is worth nothing.
contract SandboxToken is ERC20Permit {
    address public immutable minter;

    /// @notice Only the deployer of this play money can mint it.
    error NotMinter(address caller, address minter);

    constructor() ERC20("Sandbox USD", "sUSD") ERC20Permit("Sandbox USD") {
        minter = msg.sender;
    }

    /// @notice Makes `amount` for `to`.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender, minter);
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
