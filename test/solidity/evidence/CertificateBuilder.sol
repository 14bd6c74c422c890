// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../../contracts/evidence/Der.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {SigstoreDouble} from "../../../contracts/test/SigstoreDouble.sol";
import {Deployment} from "../base/Deployment.sol";
import {PlainDigits} from "./PlainDigits.sol";

/// @notice Writes certificates part by part, so that any one part can be another.
abstract contract CertificateBuilder is Deployment {
    /// @dev Parts are whole elements of DER.
    struct Parts {
        bytes version;
        bytes serial;
        bytes innerAlgorithm;
        bytes issuer;
        bytes validity;
        bytes subject;
        bytes key;
        /// Between key and extensions.
        bytes uniqueIdentifiers;
        bytes[] extensions;
        bytes outerAlgorithm;
        bytes signature;
    }

    string internal constant OIDC_ISSUER = "https://token.example";
    string internal constant SERVER = "https://github.com/";
    string internal constant SIGNER_PATH = "pawl/pawl/.github/workflows/pawl-step.yml";
    string internal constant CALLER_PATH = "acme/steps/.github/workflows/step.yml";
    bytes20 internal constant SIGNER_COMMIT = bytes20(hex"5555555555555555555555555555555555555555");
    bytes20 internal constant SOURCE_COMMIT = bytes20(hex"7777777777777777777777777777777777777777");
    string internal constant REPOSITORY = "https://github.com/acme/steps";

    /// @dev The generator of P-256 is the key of whoever has the private key 1.
    uint256 internal constant GENERATOR_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    uint256 internal constant GENERATOR_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    bytes internal constant ECDSA_SHA384 = hex"300a06082a8648ce3d040303";
    bytes internal constant ECDSA_SHA256 = hex"300a06082a8648ce3d040302";
    uint256 internal constant NOT_BEFORE = 1_795_136_523;

    // Where extensions stand in {honest}: those of Fulcio's arc by {placeOf}.
    uint256 internal constant KEY_USAGE = 0;
    uint256 internal constant EXTENDED_KEY_USAGE = 1;
    uint256 internal constant SUBJECT_KEY_ID = 2;
    uint256 internal constant AUTHORITY_KEY_ID = 3;
    uint256 internal constant ALTERNATIVE_NAME = 4;
    uint256 internal constant TIMESTAMPS = 26;
    uint256 internal constant COUNT = 27;

    SigstoreDouble internal double;

    function setUp() public virtual override {
        double = SigstoreDouble(create("SigstoreDouble", ""));
    }

    // ------------------------------------------------------------------ the honest certificate

    function signer() internal pure returns (string memory) {
        return string.concat(SERVER, SIGNER_PATH, "@", digits(SIGNER_COMMIT));
    }

    function caller() internal pure returns (string memory) {
        return string.concat(SERVER, CALLER_PATH, "@refs/heads/main");
    }

    function run() internal pure returns (string memory) {
        return string.concat(REPOSITORY, "/actions/runs/17000000001/attempts/3");
    }

    function honestFacts() internal pure returns (IEvidenceVerifier.Facts memory facts) {
        facts.claimHash = keccak256("claim");
        facts.certificateHash = keccak256("certificate");
        facts.resultHash = keccak256("result");
        facts.bundleHash = keccak256("bundle");
        facts.signerWorkflow = sha256(bytes(SIGNER_PATH));
        facts.signerCommit = SIGNER_COMMIT;
        facts.callerWorkflow = sha256(bytes(CALLER_PATH));
        facts.repositoryId = 810_000_002;
        facts.sourceOwnerId = 9_200_002;
        facts.sourceCommit = SOURCE_COMMIT;
        facts.runId = 17_000_000_001;
        facts.runAttempt = 3;
        facts.openedAt = uint40(NOT_BEFORE - 500);
    }

    function honest() internal pure returns (Parts memory parts) {
        parts.version = hex"a003020102";
        parts.serial = tlv(0x02, hex"0102030405060708090a0b0c0d0e0f1011121314");
        parts.innerAlgorithm = ECDSA_SHA384;
        parts.issuer = tlv(0x30, tlv(0x31, tlv(0x30, bytes.concat(hex"060355040a", tlv(0x13, "sigstore.example")))));
        parts.validity = validity("261120010203Z", "261120011203Z");
        parts.subject = hex"3000";
        parts.key = keyOf(GENERATOR_X, GENERATOR_Y);
        parts.outerAlgorithm = ECDSA_SHA384;
        parts.signature = tlv(0x03, hex"003006020101020101");
        parts.extensions = new bytes[](COUNT);
        parts.extensions[KEY_USAGE] = extension(hex"551d0f", true, hex"03020780");
        parts.extensions[EXTENDED_KEY_USAGE] = extension(hex"551d25", false, hex"300a06082b06010505070303");
        parts.extensions[SUBJECT_KEY_ID] = extension(hex"551d0e", false, tlv(0x04, new bytes(20)));
        parts.extensions[AUTHORITY_KEY_ID] = extension(hex"551d23", false, tlv(0x30, tlv(0x80, new bytes(20))));
        parts.extensions[ALTERNATIVE_NAME] = named(bytes(signer()));
        for (uint256 number = 1; number < 23; ++number) {
            if (number != 7) parts.extensions[placeOf(number)] = fulcio(number, bytes(honestText(number)));
        }
        parts.extensions[TIMESTAMPS] = extension(hex"2b06010401d679020402", false, tlv(0x04, new bytes(120)));
    }

    function honestText(uint256 number) internal pure returns (string memory) {
        if (number == 1 || number == 8) return OIDC_ISSUER;
        if (number == 2 || number == 20) return "workflow_dispatch";
        if (number == 3 || number == 13 || number == 19) return digits(SOURCE_COMMIT);
        if (number == 4) return "step";
        if (number == 5) return "acme/steps";
        if (number == 6 || number == 14) return "refs/heads/main";
        if (number == 9) return signer();
        if (number == 10) return digits(SIGNER_COMMIT);
        if (number == 11) return "github-hosted";
        if (number == 12) return REPOSITORY;
        if (number == 15) return "810000002";
        if (number == 16) return "https://github.com/acme";
        if (number == 17) return "9200002";
        if (number == 18) return caller();
        if (number == 21) return run();
        return "public";
    }

    /// @dev Of a member of Fulcio's arc.
    function placeOf(uint256 number) internal pure returns (uint256) {
        return number < 7 ? number + 4 : number + 3;
    }

    // ------------------------------------------------------------------ encoding

    function encode(Parts memory parts) internal pure returns (bytes memory) {
        return signedBy(toBeSigned(parts), parts);
    }

    function signedBy(bytes memory signed, Parts memory parts) internal pure returns (bytes memory) {
        return tlv(0x30, bytes.concat(signed, parts.outerAlgorithm, parts.signature));
    }

    function toBeSigned(Parts memory parts) internal pure returns (bytes memory) {
        bytes memory extensions;
        for (uint256 i; i < parts.extensions.length; ++i) extensions = bytes.concat(extensions, parts.extensions[i]);
        return tlv(0x30, bytes.concat(beforeExtensions(parts), tlv(0xa3, tlv(0x30, extensions))));
    }

    function beforeExtensions(Parts memory parts) internal pure returns (bytes memory) {
        return
            bytes.concat(
                bytes.concat(parts.version, parts.serial, parts.innerAlgorithm, parts.issuer),
                bytes.concat(parts.validity, parts.subject, parts.key, parts.uniqueIdentifiers)
            );
    }

    function tlv(uint8 tag, bytes memory content) internal pure returns (bytes memory) {
        uint256 length = content.length;
        if (length < 0x80) return abi.encodePacked(tag, uint8(length), content);
        if (length < 0x100) return abi.encodePacked(tag, uint8(0x81), uint8(length), content);
        return abi.encodePacked(tag, uint8(0x82), uint16(length), content);
    }

    function extension(bytes memory oid, bool isCritical, bytes memory value) internal pure returns (bytes memory) {
        return extensionWith(oid, isCritical ? bytes(hex"0101ff") : bytes(""), tlv(0x04, value));
    }

    function extensionWith(
        bytes memory oid,
        bytes memory critical,
        bytes memory value
    ) internal pure returns (bytes memory) {
        return tlv(0x30, bytes.concat(tlv(0x06, oid), critical, value));
    }

    /// @dev 1.3.6.1.4.1.57264.1 and the number.
    function arc(uint256 number) internal pure returns (bytes memory) {
        bytes memory trunk = hex"2b0601040183bf3001";
        if (number < 0x80) return bytes.concat(trunk, bytes1(uint8(number)));
        return bytes.concat(trunk, bytes1(uint8(0x80 | (number >> 7))), bytes1(uint8(number & 0x7f)));
    }

    /// @dev Bare text up to .6, and a UTF8String from .8 on.
    function fulcio(uint256 number, bytes memory text) internal pure returns (bytes memory) {
        return extension(arc(number), false, number < 8 ? text : tlv(0x0c, text));
    }

    function named(bytes memory uri) internal pure returns (bytes memory) {
        return extension(hex"551d11", true, tlv(0x30, tlv(0x86, uri)));
    }

    function validity(bytes memory from, bytes memory until) internal pure returns (bytes memory) {
        return tlv(0x30, bytes.concat(tlv(0x17, from), tlv(0x17, until)));
    }

    function keyOf(uint256 x, uint256 y) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004", x, y);
    }

    function digits(bytes20 commit) internal pure returns (string memory) {
        return string(PlainDigits.digitsOf(abi.encodePacked(commit)));
    }

    // ------------------------------------------------------------------ changes

    function setText(Parts memory parts, uint256 number, bytes memory text) internal pure {
        parts.extensions[placeOf(number)] = fulcio(number, text);
    }

    function drop(Parts memory parts, uint256 place) internal pure {
        parts.extensions[place] = "";
    }

    function append(Parts memory parts, bytes memory more) internal pure {
        bytes[] memory all = new bytes[](parts.extensions.length + 1);
        for (uint256 i; i < parts.extensions.length; ++i) all[i] = parts.extensions[i];
        all[parts.extensions.length] = more;
        parts.extensions = all;
    }

    // ------------------------------------------------------------------ verdicts

    function parsed(Parts memory parts) internal view returns (SigstoreDouble.WrittenLeaf memory) {
        return double.parse(encode(parts));
    }

    function requireRefused(Parts memory parts, bytes4 selector) internal view {
        requireRefused(encode(parts), selector);
    }

    /// @dev With this error, whatever values it has.
    function requireRefused(bytes memory certificate, bytes4 selector) internal view {
        assertEq(bytes32(refusalOf(certificate)), bytes32(selector), "error");
    }

    /// @dev With exactly this answer.
    function requireAnswer(Parts memory parts, bytes memory answer) internal view {
        try double.parse(encode(parts)) {
            assertTrue(false, "it was read");
        } catch (bytes memory found) {
            assertEq(found, answer, "answer");
        }
    }

    function requireNotDer(Parts memory parts) internal view {
        requireRefused(parts, Der.NotDer.selector);
    }

    function refusalOf(bytes memory certificate) internal view returns (bytes4) {
        try double.parse(certificate) {
            assertTrue(false, "it was read");
            return 0;
        } catch (bytes memory answer) {
            return bytes4(answer);
        }
    }
}
