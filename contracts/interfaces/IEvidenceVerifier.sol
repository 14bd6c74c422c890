// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Checks an attestation on-chain
/// @notice The protocol's own contract, immutable like the others: Settlement trusts it, and it calls nobody foreign.
interface IEvidenceVerifier {
    /// @notice What the attestation must say, all of it rebuilt by Settlement from state, terms and permit.
    struct Facts {
        /// Digests of the four attested subjects, in order.
        bytes32 claimHash;
        bytes32 certificateHash;
        bytes32 resultHash;
        bytes32 bundleHash;
        /// Identity of the workflow; `callerWorkflow` and `sourceOwnerId` are 0 where any will do.
        bytes32 signerWorkflow;
        bytes20 signerCommit;
        bytes32 callerWorkflow;
        uint64 repositoryId;
        uint64 sourceOwnerId;
        bytes20 sourceCommit;
        uint64 runId;
        uint32 runAttempt;
        /// Every trust root used was queued before this moment, unix seconds; 0 if the run was never opened.
        uint40 openedAt;
    }

    /// @notice Reverts unless `proof` is an attestation of exactly these facts under roots that count for `openedAt`
    /// and were not revoked as of the log time.
    /// @return logTime When the transparency log recorded it, unix seconds. Settlement checks it against the step.
    function verify(Facts calldata facts, bytes calldata proof) external view returns (uint64 logTime);

    /// @notice Whether any root of evidence (issuer, log or verifier) was revoked at or after `time`. Such a revocation
    /// ends evidence challenges without punishment, since the proof may have become impossible through no fault of the
    /// seller. Which root it was does not matter: a guardian in league with the challenger would choose another one.
    function rootRevokedSince(uint40 time) external view returns (bool);
}
