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
function stepPermitStructHash(
    EntitlementId entitlement,
    OfferTerms calldata terms,
    PermitInput calldata permit
) pure returns (bytes32) {
    // Two halves: one encoding of nineteen words is more than the stack holds. All members are static, so the
    // concatenation equals the encoding of the whole.
    return
        keccak256(
            bytes.concat(
                abi.encode(
                    STEP_PERMIT_TYPEHASH,
                    entitlement,
                    permit.epoch,
                    permit.step,
                    terms.gateway,
                    permit.repositoryId,
                    permit.runId,
                    permit.runAttempt,
                    permit.sourceCommit,
                    terms.signerCommit
                ),
                abi.encode(
                    terms.policyHash,
                    permit.inputHash,
                    permit.workerKey,
                    permit.resultKey,
                    permit.parentStateCommitment,
                    permit.parentNetCommitment,
                    permit.observationHash,
                    permit.salt,
                    permit.deadline
                )
            )
        );
}
