// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {ITrustRoots} from "../interfaces/ITrustRoots.sol";
import {IssuerRoot, LogRoot, issuerRootIdOf, logRootIdOf, verifierRootIdOf} from "../types/Roots.sol";

/// @title Which roots count, and for which steps
/// @notice See {ITrustRoots}.
/// @dev Roots are names only: what a key is, and whether its validity covers an attestation, is the verifier's to say.
contract TrustRoots is ITrustRoots {
    /// @dev How far back a revocation reaches. A seller whose evidence is older has had the time to prove.
    uint40 private constant LONGEST_BACKDATING = 48 hours;

    /// @inheritdoc ITrustRoots
    address public immutable override governor;
    /// @inheritdoc ITrustRoots
    address public immutable override guardian;
    /// @inheritdoc ITrustRoots
    uint40 public immutable override delay;

    mapping(bytes32 id => RootRecord) private _roots;
    uint40 private _lastRevocation;

    /// @notice What it is created with counts at once, for steps opened later.
    constructor(
        address governor_,
        address guardian_,
        uint40 delay_,
        IssuerRoot[] memory issuers,
        LogRoot[] memory logs,
        address[] memory verifiers
    ) {
        governor = governor_;
        guardian = guardian_;
        delay = delay_;
        uint40 activeAt = uint40(block.timestamp);
        for (uint256 i; i < issuers.length; ++i) _queueIssuer(issuers[i], activeAt);
        for (uint256 i; i < logs.length; ++i) _queueLog(logs[i], activeAt);
        for (uint256 i; i < verifiers.length; ++i) _queueVerifier(verifiers[i], activeAt);
    }

    // ------------------------------------------------------------------ governor and guardian

    /// @inheritdoc ITrustRoots
    function queueIssuer(IssuerRoot calldata issuer) external returns (bytes32 id) {
        return _queueIssuer(issuer, _nextActiveAt());
    }

    /// @inheritdoc ITrustRoots
    function queueLog(LogRoot calldata log) external returns (bytes32 id) {
        return _queueLog(log, _nextActiveAt());
    }

    /// @inheritdoc ITrustRoots
    function queueVerifier(address verifier) external returns (bytes32 id) {
        return _queueVerifier(verifier, _nextActiveAt());
    }

    /// @inheritdoc ITrustRoots
    function revoke(bytes32[] calldata ids, uint40 effectiveFrom) external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender, guardian);
        uint40 latest = uint40(block.timestamp);
        uint40 earliest = latest - LONGEST_BACKDATING;
        if (effectiveFrom < earliest || effectiveFrom > latest) {
            revert RevocationTimeOutside(effectiveFrom, earliest, latest);
        }
        for (uint256 i; i < ids.length; ++i) _revoke(ids[i], effectiveFrom);
    }

    // ------------------------------------------------------------------ evidence

    /// @inheritdoc IEvidenceVerifier
    function verify(Facts calldata facts, bytes calldata proof) external view returns (uint64 logTime) {
        uint40 openedAt = facts.openedAt;
        // A run that was never opened has no opening that a root could have been public before.
        if (openedAt == 0) revert RunNeverOpened();
        address verifier = _verifierIn(proof);
        // The time of logging is what the verifier says, and a broken one says anything.
        _requireCounts(verifierRootIdOf(verifier), openedAt, uint64(block.timestamp));

        bytes32[] memory roots;
        (logTime, roots) = IAttestationVerifier(verifier).verify(facts, proof[32:]);
        if (roots.length == 0) revert ProofWithoutRoots(verifier);
        for (uint256 i; i < roots.length; ++i) _requireCounts(roots[i], openedAt, logTime);
    }

    /// @inheritdoc ITrustRoots
    function requireCounts(bytes32 id, uint40 openedAt, uint64 logTime) external view {
        _requireCounts(id, openedAt, logTime);
    }

    /// @inheritdoc IEvidenceVerifier
    function rootRevokedSince(uint40 time) external view returns (bool) {
        uint40 last = _lastRevocation;
        return last != 0 && last >= time;
    }

    /// @inheritdoc ITrustRoots
    function rootOf(bytes32 id) external view returns (RootRecord memory) {
        return _roots[id];
    }

    // ------------------------------------------------------------------ internals

    /// @dev When a root counts that is queued now, by the only one who may.
    function _nextActiveAt() private view returns (uint40) {
        if (msg.sender != governor) revert NotGovernor(msg.sender, governor);
        return uint40(block.timestamp) + delay;
    }

    function _queueIssuer(IssuerRoot memory issuer, uint40 activeAt) private returns (bytes32 id) {
        id = issuerRootIdOf(issuer);
        _queue(id, activeAt, issuer.validFrom <= issuer.validUntil);
        emit IssuerQueued(id, issuer, activeAt);
    }

    function _queueLog(LogRoot memory log, uint40 activeAt) private returns (bytes32 id) {
        id = logRootIdOf(log);
        _queue(id, activeAt, log.validFrom <= log.validUntil);
        emit LogQueued(id, log, activeAt);
    }

    function _queueVerifier(address verifier, uint40 activeAt) private returns (bytes32 id) {
        id = verifierRootIdOf(verifier);
        _queue(id, activeAt, verifier.code.length != 0);
        emit VerifierQueued(id, verifier, activeAt);
    }

    function _queue(bytes32 id, uint40 activeAt, bool isWellFormed) private {
        if (!isWellFormed) revert RootMalformed(id);
        // Otherwise a revocation could be undone by queueing the root again.
        if (_roots[id].queuedAt != 0) revert RootAlreadyQueued(id);
        _roots[id] = RootRecord({queuedAt: uint40(block.timestamp), activeAt: activeAt, revokedFrom: 0});
    }

    function _revoke(bytes32 id, uint40 effectiveFrom) private {
        RootRecord storage root = _roots[id];
        uint40 revokedFrom = root.revokedFrom;
        if (root.queuedAt == 0) revert RootUnknown(id);
        if (revokedFrom != 0 && effectiveFrom >= revokedFrom) revert RootAlreadyRevoked(id, revokedFrom);
        root.revokedFrom = effectiveFrom;
        // Only with a root that was revoked: a guardian who could renew it for nothing could end all punishment.
        _lastRevocation = uint40(block.timestamp);
        emit RootRevoked(id, effectiveFrom);
    }

    function _requireCounts(bytes32 id, uint40 openedAt, uint64 logTime) private view {
        RootRecord memory root = _roots[id];
        if (root.queuedAt == 0) revert RootUnknown(id);
        if (root.queuedAt >= openedAt) revert RootTooYoung(id, root.queuedAt, openedAt);
        if (block.timestamp < root.activeAt) revert RootNotActive(id, root.activeAt);
        if (root.revokedFrom != 0 && logTime >= root.revokedFrom) revert RootRevokedAt(id, root.revokedFrom, logTime);
    }

    function _verifierIn(bytes calldata proof) private pure returns (address) {
        if (proof.length < 32) revert ProofNamesNoVerifier();
        uint256 word = uint256(bytes32(proof[:32]));
        if (word > type(uint160).max) revert ProofNamesNoVerifier();
        return address(uint160(word));
    }
}
