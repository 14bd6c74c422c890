// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A stretch of calldata: where it begins, above its length in the low 32 bits. 0 says that there is none.
type CalldataText is uint256;

using {lengthOf, startOf, endOf, keccakOf, isEqual, toBytes} for CalldataText global;

function calldataText(uint256 start, uint256 end) pure returns (CalldataText) {
    unchecked {
        return CalldataText.wrap((start << 32) | (end - start));
    }
}

function startOf(CalldataText text) pure returns (uint256) {
    return CalldataText.unwrap(text) >> 32;
}

function lengthOf(CalldataText text) pure returns (uint256) {
    return uint32(CalldataText.unwrap(text));
}

function endOf(CalldataText text) pure returns (uint256) {
    unchecked {
        return startOf(text) + lengthOf(text);
    }
}

function keccakOf(CalldataText text) pure returns (bytes32) {
    return keccak256(toBytes(text));
}

function isEqual(CalldataText text, bytes memory other) pure returns (bool) {
    return lengthOf(text) == other.length && keccakOf(text) == keccak256(other);
}

function toBytes(CalldataText text) pure returns (bytes calldata content) {
    uint256 start = startOf(text);
    uint256 length = lengthOf(text);
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        content.offset := start
        content.length := length
    }
}
