// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Numbers modulo n, the order of the curve P-384
/// @dev A number is a high word of 128 bits and a low word of 256. There are few such operations per verification, so
/// they are left to the precompile of EIP-198. Assembly for it, and for products wider than a word.
library P384Scalar {
    /// @notice The precompile for modular exponentiation is not there, or refused.
    error NoModularExponentiation();

    uint256 private constant ORDER_HIGH = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant ORDER_LOW = 0xffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973;
    /// @dev p - n, which is below 2^190.
    uint256 private constant FIELD_MINUS_ORDER = 0x389cb27e0bc8d21fa7e5f24cb74f58851313e696333ad68c;
    uint256 private constant MODEXP = 5;

    /// @notice Whether the number is from 1 to n - 1, as r and s of a signature must be.
    function isInRange(uint256 high, uint256 low) internal pure returns (bool) {
        bool isZero = high == 0 && low == 0;
        return !isZero && (high < ORDER_HIGH || (high == ORDER_HIGH && low < ORDER_LOW));
    }

    /// @notice number + n, and whether that is below p. A point's x is compared with r modulo n, so both r and r + n
    /// stand for it where the latter is a field element.
    function plusOrder(uint256 high, uint256 low) internal pure returns (bool isBelow, uint256, uint256) {
        if (high != 0 || low >= FIELD_MINUS_ORDER) return (false, 0, 0);
        unchecked {
            uint256 sum = low + ORDER_LOW;
            return (true, ORDER_HIGH + (sum < low ? 1 : 0), sum);
        }
    }

    /// @notice a b modulo n. High words have 128 bits, and one of the factors is below n: otherwise c2 could be 2^256 - 1,
    /// which is 0 to what computes it.
    function product(
        uint256 aHigh,
        uint256 aLow,
        uint256 bHigh,
        uint256 bLow
    ) internal view returns (uint256 high, uint256 low) {
        bool done;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // c2 c1 c0, as P384Curve multiplies.
            let c0 := mul(aLow, bLow)
            let c1 := mulmod(aLow, bLow, not(0))
            c1 := add(sub(sub(c1, c0), lt(c1, c0)), add(mul(aHigh, bLow), mul(aLow, bHigh)))
            let c2 := mulmod(addmod(aLow, aHigh, not(0)), addmod(bLow, bHigh, not(0)), not(0))
            c2 := addmod(addmod(c2, not(c0), not(0)), not(c1), not(0))

            // Sizes, the base of 96 bytes, the exponent 1, the modulus of 48 bytes.
            let input := mload(0x40)
            mstore(input, 96)
            mstore(add(input, 32), 1)
            mstore(add(input, 64), 48)
            mstore(add(input, 96), c2)
            mstore(add(input, 128), c1)
            mstore(add(input, 160), c0)
            mstore8(add(input, 192), 1)
            mstore(add(input, 193), shl(128, ORDER_HIGH))
            mstore(add(input, 209), ORDER_LOW)
            done := and(eq(returndatasize(), 48), staticcall(gas(), MODEXP, input, 241, input, 48))
            high := shr(128, mload(input))
            low := mload(add(input, 16))
        }
        if (!done) revert NoModularExponentiation();
    }

    /// @notice The inverse of a number modulo n: its power of n - 2, since n is prime. The high word has 128 bits.
    function inverse(uint256 aHigh, uint256 aLow) internal view returns (uint256 high, uint256 low) {
        bool done;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // Sizes, then the base, the exponent and the modulus, 48 bytes each.
            let input := mload(0x40)
            mstore(input, 48)
            mstore(add(input, 32), 48)
            mstore(add(input, 64), 48)
            mstore(add(input, 96), shl(128, aHigh))
            mstore(add(input, 112), aLow)
            mstore(add(input, 144), shl(128, ORDER_HIGH))
            mstore(add(input, 160), sub(ORDER_LOW, 2))
            mstore(add(input, 192), shl(128, ORDER_HIGH))
            mstore(add(input, 208), ORDER_LOW)
            done := and(eq(returndatasize(), 48), staticcall(gas(), MODEXP, input, 240, input, 48))
            high := shr(128, mload(input))
            low := mload(add(input, 16))
        }
        if (!done) revert NoModularExponentiation();
    }
}
