// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Delegation} from "../types/Delegation.sol";
import {EntitlementId, OfferId, RunKey} from "../types/Ids.sol";
import {OfferTerms} from "../types/OfferTerms.sol";
import {PermitInput} from "../types/StepPermit.sol";
import {IEscrow} from "./IEscrow.sol";

/// @title Decides who may open a step
/// @notice A step is opened by the offer's gateway with a permit that the buyer, or a delegate, signed for exactly one
/// run. EIP-712 domain: name `Pawl PermitConsumer`, version `1`.
interface IPermitConsumer is IERC5267 {
    /// @notice One permit to consume.
    struct Consumption {
        address buyer;
        /// Salt of the entitlement.
        bytes32 salt;
        PermitInput permit;
        /// The buyer, or a delegate. Contracts sign by ERC-1271.
        address signer;
        bytes signature;
        /// Signature of the offer's observer over {Observation}; empty where the offer names none.
        bytes observerSignature;
        /// A run of the same step that has timed out and is voided first; 0 for none.
        RunKey staleRunKey;
        bytes32 stalePermitHash;
    }

    /// @notice What a delegate may do.
    struct DelegateRecord {
        uint32 lastStep;
        uint40 validUntil;
        uint16 generation;
    }

    /// @notice A permit was used up, and its run may take the step.
    event PermitConsumed(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        bytes32 indexed permitHash,
        RunKey runKey,
        bytes32 parentHead,
        uint40 claimDeadline,
        address signer,
        uint64 repositoryId,
        uint64 runId,
        uint32 runAttempt,
        bytes20 sourceCommit,
        bytes32 workerKey,
        bytes32 inputHash,
        bytes32 observationHash
    );

    /// @notice A buyer let another key sign permits.
    event Delegated(
        EntitlementId indexed entitlement,
        address indexed delegate,
        uint32 lastStep,
        uint40 validUntil,
        uint16 generation,
        bytes32 nonce
    );

    /// @notice A delegate can no longer sign permits.
    event DelegateRevoked(EntitlementId indexed entitlement, address indexed delegate);

    /// @notice A delegation with this nonce can never be registered (again).
    event DelegationNonceBurnt(address indexed buyer, bytes32 indexed nonce);

    /// @notice Only the offer's gateway can consume permits.
    /// @custom:kind forbidden
    error NotGateway(address caller, address gateway);

    /// @notice The permit's deadline has passed. Sign a new one.
    /// @custom:kind conflict
    error PermitExpired(uint64 deadline);

    /// @notice The permit was not signed by the stated account, or it was signed over other contents.
    /// @custom:kind forbidden
    error PermitSignatureInvalid(address signer, bytes32 permitHash);

    /// @notice The signer is neither the buyer nor a delegate who may permit this step now.
    /// @custom:kind forbidden
    error SignerNotAllowed(address signer, uint32 step);

    /// @notice The permit names another repository than the offer.
    /// @custom:kind invalid
    error PermitRepositoryMismatch(uint64 expected, uint64 actual);

    /// @notice The permit names another source commit than the offer.
    /// @custom:kind invalid
    error PermitCommitMismatch(bytes20 expected, bytes20 actual);

    /// @notice Offers of tier 2 need an observation of the live run in the permit.
    /// @custom:kind invalid
    error PermitUnobserved();

    /// @notice The offer's observer has not signed this observation of this run.
    /// @custom:kind forbidden
    error ObserverSignatureInvalid(address observer, bytes32 observationHash);

    /// @notice A delegate must be another account than the buyer, with an end in the future.
    /// @custom:kind invalid
    error DelegationInvalid(address delegate, uint256 validUntil);

    /// @notice The delegation can no longer be registered. Sign a new one.
    /// @custom:kind conflict
    error DelegationExpired(uint64 deadline);

    /// @notice The delegation was not signed by the buyer, or over other contents.
    /// @custom:kind forbidden
    error DelegationSignatureInvalid(address buyer);

    /// @notice This delegation has been registered or revoked before. Sign a new one with a fresh nonce.
    /// @custom:kind conflict
    error DelegationNonceUsed(bytes32 nonce);

    /// @notice The delegation is for another entitlement.
    /// @custom:kind invalid
    error DelegationMismatch(EntitlementId expected, EntitlementId actual);

    /// @notice Uses up a permit and opens its step. Emits {PermitConsumed}.
    /// @dev The caller is the offer's gateway; the permit is live and signed; the ledger's guards hold.
    function consume(OfferTerms calldata terms, Consumption calldata consumption) external returns (bytes32 permitHash);

    /// @notice {consume} for many entitlements of one offer. Reverts as a whole if one permit is refused.
    function consumeBatch(OfferTerms calldata terms, Consumption[] calldata consumptions) external;

    /// @notice Lets `delegate` sign permits of the caller's entitlement. Emits {Delegated}.
    /// @param lastStep Highest step number the delegate may permit.
    /// @param validUntil End (exclusive), unix seconds.
    function delegate(OfferId offerId, bytes32 salt, address delegate_, uint32 lastStep, uint40 validUntil) external;

    /// @notice Registers a delegation that the buyer signed. Emits {Delegated}, {DelegationNonceBurnt}.
    function delegateBySignature(
        OfferId offerId,
        address buyer,
        bytes32 salt,
        Delegation calldata delegation,
        bytes calldata signature
    ) external;

    /// @notice Ends a delegation of the caller's entitlement at once. Emits {DelegateRevoked}, and
    /// {DelegationNonceBurnt} unless the nonce is burnt already.
    /// @param nonce Nonce of the delegation's signature, so that nobody can register it after this; any, for one that
    /// was given by call.
    function revokeDelegate(OfferId offerId, bytes32 salt, address delegate_, bytes32 nonce) external;

    /// @notice Makes a signed delegation that was not registered yet worthless. Emits {DelegationNonceBurnt}.
    function burnDelegationNonce(bytes32 nonce) external;

    /// @notice The EIP-712 digest of a permit: the permit hash everywhere.
    function hashPermit(
        OfferTerms calldata terms,
        address buyer,
        bytes32 salt,
        PermitInput calldata permit
    ) external view returns (bytes32 permitHash);

    /// @notice What a delegate may do; all zero if nothing.
    function delegateOf(EntitlementId entitlement, address delegate_) external view returns (DelegateRecord memory);

    /// @notice Whether a delegation nonce is used up.
    function isNonceBurnt(address buyer, bytes32 nonce) external view returns (bool);

    /// @notice The ledger.
    function escrow() external view returns (IEscrow);
}
