// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EntitlementId} from "./Ids.sol";
import {OfferTerms} from "./OfferTerms.sol";

/// @notice The part of a step permit that the caller supplies. `entitlement`, `gateway`, `signerCommit` and
/// `policyHash` of the signed struct are rebuilt from the terms; `epoch` is compared with the ledger.
struct PermitInput {
    uint32 epoch;
    uint32 step;
    uint64 repositoryId;
    uint64 runId;
    uint32 runAttempt;
    bytes20 sourceCommit;
    bytes32 inputHash;
    bytes32 workerKey;
    bytes32 resultKey;
    bytes32 parentStateCommitment;
    bytes32 parentNetCommitment;
    bytes32 observationHash;
    bytes32 salt;
    uint64 deadline;
}

string constant STEP_PERMIT_TYPE =
    "StepPermit(bytes32 entitlement,uint32 epoch,uint32 step,address gateway,"
    "uint64 repositoryId,uint64 runId,uint32 runAttempt,bytes20 sourceCommit,bytes20 signerCommit,bytes32 policyHash,"
    "bytes32 inputHash,bytes32 workerKey,bytes32 resultKey,bytes32 parentStateCommitment,bytes32 parentNetCommitment,"
    "bytes32 observationHash,bytes32 salt,uint64 deadline)";
bytes32 constant STEP_PERMIT_TYPEHASH = keccak256(bytes(STEP_PERMIT_TYPE));

/// @notice EIP-712 struct hash of the permit that the buyer signed.
/// @dev Assembly hashes the words where they stand: nineteen are more than one `abi.encode` can take, and joining two
/// encodings copies each word three times. The plain twin is in the tests.
function stepPermitStructHash(
    EntitlementId entitlement,
    OfferTerms calldata terms,
    PermitInput calldata permit
) pure returns (bytes32 structHash) {
    bytes32[19] memory words;
    words[0] = STEP_PERMIT_TYPEHASH;
    words[1] = EntitlementId.unwrap(entitlement);
    words[2] = bytes32(uint256(permit.epoch));
    words[3] = bytes32(uint256(permit.step));
    words[4] = bytes32(uint256(uint160(terms.gateway)));
    words[5] = bytes32(uint256(permit.repositoryId));
    words[6] = bytes32(uint256(permit.runId));
    words[7] = bytes32(uint256(permit.runAttempt));
    words[8] = bytes32(permit.sourceCommit);
    words[9] = bytes32(terms.signerCommit);
    words[10] = terms.policyHash;
    words[11] = permit.inputHash;
    words[12] = permit.workerKey;
    words[13] = permit.resultKey;
    words[14] = permit.parentStateCommitment;
    words[15] = permit.parentNetCommitment;
    words[16] = permit.observationHash;
    words[17] = permit.salt;
    words[18] = bytes32(uint256(permit.deadline));
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        structHash := keccak256(words, 608)
    }
}
