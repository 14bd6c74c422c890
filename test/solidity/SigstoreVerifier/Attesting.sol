// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "../../../contracts/evidence/arithmetic/U384.sol";
import {StepStatement} from "../../../contracts/evidence/StepStatement.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ISha384} from "../../../contracts/interfaces/ISha384.sol";
import {ISigstoreVerifier} from "../../../contracts/interfaces/ISigstoreVerifier.sol";
import {IssuerRoot, LogRoot} from "../../../contracts/types/Roots.sol";
import {Hashes} from "../base/Hashes.sol";
import {CertificateBuilder} from "../evidence/CertificateBuilder.sol";
import {PlainLogEntry} from "../evidence/PlainLogEntry.sol";
import {AuthorityDouble} from "./AuthorityDouble.sol";

/// @notice Attestations that are really signed and logged, by private keys so small that a signature is two additions.
/// Only the authority's arithmetic is stood in for: it has tests of its own, and takes seconds to register a key.
abstract contract Attesting is CertificateBuilder {
    /// @dev Of P-256. The private key `ORDER - 1` has the generator's x, and its y turned over.
    uint256 internal constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff;
    uint256 internal constant RUN_KEY = 1;
    uint256 internal constant LOG_KEY = ORDER - 1;

    bytes32 internal constant AUTHORITY = keccak256("the authority's key");
    bytes internal constant HINTS = "hints";
    uint64 internal constant LOG_TIME = uint64(NOT_BEFORE + 300);

    AuthorityDouble internal authority;
    ISha384 internal sha384;
    ISigstoreVerifier internal verifier;
    /// @dev Made once, because hashing and signing take time.
    bytes private _attested;

    function setUp() public virtual override {
        super.setUp();
        authority = new AuthorityDouble();
        sha384 = ISha384(create("Sha384Hasher", ""));
        verifier = ISigstoreVerifier(create("SigstoreVerifier", abi.encode(authority, sha384, OIDC_ISSUER)));
        _attested = abi.encode(attest(honest(), payloadOf(honestFacts())));
    }

    // ------------------------------------------------------------------ attestations

    /// @dev Of the honest step, signed and logged by everybody.
    function attested() internal view returns (ISigstoreVerifier.Attestation memory) {
        return abi.decode(_attested, (ISigstoreVerifier.Attestation));
    }

    function attest(
        Parts memory parts,
        bytes memory payload
    ) internal returns (ISigstoreVerifier.Attestation memory attestation) {
        attestation = unsigned(parts);
        attestation.signature = signedStatement(payload, RUN_KEY);
        promise_(attestation, payload, LOG_KEY);
        issue(parts, attestation);
    }

    function unsigned(Parts memory parts) internal pure returns (ISigstoreVerifier.Attestation memory attestation) {
        attestation.certificate = encode(parts);
        attestation.issuerKeyId = AUTHORITY;
        attestation.issuerValidFrom = uint40(NOT_BEFORE - 10_000);
        attestation.issuerValidUntil = uint40(NOT_BEFORE + 10_000);
        attestation.issuerHints = HINTS;
        attestation.log = LogRoot({
            x: bytes32(GENERATOR_X),
            y: bytes32(FIELD - GENERATOR_Y),
            validFrom: uint40(NOT_BEFORE - 20_000),
            validUntil: uint40(NOT_BEFORE + 20_000)
        });
        attestation.envelopeHash = keccak256("envelope");
        attestation.integratedTime = LOG_TIME;
        attestation.logIndex = 1_234_567;
    }

    function payloadOf(IEvidenceVerifier.Facts memory facts) internal pure returns (bytes memory) {
        return StepStatement.build(facts.claimHash, facts.certificateHash, facts.resultHash, facts.bundleHash);
    }

    /// @dev DER of the run's signature over the envelope.
    function signedStatement(bytes memory payload, uint256 key) internal pure returns (bytes memory) {
        (uint256 r, uint256 s) = sign(StepStatement.signedHashOf(payload), key);
        return tlv(0x30, bytes.concat(integer(r), integer(s)));
    }

    /// @dev The log's promise of this attestation's entry.
    function promise_(
        ISigstoreVerifier.Attestation memory attestation,
        bytes memory payload,
        uint256 key
    ) internal pure {
        bytes32 promised = PlainLogEntry.promisedHash(
            PlainLogEntry.Entry({
                certificate: attestation.certificate,
                signature: attestation.signature,
                envelopeHash: attestation.envelopeHash,
                payloadHash: sha256(payload),
                log: attestation.log,
                integratedTime: attestation.integratedTime,
                logIndex: attestation.logIndex
            })
        );
        (attestation.promiseR, attestation.promiseS) = sign(promised, key);
    }

    /// @dev The authority has signed this certificate with the signature of {CertificateBuilder-honest}, 1 and 1.
    function issue(Parts memory parts, ISigstoreVerifier.Attestation memory attestation) internal {
        U384 memory digest = sha384.hash(toBeSigned(parts));
        authority.sign(attestation.issuerKeyId, digest, U384(0, 1), U384(0, 1), attestation.issuerHints);
    }

    // ------------------------------------------------------------------ P-256

    /// @dev ECDSA with 1 as the secret number: r is the generator's x, and s is the digest plus r times the key.
    function sign(bytes32 digest, uint256 key) internal pure returns (uint256 r, uint256 s) {
        r = GENERATOR_X % ORDER;
        s = addmod(uint256(digest), mulmod(r, key, ORDER), ORDER);
    }

    function integer(uint256 number) internal pure returns (bytes memory) {
        bytes memory wide = abi.encodePacked(uint8(0), number);
        uint256 from;
        while (from < 32 && wide[from] == 0 && uint8(wide[from + 1]) < 0x80) ++from;
        bytes memory content = new bytes(33 - from);
        for (uint256 i; i < content.length; ++i) content[i] = wide[from + i];
        return tlv(0x02, content);
    }

    // ------------------------------------------------------------------ verdicts

    function issuerRootOf(
        Parts memory parts,
        ISigstoreVerifier.Attestation memory attestation
    ) internal pure returns (bytes32) {
        return
            Hashes.issuerRootId(
                IssuerRoot(
                    attestation.issuerKeyId,
                    keccak256(parts.issuer),
                    attestation.issuerValidFrom,
                    attestation.issuerValidUntil
                )
            );
    }

    function requireVerified(
        Parts memory parts,
        IEvidenceVerifier.Facts memory facts,
        ISigstoreVerifier.Attestation memory attestation
    ) internal view {
        (uint64 logTime, bytes32[] memory roots) = verifier.verify(facts, abi.encode(attestation));
        assertEq(logTime, attestation.integratedTime, "log time");
        assertEq(roots.length, 2, "roots");
        assertEq(roots[0], issuerRootOf(parts, attestation), "the authority's");
        assertEq(roots[1], Hashes.logRootId(attestation.log), "the log's");
    }

    function requireVerifyRefused(ISigstoreVerifier.Attestation memory attestation, bytes memory answer) internal {
        bytes memory proof = abi.encode(attestation);
        IEvidenceVerifier.Facts memory facts = honestFacts();
        expectRefusal(answer);
        verifier.verify(facts, proof);
    }

    function requireVerifyRefused(ISigstoreVerifier.Attestation memory attestation, bytes4 selector) internal {
        requireVerifyRefused(attestation, abi.encodePacked(selector));
    }

    function outside(uint256 logTime, uint256 from, uint256 until) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISigstoreVerifier.LogTimeOutside.selector, logTime, from, until);
    }
}
