// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogRoot} from "../types/Roots.sol";
import {IAttestationVerifier} from "./IAttestationVerifier.sol";
import {IP384} from "./IP384.sol";
import {ISha384} from "./ISha384.sol";

/// @title Checks Sigstore attestations of GitHub Actions runs by arithmetic alone
/// @notice It reads bundles of Sigstore's public instance in their form for artifact attestations: a DSSE envelope around
/// an in-toto statement, signed by a certificate of Fulcio, with an entry of kind `dsse 0.0.1` in a Rekor v1 log and the
/// log's signed promise as the time. There is no mode without a log's time: bundles of Rekor v2 and those that are only
/// time-stamped cannot be given to it.
///
/// In words: a registered authority's key signed the certificate; the certificate's key signed the payload; the log
/// signed that it saw this signature, by this certificate, over this payload, at a time at which the certificate, the
/// authority and the log were valid. What the certificate says about the run is then the authority's word.
interface ISigstoreVerifier is IAttestationVerifier {
    /// @notice An attestation without its payload.
    struct Attestation {
        /// The certificate of the run, DER.
        bytes certificate;
        /// Its signature over the envelope, DER.
        bytes signature;
        /// Key of the authority, by {IP384}, and the validity of its root, inclusive, unix seconds.
        bytes32 issuerKeyId;
        uint40 issuerValidFrom;
        uint40 issuerValidUntil;
        /// Inverse and slopes for {IP384-verify}; empty for the way without, which costs twice as much.
        bytes issuerHints;
        LogRoot log;
        /// SHA-256 of the envelope as it was submitted to the log, which the entry's body holds.
        bytes32 envelopeHash;
        /// Of the log's entry, unix seconds.
        uint64 integratedTime;
        uint64 logIndex;
        /// The log's promise, an ECDSA signature on P-256.
        uint256 promiseR;
        uint256 promiseS;
    }

    /// @notice What an attestation says. Texts are empty where the certificate says nothing.
    struct Attested {
        bytes32 payloadHash;
        uint64 logTime;
        /// Ids of the authority and the log, by {ITrustRoots}. Whether they are to be trusted is another question.
        bytes32 issuerRoot;
        bytes32 logRoot;
        /// Of the certificate, unix seconds.
        uint64 notBefore;
        uint64 notAfter;
        string alternativeName;
        /// By number in Fulcio's arc: `[8]` is the OIDC issuer, `[21]` the run. The first is not used.
        string[24] extensions;
    }

    /// @notice The authority did not sign this certificate.
    /// @custom:kind unverified
    error CertificateSignatureInvalid();
    /// @notice The certificate did not sign this payload.
    /// @custom:kind unverified
    error StatementSignatureInvalid();
    /// @notice The log did not promise this entry.
    /// @custom:kind unverified
    error LogPromiseInvalid();
    /// @notice The log's time is outside the certificate's validity, or a root's.
    /// @custom:kind unverified
    error LogTimeOutside(uint256 logTime, uint256 validFrom, uint256 validUntil);
    /// @notice The certificate says something else than the step needs.
    /// @param extension Number in Fulcio's arc; 0 for the subject alternative name.
    /// @custom:kind unverified
    error FactMismatch(uint256 extension);
    /// @notice The proof is too short to be one.
    /// @custom:kind invalid
    error AttestationMalformed();

    /// @notice SHA-384, for certificates.
    function sha384() external view returns (ISha384);

    /// @notice Signatures of authorities.
    function p384() external view returns (IP384);

    /// @notice keccak256 of the URL of the identity provider whose word on a run counts.
    function oidcIssuerHash() external view returns (bytes32);

    /// @notice Reverts unless the attestation holds, and answers with what it says. Any payload of an in-toto statement
    /// is taken, and no identity is expected.
    function read(bytes calldata payload, Attestation calldata attestation) external view returns (Attested memory);
}
