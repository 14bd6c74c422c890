// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {LogRoot} from "../types/Roots.sol";
import {Base64} from "./Base64.sol";
import {Hexadecimal} from "./Hexadecimal.sol";

/// @title Entries of a Rekor v1 log, of kind `dsse 0.0.1`
/// @notice An entry's body is rebuilt from the certificate, the signature and the payload's digest. So the log's promise
/// is about this very signature by this very certificate: a promise for another entry has another text.
/// @dev Rebuilding costs about what sending the body would (five of nine kilobytes), and halves the data of a proof.
library LogEntry {
    /// @dev SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point's coordinates.
    bytes27 private constant P256_KEY = 0x3059301306072a8648ce3d020106082a8648ce3d03010703420004;

    string private constant PEM_BEGIN = "-----BEGIN CERTIFICATE-----\n";
    string private constant PEM_END = "-----END CERTIFICATE-----\n";

    /// @notice SHA-256 of what the log signs when it promises an entry (its signed entry timestamp).
    /// @param certificate DER.
    /// @param signature The envelope's, DER.
    /// @param envelopeHash SHA-256 of the envelope as it was submitted. Nothing depends on it.
    /// @param payloadHash SHA-256 of the attested payload.
    /// @param integratedTime Unix seconds.
    function promisedHash(
        bytes calldata certificate,
        bytes calldata signature,
        bytes32 envelopeHash,
        bytes32 payloadHash,
        LogRoot calldata log,
        uint64 integratedTime,
        uint64 logIndex
    ) internal pure returns (bytes32) {
        bytes memory body = abi.encodePacked(
            '{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"',
            Hexadecimal.ofDigest(envelopeHash),
            '"},"payloadHash":{"algorithm":"sha256","value":"',
            Hexadecimal.ofDigest(payloadHash),
            '"},"signatures":[{"signature":"',
            _encode(signature),
            '","verifier":"',
            _encode(_pem(certificate)),
            '"}]}}'
        );
        return
            sha256(
                abi.encodePacked(
                    '{"body":"',
                    _encode(body),
                    '","integratedTime":',
                    Strings.toString(integratedTime),
                    ',"logID":"',
                    Hexadecimal.ofDigest(sha256(abi.encodePacked(P256_KEY, log.x, log.y))),
                    '","logIndex":',
                    Strings.toString(logIndex),
                    "}"
                )
            );
    }

    function _pem(bytes memory certificate) private pure returns (bytes memory pem) {
        bytes memory begin = bytes(PEM_BEGIN);
        bytes memory end = bytes(PEM_END);
        uint256 from;
        uint256 to;
        uint256 beginLength = begin.length;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            pem := mload(0x40)
            from := add(certificate, 0x20)
            to := add(pem, 0x20)
            mcopy(to, add(begin, 0x20), beginLength)
            to := add(to, beginLength)
        }
        to = Base64.encodeLines(from, certificate.length, to);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mcopy(to, add(end, 0x20), mload(end))
            to := add(to, mload(end))
            mstore(pem, sub(to, add(pem, 0x20)))
            mstore(0x40, and(add(to, 31), not(31)))
        }
    }

    function _encode(bytes memory text) private pure returns (bytes memory encoded) {
        uint256 from;
        uint256 to;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            encoded := mload(0x40)
            from := add(text, 0x20)
            to := add(encoded, 0x20)
        }
        uint256 end = Base64.encode(from, text.length, to);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(encoded, sub(end, to))
            mstore(0x40, and(add(end, 31), not(31)))
        }
    }
}
