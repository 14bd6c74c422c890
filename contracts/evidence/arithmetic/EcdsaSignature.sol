// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "./U384.sol";

/// @title ECDSA signatures in DER
/// @notice `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3), in the one way that DER (X.690) allows:
/// lengths definite and as short as possible, numbers not negative and without needless zeros, and nothing behind. Each
/// signature has one encoding, so no byte of it can be changed without notice.
library EcdsaSignature {
    /// @notice The bytes are not such an encoding, of numbers that fit.
    /// @custom:kind unverified
    error NotASignature();

    uint256 private constant SEQUENCE = 0x30;
    uint256 private constant INTEGER = 0x02;
    /// @dev Lengths from here on take more than one byte. No signature of two numbers of 384 bits is as long.
    uint256 private constant LONG_FORM = 0x80;
    uint256 private constant MAX_BYTES = 48;

    /// @notice Reads a signature whose numbers have up to 384 bits. Whether they are in range is up to the verifier.
    function decode(bytes calldata der) internal pure returns (U384 memory r, U384 memory s) {
        if (der.length < 2 || uint8(der[0]) != SEQUENCE || uint8(der[1]) >= LONG_FORM) revert NotASignature();
        if (uint8(der[1]) != der.length - 2) revert NotASignature();
        uint256 next;
        (r, next) = _decodeInteger(der, 2);
        (s, next) = _decodeInteger(der, next);
        if (next != der.length) revert NotASignature();
    }

    /// @notice Reads a signature whose numbers have up to 256 bits.
    function decodeWords(bytes calldata der) internal pure returns (uint256 r, uint256 s) {
        (U384 memory wideR, U384 memory wideS) = decode(der);
        if (wideR.high != 0 || wideS.high != 0) revert NotASignature();
        return (wideR.low, wideS.low);
    }

    function _decodeInteger(bytes calldata der, uint256 from) private pure returns (U384 memory number, uint256 next) {
        unchecked {
            // Tag, length, and the first two bytes of the number.
            uint256 head = _word(der, from) >> 224;
            uint256 length = (head >> 16) & 0xff;
            if (head >> 24 != INTEGER || length == 0) revert NotASignature();
            // A first bit that is set says that the number is negative.
            if (head & 0x8000 != 0) revert NotASignature();
            uint256 first = from + 2;
            next = first + length;
            if (head & 0xff00 == 0 && length > 1) {
                // A zero byte is there only to keep such a bit from being the first.
                if (head & 0x80 == 0) revert NotASignature();
                ++first;
                --length;
            }
            if (length > MAX_BYTES || next > der.length) revert NotASignature();
            if (length > 32) {
                number.high = uint128(_word(der, first) >> (8 * (64 - length)));
                first = next - 32;
                length = 32;
            }
            number.low = _word(der, first) >> (8 * (32 - length));
        }
    }

    /// @dev The 32 bytes at `from`, of which those behind the end belong to something else.
    function _word(bytes calldata der, uint256 from) private pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := calldataload(add(der.offset, from))
        }
    }
}
