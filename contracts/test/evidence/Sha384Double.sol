// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sha384} from "../../evidence/arithmetic/Sha384.sol";
import {U384} from "../../evidence/arithmetic/U384.sol";

// solhint-disable gas-calldata-parameters

/// @notice The library as it is compiled for deployment, for tests and measurements.
contract Sha384Double {
    /// @notice Digests of every prefix of `message` with a length from `from` to before `to`, one after another.
    function hashPrefixes(bytes memory message, uint256 from, uint256 to) external pure returns (bytes memory digests) {
        digests = new bytes(48 * (to - from));
        for (uint256 length = from; length < to; ++length) {
            U384 memory digest = Sha384.hash(message, 0, length);
            _put(digests, 48 * (length - from), digest);
        }
    }

    function hash(bytes memory message) external pure returns (U384 memory) {
        return Sha384.hash(message);
    }

    function hashCalldata(bytes calldata message) external pure returns (U384 memory) {
        return Sha384.hashCalldata(message);
    }

    function hashSlice(bytes memory data, uint256 offset, uint256 length) external pure returns (U384 memory) {
        return Sha384.hash(data, offset, length);
    }

    /// @notice Gas of the hash alone.
    function measure(bytes calldata message) external view returns (uint256 used) {
        uint256 before = gasleft();
        Sha384.hashCalldata(message);
        used = before - gasleft();
    }

    function _put(bytes memory digests, uint256 offset, U384 memory digest) private pure {
        bytes memory packed = abi.encodePacked(digest.high, digest.low);
        for (uint256 i; i < 48; ++i) digests[offset + i] = packed[i];
    }
}
