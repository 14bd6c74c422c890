// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account that answers every call with the same bytes: for ERC-1271, right or wrong in any way.
contract AnsweringAccount {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice An account that refuses every call, with the bytes that would have agreed.
contract RevertingAccount {
    bytes4 private constant AGREED = 0x1626ba7e;

    fallback() external {
        bytes memory answer = abi.encode(AGREED);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}

/// @notice An account whose check costs all the gas it gets.
contract BurningAccount {
    fallback() external {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice An account that agrees, but wants to remember it.
contract WritingAccount {
    bytes4 private constant AGREED = 0x1626ba7e;

    uint256 public asked;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++asked;
        return AGREED;
    }
}

/// @notice An account whose answer is as long as its gas allows, so that its caller pays for it once more.
contract VerboseAccount {
    fallback() external {
        uint256 budget = (gasleft() * 85) / 100;
        uint256 words = 1;
        // What memory costs, by the yellow paper.
        while (3 * words + (words * words) / 512 < budget) words += 256;
        words -= 256;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(0, mul(words, 32))
        }
    }
}
