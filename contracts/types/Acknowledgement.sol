// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntitlementId} from "./Ids.sol";

bytes32 constant ACKNOWLEDGEMENT_TYPEHASH = keccak256(
    "Acknowledgement(bytes32 entitlement,uint32 step,bytes32 claimHash)"
);

/// @notice EIP-712 struct hash of the buyer's word that a claim may be paid at once.
function acknowledgementStructHash(EntitlementId entitlement, uint32 step, bytes32 claimHash) pure returns (bytes32) {
    return keccak256(abi.encode(ACKNOWLEDGEMENT_TYPEHASH, entitlement, step, claimHash));
}
