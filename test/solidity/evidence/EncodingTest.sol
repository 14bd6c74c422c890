// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assertions} from "../base/Assertions.sol";

/// @notice Writes an encoding between guards, from a text with dirt behind it.
abstract contract EncodingTest is Assertions {
    uint256 private constant GUARD = 64;
    /// @dev The encoders may write so much behind their end.
    uint256 private constant SLACK = 32;

    /// @dev The encoder under test.
    function encode(uint256 from, uint256 length, uint256 to) internal pure virtual returns (uint256 end);

    /// @dev Its plain twin.
    function plain(bytes memory text) internal pure virtual returns (bytes memory);

    function encoded(bytes memory text, bytes1 dirt) internal pure returns (bytes memory result) {
        bytes memory source = bytes.concat(text, filled(GUARD, dirt));
        result = filled(2 * text.length + GUARD, dirt);
        uint256 from;
        uint256 to;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            from := add(source, 32)
            to := add(result, 32)
        }
        uint256 end = encode(from, text.length, to);
        assertGe(end, to, "end");
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(result, sub(end, to))
        }
    }

    /// @dev Compares everything around the encoding with what was there.
    function requireNothingElseChanged(bytes memory text, bytes1 dirt) internal pure {
        bytes memory source = bytes.concat(text, filled(GUARD, dirt));
        bytes32 sourceHash = keccak256(source);
        uint256 length = plain(text).length;
        bytes memory room = filled(GUARD + length + SLACK + GUARD, dirt);
        uint256 from;
        uint256 to;
        uint256 free;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            from := add(source, 32)
            to := add(add(room, 32), GUARD)
            free := mload(0x40)
        }
        encode(from, text.length, to);
        uint256 freeNow;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            freeNow := mload(0x40)
        }
        assertEq(freeNow, free, "free memory");
        assertEq(keccak256(source), sourceHash, "the text");
        assertEq(room.length, GUARD + length + SLACK + GUARD, "length");
        for (uint256 i; i < GUARD; ++i) {
            assertTrue(room[i] == dirt, "before");
            assertTrue(room[room.length - 1 - i] == dirt, "behind");
        }
    }

    function textOf(uint256 length) internal pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i; i < length; ++i) text[i] = keccak256(abi.encode(length, i))[0];
    }

    function filled(uint256 length, bytes1 with) internal pure returns (bytes memory result) {
        result = new bytes(length);
        for (uint256 i; i < length; ++i) result[i] = with;
    }
}
