// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Lower-case hexadecimal digits
/// @notice Without a prefix, as statements, logs and certificates write digests and commits.
library Hexadecimal {
    /// @notice The 64 digits of a digest.
    function ofDigest(bytes32 digest) internal pure returns (bytes memory digits) {
        return abi.encodePacked(_digits(uint256(digest) >> 128), _digits(uint128(uint256(digest))));
    }

    /// @notice The 40 digits of a Git commit.
    function ofCommit(bytes20 commit) internal pure returns (bytes memory digits) {
        return
            abi.encodePacked(
                _digits(uint160(commit) >> 32),
                bytes8(bytes32(_digits(uint256(uint32(uint160(commit))) << 96)))
            );
    }

    /// @dev The 32 digits of 128 bits. Halves of lanes are moved apart until each digit has a byte; then those from ten
    /// on, to which 6 adds a fifth bit, are moved on to the letters.
    function _digits(uint256 x) private pure returns (uint256) {
        unchecked {
            x = (x | (x << 64)) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            x = (x | (x << 32)) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            x = (x | (x << 16)) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            x = (x | (x << 8)) & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
            x = (x | (x << 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            uint256 letters =
                ((x + 0x0606060606060606060606060606060606060606060606060606060606060606) >> 4) &
                    0x0101010101010101010101010101010101010101010101010101010101010101;
            // The digit 0 is 48, and a stands 39 behind the place after 9.
            return x + 0x3030303030303030303030303030303030303030303030303030303030303030 + 39 * letters;
        }
    }
}
