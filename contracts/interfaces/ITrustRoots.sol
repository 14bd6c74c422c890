// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IssuerRoot, LogRoot} from "../types/Roots.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title Which roots count, and for which steps
/// @notice Issuers of certificates, transparency logs, and the verifiers that read attestations. The governor appends,
/// behind a delay; the guardian revokes, at once. Neither can touch money. What the governor appends does nothing to a
/// step that is open: a root counts only for steps opened after it was queued. What the guardian revokes may make a
/// proof impossible, but nobody's stake is taken for that.
///
/// A proof given to {IEvidenceVerifier-verify} is a verifier's address in one word, followed by what that verifier reads.
///
/// A root *counts* for a step opened at `openedAt` and an attestation logged at `logTime` if it is active now, was
/// queued in a second before `openedAt`, and is not revoked, or from a moment after `logTime` on only. A verifier is
/// what says when an attestation was logged, so for a verifier that moment is now: once revoked, it counts no more.
interface ITrustRoots is IEvidenceVerifier {
    /// @notice What is known of a root, unix seconds. `queuedAt` is 0 where nothing is.
    struct RootRecord {
        uint40 queuedAt;
        /// First moment at which it counts.
        uint40 activeAt;
        /// Attestations logged from here on are refused; 0 while it is not revoked.
        uint40 revokedFrom;
    }

    /// @notice A root was appended, and counts from `activeAt` on for steps opened after this moment.
    event IssuerQueued(bytes32 indexed id, IssuerRoot issuer, uint40 activeAt);
    event LogQueued(bytes32 indexed id, LogRoot log, uint40 activeAt);
    event VerifierQueued(bytes32 indexed id, address verifier, uint40 activeAt);
    /// @notice A root no longer counts for attestations logged from `effectiveFrom` on.
    event RootRevoked(bytes32 indexed id, uint40 effectiveFrom);

    /// @notice Only the governor of the trust roots can do this.
    /// @custom:kind forbidden
    error NotGovernor(address caller, address governor);

    /// @notice Only the guardian of the trust roots can do this.
    /// @custom:kind forbidden
    error NotGuardian(address caller, address guardian);

    /// @notice This root was queued before. Its record stays as it is, and so does a revocation.
    /// @custom:kind conflict
    error RootAlreadyQueued(bytes32 id);

    /// @notice The root's validity ends before it begins, or the verifier has no code on this chain. Check what is queued.
    /// @custom:kind invalid
    error RootMalformed(bytes32 id);

    /// @notice Nobody ever queued this root. Use evidence under a root that this deployment knows.
    /// @custom:kind missing
    error RootUnknown(bytes32 id);

    /// @notice The root's delay is not over. Send the proof again once it counts, if the claim can wait so long.
    /// @custom:kind conflict
    error RootNotActive(bytes32 id, uint40 activeAt);

    /// @notice The step was opened before this root was public, or in the same second, so it never counts for the step.
    /// @custom:kind unverified
    error RootTooYoung(bytes32 id, uint40 queuedAt, uint40 openedAt);

    /// @notice The root was revoked as of the moment at which the evidence was logged, or an earlier one.
    /// @custom:kind unverified
    error RootRevokedAt(bytes32 id, uint40 revokedFrom, uint64 logTime);

    /// @notice The root was revoked as of this moment or an earlier one. A revocation can only be moved back.
    /// @custom:kind conflict
    error RootAlreadyRevoked(bytes32 id, uint40 revokedFrom);

    /// @notice A revocation takes effect from a moment in the last 48 hours, now at the latest.
    /// @custom:kind invalid
    error RevocationTimeOutside(uint40 effectiveFrom, uint40 earliest, uint40 latest);

    /// @notice The proof does not begin with the address of a verifier in a word of its own.
    /// @custom:kind invalid
    error ProofNamesNoVerifier();

    /// @notice The run that the evidence is for was never opened, so no root counts for it. Open the step first.
    /// @custom:kind missing
    error RunNeverOpened();

    /// @notice The verifier named no root that the evidence stands on, so there is nothing to trust it for.
    /// @custom:kind unverified
    error ProofWithoutRoots(address verifier);

    /// @notice Who may append.
    function governor() external view returns (address);

    /// @notice Who may revoke.
    function guardian() external view returns (address);

    /// @notice Seconds between queueing a root and its first use.
    function delay() external view returns (uint40);

    /// @notice Appends a certificate authority.
    /// @dev Emits {IssuerQueued}.
    /// @return id Of {issuerRootIdOf}.
    function queueIssuer(IssuerRoot calldata issuer) external returns (bytes32 id);

    /// @notice Appends a transparency log.
    /// @dev Emits {LogQueued}.
    /// @return id Of {logRootIdOf}.
    function queueLog(LogRoot calldata log) external returns (bytes32 id);

    /// @notice Appends an implementation of {IAttestationVerifier}.
    /// @dev Emits {VerifierQueued}.
    /// @return id Of {verifierRootIdOf}.
    function queueVerifier(address verifier) external returns (bytes32 id);

    /// @notice Revokes roots of any kind, all or none of them. A root whose delay still runs can be revoked, and then
    /// never counts for what is logged later. A second revocation can only move the moment back, so that no root can be
    /// revoked again more than 48 hours after its first revocation.
    /// @dev Emits {RootRevoked} for each.
    /// @param effectiveFrom Unix seconds, from 48 hours ago to now.
    function revoke(bytes32[] calldata ids, uint40 effectiveFrom) external;

    /// @notice What is known of a root; all 0 where nothing is.
    function rootOf(bytes32 id) external view returns (RootRecord memory);

    /// @notice Reverts unless the root counts now, for a step opened at `openedAt` and an attestation logged at
    /// `logTime`. For a verifier, give the present moment as `logTime`.
    function requireCounts(bytes32 id, uint40 openedAt, uint64 logTime) external view;
}
