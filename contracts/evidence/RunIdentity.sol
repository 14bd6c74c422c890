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

    /// @notice Reverts unless the certificate is of exactly the run that the facts name.
    function requireFacts(Leaf memory leaf, IEvidenceVerifier.Facts calldata facts) internal pure {
        CalldataText[24] memory texts = leaf.extensions;
        _require(texts, ISSUER, "https://token.actions.githubusercontent.com");
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

        uint256 refStart = _requireWorkflow(texts, SIGNER_WORKFLOW, facts.signerWorkflow);
        if (texts[CALLER_WORKFLOW].keccakOf() == signer) {
            // The workflow was started itself: it is at the source's commit.
            if (facts.sourceCommit != facts.signerCommit) revert ISigstoreVerifier.FactMismatch(SIGNER_COMMIT);
        } else if (!calldataText(refStart, texts[SIGNER_WORKFLOW].endOf()).isEqual(commit)) {
            // It was called by another, which must have named it by this commit.
            revert ISigstoreVerifier.FactMismatch(SIGNER_WORKFLOW);
        }
        if (facts.callerWorkflow != 0) _requireWorkflow(texts, CALLER_WORKFLOW, facts.callerWorkflow);
    }

    function _requireSource(CalldataText[24] memory texts, IEvidenceVerifier.Facts calldata facts) private pure {
        bytes memory commit = Hexadecimal.ofCommit(facts.sourceCommit);
        _require(texts, SOURCE_COMMIT, commit);
        _require(texts, CALLER_COMMIT, commit);
        _require(texts, SOURCE_REPOSITORY_ID, bytes(Strings.toString(facts.repositoryId)));
        if (facts.sourceOwnerId != 0) _require(texts, SOURCE_OWNER_ID, bytes(Strings.toString(facts.sourceOwnerId)));
    }

    function _requireRun(CalldataText[24] memory texts, IEvidenceVerifier.Facts calldata facts) private pure {
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
    /// @return refStart Where the ref begins.
    function _requireWorkflow(
        CalldataText[24] memory texts,
        uint256 extension,
        bytes32 expected
    ) private pure returns (uint256 refStart) {
        unchecked {
            uint256 pathStart = texts[extension].startOf() + SERVER_LENGTH;
            refStart = texts[extension].endOf();
            if (texts[extension].lengthOf() <= SERVER_LENGTH || Der.word(pathStart - SERVER_LENGTH) >> 104 != SERVER) {
                revert ISigstoreVerifier.FactMismatch(extension);
            }
            while (refStart > pathStart && Der.word(refStart - 1) >> 248 != AT_SIGN) --refStart;
            if (refStart == pathStart) revert ISigstoreVerifier.FactMismatch(extension);
            if (sha256(calldataText(pathStart, refStart - 1).toBytes()) != expected) {
                revert ISigstoreVerifier.FactMismatch(extension);
            }
        }
    }
}
