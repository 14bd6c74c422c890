// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IP384} from "../interfaces/IP384.sol";
import {ISha384} from "../interfaces/ISha384.sol";
import {ISigstoreVerifier} from "../interfaces/ISigstoreVerifier.sol";
import {IssuerRoot, issuerRootIdOf, logRootIdOf} from "../types/Roots.sol";
import {EcdsaSignature} from "./arithmetic/EcdsaSignature.sol";
import {P256} from "./arithmetic/P256.sol";
import {U384} from "./arithmetic/U384.sol";
import {Leaf, LeafCertificate} from "./LeafCertificate.sol";
import {LogEntry} from "./LogEntry.sol";
import {RunIdentity} from "./RunIdentity.sol";
import {StepStatement} from "./StepStatement.sol";

/// @title Checks Sigstore attestations of GitHub Actions runs by arithmetic alone
/// @notice See {ISigstoreVerifier}.
/// @dev Without state, owner or trust: everything that is not computed here is named in the answer.
contract SigstoreVerifier is ISigstoreVerifier {
    /// @inheritdoc ISigstoreVerifier
    ISha384 public immutable override sha384;
    /// @inheritdoc ISigstoreVerifier
    IP384 public immutable override p384;

    /// @dev The head of an encoded {Attestation}, after the word that says where it begins.
    uint256 private constant ATTESTATION_HEAD = 15 * 32;

    constructor(IP384 issuerSignatures, ISha384 hash) {
        p384 = issuerSignatures;
        sha384 = hash;
    }

    /// @notice Reverts unless `proof`, an encoded {Attestation}, is the attestation of exactly these facts: the four
    /// digests are its statement, in their order, and the run is the certificate's.
    function verify(
        IEvidenceVerifier.Facts calldata facts,
        bytes calldata proof
    ) external view returns (uint64 logTime, bytes32[] memory roots) {
        Attestation calldata attestation = _attestationIn(proof);
        bytes memory payload = StepStatement.build(
            facts.claimHash,
            facts.certificateHash,
            facts.resultHash,
            facts.bundleHash
        );
        Leaf memory leaf = LeafCertificate.parse(attestation.certificate);
        RunIdentity.requireFacts(leaf, facts);
        roots = new bytes32[](2);
        (roots[0], roots[1]) = _requireAttested(payload, leaf, attestation);
        logTime = attestation.integratedTime;
    }

    /// @inheritdoc ISigstoreVerifier
    function read(
        bytes calldata payload,
        Attestation calldata attestation
    ) external view returns (Attested memory attested) {
        Leaf memory leaf = LeafCertificate.parse(attestation.certificate);
        (attested.issuerRoot, attested.logRoot) = _requireAttested(payload, leaf, attestation);
        attested.payloadHash = sha256(payload);
        attested.logTime = attestation.integratedTime;
        attested.notBefore = uint64(leaf.notBefore);
        attested.notAfter = uint64(leaf.notAfter);
        attested.alternativeName = string(leaf.alternativeName.toBytes());
        for (uint256 number = 1; number < leaf.extensions.length; ++number) {
            attested.extensions[number] = string(leaf.extensions[number].toBytes());
        }
    }

    /// @dev The chain from the roots to the payload. What is cheap comes first.
    function _requireAttested(
        bytes memory payload,
        Leaf memory leaf,
        Attestation calldata attestation
    ) private view returns (bytes32 issuerRoot, bytes32 logRoot) {
        uint256 logTime = attestation.integratedTime;
        _requireWithin(logTime, leaf.notBefore, leaf.notAfter);
        _requireWithin(logTime, attestation.issuerValidFrom, attestation.issuerValidUntil);
        _requireWithin(logTime, attestation.log.validFrom, attestation.log.validUntil);
        _requireSigned(payload, leaf, attestation);
        _requirePromised(payload, attestation);
        _requireIssued(leaf, attestation);
        issuerRoot = issuerRootIdOf(
            IssuerRoot(
                attestation.issuerKeyId,
                leaf.issuerNameHash,
                attestation.issuerValidFrom,
                attestation.issuerValidUntil
            )
        );
        logRoot = logRootIdOf(attestation.log);
    }

    function _requireWithin(uint256 logTime, uint256 validFrom, uint256 validUntil) private pure {
        if (logTime < validFrom || logTime > validUntil) revert LogTimeOutside(logTime, validFrom, validUntil);
    }

    /// @dev The run's key signed the payload.
    function _requireSigned(bytes memory payload, Leaf memory leaf, Attestation calldata attestation) private view {
        (uint256 r, uint256 s) = EcdsaSignature.decodeWords(attestation.signature);
        if (!P256.verify(StepStatement.signedHashOf(payload), r, s, leaf.x, leaf.y)) revert StatementSignatureInvalid();
    }

    /// @dev The log saw that signature at its time.
    function _requirePromised(bytes memory payload, Attestation calldata attestation) private view {
        bytes32 promised = LogEntry.promisedHash(
            attestation.certificate,
            attestation.signature,
            attestation.envelopeHash,
            sha256(payload),
            attestation.log,
            attestation.integratedTime,
            attestation.logIndex
        );
        bool isPromised = P256.verify(
            promised,
            attestation.promiseR,
            attestation.promiseS,
            uint256(attestation.log.x),
            uint256(attestation.log.y)
        );
        if (!isPromised) revert LogPromiseInvalid();
    }

    /// @dev The authority signed the certificate.
    function _requireIssued(Leaf memory leaf, Attestation calldata attestation) private view {
        (U384 memory r, U384 memory s) = EcdsaSignature.decode(leaf.signature.toBytes());
        U384 memory digest = sha384.hash(leaf.signedBytes.toBytes());
        bool isIssued =
            attestation.issuerHints.length == 0
                ? p384.verifyPlain(attestation.issuerKeyId, digest, r, s)
                : p384.verify(attestation.issuerKeyId, digest, r, s, attestation.issuerHints);
        if (!isIssued) revert CertificateSignatureInvalid();
    }

    /// @dev The proof is `abi.encode(Attestation)`. Members of dynamic size are held against the call's data by the
    /// compiler when they are read.
    function _attestationIn(bytes calldata proof) private pure returns (Attestation calldata attestation) {
        if (proof.length < 32 + ATTESTATION_HEAD || uint256(bytes32(proof[:32])) != 32) revert AttestationMalformed();
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            attestation := add(proof.offset, 32)
        }
    }
}
