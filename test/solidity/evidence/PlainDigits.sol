// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Hexadecimal digits one by one: the plain twin.
library PlainDigits {
    function digitsOf(bytes memory content) internal pure returns (bytes memory digits) {
        bytes16 alphabet = "0123456789abcdef";
        digits = new bytes(2 * content.length);
        for (uint256 i; i < content.length; ++i) {
            digits[2 * i] = alphabet[uint8(content[i]) >> 4];
            digits[2 * i + 1] = alphabet[uint8(content[i]) & 15];
        }
    }
}
