// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../../contracts/evidence/Der.sol";
import {ISigstoreVerifier} from "../../../contracts/interfaces/ISigstoreVerifier.sol";
import {Hashes} from "../base/Hashes.sol";
import {Attesting} from "./Attesting.sol";

contract SigstoreVerifierReadTest is Attesting {
    function test_WhenThePayloadIsAnyThatTheCertificateSigned_ReturnWhatTheAttestationSays(
        bytes memory payload
    ) external {
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), payload);
        ISigstoreVerifier.Attested memory found = verifier.read(payload, attestation);
        assertEq(found.payloadHash, sha256(payload), "payload");
        assertEq(found.logTime, LOG_TIME, "log time");
        assertEq(found.issuerRoot, issuerRootOf(honest(), attestation), "the authority's root");
        assertEq(found.logRoot, Hashes.logRootId(attestation.log), "the log's root");
        assertEq(found.notBefore, NOT_BEFORE, "from");
        assertEq(found.notAfter, NOT_BEFORE + 600, "until");
        assertEq(found.alternativeName, signer(), "name");
        for (uint256 number; number < 24; ++number) {
            bool isThere = number != 0 && number != 7 && number != 23;
            assertEq(found.extensions[number], isThere ? honestText(number) : "", "text");
        }
    }

    function test_WhenTheCertificateIsOfARunThatNoStepNeeds_ReturnItAllTheSame() external {
        Parts memory parts = honest();
        setText(parts, 11, "self-hosted");
        append(parts, fulcio(23, "prod"));
        ISigstoreVerifier.Attested memory found = verifier.read("{}", attest(parts, "{}"));
        assertEq(found.extensions[11], "self-hosted", "runner");
        assertEq(found.extensions[23], "prod", "environment");
    }

    function test_WhenThePayloadDiffersInOneBit_RevertWithStatementSignatureInvalid(
        bytes memory payload,
        uint8 bit,
        uint8 place
    ) external {
        payload = bytes.concat(payload, "x");
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), payload);
        payload[place % payload.length] ^= bytes1(uint8(1) << (bit % 8));
        expectRefusal(ISigstoreVerifier.StatementSignatureInvalid.selector);
        verifier.read(payload, attestation);
    }

    function test_WhenTheLogTimeIsOutsideTheCertificatesValidity_RevertWithLogTimeOutside() external {
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), "{}");
        attestation.integratedTime = uint64(NOT_BEFORE + 601);
        expectRefusal(outside(NOT_BEFORE + 601, NOT_BEFORE, NOT_BEFORE + 600));
        verifier.read("{}", attestation);
    }

    function test_WhenTheLogPromisedAnotherPayload_RevertWithLogPromiseInvalid() external {
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), "{}");
        promise_(attestation, "{ }", LOG_KEY);
        expectRefusal(ISigstoreVerifier.LogPromiseInvalid.selector);
        verifier.read("{}", attestation);
    }

    function test_WhenTheAuthorityDidNotSignTheCertificate_RevertWithCertificateSignatureInvalid() external {
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), "{}");
        attestation.issuerKeyId = keccak256("another key");
        expectRefusal(ISigstoreVerifier.CertificateSignatureInvalid.selector);
        verifier.read("{}", attestation);
    }

    function test_WhenTheCertificateIsMalformed_RevertWithNotDer() external {
        ISigstoreVerifier.Attestation memory attestation = attest(honest(), "{}");
        attestation.certificate = bytes.concat(attestation.certificate, hex"00");
        try verifier.read("{}", attestation) {
            assertTrue(false, "it was read");
        } catch (bytes memory answer) {
            assertEq(bytes32(bytes4(answer)), bytes32(Der.NotDer.selector), "error");
        }
    }
}
