// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EcdsaSignature} from "../evidence/arithmetic/EcdsaSignature.sol";
import {P256} from "../evidence/arithmetic/P256.sol";
import {Leaf, LeafCertificate} from "../evidence/LeafCertificate.sol";
import {LogEntry} from "../evidence/LogEntry.sol";
import {RunIdentity} from "../evidence/RunIdentity.sol";
import {StepStatement} from "../evidence/StepStatement.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {ISigstoreVerifier} from "../interfaces/ISigstoreVerifier.sol";

/// @notice Gas of each stage of a verification, as the verifier's own code spends it.
contract SigstoreProbe {
    struct Gas {
        uint256 certificate;
        uint256 identity;
        uint256 statement;
        uint256 logPromise;
    }

    error NotSigned();

    function measure(
        IEvidenceVerifier.Facts calldata facts,
        ISigstoreVerifier.Attestation calldata attestation
    ) external view returns (Gas memory used) {
        uint256 left = gasleft();
        Leaf memory leaf = LeafCertificate.parse(attestation.certificate);
        used.certificate = left - gasleft();

        left = gasleft();
        RunIdentity.requireFacts(leaf, facts, leaf.extensions[8].keccakOf());
        used.identity = left - gasleft();

        left = gasleft();
        bytes memory payload = StepStatement.build(
            facts.claimHash,
            facts.certificateHash,
            facts.resultHash,
            facts.bundleHash
        );
        (uint256 r, uint256 s) = EcdsaSignature.decodeWords(attestation.signature);
        if (!P256.verify(StepStatement.signedHashOf(payload), r, s, leaf.x, leaf.y)) revert NotSigned();
        used.statement = left - gasleft();

        left = gasleft();
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
        if (!isPromised) revert NotSigned();
        used.logPromise = left - gasleft();
    }
}
