// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RunKey} from "./Ids.sol";

bytes32 constant OBSERVATION_TYPEHASH = keccak256("Observation(bytes32 runKey,bytes32 observationHash)");

/// @notice EIP-712 struct hash of what an observer signs: this run, seen as the observation with this hash says.
function observationStructHash(RunKey runKey, bytes32 observationHash) pure returns (bytes32) {
    return keccak256(abi.encode(OBSERVATION_TYPEHASH, runKey, observationHash));
}
