// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IssuerRoot, LogRoot} from "../types/Roots.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title Which roots count, and for which steps
/// @notice Issuers of certificates, transparency logs, and the verifiers that read attestations. The governor appends,
/// behind a delay; the guardian revokes, at once. Neither can touch money, and neither can do anything to a step that
/// was opened before: a root counts only for steps opened after it was queued.
///
/// A proof given to {IEvidenceVerifier-verify} is a verifier's address in one word, followed by what that verifier reads.
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

    /// @notice Only the governor appends roots.
    error NotGovernor(address caller, address governor);
    /// @notice Only the guardian revokes roots.
    error NotGuardian(address caller, address guardian);
    /// @notice The root was queued before; its record stays as it is.
    error RootAlreadyQueued(bytes32 id);
    /// @notice A window of validity that ends before it begins, or a verifier without code.
    error RootMalformed(bytes32 id);
    /// @notice Nobody ever queued this root.
    error RootUnknown(bytes32 id);
    /// @notice The root's delay is not over.
    error RootNotActive(bytes32 id, uint40 activeAt);
    /// @notice The step was opened before the root was public, or in the same second.
    error RootTooYoung(bytes32 id, uint40 queuedAt, uint40 openedAt);
    /// @notice The root was revoked as of the attestation's time.
    error RootRevokedAt(bytes32 id, uint40 revokedFrom, uint64 logTime);
    /// @notice The root was revoked before, as of this time or an earlier one.
    error RootAlreadyRevoked(bytes32 id, uint40 revokedFrom);
    /// @notice A revocation takes effect from a moment in the last 48 hours.
    error RevocationTimeOutside(uint40 effectiveFrom, uint40 earliest, uint40 latest);
    /// @notice The proof is too short to name its verifier.
    error ProofMalformed();

    /// @notice Who may append.
    function governor() external view returns (address);

    /// @notice Who may revoke.
    function guardian() external view returns (address);

    /// @notice Seconds between queueing a root and its first use.
    function delay() external view returns (uint40);

    /// @notice Appends a certificate authority. @return id Of {issuerRootIdOf}.
    function queueIssuer(IssuerRoot calldata issuer) external returns (bytes32 id);

    /// @notice Appends a transparency log. @return id Of {logRootIdOf}.
    function queueLog(LogRoot calldata log) external returns (bytes32 id);

    /// @notice Appends an implementation of {IAttestationVerifier}. @return id Of {verifierRootIdOf}.
    function queueVerifier(address verifier) external returns (bytes32 id);

    /// @notice Revokes roots of any kind. A root whose delay still runs can be revoked, which means that it never
    /// counts for what is logged later. A second revocation can only move the moment back.
    /// @param effectiveFrom Unix seconds, from 48 hours ago to now.
    function revoke(bytes32[] calldata ids, uint40 effectiveFrom) external;

    /// @notice What is known of a root.
    function rootOf(bytes32 id) external view returns (RootRecord memory);

    /// @notice Reverts unless the root counts now, for a step opened at `openedAt` and an attestation logged at
    /// `logTime`.
    function requireCounts(bytes32 id, uint40 openedAt, uint64 logTime) external view;
}
