// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISha384} from "../../interfaces/ISha384.sol";
import {Sha384} from "./Sha384.sol";
import {U384} from "./U384.sol";

/// @title SHA-384 as a contract of its own
/// @notice See {ISha384}.
contract Sha384Hasher is ISha384 {
    /// @inheritdoc ISha384
    function hash(bytes calldata message) external pure returns (U384 memory) {
        return Sha384.hashCalldata(message);
    }
}
