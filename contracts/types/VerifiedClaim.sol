// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A verifier's approval of one claim.
struct VerifiedClaim {
    bytes32 claimHash;
    /// SHA-256 of the canonical verification report.
    bytes32 reportHash;
    /// SHA-256 of the published evidence capsule.
    bytes32 evidenceHash;
    /// Last moment of use (inclusive), unix seconds.
    uint64 deadline;
}

bytes32 constant VERIFIED_CLAIM_TYPEHASH = keccak256(
    "VerifiedClaim(bytes32 claimHash,bytes32 reportHash,bytes32 evidenceHash,uint64 deadline)"
);

/// @notice EIP-712 struct hash.
function verifiedClaimStructHash(VerifiedClaim memory approval) pure returns (bytes32) {
    return keccak256(abi.encode(VERIFIED_CLAIM_TYPEHASH, approval));
}
