// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataText} from "../evidence/CalldataText.sol";
import {Leaf, LeafCertificate} from "../evidence/LeafCertificate.sol";
import {LogEntry} from "../evidence/LogEntry.sol";
import {RunIdentity} from "../evidence/RunIdentity.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {LogRoot} from "../types/Roots.sol";

/// @notice The libraries of the attestations' verifier as they are compiled for deployment, for tests.
contract SigstoreDouble {
    /// @notice A {Leaf} whose texts are written out.
    struct WrittenLeaf {
        bytes signedBytes;
        bytes signature;
        bytes32 issuerNameHash;
        uint256 notBefore;
        uint256 notAfter;
        uint256 x;
        uint256 y;
        bytes alternativeName;
        /// By number in Fulcio's arc. An extension that holds an empty text is there all the same.
        bool[24] isThere;
        bytes[24] extensions;
    }

    function parse(bytes calldata certificate) external pure returns (WrittenLeaf memory written) {
        Leaf memory leaf = LeafCertificate.parse(certificate);
        written.signedBytes = leaf.signedBytes.toBytes();
        written.signature = leaf.signature.toBytes();
        written.issuerNameHash = leaf.issuerNameHash;
        written.notBefore = leaf.notBefore;
        written.notAfter = leaf.notAfter;
        written.x = leaf.x;
        written.y = leaf.y;
        written.alternativeName = leaf.alternativeName.toBytes();
        for (uint256 number; number < 24; ++number) {
            written.isThere[number] = CalldataText.unwrap(leaf.extensions[number]) != 0;
            written.extensions[number] = leaf.extensions[number].toBytes();
        }
    }

    /// @notice {parse} of each: whether it was taken, and what came back.
    function parseEach(
        bytes[] calldata certificates
    ) external view returns (bool[] memory taken, bytes[] memory answers) {
        taken = new bool[](certificates.length);
        answers = new bytes[](certificates.length);
        for (uint256 i; i < certificates.length; ++i) {
            (taken[i], answers[i]) = address(this).staticcall(abi.encodeCall(this.parse, (certificates[i])));
        }
    }

    function requireFacts(
        bytes calldata certificate,
        IEvidenceVerifier.Facts calldata facts,
        bytes32 oidcIssuerHash
    ) external pure {
        RunIdentity.requireFacts(LeafCertificate.parse(certificate), facts, oidcIssuerHash);
    }

    function promisedHash(
        bytes calldata certificate,
        bytes calldata signature,
        bytes32 envelopeHash,
        bytes32 payloadHash,
        LogRoot calldata log,
        uint64 integratedTime,
        uint64 logIndex
    ) external pure returns (bytes32) {
        return LogEntry.promisedHash(certificate, signature, envelopeHash, payloadHash, log, integratedTime, logIndex);
    }

    /// @notice The same where free memory was used before: `dirt` bytes of it are not zero.
    function promisedHashInDirt(
        bytes calldata certificate,
        bytes calldata signature,
        bytes32[2] calldata envelopeAndPayload,
        LogRoot calldata log,
        uint64[2] calldata timeAndIndex,
        uint256 dirt
    ) external pure returns (bytes32) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, dirt) {
                i := add(i, 32)
            } {
                mstore(add(free, i), not(0))
            }
        }
        return
            LogEntry.promisedHash(
                certificate,
                signature,
                envelopeAndPayload[0],
                envelopeAndPayload[1],
                log,
                timeAndIndex[0],
                timeAndIndex[1]
            );
    }
}
