// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ISigstoreVerifier} from "../../../contracts/interfaces/ISigstoreVerifier.sol";
import {CertificateBuilder} from "./CertificateBuilder.sol";

contract RunIdentityRequireFactsTest is CertificateBuilder {
    // ------------------------------------------------------------------ held

    function test_WhenTheCertificateIsOfTheRun_Hold() external view {
        requireHeld(honest(), honestFacts());
    }

    function test_WhenAnyCallerAndOwnerWillDo_Hold(bytes32 caller_, uint64 owner) external view {
        IEvidenceVerifier.Facts memory facts = honestFacts();
        (facts.callerWorkflow, facts.sourceOwnerId) = (0, 0);
        Parts memory parts = honest();
        drop(parts, placeOf(17));
        setText(parts, 18, abi.encodePacked(caller_, owner));
        requireHeld(parts, facts);
        drop(parts, placeOf(18));
        requireHeld(parts, facts);
    }

    function test_WhenTheWorkflowWasStartedItselfAtAnyRef_Hold(bytes memory ref) external view {
        for (uint256 i; i < ref.length; ++i) ref[i] = bytes1(0x41 + (uint8(ref[i]) % 26));
        IEvidenceVerifier.Facts memory facts = honestFacts();
        requireHeld(started(bytes.concat(bytes(SERVER), bytes(CALLER_PATH), "@", ref)), direct(facts));
    }

    // ------------------------------------------------------------------ what every run needs

    function test_WhenTheIdentityProviderIsAnother_RevertWithFactMismatchOf8() external view {
        Parts memory parts = honest();
        bytes[3] memory others = [
            bytes("https://token.example/octo"),
            "https://token.example/",
            "https://token.exampl"
        ];
        for (uint256 i; i < others.length; ++i) {
            setText(parts, 1, others[i]);
            setText(parts, 8, others[i]);
            requireMismatch(parts, honestFacts(), 8);
        }
    }

    function test_WhenAnExtensionThatEveryRunNeedsIsMissingOrAnother_RevertWithFactMismatchOfIt() external view {
        uint8[9] memory numbers = [10, 11, 13, 15, 17, 19, 20, 21, 22];
        for (uint256 i; i < numbers.length; ++i) {
            uint256 number = numbers[i];
            Parts memory parts = honest();
            drop(parts, placeOf(number));
            requireMismatch(parts, honestFacts(), number);
            setText(parts, number, "");
            requireMismatch(parts, honestFacts(), number);
            setText(parts, number, bytes.concat(bytes(honestText(number)), hex"00"));
            requireMismatch(parts, honestFacts(), number);
            bytes memory text = bytes(honestText(number));
            text[0] ^= 0x20;
            setText(parts, number, text);
            requireMismatch(parts, honestFacts(), number);
        }
        Parts memory last = honest();
        drop(last, placeOf(18));
        requireMismatch(last, honestFacts(), 18);
        setText(last, 11, "self-hosted");
        requireMismatch(last, honestFacts(), 11);
    }

    function test_WhenTheNameDiffersFromTheSigner_RevertWithFactMismatchOf0() external view {
        Parts memory parts = honest();
        parts.extensions[ALTERNATIVE_NAME] = named(bytes(caller()));
        requireMismatch(parts, honestFacts(), 0);
        parts = honest();
        drop(parts, placeOf(9));
        requireMismatch(parts, honestFacts(), 0);
    }

    function test_WhenThereIsADeploymentEnvironmentEvenAnEmptyOne_RevertWithFactMismatchOf23() external view {
        Parts memory parts = honest();
        append(parts, fulcio(23, ""));
        requireMismatch(parts, honestFacts(), 23);
        parts.extensions[COUNT] = fulcio(23, "prod");
        requireMismatch(parts, honestFacts(), 23);
    }

    // ------------------------------------------------------------------ workflows

    function test_WhenTheSignerWasCalledByAnotherRefThanItsCommit_RevertWithFactMismatchOf9() external view {
        bytes memory path = bytes.concat(bytes(SERVER), bytes(SIGNER_PATH), "@");
        bytes memory commit = bytes(digits(SIGNER_COMMIT));
        requireMismatch(signedAs(bytes.concat(path, "refs/heads/main")), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat(path, bytes(digits(SOURCE_COMMIT)))), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat(path, "refs/tags/", commit)), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat(path, commit, "0")), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat(path, "5", commit)), honestFacts(), 9);
    }

    function test_WhenTheSignerWasStartedItselfAndPinnedAtAnotherCommitThanTheSource_RevertWithFactMismatchOf10()
        external
        view
    {
        IEvidenceVerifier.Facts memory facts = direct(honestFacts());
        facts.signerCommit = SIGNER_COMMIT;
        Parts memory parts = started(bytes(caller()));
        setText(parts, 10, bytes(digits(SIGNER_COMMIT)));
        requireMismatch(parts, facts, 10);
    }

    function test_WhenTheSignersPathHasAnotherByteAnywhere_RevertWithFactMismatchOf9(
        uint8 place,
        bytes1 flip
    ) external view {
        if (flip & 0x1f == 0) flip = 0x01;
        bytes memory uri = bytes(signer());
        uint256 changed = bytes(SERVER).length + (place % bytes(SIGNER_PATH).length);
        // Letters, digits, dots, dashes and slashes stay printable.
        uri[changed] ^= flip & 0x1f;
        if (uint8(uri[changed]) <= 0x20 || uint8(uri[changed]) == 0x7f) uri[changed] = "!";
        requireMismatch(signedAs(uri), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat(bytes(SERVER), bytes(signer()))), honestFacts(), 9);
    }

    function test_WhenTheSignersPathHoldsAtSigns_CompareUpToTheLast() external view {
        bytes memory path = bytes.concat("evil/x.yml@", bytes(SIGNER_PATH));
        Parts memory parts = signedAs(bytes.concat(bytes(SERVER), path, "@", bytes(digits(SIGNER_COMMIT))));
        IEvidenceVerifier.Facts memory facts = honestFacts();
        requireMismatch(parts, facts, 9);
        facts.signerWorkflow = sha256("evil/x.yml");
        requireMismatch(parts, facts, 9);
        facts.signerWorkflow = sha256(path);
        requireHeld(parts, facts);
        // Where it was started itself.
        parts = started(bytes.concat(bytes(SERVER), path, "@main"));
        facts = direct(facts);
        facts.callerWorkflow = 0;
        facts.signerWorkflow = sha256("evil/x.yml");
        requireMismatch(parts, facts, 9);
        facts.signerWorkflow = sha256(path);
        requireHeld(parts, facts);
    }

    function test_WhenTheCallersPathHoldsAtSigns_CompareUpToTheLast() external view {
        Parts memory parts = honest();
        bytes memory path = bytes.concat(bytes(CALLER_PATH), "@main/evil.yml");
        setText(parts, 18, bytes.concat(bytes(SERVER), path, "@x"));
        IEvidenceVerifier.Facts memory facts = honestFacts();
        requireMismatch(parts, facts, 18);
        facts.callerWorkflow = sha256(path);
        requireHeld(parts, facts);
    }

    function test_WhenTheServerIsAnother_RevertWithFactMismatchOfTheWorkflow(uint8 place) external view {
        bytes memory server = bytes(SERVER);
        uint256 changed = place % server.length;
        server[changed] = server[changed] == "x" ? bytes1("y") : bytes1("x");
        Parts memory parts = honest();
        setText(parts, 18, bytes.concat(server, bytes(CALLER_PATH), "@main"));
        requireMismatch(parts, honestFacts(), 18);
        bytes memory uri = bytes.concat(server, bytes(SIGNER_PATH), "@", bytes(digits(SIGNER_COMMIT)));
        requireMismatch(signedAs(uri), honestFacts(), 9);
        requireMismatch(started(bytes.concat(server, bytes(CALLER_PATH), "@main")), direct(honestFacts()), 9);
    }

    function test_WhenThereIsNoAtSign_RevertWithFactMismatchOfTheWorkflow() external view {
        Parts memory parts = honest();
        setText(parts, 18, bytes.concat(bytes(SERVER), bytes(CALLER_PATH)));
        requireMismatch(parts, honestFacts(), 18);
        requireMismatch(started(bytes.concat(bytes(SERVER), bytes(CALLER_PATH))), direct(honestFacts()), 9);
        bytes memory uri = bytes.concat(bytes(SERVER), bytes(SIGNER_PATH), "/", bytes(digits(SIGNER_COMMIT)));
        requireMismatch(signedAs(uri), honestFacts(), 9);
    }

    function test_WhenTheAtSignStandsWithinTheServer_RevertWithFactMismatchOfTheWorkflow() external view {
        Parts memory parts = honest();
        bytes[4] memory wrong = [bytes("@"), "https://github.com@", "@https://github.com/", "https@github.com/x"];
        for (uint256 i; i < wrong.length; ++i) {
            setText(parts, 18, wrong[i]);
            requireMismatch(parts, honestFacts(), 18);
            requireMismatch(started(wrong[i]), direct(honestFacts()), 9);
            requireMismatch(signedAs(bytes.concat(wrong[i], bytes(digits(SIGNER_COMMIT)))), honestFacts(), 9);
        }
    }

    function test_WhenAWorkflowIsShorterThanACommit_RevertWithFactMismatchOfTheWorkflow(uint8 length) external view {
        bytes memory short = new bytes(1 + (length % 39));
        for (uint256 i; i < short.length; ++i) short[i] = "5";
        requireMismatch(signedAs(short), honestFacts(), 9);
        requireMismatch(signedAs(bytes(digits(SIGNER_COMMIT))), honestFacts(), 9);
        requireMismatch(signedAs(bytes.concat("@", bytes(digits(SIGNER_COMMIT)))), honestFacts(), 9);
        requireMismatch(started(short), direct(honestFacts()), 9);
        Parts memory parts = honest();
        setText(parts, 18, "");
        requireMismatch(parts, honestFacts(), 18);
    }

    function test_WhenThePathIsEmptyAndSoIsThePinnedOne_Hold() external view {
        IEvidenceVerifier.Facts memory facts = honestFacts();
        Parts memory parts = honest();
        setText(parts, 18, bytes.concat(bytes(SERVER), "@main"));
        requireMismatch(parts, facts, 18);
        facts.callerWorkflow = sha256("");
        requireHeld(parts, facts);
    }

    // ------------------------------------------------------------------ the run

    function test_WhenTheCertificateNamesNoRepository_RevertWithFactMismatchOf12() external view {
        Parts memory parts = honest();
        drop(parts, placeOf(12));
        requireMismatch(parts, honestFacts(), 12);
        setText(parts, 21, "/actions/runs/17000000001/attempts/3");
        requireMismatch(parts, honestFacts(), 12);
    }

    function test_WhenRunOrAttemptIs0_RevertWithFactMismatchOf21() external view {
        Parts memory parts = honest();
        IEvidenceVerifier.Facts memory facts = honestFacts();
        facts.runId = 0;
        setText(parts, 21, bytes(string.concat(REPOSITORY, "/actions/runs/0/attempts/3")));
        requireMismatch(parts, facts, 21);
        facts = honestFacts();
        facts.runAttempt = 0;
        setText(parts, 21, bytes(string.concat(REPOSITORY, "/actions/runs/17000000001/attempts/0")));
        requireMismatch(parts, facts, 21);
    }

    function test_WhenTheRunsURLDiffersInAnyPart_RevertWithFactMismatchOf21(uint8 place) external view {
        string[6] memory tails = [
            "/actions/runs/17000000002/attempts/3",
            "/actions/runs/17000000001/attempts/33",
            "/actions/runs/017000000001/attempts/3",
            "/actions/runs/17000000001/attempts/03",
            "/actions/runs/17000000001",
            "/actions/runs/17000000001/attempts/3/"
        ];
        Parts memory parts = honest();
        for (uint256 i; i < tails.length; ++i) {
            setText(parts, 21, bytes(string.concat(REPOSITORY, tails[i])));
            requireMismatch(parts, honestFacts(), 21);
        }
        bytes memory uri = bytes(run());
        uri[place % uri.length] ^= 0x01;
        setText(parts, 21, uri);
        requireMismatch(parts, honestFacts(), 21);
        // The run's repository is the source's.
        setText(parts, 21, bytes(run()));
        setText(parts, 12, "https://github.com/acme/step");
        requireMismatch(parts, honestFacts(), 21);
    }

    // ------------------------------------------------------------------ the facts

    function test_WhenAnyFactDiffersInOneBit_RevertWithFactMismatchOfWhatHoldsIt(uint8 bit) external view {
        Parts memory parts = honest();
        IEvidenceVerifier.Facts memory facts = honestFacts();
        facts.signerWorkflow ^= bytes32(uint256(1) << bit);
        requireMismatch(parts, facts, 9);
        facts = honestFacts();
        facts.signerCommit ^= bytes20(uint160(1) << (bit % 160));
        requireMismatch(parts, facts, 10);
        facts = honestFacts();
        facts.callerWorkflow ^= bytes32(uint256(1) << bit);
        requireMismatch(parts, facts, 18);
        facts = honestFacts();
        facts.repositoryId ^= uint64(1) << (bit % 64);
        requireMismatch(parts, facts, 15);
        facts = honestFacts();
        facts.sourceOwnerId ^= uint64(1) << (bit % 64);
        requireMismatch(parts, facts, 17);
        facts = honestFacts();
        facts.sourceCommit ^= bytes20(uint160(1) << (bit % 160));
        requireMismatch(parts, facts, 13);
        facts = honestFacts();
        facts.runId ^= uint64(1) << (bit % 64);
        requireMismatch(parts, facts, 21);
        facts = honestFacts();
        facts.runAttempt ^= uint32(1) << (bit % 32);
        requireMismatch(parts, facts, 21);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Another signer, in both places.
    function signedAs(bytes memory uri) private pure returns (Parts memory parts) {
        parts = honest();
        setText(parts, 9, uri);
        parts.extensions[ALTERNATIVE_NAME] = named(uri);
    }

    /// @dev The signer is the workflow that was started.
    function started(bytes memory uri) private pure returns (Parts memory parts) {
        parts = signedAs(uri);
        setText(parts, 18, uri);
        setText(parts, 10, bytes(digits(SOURCE_COMMIT)));
    }

    function direct(IEvidenceVerifier.Facts memory facts) private pure returns (IEvidenceVerifier.Facts memory) {
        facts.signerWorkflow = facts.callerWorkflow;
        facts.signerCommit = facts.sourceCommit;
        return facts;
    }

    function requireHeld(Parts memory parts, IEvidenceVerifier.Facts memory facts) private view {
        double.requireFacts(encode(parts), facts, keccak256(bytes(OIDC_ISSUER)));
    }

    function requireMismatch(Parts memory parts, IEvidenceVerifier.Facts memory facts, uint256 number) private view {
        try double.requireFacts(encode(parts), facts, keccak256(bytes(OIDC_ISSUER))) {
            assertTrue(false, "it held");
        } catch (bytes memory answer) {
            assertEq(answer, abi.encodeWithSelector(ISigstoreVerifier.FactMismatch.selector, number), "answer");
        }
    }
}
