// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EcdsaSignature} from "../../../contracts/evidence/arithmetic/EcdsaSignature.sol";
import {StepStatement} from "../../../contracts/evidence/StepStatement.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {IP384} from "../../../contracts/interfaces/IP384.sol";
import {ISigstoreVerifier} from "../../../contracts/interfaces/ISigstoreVerifier.sol";
import {VM} from "../base/Vm.sol";
import {Attesting} from "./Attesting.sol";
import {AuthorityDouble} from "./AuthorityDouble.sol";

contract SigstoreVerifierVerifyTest is Attesting {
    // Members of an attestation, by their place among the words of its head.
    uint256 private constant HEAD_WORDS = 15;
    uint256[3] private _dynamic = [0, 1, 5];
    uint256[6] private _narrow = [3, 4, 8, 9, 11, 12];

    /// @dev Of the honest step, and what the verifier answers to it.
    bytes private _proof;
    bytes private _answer;

    function setUp() public override {
        super.setUp();
        _proof = abi.encode(attested());
        (uint64 logTime, bytes32[] memory roots) = verifier.verify(honestFacts(), _proof);
        _answer = abi.encode(logTime, roots);
    }

    // ------------------------------------------------------------------ everything right

    function test_WhenEverythingHolds_ReturnTheLogTimeAndTheIdsOfBothRoots() external view {
        requireVerified(honest(), honestFacts(), attested());
    }

    function test_WhenEverythingHolds_StandOnAnotherRootIfAnythingOfARootDiffers(uint40 from, uint40 until) external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.issuerValidFrom = uint40(from % (LOG_TIME + 1));
        attestation.issuerValidUntil = uint40(LOG_TIME + (until % (2 ** 39)));
        requireVerified(honest(), honestFacts(), attestation);
        attestation.log.validFrom = uint40(from % (LOG_TIME + 1));
        attestation.log.validUntil = uint40(LOG_TIME + (until % (2 ** 39)));
        requireVerified(honest(), honestFacts(), attestation);
        // The name is the authority's, and stands in what it signed.
        Parts memory parts = honest();
        parts.issuer = hex"3000";
        requireVerified(parts, honestFacts(), attest(parts, payloadOf(honestFacts())));
    }

    function test_WhenTheLogTimeIsTheFirstOrTheLastSecondOfEveryWindow_AcceptTheProof() external view {
        bytes memory payload = payloadOf(honestFacts());
        uint64[2] memory edges = [uint64(NOT_BEFORE), uint64(NOT_BEFORE + 600)];
        for (uint256 i; i < 2; ++i) {
            ISigstoreVerifier.Attestation memory attestation = attested();
            attestation.integratedTime = edges[i];
            (attestation.issuerValidFrom, attestation.issuerValidUntil) = (uint40(edges[i]), uint40(edges[i]));
            (attestation.log.validFrom, attestation.log.validUntil) = (uint40(edges[i]), uint40(edges[i]));
            promise_(attestation, payload, LOG_KEY);
            requireVerified(honest(), honestFacts(), attestation);
        }
    }

    function test_WhenThereAreHints_AskTheAuthoritysArithmeticForTheWayWithThem() external {
        bytes memory proof = abi.encode(attested());
        VM.expectCall(address(authority), abi.encodePacked(IP384.verify.selector, AUTHORITY), 1);
        VM.expectCall(address(authority), abi.encodePacked(IP384.verifyPlain.selector), 0);
        verifier.verify(honestFacts(), proof);
    }

    function test_WhenThereAreNoHints_AskTheAuthoritysArithmeticForTheWayWithout() external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.issuerHints = "";
        bytes memory proof = abi.encode(attestation);
        VM.expectCall(address(authority), abi.encodePacked(IP384.verify.selector), 0);
        VM.expectCall(address(authority), abi.encodePacked(IP384.verifyPlain.selector, AUTHORITY), 1);
        verifier.verify(honestFacts(), proof);
    }

    // ------------------------------------------------------------------ form

    function test_WhenTheProofIsShorterThanAnAttestationsHead_RevertWithAttestationMalformed(uint16 length) external {
        bytes memory proof = prefix(_proof, length % (32 * (HEAD_WORDS + 1)));
        IEvidenceVerifier.Facts memory facts = honestFacts();
        expectRefusal(ISigstoreVerifier.AttestationMalformed.selector);
        verifier.verify(facts, proof);
        proof = prefix(_proof, 32 * (HEAD_WORDS + 1) - 1);
        expectRefusal(ISigstoreVerifier.AttestationMalformed.selector);
        verifier.verify(facts, proof);
    }

    function test_WhenTheProofDoesNotBeginWithWhereTheAttestationIs_RevertWithAttestationMalformed(
        uint256 place
    ) external {
        bytes memory proof = _proof;
        IEvidenceVerifier.Facts memory facts = honestFacts();
        setWord(proof, 0, place == 32 ? 0 : place);
        expectRefusal(ISigstoreVerifier.AttestationMalformed.selector);
        verifier.verify(facts, proof);
        setWord(proof, 0, 64);
        expectRefusal(ISigstoreVerifier.AttestationMalformed.selector);
        verifier.verify(facts, proof);
    }

    function test_WhenTheProofIsCutOffAnywhere_RefuseItWithoutAPanic(uint16 length) external view {
        bytes memory proof = _proof;
        // The call fills up with zeros: from the hints' length on, it says that there are none.
        uint256 hints = 32 + wordAt(proof, 1 + _dynamic[2]);
        requireClearRefusal(prefix(proof, length % (hints + 1)));
        requireClearRefusal(prefix(proof, hints));
    }

    function test_WhenAMembersPlacePointsOutsideOrBefore_RefuseItWithoutAPanicOrReadTheSame() external view {
        uint256[10] memory places = [
            type(uint256).max,
            type(uint256).max - 31,
            type(uint256).max - 32 * 20,
            2 ** 255,
            2 ** 255 - 1,
            type(uint64).max,
            uint256(type(uint64).max) + 1,
            0,
            1,
            1_000_000
        ];
        for (uint256 i; i < places.length; ++i) {
            for (uint256 member; member < 3; ++member) {
                bytes memory proof = _proof;
                setWord(proof, 1 + _dynamic[member], places[i]);
                requireSameOrClearRefusal(proof);
            }
        }
    }

    function test_WhenAMembersPlaceIsAny_RefuseItWithoutAPanicOrReadTheSame(
        uint8 member,
        uint256 place,
        bool isNear
    ) external view {
        bytes memory proof = _proof;
        setWord(proof, 1 + _dynamic[member % 3], isNear ? place % (2 * proof.length) : place);
        requireSameOrClearRefusal(proof);
    }

    function test_WhenAMembersLengthReachesBeyondTheCall_RefuseItWithoutAPanic(uint256 length) external view {
        uint256[6] memory lengths = [
            uint256(type(uint64).max),
            uint256(type(uint64).max) - 1,
            uint256(type(uint64).max) + 1,
            type(uint256).max,
            2 ** 255,
            length < 100_000 ? 100_000 : length
        ];
        for (uint256 member; member < 3; ++member) {
            bytes memory proof = _proof;
            uint256 place = 32 + wordAt(proof, 1 + _dynamic[member]);
            for (uint256 i; i < lengths.length; ++i) {
                setWord(proof, place / 32, lengths[i]);
                requireClearRefusal(proof);
            }
        }
    }

    function test_WhenTwoMembersShareTheirBytes_RefuseItWithoutAPanic() external view {
        for (uint256 member; member < 3; ++member) {
            for (uint256 other; other < 3; ++other) {
                if (member == other) continue;
                bytes memory proof = _proof;
                setWord(proof, 1 + _dynamic[member], wordAt(proof, 1 + _dynamic[other]));
                requireClearRefusal(proof);
                // Into the middle of the other.
                setWord(proof, 1 + _dynamic[member], wordAt(proof, 1 + _dynamic[other]) + 32);
                requireClearRefusal(proof);
            }
        }
    }

    function test_WhenANumberHasBitsBeyondItsWidth_RefuseItWithoutAPanic(uint8 bit) external view {
        for (uint256 i; i < _narrow.length; ++i) {
            uint256 width = i < 4 ? 40 : 64;
            bytes memory proof = _proof;
            uint256 dirt = 1 << (width + (bit % (256 - width)));
            setWord(proof, 1 + _narrow[i], wordAt(proof, 1 + _narrow[i]) | dirt);
            requireClearRefusal(proof);
        }
    }

    function test_WhenAnyWordOfTheHeadIsAnother_RefuseItWithoutAPanicOrStandOnOtherRoots(
        uint8 index,
        uint256 word
    ) external view {
        bytes memory proof = _proof;
        uint256 place = 1 + (index % HEAD_WORDS);
        if (word == wordAt(proof, place)) word ^= 1;
        setWord(proof, place, word);
        // Ends of validity, two for each root.
        bool isWindow = place == 4 || place == 5 || place == 9 || place == 10;
        if (!isWindow) requireSameOrClearRefusal(proof);
        else requireOtherRootsOrClearRefusal(proof);
        setWord(proof, place, wordAt(_proof, place) ^ 1);
        if (isWindow) requireOtherRootsOrClearRefusal(proof);
        else requireClearRefusal(proof);
    }

    // ------------------------------------------------------------------ time

    function test_WhenTheCertificateIsNotValidAtTheLogTime_RevertWithLogTimeOutside() external {
        uint64[2] memory times = [uint64(NOT_BEFORE - 1), uint64(NOT_BEFORE + 601)];
        for (uint256 i; i < 2; ++i) {
            ISigstoreVerifier.Attestation memory attestation = attested();
            attestation.integratedTime = times[i];
            promise_(attestation, payloadOf(honestFacts()), LOG_KEY);
            requireVerifyRefused(attestation, outside(times[i], NOT_BEFORE, NOT_BEFORE + 600));
        }
    }

    function test_WhenTheAuthoritysRootIsNotValidAtTheLogTime_RevertWithLogTimeOutside() external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.issuerValidFrom = uint40(LOG_TIME + 1);
        requireVerifyRefused(attestation, outside(LOG_TIME, LOG_TIME + 1, attestation.issuerValidUntil));
        attestation.issuerValidFrom = 0;
        attestation.issuerValidUntil = uint40(LOG_TIME - 1);
        requireVerifyRefused(attestation, outside(LOG_TIME, 0, LOG_TIME - 1));
    }

    function test_WhenTheLogsRootIsNotValidAtTheLogTime_RevertWithLogTimeOutside() external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.log.validFrom = uint40(LOG_TIME + 1);
        requireVerifyRefused(attestation, outside(LOG_TIME, LOG_TIME + 1, attestation.log.validUntil));
        attestation.log.validFrom = 0;
        attestation.log.validUntil = uint40(LOG_TIME - 1);
        requireVerifyRefused(attestation, outside(LOG_TIME, 0, LOG_TIME - 1));
    }

    // ------------------------------------------------------------------ identity

    function test_WhenTheCertificateIsOfAnotherRun_RevertWithFactMismatch() external {
        Parts memory parts = honest();
        setText(parts, 21, bytes(string.concat(REPOSITORY, "/actions/runs/17000000002/attempts/3")));
        bytes4 selector = ISigstoreVerifier.FactMismatch.selector;
        requireVerifyRefused(attest(parts, payloadOf(honestFacts())), abi.encodeWithSelector(selector, 21));
    }

    function test_WhenTheIdentityProviderIsAnotherThanTheVerifiers_RevertWithFactMismatch() external {
        verifier = ISigstoreVerifier(
            create("SigstoreVerifier", abi.encode(authority, sha384, "https://other.example"))
        );
        requireVerifyRefused(attested(), abi.encodeWithSelector(ISigstoreVerifier.FactMismatch.selector, 8));
    }

    // ------------------------------------------------------------------ signatures

    function test_WhenADigestOfTheStatementDiffers_RevertWithStatementSignatureInvalid(
        uint8 which,
        uint8 bit
    ) external {
        bytes memory proof = _proof;
        IEvidenceVerifier.Facts memory facts = honestFacts();
        bytes32 flip = bytes32(uint256(1) << bit);
        if (which % 4 == 0) facts.claimHash ^= flip;
        if (which % 4 == 1) facts.certificateHash ^= flip;
        if (which % 4 == 2) facts.resultHash ^= flip;
        if (which % 4 == 3) facts.bundleHash ^= flip;
        expectRefusal(ISigstoreVerifier.StatementSignatureInvalid.selector);
        verifier.verify(facts, proof);
    }

    function test_WhenAnotherKeySignedTheStatement_RevertWithStatementSignatureInvalid(uint256 key) external {
        key %= ORDER;
        if (key == RUN_KEY) key = 2;
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.signature = signedStatement(payloadOf(honestFacts()), key);
        promise_(attestation, payloadOf(honestFacts()), LOG_KEY);
        requireVerifyRefused(attestation, ISigstoreVerifier.StatementSignatureInvalid.selector);
    }

    function test_WhenTheStatementsSignatureIsNoDER_RevertWithNotASignature() external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.signature = bytes.concat(attestation.signature, hex"00");
        promise_(attestation, payloadOf(honestFacts()), LOG_KEY);
        requireVerifyRefused(attestation, EcdsaSignature.NotASignature.selector);
        attestation.signature = "";
        promise_(attestation, payloadOf(honestFacts()), LOG_KEY);
        requireVerifyRefused(attestation, EcdsaSignature.NotASignature.selector);
    }

    function test_WhenAnotherKeyMadeTheLogsPromise_RevertWithLogPromiseInvalid(uint256 key) external {
        key %= ORDER;
        if (key == LOG_KEY) key = RUN_KEY;
        ISigstoreVerifier.Attestation memory attestation = attested();
        promise_(attestation, payloadOf(honestFacts()), key);
        requireVerifyRefused(attestation, ISigstoreVerifier.LogPromiseInvalid.selector);
    }

    function test_WhenTheLogPromisedAnythingElse_RevertWithLogPromiseInvalid(uint8 bit) external {
        bytes4 invalid = ISigstoreVerifier.LogPromiseInvalid.selector;
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.envelopeHash ^= bytes32(uint256(1) << bit);
        requireVerifyRefused(attestation, invalid);
        attestation = attested();
        attestation.logIndex ^= uint64(1) << (bit % 64);
        requireVerifyRefused(attestation, invalid);
        attestation = attested();
        attestation.integratedTime ^= 1;
        requireVerifyRefused(attestation, invalid);
        attestation = attested();
        attestation.promiseR ^= uint256(1) << bit;
        requireVerifyRefused(attestation, invalid);
        attestation = attested();
        attestation.promiseS ^= uint256(1) << bit;
        requireVerifyRefused(attestation, invalid);
        attestation = attested();
        promise_(attestation, "another payload", LOG_KEY);
        requireVerifyRefused(attestation, invalid);
        // The other right signature of the same statement is another entry.
        attestation = attested();
        attestation.signature = otherSignature(payloadOf(honestFacts()));
        requireVerifyRefused(attestation, invalid);
        // As is the same statement by another certificate of the same key.
        Parts memory parts = honest();
        parts.serial = hex"020107";
        attestation = attested();
        attestation.certificate = encode(parts);
        requireVerifyRefused(attestation, invalid);
    }

    function test_WhenTheAuthorityDidNotSignTheCertificate_RevertWithCertificateSignatureInvalid(uint8 bit) external {
        bytes4 invalid = ISigstoreVerifier.CertificateSignatureInvalid.selector;
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.issuerKeyId ^= bytes32(uint256(1) << bit);
        requireVerifyRefused(attestation, invalid);
        attestation.issuerHints = "";
        requireVerifyRefused(attestation, invalid);
        // Another certificate, or another signature on it, of which the log knows.
        Parts memory parts = honest();
        parts.serial = hex"020107";
        requireNotIssued(parts, invalid);
        parts = honest();
        parts.signature = tlv(0x03, hex"003006020101020102");
        requireNotIssued(parts, invalid);
        parts.signature = tlv(0x03, hex"003006020102020101");
        requireNotIssued(parts, invalid);
    }

    function test_WhenTheAuthoritysSignatureIsNoDER_RevertWithNotASignature() external {
        Parts memory parts = honest();
        parts.signature = tlv(0x03, hex"00300602010102010100");
        requireNotIssued(parts, EcdsaSignature.NotASignature.selector);
        parts.signature = tlv(0x03, hex"00");
        requireNotIssued(parts, EcdsaSignature.NotASignature.selector);
    }

    function test_WhenTheAuthoritysArithmeticRefuses_RevertWithItsError() external {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.issuerHints = "wrong hints";
        requireVerifyRefused(attestation, AuthorityDouble.NotTheLine.selector);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Signed and logged, while the authority has signed the honest certificate.
    function requireNotIssued(Parts memory parts, bytes4 selector) private {
        ISigstoreVerifier.Attestation memory attestation = attested();
        attestation.certificate = encode(parts);
        promise_(attestation, payloadOf(honestFacts()), LOG_KEY);
        requireVerifyRefused(attestation, selector);
    }

    /// @dev By n - s, which is as right as s.
    function otherSignature(bytes memory payload) private pure returns (bytes memory) {
        (uint256 r, uint256 s) = sign(StepStatement.signedHashOf(payload), RUN_KEY);
        return tlv(0x30, bytes.concat(integer(r), integer(ORDER - s)));
    }

    function requireClearRefusal(bytes memory proof) private view {
        (bool isTaken, bytes memory answer) = attempt(proof);
        assertFalse(isTaken, "it was taken");
        requireNoPanic(answer);
    }

    /// @dev A place of an empty text may be anywhere: what it says is the same.
    function requireSameOrClearRefusal(bytes memory proof) private view {
        (bool isTaken, bytes memory answer) = attempt(proof);
        if (!isTaken) return requireNoPanic(answer);
        assertEq(answer, _answer, "answer");
    }

    function requireOtherRootsOrClearRefusal(bytes memory proof) private view {
        (bool isTaken, bytes memory answer) = attempt(proof);
        if (!isTaken) return requireNoPanic(answer);
        assertTrue(keccak256(answer) != keccak256(_answer), "the same roots");
    }

    /// @dev A panic or a failed call without any gas left would tell nobody what is wrong. The compiler's own checks of
    /// the encoding answer with nothing.
    function requireNoPanic(bytes memory answer) private pure {
        assertTrue(answer.length == 0 || bytes4(answer) != bytes4(0x4e487b71), "panic");
    }

    function attempt(bytes memory proof) private view returns (bool isTaken, bytes memory answer) {
        return address(verifier).staticcall(abi.encodeCall(verifier.verify, (honestFacts(), proof)));
    }

    function prefix(bytes memory whole, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i; i < length; ++i) part[i] = whole[i];
    }

    function wordAt(bytes memory data, uint256 index) private pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := mload(add(data, mul(32, add(index, 1))))
        }
    }

    function setWord(bytes memory data, uint256 index, uint256 word) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(add(data, mul(32, add(index, 1))), word)
        }
    }
}
