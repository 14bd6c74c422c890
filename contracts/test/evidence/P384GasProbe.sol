// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "../../evidence/arithmetic/U384.sol";
import {IP384} from "../../interfaces/IP384.sol";

/// @notice Measures verifications as another contract sees them, with the tables cold.
contract P384GasProbe {
    IP384 private immutable P384;

    error NotVerified();

    constructor(IP384 p384) {
        P384 = p384;
    }

    /// @notice Gas of one call, with hints if there are any.
    function measure(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) external view returns (uint256 used) {
        bool isValid;
        if (hints.length == 0) {
            used = gasleft();
            isValid = P384.verifyPlain(keyId, digest, r, s);
        } else {
            used = gasleft();
            isValid = P384.verify(keyId, digest, r, s, hints);
        }
        used -= gasleft();
        if (!isValid) revert NotVerified();
    }
}
