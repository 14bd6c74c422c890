// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntitlementId, RunKey} from "./Ids.sol";
import {keccakOf} from "./Keccak.sol";

/// @notice What a run says it did. Together with chain, settlement contract and entitlement it makes the claim blob,
/// whose SHA-256 is the first attested subject.
struct StepClaim {
    uint32 step;
    bytes32 permitHash;
    bytes32 certificateHash;
    bytes32 resultHash;
    bytes32 bundleHash;
    bytes32 nextStateCommitment;
    bytes32 nextNetCommitment;
    bytes32 transcriptRoot;
}

/// @notice Handle on a claimed step: everything needed to address it. Buyer and salt are in the
/// entitlement's `Purchased` event, the rest in `StepClaimed`.
struct ClaimedStep {
    address buyer;
    /// Salt of the entitlement.
    bytes32 salt;
    uint32 step;
    RunKey runKey;
    bytes32 claimHash;
    /// Head of the chain before this step.
    bytes32 parentHead;
    /// End of its dispute window (exclusive), unix seconds: from `StepClaimed`, or from the event that brought it forward.
    uint40 windowEnd;
}

/// @dev `T("StepClaim", "")` of the protocol: SHA-256 of the label alone.
bytes32 constant STEP_CLAIM_TAG = sha256("pawl/v1/StepClaim\x00");

/// @notice The 384 bytes that a run attests: twelve words.
function claimBlobOf(
    address settlement,
    EntitlementId entitlement,
    StepClaim calldata claim
) view returns (bytes memory) {
    return
        abi.encode(
            STEP_CLAIM_TAG,
            block.chainid,
            settlement,
            entitlement,
            claim // eight static words, inline
        );
}

/// @notice SHA-256 of the claim blob.
function claimHashOf(address settlement, EntitlementId entitlement, StepClaim calldata claim) view returns (bytes32) {
    return sha256(claimBlobOf(settlement, entitlement, claim));
}

/// @notice What the ledger keeps of a pending claim: step, run, parents and window are in it, so none of them can be
/// exchanged later and none has to be read from storage to be known.
function claimDigestOf(
    uint32 step,
    RunKey runKey,
    bytes32 claimHash,
    bytes32 parentHead,
    uint40 windowEnd
) pure returns (bytes32) {
    return keccakOf(bytes32(uint256(step)), RunKey.unwrap(runKey), claimHash, parentHead, bytes32(uint256(windowEnd)));
}
