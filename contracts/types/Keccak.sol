// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev `keccak256(abi.encode(...))` of a few words. Assembly, because each step takes fifteen such hashes and
/// `abi.encode` spends some ninety gas on a memory block of its own for each: here the words lie beyond the free memory
/// pointer, and nothing is allocated. The plain twins are in the tests.

/// @notice `keccak256(abi.encode(a, b))`.
function keccakOf(bytes32 a, bytes32 b) pure returns (bytes32 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        mstore(0x00, a)
        mstore(0x20, b)
        hash := keccak256(0x00, 0x40)
    }
}

/// @notice `keccak256(abi.encode(a, b, c))`.
function keccakOf(bytes32 a, bytes32 b, bytes32 c) pure returns (bytes32 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        mstore(words, a)
        mstore(add(words, 0x20), b)
        mstore(add(words, 0x40), c)
        hash := keccak256(words, 0x60)
    }
}

/// @notice `keccak256(abi.encode(a, b, c, d))`.
function keccakOf(bytes32 a, bytes32 b, bytes32 c, bytes32 d) pure returns (bytes32 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        mstore(words, a)
        mstore(add(words, 0x20), b)
        mstore(add(words, 0x40), c)
        mstore(add(words, 0x60), d)
        hash := keccak256(words, 0x80)
    }
}

/// @notice `keccak256(abi.encode(a, b, c, d, e))`.
function keccakOf(bytes32 a, bytes32 b, bytes32 c, bytes32 d, bytes32 e) pure returns (bytes32 hash) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        mstore(words, a)
        mstore(add(words, 0x20), b)
        mstore(add(words, 0x40), c)
        mstore(add(words, 0x60), d)
        mstore(add(words, 0x80), e)
        hash := keccak256(words, 0xa0)
    }
}
