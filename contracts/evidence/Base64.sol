// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Base64 (RFC 4648, section 4) of long texts
/// @notice 24 bytes become 32 characters in one word at a time, at about 9 gas a character. A log entry holds some ten
/// thousand, because it is a certificate encoded three times over; the libraries that go character by character need
/// 28 gas for each. The plain twin is OpenZeppelin's, in the tests.
library Base64 {
    /// @dev Characters of a line of PEM (RFC 7468), and the bytes that they stand for.
    uint256 private constant LINE = 64;
    uint256 private constant LINE_BYTES = 48;

    /// @notice Writes the encoding of `length` bytes of memory at `from` to `to`, and up to 32 bytes of nothing behind.
    /// The two places must not overlap.
    /// @return end Where the encoding ends.
    function encode(uint256 from, uint256 length, uint256 to) internal pure returns (uint256 end) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            end := add(to, shl(2, div(add(length, 2), 3)))
            for {
                let left := length
            } left {
                from := add(from, 24)
                to := add(to, 32)
            } {
                let x := shr(64, mload(from))
                switch lt(left, 24)
                case 1 {
                    // What lies behind the text counts as zeros.
                    let nothing := shl(3, sub(24, left))
                    x := shl(nothing, shr(nothing, x))
                    left := 0
                }
                default {
                    left := sub(left, 24)
                }
                // Five times, each lane's upper half moves to the middle of the double space that the lane then has:
                // from one lane of 192 bits to 32 of six bits, in a byte each. `x + high * (2^k - 1)` moves `high` by k.
                x := add(x, mul(and(x, 0xffffffffffffffffffffffff000000000000000000000000), 0xffffffff))
                x := add(x, mul(and(x, 0xffffffffffff00000000000000000000ffffffffffff000000000000), 0xffff))
                x := add(x, mul(and(x, 0xffffff0000000000ffffff0000000000ffffff0000000000ffffff000000), 0xff))
                x := add(x, mul(and(x, 0xfff00000fff00000fff00000fff00000fff00000fff00000fff00000fff000), 0xf))
                x := add(x, mul(and(x, 0xfc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc0), 0x3))

                // Values from 26, from 52 and from 62 on have bit 7 of their byte set after an addition.
                let ones := 0x0101010101010101010101010101010101010101010101010101010101010101
                let from26 := and(
                    shr(7, add(x, 0x6666666666666666666666666666666666666666666666666666666666666666)),
                    ones
                )
                let from52 := and(
                    shr(7, add(x, 0x4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c)),
                    ones
                )
                let from62 := and(
                    shr(7, add(x, 0x4242424242424242424242424242424242424242424242424242424242424242)),
                    ones
                )
                // A to Z are 65 on; a to z stand 6 later, 0 to 9 then 75 earlier, + then 15 earlier, / 3 later than that.
                let last := mul(3, and(from62, x))
                x := add(x, 0x4141414141414141414141414141414141414141414141414141414141414141)
                x := add(x, add(mul(from26, 6), last))
                x := sub(x, add(mul(from52, 75), mul(from62, 15)))
                mstore(to, x)
            }
            // One or two equals signs fill the last group of four.
            switch mod(length, 3)
            case 1 {
                mstore8(sub(end, 1), 0x3d)
                mstore8(sub(end, 2), 0x3d)
            }
            case 2 {
                mstore8(sub(end, 1), 0x3d)
            }
        }
    }

    /// @notice The same in lines of 64 characters, each with a line feed behind it.
    function encodeLines(uint256 from, uint256 length, uint256 to) internal pure returns (uint256 end) {
        unchecked {
            end = to;
            while (length != 0) {
                uint256 bytesOfLine = length < LINE_BYTES ? length : LINE_BYTES;
                end = encode(from, bytesOfLine, end);
                // solhint-disable-next-line no-inline-assembly
                assembly ("memory-safe") {
                    mstore8(end, 0x0a)
                }
                ++end;
                from += bytesOfLine;
                length -= bytesOfLine;
            }
        }
    }
}
