// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntitlementId} from "./Ids.sol";

/// @notice A buyer's leave for another key to sign permits of one entitlement, and nothing else.
struct Delegation {
    EntitlementId entitlement;
    address delegate;
    /// Highest step number the delegate may permit.
    uint32 lastStep;
    /// End of the delegation (exclusive), unix seconds.
    uint64 validUntil;
    /// Generation of the entitlement for which it holds: a rejection ends it.
    uint16 generation;
    /// Unique per buyer; burnt on registration and by the buyer at will.
    bytes32 nonce;
    /// Last moment of registration (inclusive), unix seconds.
    uint64 deadline;
}

bytes32 constant DELEGATION_TYPEHASH = keccak256(
    "Delegation(bytes32 entitlement,address delegate,uint32 lastStep,uint64 validUntil,"
    "uint16 generation,bytes32 nonce,uint64 deadline)"
);

/// @notice EIP-712 struct hash.
function delegationStructHash(Delegation calldata delegation) pure returns (bytes32) {
    return keccak256(abi.encode(DELEGATION_TYPEHASH, delegation));
}
