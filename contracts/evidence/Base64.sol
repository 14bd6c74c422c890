// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Base64 (RFC 4648, section 4) of long texts
/// @notice 24 bytes become 32 characters in one word at a time, at about 9 gas a character. A log entry holds some ten
/// thousand, because it is a certificate encoded three times over; the libraries that go character by character need
/// 28 gas for each. The plain twin is OpenZeppelin's, in the tests.
library Base64 {
    /// @notice Writes the encoding of `length` bytes of memory at `from` to `to`, and up to 32 bytes of nothing behind.
    /// The two places must not overlap.
    /// @return end Where the encoding ends.
    function encode(uint256 from, uint256 length, uint256 to) internal pure returns (uint256 end) {
        unchecked {
            end = to + 4 * ((length + 2) / 3);
            uint256 wholeEnd = from + length - (length % 96);
            for (; from < wholeEnd; from += 96) {
                _store(to, _withSymbols(_spread(_load(from))));
                _store(to + 32, _withSymbols(_spread(_load(from + 24))));
                _store(to + 64, _withSymbols(_spread(_load(from + 48))));
                _store(to + 96, _withSymbols(_spread(_load(from + 72))));
                to += 128;
            }
            wholeEnd = from + (length % 96) - (length % 24);
            for (; from < wholeEnd; from += 24) {
                _store(to, _withSymbols(_spread(_load(from))));
                to += 32;
            }
            // What lies behind the text counts as zeros, and one or two equals signs fill the last group of four.
            uint256 nothing = 192 - 8 * (length % 24);
            _store(to, _withSymbols(_spread((_load(from) >> nothing) << nothing)));
            _pad(length, end);
        }
    }

    /// @notice The same for texts of ASCII without `>`, `?`, `~` and delete. Their encoding has no `+` and no `/`: a
    /// value of 62 or more takes a third byte that ends in five ones, or bytes beyond ASCII.
    function encodeText(uint256 from, uint256 length, uint256 to) internal pure returns (uint256 end) {
        unchecked {
            end = to + 4 * ((length + 2) / 3);
            uint256 wholeEnd = from + length - (length % 96);
            for (; from < wholeEnd; from += 96) {
                _store(to, _alphanumeric(_spread(_load(from))));
                _store(to + 32, _alphanumeric(_spread(_load(from + 24))));
                _store(to + 64, _alphanumeric(_spread(_load(from + 48))));
                _store(to + 96, _alphanumeric(_spread(_load(from + 72))));
                to += 128;
            }
            wholeEnd = from + (length % 96) - (length % 24);
            for (; from < wholeEnd; from += 24) {
                _store(to, _alphanumeric(_spread(_load(from))));
                to += 32;
            }
            uint256 nothing = 192 - 8 * (length % 24);
            _store(to, _alphanumeric(_spread((_load(from) >> nothing) << nothing)));
            _pad(length, end);
        }
    }

    /// @notice The same as {encode} in lines of 64 characters, each with a line feed behind it, as PEM has them
    /// (RFC 7468). Writes up to 32 bytes of nothing behind.
    /// @return end Where the last line feed ends.
    function encodeLines(uint256 from, uint256 length, uint256 to) internal pure returns (uint256 end) {
        unchecked {
            uint256 wholeEnd = from + length - (length % 48);
            for (; from < wholeEnd; from += 48) {
                _store(to, _withSymbols(_spread(_load(from))));
                _store(to + 32, _withSymbols(_spread(_load(from + 24))));
                _storeLineFeed(to + 64);
                to += 65;
            }
            if (length % 48 == 0) return to;
            end = encode(from, length % 48, to);
            _storeLineFeed(end);
            ++end;
        }
    }

    /// @dev 32 values of six bits from 192 bits, in a byte each. Five times, each lane's upper half moves to the middle
    /// of the double space that the lane then has; `x + high * (2^k - 1)` moves `high` by k.
    function _spread(uint256 x) private pure returns (uint256) {
        unchecked {
            x += (x & 0xffffffffffffffffffffffff000000000000000000000000) * 0xffffffff;
            x += (x & 0xffffffffffff00000000000000000000ffffffffffff000000000000) * 0xffff;
            x += (x & 0xffffff0000000000ffffff0000000000ffffff0000000000ffffff000000) * 0xff;
            x += (x & 0xfff00000fff00000fff00000fff00000fff00000fff00000fff00000fff000) * 0xf;
            x += (x & 0xfc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc00fc0) * 0x3;
            return x;
        }
    }

    /// @dev Characters of values below 62. A to Z are 65 on; a to z stand 6 later, 0 to 9 then 75 earlier. Values from
    /// 26 and from 52 on have bit 7 of their byte set after an addition.
    function _alphanumeric(uint256 x) private pure returns (uint256) {
        unchecked {
            uint256 ones = 0x0101010101010101010101010101010101010101010101010101010101010101;
            return
                x +
                65 * ones +
                6 * (((x + (128 - 26) * ones) >> 7) & ones) -
                75 * (((x + (128 - 52) * ones) >> 7) & ones);
        }
    }

    /// @dev The same with `+`, 15 places earlier yet, and `/`, 3 later than that.
    function _withSymbols(uint256 x) private pure returns (uint256) {
        unchecked {
            uint256 ones = 0x0101010101010101010101010101010101010101010101010101010101010101;
            uint256 from62 = ((x + (128 - 62) * ones) >> 7) & ones;
            return _alphanumeric(x) - 15 * from62 + 3 * (from62 & x);
        }
    }

    function _pad(uint256 length, uint256 end) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
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

    function _storeLineFeed(uint256 place) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore8(place, 0x0a)
        }
    }

    function _load(uint256 place) private pure returns (uint256 bits192) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            bits192 := shr(64, mload(place))
        }
    }

    function _store(uint256 place, uint256 word) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(place, word)
        }
    }
}
