// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";

/// @notice Stands in for a reader of attestations behind the real roots: a proof is the hash of the facts, a log time
/// and the roots that it claims to stand on. Whatever follows is ignored.
contract AttestationVerifierDouble is IAttestationVerifier {
    error NotThisAttestation();

    function verify(
        IEvidenceVerifier.Facts calldata facts,
        bytes calldata proof
    ) external pure returns (uint64 logTime, bytes32[] memory roots) {
        bytes32 factsHash;
        (factsHash, logTime, roots) = abi.decode(proof, (bytes32, uint64, bytes32[]));
        if (factsHash != keccak256(abi.encode(facts))) revert NotThisAttestation();
    }
}
