// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Calls a contract and answers with what it said, or why it refused. Hardhat explains every refused call by
/// running it again step by step, which takes a second where the code is long.
contract Attempt {
    function attempt(address target, bytes calldata data) external returns (bool done, bytes memory answer) {
        return target.call(data);
    }
}
