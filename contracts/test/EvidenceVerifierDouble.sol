// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";

/// @notice Stands in for the evidence verifier in tests: a proof is the hash of the facts and a log time.
contract EvidenceVerifierDouble is IEvidenceVerifier {
    uint40 public revokedAt;

    error NotThisEvidence();

    function revokeRoot() external {
        revokedAt = uint40(block.timestamp);
    }

    function verify(Facts calldata facts, bytes calldata proof) external pure returns (uint64 logTime) {
        bytes32 factsHash;
        (factsHash, logTime) = abi.decode(proof, (bytes32, uint64));
        if (factsHash != keccak256(abi.encode(facts))) revert NotThisEvidence();
    }

    function rootRevokedSince(uint40 time) external view returns (bool) {
        return revokedAt != 0 && revokedAt >= time;
    }
}
