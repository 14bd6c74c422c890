// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {keccakOf} from "./Keccak.sol";

/// @dev Ids are content hashes, so a chain reorganisation cannot bind one to something else.
type OfferId is bytes32;
type EntitlementId is bytes32;
type RunKey is bytes32;

/// @notice `keccak256(abi.encode(offerId, buyer, salt))`.
function entitlementIdOf(OfferId offerId, address buyer, bytes32 salt) pure returns (EntitlementId) {
    return EntitlementId.wrap(keccakOf(OfferId.unwrap(offerId), bytes32(uint256(uint160(buyer))), salt));
}

/// @notice `keccak256(abi.encode(gateway, repositoryId, runId, runAttempt))`. It holds the gateway, so that a stranger
/// cannot use up somebody else's run.
function runKeyOf(address gateway, uint64 repositoryId, uint64 runId, uint32 runAttempt) pure returns (RunKey) {
    return
        RunKey.wrap(
            keccakOf(
                bytes32(uint256(uint160(gateway))),
                bytes32(uint256(repositoryId)),
                bytes32(uint256(runId)),
                bytes32(uint256(runAttempt))
            )
        );
}

/// @notice Head of the state chain after a claim: `keccak256(abi.encode(state, net))`, and 0 before the first.
function headOf(bytes32 stateCommitment, bytes32 netCommitment) pure returns (bytes32) {
    if (stateCommitment == 0 && netCommitment == 0) return 0;
    return keccakOf(stateCommitment, netCommitment);
}

/// @notice Head while a step is open: `keccak256(abi.encode(bytes32("open"), parentHead, permitHash, runKey))`.
function openMarkerOf(bytes32 parentHead, bytes32 permitHash, RunKey runKey) pure returns (bytes32) {
    return keccakOf("open", parentHead, permitHash, RunKey.unwrap(runKey));
}
