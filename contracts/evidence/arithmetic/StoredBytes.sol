// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Bytes kept as the code of a contract
/// @dev Code begins with a zero byte, STOP, so that a call does nothing. Nothing can change it. Assembly, because
/// Solidity has no words for contracts without a source.
library StoredBytes {
    /// @notice The chain did not make the contract, or not with this code.
    /// @custom:kind unverified
    error NotStored();
    /// @notice Such a number has no place in the encoding below; no contract creates as many.
    /// @custom:kind unverified
    error NumberTooLarge(uint256 number);

    /// @dev `PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN` with RETURNDATASIZE for
    /// zero: returns all that follows. Then the STOP.
    uint256 private constant PREFIX_SIZE = 11;

    /// @notice Keeps the bytes.
    /// @return stored The contract whose code they are.
    function create(bytes memory data) internal returns (address stored) {
        bytes memory creation = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a3d393df3", hex"00", data);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            stored := create(0, add(creation, 0x20), mload(creation))
        }
        if (stored == address(0) || stored.code.length != data.length + 1) revert NotStored();
    }

    /// @notice Copies a part of kept bytes to a place in memory.
    function copy(address stored, uint256 offset, uint256 length, uint256 place) internal view {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            extcodecopy(stored, place, add(offset, 1), length)
        }
    }

    /// @notice Address of the contract that `creator` creates with this nonce: the last 20 bytes of the hash of both
    /// in RLP, by the rules of CREATE.
    function addressOf(address creator, uint256 nonce) internal pure returns (address) {
        if (nonce == 0 || nonce > type(uint24).max) revert NumberTooLarge(nonce);
        bytes memory encoded;
        if (nonce < 0x80) encoded = abi.encodePacked(hex"d694", creator, uint8(nonce));
        else if (nonce <= 0xff) encoded = abi.encodePacked(hex"d794", creator, hex"81", uint8(nonce));
        else if (nonce <= 0xffff) encoded = abi.encodePacked(hex"d894", creator, hex"82", uint16(nonce));
        else encoded = abi.encodePacked(hex"d994", creator, hex"83", uint24(nonce));
        return address(uint160(uint256(keccak256(encoded))));
    }
}
