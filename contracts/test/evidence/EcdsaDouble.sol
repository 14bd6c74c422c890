// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EcdsaSignature} from "../../evidence/arithmetic/EcdsaSignature.sol";
import {P256} from "../../evidence/arithmetic/P256.sol";
import {U384} from "../../evidence/arithmetic/U384.sol";

/// @notice The libraries as they are compiled for deployment, for tests.
contract EcdsaDouble {
    function decode(bytes calldata der) external pure returns (U384 memory r, U384 memory s) {
        return EcdsaSignature.decode(der);
    }

    function decodeWords(bytes calldata der) external pure returns (uint256 r, uint256 s) {
        return EcdsaSignature.decodeWords(der);
    }

    function verifyP256(bytes32 digest, uint256 r, uint256 s, uint256 x, uint256 y) external view returns (bool) {
        return P256.verify(digest, r, s, x, y);
    }
}
