// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice SHA-384 as FIPS 180-4 words it, section by section: slow, and without any idea of its own.
library ReferenceSha384 {
    function hash(bytes memory message) internal pure returns (bytes memory) {
        bytes memory padded = pad(message);
        uint64[8] memory state = initial();
        for (uint256 at; at < padded.length; at += 128) compress(state, padded, at);
        return abi.encodePacked(state[0], state[1], state[2], state[3], state[4], state[5]);
    }

    /// @dev 5.1.2: one bit, zeros, and the length in bits as the last 16 bytes of a block.
    function pad(bytes memory message) private pure returns (bytes memory) {
        uint256 zeros = (128 - ((message.length + 17) % 128)) % 128;
        return bytes.concat(message, hex"80", new bytes(zeros), bytes16(uint128(message.length * 8)));
    }

    /// @dev 6.4.2.
    function compress(uint64[8] memory state, bytes memory padded, uint256 at) private pure {
        uint64[80] memory constants = roundConstants();
        uint64[80] memory w;
        for (uint256 t; t < 16; ++t) {
            for (uint256 i; i < 8; ++i) w[t] = (w[t] << 8) | uint8(padded[at + 8 * t + i]);
        }
        unchecked {
            for (uint256 t = 16; t < 80; ++t) {
                uint64 x = w[t - 15];
                uint64 y = w[t - 2];
                uint64 small0 = rotated(x, 1) ^ rotated(x, 8) ^ (x >> 7);
                uint64 small1 = rotated(y, 19) ^ rotated(y, 61) ^ (y >> 6);
                w[t] = small1 + w[t - 7] + small0 + w[t - 16];
            }
            uint64[8] memory v;
            for (uint256 i; i < 8; ++i) v[i] = state[i];
            for (uint256 t; t < 80; ++t) {
                uint64 t1 = v[7] + bigSigma1(v[4]) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[t] + w[t];
                uint64 t2 = bigSigma0(v[0]) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
                for (uint256 i = 7; i > 0; --i) v[i] = v[i - 1];
                v[4] += t1;
                v[0] = t1 + t2;
            }
            for (uint256 i; i < 8; ++i) state[i] += v[i];
        }
    }

    function bigSigma0(uint64 x) private pure returns (uint64) {
        return rotated(x, 28) ^ rotated(x, 34) ^ rotated(x, 39);
    }

    function bigSigma1(uint64 x) private pure returns (uint64) {
        return rotated(x, 14) ^ rotated(x, 18) ^ rotated(x, 41);
    }

    function rotated(uint64 x, uint256 by) private pure returns (uint64) {
        return (x >> by) | (x << (64 - by));
    }

    /// @dev 5.3.4.
    function initial() private pure returns (uint64[8] memory) {
        return
            [
                0xcbbb9d5dc1059ed8,
                0x629a292a367cd507,
                0x9159015a3070dd17,
                0x152fecd8f70e5939,
                0x67332667ffc00b31,
                0x8eb44a8768581511,
                0xdb0c2e0d64f98fa7,
                0x47b5481dbefa4fa4
            ];
    }

    /// @dev 4.2.3: the first 64 bits of the fractions of the cube roots of the first 80 primes, computed as they are
    /// defined. The root of a prime times 2^192 is 2^64 times the prime's.
    function roundConstants() private pure returns (uint64[80] memory constants) {
        uint256 prime = 1;
        for (uint256 t; t < 80; ++t) {
            do ++prime; while (!isPrime(prime));
            constants[t] = uint64(cubeRoot(prime << 192));
        }
    }

    function isPrime(uint256 number) private pure returns (bool) {
        for (uint256 factor = 2; factor * factor <= number; ++factor) if (number % factor == 0) return false;
        return true;
    }

    /// @dev The largest number whose cube is not above the value, bit by bit. It is below 2^68.
    function cubeRoot(uint256 value) private pure returns (uint256 root) {
        for (uint256 bit = 1 << 67; bit != 0; bit >>= 1) {
            uint256 next = root | bit;
            if (next * next * next <= value) root = next;
        }
    }
}
