// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Texts here are JSON.
// solhint-disable quotes

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {LogRoot} from "../../../contracts/types/Roots.sol";
import {PlainDigits} from "./PlainDigits.sol";

/// @notice What a Rekor v1 log signs, put together from whole texts: the plain twin.
library PlainLogEntry {
    struct Entry {
        bytes certificate;
        bytes signature;
        bytes32 envelopeHash;
        bytes32 payloadHash;
        LogRoot log;
        uint64 integratedTime;
        uint64 logIndex;
    }

    function promisedHash(Entry memory entry) internal pure returns (bytes32) {
        bytes memory key = abi.encodePacked(
            hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004",
            entry.log.x,
            entry.log.y
        );
        string memory text = string.concat('{"body":"', Base64.encode(bodyOf(entry)), '","integratedTime":');
        text = string.concat(text, Strings.toString(entry.integratedTime), ',"logID":"');
        text = string.concat(text, digits(sha256(key)), '","logIndex":', Strings.toString(entry.logIndex), "}");
        return sha256(bytes(text));
    }

    function bodyOf(Entry memory entry) private pure returns (bytes memory) {
        string memory text = '{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":';
        text = string.concat(text, '{"algorithm":"sha256","value":"', digits(entry.envelopeHash), '"},"payloadHash":');
        text = string.concat(text, '{"algorithm":"sha256","value":"', digits(entry.payloadHash), '"},"signatures":[');
        text = string.concat(text, '{"signature":"', Base64.encode(entry.signature), '","verifier":"');
        return bytes(string.concat(text, Base64.encode(pem(entry.certificate)), '"}]}}'));
    }

    function pem(bytes memory certificate) private pure returns (bytes memory text) {
        bytes memory line = bytes(Base64.encode(certificate));
        text = "-----BEGIN CERTIFICATE-----\n";
        for (uint256 i; i < line.length; i += 64) {
            uint256 length = line.length - i < 64 ? line.length - i : 64;
            bytes memory part = new bytes(length);
            for (uint256 j; j < length; ++j) part[j] = line[i + j];
            text = bytes.concat(text, part, "\n");
        }
        return bytes.concat(text, "-----END CERTIFICATE-----\n");
    }

    function digits(bytes32 digest) private pure returns (string memory) {
        return string(PlainDigits.digitsOf(abi.encodePacked(digest)));
    }
}
