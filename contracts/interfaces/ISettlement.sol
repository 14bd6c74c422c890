// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {EntitlementId, OfferId, RunKey} from "../types/Ids.sol";
import {OfferTerms} from "../types/OfferTerms.sol";
import {ClaimedStep, StepClaim} from "../types/StepClaim.sol";
import {PermitInput} from "../types/StepPermit.sol";
import {IEscrow} from "./IEscrow.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";
import {IOfferRegistry} from "./IOfferRegistry.sol";
import {IPermitConsumer} from "./IPermitConsumer.sol";

/// @title Decides which claims are accepted and which are rejected
/// @notice Claims by the verifier's signature wait out a dispute window; claims by proof are checked here. Challenges
/// are decided by proof, by the arbiter, or by silence. EIP-712 domain: name `Pawl Settlement`, version `1`.
interface ISettlement is IERC5267 {
    enum ChallengeKind {
        Evidence,
        Conduct
    }

    enum Ruling {
        Upheld,
        Split,
        Rejected
    }

    enum RejectionCause {
        Unproven,
        Ruled,
        Unruled
    }

    /// @notice A claim to accept, with the verifier's approval of it.
    struct SignedClaim {
        address buyer;
        /// Salt of the entitlement.
        bytes32 salt;
        RunKey runKey;
        bytes32 parentHead;
        StepClaim claim;
        bytes32 reportHash;
        bytes32 evidenceHash;
        /// Last moment of use (inclusive), unix seconds.
        uint64 deadline;
        /// The verifier's signature over `VerifiedClaim`. Contracts sign by ERC-1271.
        bytes signature;
        /// Where the evidence capsule is published. Nothing trusts this text.
        string evidenceLocator;
    }

    /// @notice A claim to accept or to prove by its attestation.
    struct ProvenClaim {
        address buyer;
        bytes32 salt;
        StepClaim claim;
        /// The permit that was consumed; its hash must be the claim's.
        PermitInput permit;
        bytes proof;
        bytes32 evidenceHash;
        string evidenceLocator;
    }

    /// @notice An open challenge.
    struct Challenge {
        address poster;
        uint96 bond;
        EntitlementId entitlement;
        /// Digest by which the ledger knows the challenged claim.
        bytes32 claimDigest;
        /// Unix seconds: `proofEnd` of an evidence challenge, `rulingEnd` of a conduct challenge.
        uint40 end;
        uint32 step;
    }

    // ------------------------------------------------------------------ events

    /// @notice A claim was accepted and waits for payment.
    /// @param verifier Who approved it; 0 where it was proven on-chain.
    /// @param windowEnd Unix seconds from which it can be paid.
    event StepClaimed(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        bytes32 indexed claimHash,
        RunKey runKey,
        bytes32 parentHead,
        StepClaim claim,
        address verifier,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint40 windowEnd,
        string evidenceLocator
    );

    /// @notice A claim was proven on-chain.
    /// @param answered An evidence challenge was open and has been answered by it.
    event ClaimProven(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        bytes32 indexed claimHash,
        bool answered,
        uint40 windowEnd
    );

    /// @notice The buyer agreed that a claim is paid at once.
    event ClaimAcknowledged(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        bytes32 indexed claimHash,
        uint40 windowEnd
    );

    /// @notice Somebody doubts that a claim's evidence exists.
    event EvidenceChallenged(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        address challenger,
        uint256 bond,
        uint40 proofEnd
    );

    /// @notice The buyer objects to how a step was done.
    /// @param statementHash Hash of what the buyer says and shows.
    event ConductChallenged(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        address arbiter,
        uint256 bond,
        uint40 rulingEnd,
        bytes32 statementHash,
        string statementLocator
    );

    /// @notice The arbiter decided a conduct challenge.
    event ConductRuled(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        address arbiter,
        Ruling ruling,
        uint96 sellerShare
    );

    /// @notice A claim was rejected.
    event ClaimRejected(
        EntitlementId indexed entitlement,
        uint32 indexed step,
        RunKey indexed runKey,
        RejectionCause cause
    );

    /// @notice A bond went back because the challenged step was voided by an earlier one.
    event BondReclaimed(RunKey indexed runKey, ChallengeKind indexed kind, address indexed poster, uint256 amount);

    // ------------------------------------------------------------------ errors

    /// @notice The verifier's approval is too old. Ask the verifier to sign again.
    /// @custom:kind conflict
    error ApprovalExpired(uint64 deadline);

    /// @notice The claim was not approved by the offer's verifier, or other contents were.
    /// @custom:kind forbidden
    error ApprovalSignatureInvalid(address verifier, bytes32 claimHash);

    /// @notice This offer accepts claims by on-chain proof only.
    /// @custom:kind forbidden
    error VerifierMissing();

    /// @notice Evidence of this offer cannot be checked on-chain.
    /// @custom:kind conflict
    error OfferNotProvable(OfferId offerId);

    /// @notice The claim belongs to another permit.
    /// @custom:kind invalid
    error PermitHashMismatch(bytes32 expected, bytes32 actual);

    /// @notice The attestation was logged before the step was opened or after its deadline.
    /// @custom:kind unverified
    error EvidenceTimeOutside(uint64 logTime, uint256 from, uint256 until);

    /// @notice This run has already been sold with another claim.
    /// @custom:kind conflict
    error RunAlreadyProven(bytes32 claimHash);

    /// @notice The buyer has not acknowledged this claim.
    /// @custom:kind forbidden
    error AcknowledgementInvalid(address buyer);

    /// @notice The bond sent is smaller than the challenge requires now.
    /// @custom:kind invalid
    error BondTooSmall(uint256 required, uint256 sent);

    /// @notice The bond of a conduct challenge is fixed by the offer. Send exactly that.
    /// @custom:kind invalid
    error BondMismatch(uint256 required, uint256 sent);

    /// @notice Only the buyer can challenge how a step was done.
    /// @custom:kind forbidden
    error NotEntitlementBuyer(address caller, address buyer);

    /// @notice This offer has no arbiter, so how a step was done cannot be challenged.
    /// @custom:kind conflict
    error ArbiterMissing();

    /// @notice Only the offer's arbiter can rule.
    /// @custom:kind forbidden
    error NotArbiter(address caller, address arbiter);

    /// @notice The time to answer this challenge is over.
    /// @custom:kind conflict
    error ChallengeTimeOver(uint40 end);

    /// @notice The claim was not proven in time: it can only be rejected.
    /// @custom:kind conflict
    error ProofOverdue(uint40 end);

    /// @notice The time to answer this challenge is not over yet.
    /// @custom:kind conflict
    error ChallengeTimeRunning(uint40 end);

    /// @notice No such challenge is open against this run.
    /// @custom:kind conflict
    error ChallengeUnknown(RunKey runKey, ChallengeKind kind);

    /// @notice The challenged claim still counts, so the challenge has to be decided first.
    /// @custom:kind conflict
    error ChallengeStillCounts(RunKey runKey);

    /// @notice Only a split names a share.
    /// @custom:kind invalid
    error ShareNotAllowed(uint96 sellerShare);

    // ------------------------------------------------------------------ claims

    /// @notice Accepts a claim that the offer's verifier approved. Emits {StepClaimed}.
    /// @dev The step is open for this run and permit, and its claim deadline has not passed.
    function claim(OfferTerms calldata terms, SignedClaim calldata signed) external returns (bytes32 claimHash);

    /// @notice {claim} for many steps of one offer. Reverts as a whole if one claim is refused.
    function claimBatch(OfferTerms calldata terms, SignedClaim[] calldata signed) external;

    /// @notice Accepts a claim by its attestation. Emits {StepClaimed} and {ClaimProven}.
    function claimWithProof(
        OfferTerms calldata terms,
        ProvenClaim calldata proven
    ) external returns (bytes32 claimHash);

    /// @notice Proves a claim that is already accepted. Answers an open evidence challenge. Emits {ClaimProven}.
    /// @param windowEnd End of the claim's dispute window, as {StepClaimed} says.
    function prove(OfferTerms calldata terms, ProvenClaim calldata proven, uint40 windowEnd) external;

    /// @notice Ends the dispute window early with the buyer's word. Emits {ClaimAcknowledged}.
    /// @param signature The buyer's over {Acknowledgement}; may be empty where the buyer is the caller.
    function acknowledge(OfferTerms calldata terms, ClaimedStep calldata claimed, bytes calldata signature) external;

    // ------------------------------------------------------------------ challenges

    /// @notice Demands that a claim be proven on-chain. Emits {EvidenceChallenged}.
    /// @dev Value: at least {evidenceBond}; what exceeds it is credited back.
    function challengeEvidence(OfferTerms calldata terms, ClaimedStep calldata claimed) external payable;

    /// @notice Puts the conduct of a step before the arbiter. Buyer only. Emits {ConductChallenged}.
    /// @dev Value: exactly `terms.conductBond`.
    /// @param statementHash Hash of what the buyer says and shows; `statementLocator` is where it is published.
    function challengeConduct(
        OfferTerms calldata terms,
        ClaimedStep calldata claimed,
        bytes32 statementHash,
        string calldata statementLocator
    ) external payable;

    /// @notice Rejects a claim that was challenged and not proven in time. Emits {ClaimRejected}.
    function rejectUnproven(OfferTerms calldata terms, ClaimedStep calldata claimed) external;

    /// @notice Decides a conduct challenge. Arbiter only. Emits {ConductRuled}, and {ClaimRejected} where rejected.
    /// @param sellerShare What the seller gets of a split; else 0.
    function rule(OfferTerms calldata terms, ClaimedStep calldata claimed, Ruling ruling, uint96 sellerShare) external;

    /// @notice Rejects a claim whose arbiter stayed silent. Emits {ClaimRejected}.
    function rejectUnruled(OfferTerms calldata terms, ClaimedStep calldata claimed) external;

    /// @notice Returns the bond of a challenge whose step was voided by an earlier one. Emits {BondReclaimed}.
    function reclaimBond(RunKey runKey, ChallengeKind kind) external;

    // ------------------------------------------------------------------ views

    /// @notice What an evidence challenge costs in this block, wei.
    function evidenceBond() external view returns (uint256);

    /// @notice The open challenge of one kind against a run; all zero if there is none.
    function challengeOf(RunKey runKey, ChallengeKind kind) external view returns (Challenge memory);

    /// @notice The claim for which a run was proven; 0 if none.
    function provenRunOf(
        uint64 repositoryId,
        uint64 runId,
        uint32 runAttempt
    ) external view returns (bytes32 claimHash);

    /// @notice The digest that the offer's verifier signs.
    function hashApproval(
        bytes32 claimHash,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) external view returns (bytes32);

    /// @notice The claim blob's SHA-256.
    function hashClaim(EntitlementId entitlement, StepClaim calldata claim_) external view returns (bytes32);

    /// @notice The claim blob: twelve words, attested as the first subject.
    function claimBlob(EntitlementId entitlement, StepClaim calldata claim_) external view returns (bytes memory);

    /// @notice The ledger.
    function escrow() external view returns (IEscrow);

    /// @notice Where offers are published.
    function offerRegistry() external view returns (IOfferRegistry);

    /// @notice The contract that consumes permits.
    function permitConsumer() external view returns (IPermitConsumer);

    /// @notice The contract that checks evidence on-chain; 0 where there is none.
    function evidenceVerifier() external view returns (IEvidenceVerifier);
}
