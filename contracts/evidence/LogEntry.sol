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
            _encodeText(_pem(_encode(certificate))),
            '"}]}}'
        );
        return
            sha256(
                abi.encodePacked(
                    '{"body":"',
                    _encodeText(body),
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

    /// @dev PEM (RFC 7468) of a certificate, from its encoding.
    function _pem(bytes memory encoded) private pure returns (bytes memory) {
        (uint256 from, uint256 to) = _places(encoded);
        bytes memory lines = _allocate(to, Base64.breakLines(from, encoded.length, to));
        return abi.encodePacked("-----BEGIN CERTIFICATE-----\n", lines, "-----END CERTIFICATE-----\n");
    }

    function _encode(bytes memory content) private pure returns (bytes memory encoded) {
        (uint256 from, uint256 to) = _places(content);
        return _allocate(to, Base64.encode(from, content.length, to));
    }

    /// @dev Bodies and PEM have none of the characters that the faster way cannot encode.
    function _encodeText(bytes memory text) private pure returns (bytes memory encoded) {
        (uint256 from, uint256 to) = _places(text);
        return _allocate(to, Base64.encodeText(from, text.length, to));
    }

    /// @dev Where content begins, and where that of the next text will.
    function _places(bytes memory content) private pure returns (uint256 from, uint256 to) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            from := add(content, 0x20)
            to := add(mload(0x40), 0x20)
        }
    }

    /// @dev The text that was written to the free memory from `to` to `end`.
    function _allocate(uint256 to, uint256 end) private pure returns (bytes memory text) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            text := sub(to, 0x20)
            mstore(text, sub(end, to))
            mstore(0x40, and(add(end, 31), not(31)))
        }
    }
}
