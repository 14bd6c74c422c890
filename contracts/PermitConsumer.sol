// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {isSignedBy} from "./base/Signatures.sol";
import {TypedDataDomain} from "./base/TypedDataDomain.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IPermitConsumer} from "./interfaces/IPermitConsumer.sol";
import {Delegation, delegationStructHash} from "./types/Delegation.sol";
import {EntitlementId, OfferId, RunKey, entitlementIdOf, headOf, runKeyOf} from "./types/Ids.sol";
import {observationStructHash} from "./types/Observation.sol";
import {OfferTerms, offerIdOf} from "./types/OfferTerms.sol";
import {PermitInput, stepPermitStructHash} from "./types/StepPermit.sol";

/// @title Decides who may open a step
/// @notice See {IPermitConsumer}.
/// @dev The only foreign calls are static: `isValidSignature` of signers that are contracts.
contract PermitConsumer is IPermitConsumer, TypedDataDomain {
    uint256 private constant OBSERVED_TIER = 2;

    /// @inheritdoc IPermitConsumer
    IEscrow public immutable override escrow;

    mapping(EntitlementId entitlement => mapping(address delegate => DelegateRecord)) private _delegates;
    mapping(address buyer => mapping(bytes32 nonce => bool)) private _burnt;

    constructor(IEscrow ledger) TypedDataDomain(_domainName()) {
        escrow = ledger;
    }

    /// @inheritdoc IPermitConsumer
    function consume(
        OfferTerms calldata terms,
        Consumption calldata consumption
    ) external returns (bytes32 permitHash) {
        _requireGateway(terms);
        return _consume(offerIdOf(terms), terms, consumption);
    }

    /// @inheritdoc IPermitConsumer
    function consumeBatch(OfferTerms calldata terms, Consumption[] calldata consumptions) external {
        _requireGateway(terms);
        OfferId offerId = offerIdOf(terms);
        for (uint256 i; i < consumptions.length; ++i) {
            _consume(offerId, terms, consumptions[i]);
        }
    }

    /// @inheritdoc IPermitConsumer
    function delegate(OfferId offerId, bytes32 salt, address delegate_, uint32 lastStep, uint40 validUntil) external {
        EntitlementId id = entitlementIdOf(offerId, msg.sender, salt);
        _register(id, msg.sender, delegate_, lastStep, validUntil, _generationOf(id), 0);
    }

    /// @inheritdoc IPermitConsumer
    function delegateBySignature(
        OfferId offerId,
        address buyer,
        bytes32 salt,
        Delegation calldata delegation,
        bytes calldata signature
    ) external {
        EntitlementId id = entitlementIdOf(offerId, buyer, salt);
        if (EntitlementId.unwrap(delegation.entitlement) != EntitlementId.unwrap(id)) {
            revert DelegationMismatch(id, delegation.entitlement);
        }
        if (block.timestamp > delegation.deadline) revert DelegationExpired(delegation.deadline);
        uint16 generation = _generationOf(id);
        if (delegation.generation != generation) {
            revert IEscrow.DelegationOutdated(delegation.generation, generation);
        }
        bytes32 digest = _digest(delegationStructHash(delegation));
        if (!isSignedBy(buyer, digest, signature)) {
            revert DelegationSignatureInvalid(buyer);
        }
        _burn(buyer, delegation.nonce);
        _register(
            id,
            buyer,
            delegation.delegate,
            delegation.lastStep,
            delegation.validUntil,
            generation,
            delegation.nonce
        );
    }

    /// @inheritdoc IPermitConsumer
    function revokeDelegate(OfferId offerId, bytes32 salt, address delegate_, bytes32 nonce) external {
        EntitlementId id = entitlementIdOf(offerId, msg.sender, salt);
        delete _delegates[id][delegate_];
        if (!_burnt[msg.sender][nonce]) _burn(msg.sender, nonce);
        emit DelegateRevoked(id, delegate_);
    }

    /// @inheritdoc IPermitConsumer
    function burnDelegationNonce(bytes32 nonce) external {
        _burn(msg.sender, nonce);
    }

    /// @inheritdoc IPermitConsumer
    function hashPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        PermitInput calldata permit
    ) external view returns (bytes32 permitHash) {
        EntitlementId id = entitlementIdOf(offerIdOf(terms), buyer, salt);
        return _digest(stepPermitStructHash(id, terms, permit));
    }

    /// @inheritdoc IPermitConsumer
    function delegateOf(EntitlementId entitlement, address delegate_) external view returns (DelegateRecord memory) {
        return _delegates[entitlement][delegate_];
    }

    /// @inheritdoc IPermitConsumer
    function isNonceBurnt(address buyer, bytes32 nonce) external view returns (bool) {
        return _burnt[buyer][nonce];
    }

    function _consume(
        OfferId offerId,
        OfferTerms calldata terms,
        Consumption calldata consumption
    ) private returns (bytes32 permitHash) {
        PermitInput calldata permit = consumption.permit;
        if (block.timestamp > permit.deadline) revert PermitExpired(permit.deadline);
        if (terms.sourceRepositoryId != 0 && permit.repositoryId != terms.sourceRepositoryId) {
            revert PermitRepositoryMismatch(terms.sourceRepositoryId, permit.repositoryId);
        }
        if (terms.sourceCommit != 0 && permit.sourceCommit != terms.sourceCommit) {
            revert PermitCommitMismatch(terms.sourceCommit, permit.sourceCommit);
        }
        RunKey runKey = runKeyOf(terms.gateway, permit.repositoryId, permit.runId, permit.runAttempt);
        if (terms.runnerTier >= OBSERVED_TIER) _requireObservation(terms, consumption, runKey);

        EntitlementId id = entitlementIdOf(offerId, consumption.buyer, consumption.salt);
        permitHash = _digest(stepPermitStructHash(id, terms, permit));
        (bool byDelegate, uint16 generation) = _requireSigner(id, consumption, permitHash);

        bytes32 parentHead = headOf(permit.parentStateCommitment, permit.parentNetCommitment);
        uint40 claimDeadline = escrow.recordOpening(
            IEscrow.StepOpening({
                entitlement: id,
                step: permit.step,
                epoch: permit.epoch,
                byDelegate: byDelegate,
                generation: generation,
                runKey: runKey,
                permitHash: permitHash,
                parentHead: parentHead,
                stepTimeout: terms.stepTimeout,
                staleRunKey: consumption.staleRunKey,
                stalePermitHash: consumption.stalePermitHash
            })
        );
        emit PermitConsumed(
            id,
            permit.step,
            permitHash,
            runKey,
            parentHead,
            claimDeadline,
            consumption.signer,
            permit.repositoryId,
            permit.runId,
            permit.runAttempt,
            permit.sourceCommit,
            permit.workerKey,
            permit.inputHash,
            permit.observationHash
        );
    }

    /// @dev The ledger compares the delegation's generation with the entitlement's, in the call that opens the step.
    function _requireSigner(
        EntitlementId id,
        Consumption calldata consumption,
        bytes32 permitHash
    ) private view returns (bool byDelegate, uint16 generation) {
        address signer = consumption.signer;
        byDelegate = signer != consumption.buyer;
        if (byDelegate) {
            DelegateRecord memory record = _delegates[id][signer];
            if (consumption.permit.step > record.lastStep || block.timestamp >= record.validUntil) {
                revert SignerNotAllowed(signer, consumption.permit.step);
            }
            generation = record.generation;
        }
        if (!isSignedBy(signer, permitHash, consumption.signature)) {
            revert PermitSignatureInvalid(signer, permitHash);
        }
    }

    function _requireObservation(
        OfferTerms calldata terms,
        Consumption calldata consumption,
        RunKey runKey
    ) private view {
        bytes32 observationHash = consumption.permit.observationHash;
        if (observationHash == 0) revert PermitUnobserved();
        if (terms.observer == address(0)) return;
        bytes32 digest = _digest(observationStructHash(runKey, observationHash));
        if (!isSignedBy(terms.observer, digest, consumption.observerSignature)) {
            revert ObserverSignatureInvalid(terms.observer, observationHash);
        }
    }

    function _requireGateway(OfferTerms calldata terms) private view {
        if (msg.sender != terms.gateway) revert NotGateway(msg.sender, terms.gateway);
    }

    function _register(
        EntitlementId id,
        address buyer,
        address delegate_,
        uint32 lastStep,
        uint64 validUntil,
        uint16 generation,
        bytes32 nonce
    ) private {
        if (
            delegate_ == address(0) ||
            delegate_ == buyer ||
            validUntil <= block.timestamp ||
            validUntil > type(uint40).max
        ) revert DelegationInvalid(delegate_, validUntil);
        _delegates[id][delegate_] = DelegateRecord(lastStep, uint40(validUntil), generation);
        emit Delegated(id, delegate_, lastStep, uint40(validUntil), generation, nonce);
    }

    function _burn(address buyer, bytes32 nonce) private {
        if (_burnt[buyer][nonce]) revert DelegationNonceUsed(nonce);
        _burnt[buyer][nonce] = true;
        emit DelegationNonceBurnt(buyer, nonce);
    }

    function _generationOf(EntitlementId id) private view returns (uint16) {
        IEscrow.Entitlement memory entitlement = escrow.entitlementOf(id);
        if (entitlement.price == 0) revert IEscrow.NoSuchEntitlement(id);
        return entitlement.generation;
    }

    function _domainName() internal pure override returns (string memory) {
        return "Pawl PermitConsumer";
    }
}
