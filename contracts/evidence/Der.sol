// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A strict reader of DER (X.690, section 10) in calldata
/// @notice Lengths are definite and as short as possible, tags take one byte, and nothing reaches beyond what holds it.
/// Every other encoding is refused, so bytes that pass mean one thing to every reader.
/// @dev Places are absolute in calldata. What is read beyond the end of an element is never used.
library Der {
    uint256 internal constant BOOLEAN = 0x01;
    uint256 internal constant INTEGER = 0x02;
    uint256 internal constant BIT_STRING = 0x03;
    uint256 internal constant OCTET_STRING = 0x04;
    uint256 internal constant OBJECT_IDENTIFIER = 0x06;
    uint256 internal constant UTF8_STRING = 0x0c;
    uint256 internal constant SEQUENCE = 0x30;

    uint256 private constant SHORT_FORM_END = 0x80;

    /// @notice The bytes are not DER of the shape that a leaf certificate has.
    /// @param position Where in the call's data.
    /// @custom:kind unverified
    error NotDer(uint256 position);

    /// @notice Enters the element at `place`, which must have the tag and end at or before `end`.
    /// @return content Where its content begins.
    /// @return next Where its content ends.
    function enter(uint256 place, uint256 end, uint256 tag) internal pure returns (uint256 content, uint256 next) {
        uint256 head = word(place);
        unchecked {
            uint256 length = (head >> 240) & 0xff;
            content = place + 2;
            next = content + length;
            // One jump for most elements.
            if (_isShort(head, tag, next, end)) return (content, next);
            if (head >> 248 != tag) revert NotDer(place);
            (content, length) = _longForm(place, head);
            next = content + length;
            if (next > end) revert NotDer(place);
        }
    }

    function _isShort(uint256 head, uint256 tag, uint256 next, uint256 end) private pure returns (bool isShort) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            isShort := and(and(eq(byte(0, head), tag), lt(byte(1, head), SHORT_FORM_END)), iszero(gt(next, end)))
        }
    }

    /// @dev One or two more bytes. More of them, or an indefinite length, no certificate has.
    function _longForm(uint256 place, uint256 head) private pure returns (uint256 content, uint256 length) {
        unchecked {
            uint256 form = (head >> 240) & 0xff;
            if (form == 0x81) {
                length = (head >> 232) & 0xff;
                if (length < SHORT_FORM_END) revert NotDer(place);
                return (place + 3, length);
            }
            length = (head >> 224) & 0xffff;
            if (form != 0x82 || length < 0x100) revert NotDer(place);
            return (place + 4, length);
        }
    }

    /// @notice Enters an element that fills its container.
    function enterLast(uint256 place, uint256 end, uint256 tag) internal pure returns (uint256 content) {
        uint256 next;
        (content, next) = enter(place, end, tag);
        if (next != end) revert NotDer(place);
    }

    /// @notice Requires the `length` bytes (at most 32) at `place` to be those, and to end before `end`.
    /// @param expected Right-aligned.
    function requireBytes(
        uint256 place,
        uint256 end,
        uint256 length,
        uint256 expected
    ) internal pure returns (uint256) {
        unchecked {
            uint256 next = place + length;
            if (next > end || word(place) >> (256 - 8 * length) != expected) revert NotDer(place);
            return next;
        }
    }

    /// @notice The 32 bytes of calldata at `place`; zeros beyond its end.
    function word(uint256 place) internal pure returns (uint256 value) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := calldataload(place)
        }
    }
}
