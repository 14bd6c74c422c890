// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Delegation} from "../../../contracts/types/Delegation.sol";
import {EntitlementId, OfferId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {IssuerRoot, LogRoot} from "../../../contracts/types/Roots.sol";
import {ClaimedStep, StepClaim} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";

/// @notice Every id and digest of the protocol, written down a second time from the specification. The contracts'
/// own hashing is never asked, so that an error in it cannot hide behind itself.
library Hashes {
    function offerId(OfferTerms memory terms) internal pure returns (OfferId) {
        return OfferId.wrap(keccak256(abi.encode(terms)));
    }

    function entitlementId(OfferId offer, address buyer, bytes32 salt) internal pure returns (EntitlementId) {
        return EntitlementId.wrap(keccak256(abi.encode(offer, buyer, salt)));
    }

    function runKey(address gateway, PermitInput memory permit) internal pure returns (RunKey) {
        return RunKey.wrap(keccak256(abi.encode(gateway, permit.repositoryId, permit.runId, permit.runAttempt)));
    }

    function head(bytes32 stateCommitment, bytes32 netCommitment) internal pure returns (bytes32) {
        bool genesis = stateCommitment == 0 && netCommitment == 0;
        return genesis ? bytes32(0) : keccak256(abi.encode(stateCommitment, netCommitment));
    }

    function openMarker(bytes32 parentHead, bytes32 permitHash, RunKey run) internal pure returns (bytes32) {
        return keccak256(abi.encode(bytes32("open"), parentHead, permitHash, run));
    }

    function issuerRootId(IssuerRoot memory issuer) internal pure returns (bytes32) {
        bytes32 kind = keccak256("Pawl issuer root");
        return keccak256(abi.encode(kind, issuer.keyId, issuer.nameHash, issuer.validFrom, issuer.validUntil));
    }

    function logRootId(LogRoot memory log) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Pawl log root"), log.x, log.y, log.validFrom, log.validUntil));
    }

    function verifierRootId(address verifier) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("Pawl verifier root"), verifier));
    }

    /// @dev What the ledger keeps of a pending claim.
    function claimDigest(ClaimedStep memory ref) internal pure returns (bytes32) {
        return keccak256(abi.encode(ref.step, ref.runKey, ref.claimHash, ref.parentHead, ref.windowEnd));
    }

    /// @dev The twelve words that a run attests.
    function claimBlob(
        address settlement,
        EntitlementId entitlement,
        StepClaim memory claim
    ) internal view returns (bytes memory) {
        return
            bytes.concat(
                sha256("pawl/v1/StepClaim\x00"),
                abi.encode(block.chainid, settlement, entitlement, uint256(claim.step)),
                claim.permitHash,
                claim.certificateHash,
                claim.resultHash,
                claim.bundleHash,
                claim.nextStateCommitment,
                claim.nextNetCommitment,
                claim.transcriptRoot
            );
    }

    function claimHash(
        address settlement,
        EntitlementId entitlement,
        StepClaim memory claim
    ) internal view returns (bytes32) {
        return sha256(claimBlob(settlement, entitlement, claim));
    }

    // ------------------------------------------------------------------ EIP-712

    function permitDigest(
        address consumer,
        EntitlementId entitlement,
        OfferTerms memory terms,
        PermitInput memory permit
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "StepPermit(bytes32 entitlement,uint32 epoch,uint32 step,address gateway,uint64 repositoryId,uint64 runId,"
            "uint32 runAttempt,bytes20 sourceCommit,bytes20 signerCommit,bytes32 policyHash,bytes32 inputHash,"
            "bytes32 workerKey,bytes32 resultKey,bytes32 parentStateCommitment,bytes32 parentNetCommitment,"
            "bytes32 observationHash,bytes32 salt,uint64 deadline)"
        );
        bytes memory who = abi.encode(typeHash, entitlement, permit.epoch, permit.step, terms.gateway);
        bytes memory run = abi.encode(
            permit.repositoryId,
            permit.runId,
            permit.runAttempt,
            permit.sourceCommit,
            terms.signerCommit
        );
        bytes memory task = abi.encode(terms.policyHash, permit.inputHash, permit.workerKey, permit.resultKey);
        bytes memory state = abi.encode(
            permit.parentStateCommitment,
            permit.parentNetCommitment,
            permit.observationHash,
            permit.salt,
            permit.deadline
        );
        return digest("Pawl PermitConsumer", consumer, keccak256(bytes.concat(who, run, task, state)));
    }

    function observationDigest(address consumer, RunKey run, bytes32 observationHash) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Observation(bytes32 runKey,bytes32 observationHash)");
        return digest("Pawl PermitConsumer", consumer, keccak256(abi.encode(typeHash, run, observationHash)));
    }

    function delegationDigest(address consumer, Delegation memory delegation) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Delegation(bytes32 entitlement,address delegate,uint32 lastStep,uint64 validUntil,uint16 generation,"
            "bytes32 nonce,uint64 deadline)"
        );
        bytes32 structHash = keccak256(
            abi.encode(
                typeHash,
                delegation.entitlement,
                delegation.delegate,
                delegation.lastStep,
                delegation.validUntil,
                delegation.generation,
                delegation.nonce,
                delegation.deadline
            )
        );
        return digest("Pawl PermitConsumer", consumer, structHash);
    }

    function approvalDigest(
        address settlement,
        bytes32 claim,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "VerifiedClaim(bytes32 claimHash,bytes32 reportHash,bytes32 evidenceHash,uint64 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, claim, reportHash, evidenceHash, deadline));
        return digest("Pawl Settlement", settlement, structHash);
    }

    function acknowledgementDigest(
        address settlement,
        EntitlementId entitlement,
        uint32 step,
        bytes32 claim
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Acknowledgement(bytes32 entitlement,uint32 step,bytes32 claimHash)");
        return digest("Pawl Settlement", settlement, keccak256(abi.encode(typeHash, entitlement, step, claim)));
    }

    // ------------------------------------------------------------------ payments

    /// @dev EIP-2612 digest of an allowance in play money.
    function tokenPermitDigest(
        address token,
        address owner,
        address spender,
        uint256 value,
        uint256 nonce,
        uint256 deadline
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        return digest("Sandbox USD", token, keccak256(abi.encode(typeHash, owner, spender, value, nonce, deadline)));
    }

    /// @dev Struct hash of the witness of a payment by Permit2: `kind` is `Purchase` or `TopUp`.
    function paymentWitness(
        string memory kind,
        OfferId offer,
        uint24 steps,
        address buyer,
        bytes32 salt,
        uint64 deadline
    ) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            bytes.concat(bytes(kind), "(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)")
        );
        return keccak256(abi.encode(typeHash, offer, steps, buyer, salt, deadline));
    }

    /// @dev Permit2's digest of a purchase. Its domain has no version.
    function purchasePaymentDigest(
        address permit2,
        bytes memory permissions,
        address spender,
        uint256 nonce,
        uint256 deadline,
        bytes32 witness
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,"
            "Purchase witness)Purchase(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)"
            "TokenPermissions(address token,uint256 amount)"
        );
        return paymentDigest(permit2, abi.encode(typeHash, keccak256(permissions), spender, nonce, deadline, witness));
    }

    /// @dev Permit2's digest of a top-up.
    function topUpPaymentDigest(
        address permit2,
        bytes memory permissions,
        address spender,
        uint256 nonce,
        uint256 deadline,
        bytes32 witness
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,"
            "TopUp witness)TokenPermissions(address token,uint256 amount)"
            "TopUp(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)"
        );
        return paymentDigest(permit2, abi.encode(typeHash, keccak256(permissions), spender, nonce, deadline, witness));
    }

    /// @dev What Permit2 calls `TokenPermissions`, encoded.
    function permitted(address token, uint256 amount) internal pure returns (bytes memory) {
        return abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), token, amount);
    }

    function paymentDigest(address permit2, bytes memory encoded) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        bytes32 separator = keccak256(abi.encode(typeHash, keccak256("Permit2"), block.chainid, permit2));
        return keccak256(abi.encodePacked(hex"1901", separator, keccak256(encoded)));
    }

    function digest(string memory name, address verifying, bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 separator = keccak256(
            abi.encode(typeHash, keccak256(bytes(name)), keccak256("1"), block.chainid, verifying)
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
