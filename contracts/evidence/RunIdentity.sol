// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {ISigstoreVerifier} from "../interfaces/ISigstoreVerifier.sol";
import {CalldataText, calldataText} from "./CalldataText.sol";
import {Der} from "./Der.sol";
import {Hexadecimal} from "./Hexadecimal.sol";
import {Leaf} from "./LeafCertificate.sol";

/// @title Holds a certificate against the run that a step needs
/// @notice The rules of lib/evidence/runChecks.ts. Signer and source are compared each with its own term, so which
/// workflow was called from where follows from which terms are set. All comparisons are exact.
library RunIdentity {
    /// @dev Numbers in Fulcio's arc.
    uint256 private constant ALTERNATIVE_NAME = 0;
    uint256 private constant ISSUER = 8;
    uint256 private constant SIGNER_WORKFLOW = 9;
    uint256 private constant SIGNER_COMMIT = 10;
    uint256 private constant RUNNER_ENVIRONMENT = 11;
    uint256 private constant SOURCE_REPOSITORY = 12;
    uint256 private constant SOURCE_COMMIT = 13;
    uint256 private constant SOURCE_REPOSITORY_ID = 15;
    uint256 private constant SOURCE_OWNER_ID = 17;
    uint256 private constant CALLER_WORKFLOW = 18;
    uint256 private constant CALLER_COMMIT = 19;
    uint256 private constant TRIGGER = 20;
    uint256 private constant RUN = 21;
    uint256 private constant VISIBILITY = 22;
    uint256 private constant DEPLOYMENT_ENVIRONMENT = 23;

    /// @dev `https://github.com/`.
    uint256 private constant SERVER = 0x68747470733a2f2f6769746875622e636f6d2f;
    uint256 private constant SERVER_LENGTH = 19;
    uint256 private constant AT_SIGN = 0x40;
    uint256 private constant COMMIT_LENGTH = 40;

    /// @notice Reverts unless the certificate is of exactly the run that the facts name.
    /// @param oidcIssuerHash keccak256 of the URL of the identity provider that vouched for the run.
    function requireFacts(
        Leaf memory leaf,
        IEvidenceVerifier.Facts calldata facts,
        bytes32 oidcIssuerHash
    ) internal pure {
        CalldataText[24] memory texts = leaf.extensions;
        if (texts[ISSUER].keccakOf() != oidcIssuerHash) revert ISigstoreVerifier.FactMismatch(ISSUER);
        _require(texts, RUNNER_ENVIRONMENT, "github-hosted");
        _require(texts, TRIGGER, "workflow_dispatch");
        _require(texts, VISIBILITY, "public");
        if (CalldataText.unwrap(texts[DEPLOYMENT_ENVIRONMENT]) != 0) {
            revert ISigstoreVerifier.FactMismatch(DEPLOYMENT_ENVIRONMENT);
        }
        _requireWorkflows(leaf.alternativeName, texts, facts);
        _requireSource(texts, facts);
        _requireRun(texts, facts);
    }

    function _requireWorkflows(
        CalldataText alternativeName,
        CalldataText[24] memory texts,
        IEvidenceVerifier.Facts calldata facts
    ) private pure {
        bytes memory commit = Hexadecimal.ofCommit(facts.signerCommit);
        _require(texts, SIGNER_COMMIT, commit);
        bytes32 signer = texts[SIGNER_WORKFLOW].keccakOf();
        if (alternativeName.keccakOf() != signer) revert ISigstoreVerifier.FactMismatch(ALTERNATIVE_NAME);

        if (texts[CALLER_WORKFLOW].keccakOf() == signer) {
            // The workflow was started itself: it is at the source's commit.
            if (facts.sourceCommit != facts.signerCommit) revert ISigstoreVerifier.FactMismatch(SIGNER_COMMIT);
            _requirePath(texts, SIGNER_WORKFLOW, _lastAtSign(texts[SIGNER_WORKFLOW]), facts.signerWorkflow);
        } else {
            // It was called by another, which must have named it by this commit: 40 digits, none of them an `@`.
            uint256 ref = texts[SIGNER_WORKFLOW].endOf() - COMMIT_LENGTH;
            if (!calldataText(ref, ref + COMMIT_LENGTH).isEqual(commit)) {
                revert ISigstoreVerifier.FactMismatch(SIGNER_WORKFLOW);
            }
            _requirePath(texts, SIGNER_WORKFLOW, ref - 1, facts.signerWorkflow);
        }
        if (facts.callerWorkflow != 0) {
            _requirePath(texts, CALLER_WORKFLOW, _lastAtSign(texts[CALLER_WORKFLOW]), facts.callerWorkflow);
        }
    }

    function _requireSource(CalldataText[24] memory texts, IEvidenceVerifier.Facts calldata facts) private pure {
        bytes memory commit = Hexadecimal.ofCommit(facts.sourceCommit);
        _require(texts, SOURCE_COMMIT, commit);
        _require(texts, CALLER_COMMIT, commit);
        _require(texts, SOURCE_REPOSITORY_ID, bytes(Strings.toString(facts.repositoryId)));
        if (facts.sourceOwnerId != 0) _require(texts, SOURCE_OWNER_ID, bytes(Strings.toString(facts.sourceOwnerId)));
    }

    /// @dev Without a repository, a run's URL would begin anywhere. Runs and attempts are counted from 1.
    function _requireRun(CalldataText[24] memory texts, IEvidenceVerifier.Facts calldata facts) private pure {
        if (CalldataText.unwrap(texts[SOURCE_REPOSITORY]) == 0) {
            revert ISigstoreVerifier.FactMismatch(SOURCE_REPOSITORY);
        }
        if (facts.runId == 0 || facts.runAttempt == 0) revert ISigstoreVerifier.FactMismatch(RUN);
        _require(
            texts,
            RUN,
            abi.encodePacked(
                texts[SOURCE_REPOSITORY].toBytes(),
                "/actions/runs/",
                Strings.toString(facts.runId),
                "/attempts/",
                Strings.toString(facts.runAttempt)
            )
        );
    }

    function _require(CalldataText[24] memory texts, uint256 extension, bytes memory expected) private pure {
        if (!texts[extension].isEqual(expected)) revert ISigstoreVerifier.FactMismatch(extension);
    }

    /// @dev A workflow is `<server>/<path>@<ref>`, taken apart at the last `@`; terms hold SHA-256 of the path.
    /// @param atSign Where that `@` is expected.
    function _requirePath(
        CalldataText[24] memory texts,
        uint256 extension,
        uint256 atSign,
        bytes32 expected
    ) private pure {
        unchecked {
            uint256 start = texts[extension].startOf();
            uint256 path = start + SERVER_LENGTH;
            if (
                atSign < path ||
                Der.word(start) >> 104 != SERVER ||
                Der.word(atSign) >> 248 != AT_SIGN ||
                sha256(calldataText(path, atSign).toBytes()) != expected
            ) revert ISigstoreVerifier.FactMismatch(extension);
        }
    }

    /// @dev Where the last `@` stands; the text's beginning where there is none.
    function _lastAtSign(CalldataText text) private pure returns (uint256 place) {
        uint256 start = text.startOf();
        uint256 end = text.endOf();
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := end
            for {} gt(place, start) {} {
                place := sub(place, 1)
                if eq(byte(0, calldataload(place)), AT_SIGN) {
                    break
                }
            }
        }
    }
}
