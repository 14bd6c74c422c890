// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Texts here are JSON.
// solhint-disable quotes

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
        bytes memory body = _appendText(
            abi.encodePacked(
                '{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"',
                Hexadecimal.ofDigest(envelopeHash),
                '"},"payloadHash":{"algorithm":"sha256","value":"',
                Hexadecimal.ofDigest(payloadHash),
                '"},"signatures":[{"signature":"',
                _encode(signature),
                '","verifier":"'
            ),
            _pem(certificate),
            '"}]}}'
        );
        return
            sha256(
                _appendText(
                    '{"body":"',
                    body,
                    abi.encodePacked(
                        '","integratedTime":',
                        Strings.toString(integratedTime),
                        ',"logID":"',
                        Hexadecimal.ofDigest(sha256(abi.encodePacked(P256_KEY, log.x, log.y))),
                        '","logIndex":',
                        Strings.toString(logIndex),
                        "}"
                    )
                )
            );
    }

    /// @dev PEM (RFC 7468): lines of 64 characters.
    function _pem(bytes memory certificate) private pure returns (bytes memory pem) {
        // Before anything is written to free memory: a literal is allocated where it is used.
        bytes memory end = "-----END CERTIFICATE-----\n";
        uint256 to = _begin("-----BEGIN CERTIFICATE-----\n");
        return _finish(Base64.encodeLines(_contentOf(certificate), certificate.length, to), end);
    }

    function _encode(bytes memory content) private pure returns (bytes memory) {
        bytes memory nothing;
        return _finish(Base64.encode(_contentOf(content), content.length, _begin(nothing)), nothing);
    }

    /// @dev `before`, the encoding of `text`, `behind`. Bodies and PEM have none of the characters that the faster way
    /// cannot encode.
    function _appendText(
        bytes memory before,
        bytes memory text,
        bytes memory behind
    ) private pure returns (bytes memory) {
        return _finish(Base64.encodeText(_contentOf(text), text.length, _begin(before)), behind);
    }

    // Long texts are written to free memory, part by part, and allocated when they are done.

    /// @dev Writes the first part. @return to Where the next one goes.
    function _begin(bytes memory part) private pure returns (uint256 to) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            to := add(mload(0x40), 0x20)
            mcopy(to, add(part, 0x20), mload(part))
            to := add(to, mload(part))
        }
    }

    /// @dev Writes the last part at `to` and allocates the whole.
    function _finish(uint256 to, bytes memory part) private pure returns (bytes memory text) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mcopy(to, add(part, 0x20), mload(part))
            to := add(to, mload(part))
            text := mload(0x40)
            mstore(text, sub(to, add(text, 0x20)))
            mstore(0x40, and(add(to, 31), not(31)))
        }
    }

    function _contentOf(bytes memory text) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := add(text, 0x20)
        }
    }
}
