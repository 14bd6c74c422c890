// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {keccakOf} from "./Keccak.sol";

bytes32 constant VERIFIED_CLAIM_TYPEHASH = keccak256(
    "VerifiedClaim(bytes32 claimHash,bytes32 reportHash,bytes32 evidenceHash,uint64 deadline)"
);

/// @notice EIP-712 struct hash of a verifier's approval of one claim.
/// @param reportHash SHA-256 of the canonical verification report.
/// @param evidenceHash SHA-256 of the published evidence capsule.
/// @param deadline Last moment of use (inclusive), unix seconds.
function verifiedClaimStructHash(
    bytes32 claimHash,
    bytes32 reportHash,
    bytes32 evidenceHash,
    uint64 deadline
) pure returns (bytes32) {
    return keccakOf(VERIFIED_CLAIM_TYPEHASH, claimHash, reportHash, evidenceHash, bytes32(uint256(deadline)));
}
