// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Texts here are JSON.
// solhint-disable quotes

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Hexadecimal} from "./Hexadecimal.sol";

/// @title What the attestation of a step says
/// @notice The payload is a fixed template around four digests, so it is rebuilt and never parsed: no field can hide in
/// it, and there is one text for four digests. The same template is in lib/evidence/statement.ts.
library StepStatement {
    /// @notice The attested payload of a step.
    function build(
        bytes32 claimHash,
        bytes32 certificateHash,
        bytes32 resultHash,
        bytes32 bundleHash
    ) internal pure returns (bytes memory payload) {
        return
            abi.encodePacked(
                '{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"pawl-claim","digest":{"sha256":"',
                Hexadecimal.ofDigest(claimHash),
                '"}},{"name":"certificate.json","digest":{"sha256":"',
                Hexadecimal.ofDigest(certificateHash),
                '"}},{"name":"result.json","digest":{"sha256":"',
                Hexadecimal.ofDigest(resultHash),
                '"}},{"name":"state.bundle","digest":{"sha256":"',
                Hexadecimal.ofDigest(bundleHash),
                '"}}],"predicateType":"urn:pawl:step:v1","predicate":{"v":1}}'
            );
    }

    /// @notice SHA-256 of what a DSSE envelope's signature is over (its protocol's PAE), for an in-toto statement.
    function signedHashOf(bytes memory payload) internal pure returns (bytes32) {
        return
            sha256(
                abi.encodePacked(
                    "DSSEv1 28 application/vnd.in-toto+json ",
                    Strings.toString(payload.length),
                    " ",
                    payload
                )
            );
    }
}
