// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {isSignedBy} from "./base/Signatures.sol";
import {TypedDataDomain} from "./base/TypedDataDomain.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IEvidenceVerifier} from "./interfaces/IEvidenceVerifier.sol";
import {IOfferRegistry} from "./interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "./interfaces/IPermitConsumer.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {acknowledgementStructHash} from "./types/Acknowledgement.sol";
import {EntitlementId, OfferId, RunKey, entitlementIdOf, headOf, runKeyOf} from "./types/Ids.sol";
import {OfferTerms, offerIdOf} from "./types/OfferTerms.sol";
import {ClaimedStep, StepClaim, claimBlobOf, claimDigestOf, claimHashOf} from "./types/StepClaim.sol";
import {PermitInput} from "./types/StepPermit.sol";
import {verifiedClaimStructHash} from "./types/VerifiedClaim.sol";

/// @title Decides which claims are accepted and which are rejected
/// @notice See {ISettlement}.
/// @dev Holds no money: bonds are passed on to the escrow in the call that opens the challenge. The only foreign calls
/// are static: `isValidSignature` of signers that are contracts.
contract Settlement is ISettlement, TypedDataDomain {
    /// @dev A run starts, and may log, before its permit is consumed: but not long before.
    uint256 private constant LOG_TIME_SLACK = 30 minutes;
    /// @dev The bond covers the proof it forces, at a gas price four times the present one.
    uint256 private constant BOND_GAS_PRICE_FACTOR = 4;

    /// @inheritdoc ISettlement
    IEscrow public immutable override escrow;
    /// @inheritdoc ISettlement
    IOfferRegistry public immutable override offerRegistry;
    /// @inheritdoc ISettlement
    IPermitConsumer public immutable override permitConsumer;
    /// @inheritdoc ISettlement
    IEvidenceVerifier public immutable override evidenceVerifier;

    uint256 private immutable _MIN_BOND;
    uint256 private immutable _PROOF_GAS;

    mapping(RunKey runKey => mapping(ChallengeKind kind => Challenge)) private _challenges;
    mapping(bytes32 run => bytes32 claimHash) private _provenRuns;

    /// @param minBond Least bond of an evidence challenge, wei.
    /// @param proofGas Gas of a claim's proof on-chain.
    constructor(
        IEscrow ledger,
        IOfferRegistry registry,
        IPermitConsumer consumer,
        IEvidenceVerifier verifier,
        uint256 minBond,
        uint256 proofGas
    ) TypedDataDomain(_domainName()) {
        escrow = ledger;
        offerRegistry = registry;
        permitConsumer = consumer;
        evidenceVerifier = verifier;
        _MIN_BOND = minBond;
        _PROOF_GAS = proofGas;
    }

    // ------------------------------------------------------------------ claims

    /// @inheritdoc ISettlement
    function claim(OfferTerms calldata terms, SignedClaim calldata signed) external returns (bytes32 claimHash) {
        return _claim(offerIdOf(terms), terms, signed);
    }

    /// @inheritdoc ISettlement
    function claimBatch(OfferTerms calldata terms, SignedClaim[] calldata signed) external {
        OfferId offerId = offerIdOf(terms);
        for (uint256 i; i < signed.length; ++i) {
            _claim(offerId, terms, signed[i]);
        }
    }

    /// @inheritdoc ISettlement
    function claimWithProof(
        OfferTerms calldata terms,
        ProvenClaim calldata proven
    ) external returns (bytes32 claimHash) {
        IEscrow.StepRef memory ref = _verifyProof(terms, proven);
        claimHash = ref.claimHash;
        uint40 windowEnd = uint40(block.timestamp) + (terms.arbiter == address(0) ? 0 : terms.disputeWindow);
        ref.windowEnd = windowEnd;
        escrow.recordClaim(ref, proven.claim.permitHash, _nextHeadOf(proven.claim), terms.maxPending, true);
        _rememberProvenRun(proven.permit, claimHash);
        emit StepClaimed(
            ref.entitlement,
            ref.step,
            claimHash,
            ref.runKey,
            ref.parentHead,
            proven.claim,
            address(0),
            0,
            proven.evidenceHash,
            windowEnd,
            proven.evidenceLocator
        );
        emit ClaimProven(ref.entitlement, ref.step, claimHash, false, windowEnd);
    }

    /// @inheritdoc ISettlement
    function prove(OfferTerms calldata terms, ProvenClaim calldata proven, uint40 windowEnd) external {
        IEscrow.StepRef memory ref = _verifyProof(terms, proven);
        ref.windowEnd = windowEnd;
        Challenge memory challenge = _challenges[ref.runKey][ChallengeKind.Evidence];
        if (challenge.poster != address(0) && block.timestamp >= challenge.end) {
            revert ChallengeTimeOver(challenge.end);
        }
        bool answered;
        (answered, windowEnd) = escrow.recordProof(ref, terms.arbiter == address(0));
        _rememberProvenRun(proven.permit, ref.claimHash);
        emit ClaimProven(ref.entitlement, ref.step, ref.claimHash, answered, windowEnd);
        if (answered) {
            delete _challenges[ref.runKey][ChallengeKind.Evidence];
            escrow.payBond(terms.seller, challenge.bond);
        }
    }

    /// @inheritdoc ISettlement
    function acknowledge(OfferTerms calldata terms, ClaimedStep calldata claimed, bytes calldata signature) external {
        IEscrow.StepRef memory ref = _refOf(offerIdOf(terms), claimed);
        if (msg.sender != claimed.buyer) {
            bytes32 digest = _digest(acknowledgementStructHash(ref.entitlement, ref.step, ref.claimHash));
            if (!isSignedBy(claimed.buyer, digest, signature)) {
                revert AcknowledgementInvalid(claimed.buyer);
            }
        }
        uint40 windowEnd = escrow.endWindow(ref);
        emit ClaimAcknowledged(ref.entitlement, ref.step, ref.claimHash, windowEnd);
    }

    // ------------------------------------------------------------------ challenges

    /// @inheritdoc ISettlement
    function challengeEvidence(OfferTerms calldata terms, ClaimedStep calldata claimed) external payable {
        OfferId offerId = offerIdOf(terms);
        if (!terms.provable) revert OfferNotProvable(offerId);
        uint256 bond = evidenceBond();
        if (msg.value < bond) revert BondTooSmall(bond, msg.value);
        IEscrow.StepRef memory ref = _refOf(offerId, claimed);
        uint40 proofEnd = uint40(block.timestamp) + terms.proofWindow;
        _remember(ref, ChallengeKind.Evidence, bond, proofEnd);
        emit EvidenceChallenged(ref.entitlement, ref.step, ref.runKey, msg.sender, bond, proofEnd);
        escrow.openEvidenceChallenge{value: msg.value}(ref);
        if (msg.value > bond) escrow.payBond(msg.sender, msg.value - bond);
    }

    /// @inheritdoc ISettlement
    function challengeConduct(
        OfferTerms calldata terms,
        ClaimedStep calldata claimed,
        bytes32 statementHash,
        string calldata statementLocator
    ) external payable {
        if (terms.arbiter == address(0)) revert ArbiterMissing();
        if (msg.sender != claimed.buyer) revert NotEntitlementBuyer(msg.sender, claimed.buyer);
        if (msg.value != terms.conductBond) revert BondMismatch(terms.conductBond, msg.value);
        IEscrow.StepRef memory ref = _refOf(offerIdOf(terms), claimed);
        uint40 rulingEnd = uint40(block.timestamp) + terms.arbitrationWindow;
        _remember(ref, ChallengeKind.Conduct, msg.value, rulingEnd);
        emit ConductChallenged(
            ref.entitlement,
            ref.step,
            ref.runKey,
            terms.arbiter,
            msg.value,
            rulingEnd,
            statementHash,
            statementLocator
        );
        escrow.openConductChallenge{value: msg.value}(ref);
    }

    /// @inheritdoc ISettlement
    function rejectUnproven(OfferTerms calldata terms, ClaimedStep calldata claimed) external {
        _requireOver(claimed.runKey, ChallengeKind.Evidence);
        OfferId offerId = offerIdOf(terms);
        _reject(offerId, _refOf(offerId, claimed), RejectionCause.Unproven);
    }

    /// @inheritdoc ISettlement
    function rule(OfferTerms calldata terms, ClaimedStep calldata claimed, Ruling ruling, uint96 sellerShare) external {
        if (msg.sender != terms.arbiter) revert NotArbiter(msg.sender, terms.arbiter);
        if (ruling != Ruling.Split && sellerShare != 0) revert ShareNotAllowed(sellerShare);
        Challenge memory challenge = _openChallenge(claimed.runKey, ChallengeKind.Conduct);
        if (block.timestamp >= challenge.end) revert ChallengeTimeOver(challenge.end);
        // A claim whose proof is overdue is lost. It can be ruled wrong as well, but a ruling for the seller would only
        // take the buyer's bond before anyone records the loss.
        Challenge storage evidence = _challenges[claimed.runKey][ChallengeKind.Evidence];
        if (ruling != Ruling.Rejected && evidence.poster != address(0) && block.timestamp >= evidence.end) {
            revert ProofOverdue(evidence.end);
        }
        OfferId offerId = offerIdOf(terms);
        IEscrow.StepRef memory ref = _refOf(offerId, claimed);

        delete _challenges[ref.runKey][ChallengeKind.Conduct];
        emit ConductRuled(ref.entitlement, ref.step, ref.runKey, msg.sender, ruling, sellerShare);
        if (ruling == Ruling.Upheld) escrow.recordUpheld(ref);
        if (ruling == Ruling.Split) escrow.recordSplit(ref, sellerShare, terms.token);
        if (ruling == Ruling.Rejected) _reject(offerId, ref, RejectionCause.Ruled);

        escrow.payBond(msg.sender, terms.arbiterFee);
        escrow.payBond(ruling == Ruling.Upheld ? terms.seller : challenge.poster, challenge.bond - terms.arbiterFee);
        if (ruling == Ruling.Rejected) escrow.slash(offerId, challenge.poster, terms.arbiterFee);
    }

    /// @inheritdoc ISettlement
    function rejectUnruled(OfferTerms calldata terms, ClaimedStep calldata claimed) external {
        _requireOver(claimed.runKey, ChallengeKind.Conduct);
        OfferId offerId = offerIdOf(terms);
        _reject(offerId, _refOf(offerId, claimed), RejectionCause.Unruled);
    }

    /// @inheritdoc ISettlement
    function reclaimBond(RunKey runKey, ChallengeKind kind) external {
        Challenge memory challenge = _openChallenge(runKey, kind);
        // A challenged claim cannot be paid, so if the ledger no longer knows it, it was voided.
        if (escrow.pendingDigestOf(challenge.entitlement, challenge.step) == challenge.claimDigest) {
            revert ChallengeStillCounts(runKey);
        }
        delete _challenges[runKey][kind];
        emit BondReclaimed(runKey, kind, challenge.poster, challenge.bond);
        escrow.payBond(challenge.poster, challenge.bond);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISettlement
    function evidenceBond() public view returns (uint256) {
        uint256 byGas = BOND_GAS_PRICE_FACTOR * _PROOF_GAS * block.basefee;
        return byGas > _MIN_BOND ? byGas : _MIN_BOND;
    }

    /// @inheritdoc ISettlement
    function challengeOf(RunKey runKey, ChallengeKind kind) external view returns (Challenge memory) {
        return _challenges[runKey][kind];
    }

    /// @inheritdoc ISettlement
    function provenRunOf(
        uint64 repositoryId,
        uint64 runId,
        uint32 runAttempt
    ) external view returns (bytes32 claimHash) {
        return _provenRuns[_runOf(repositoryId, runId, runAttempt)];
    }

    /// @inheritdoc ISettlement
    function hashApproval(
        bytes32 claimHash,
        bytes32 reportHash,
        bytes32 evidenceHash,
        uint64 deadline
    ) external view returns (bytes32) {
        return _digest(verifiedClaimStructHash(claimHash, reportHash, evidenceHash, deadline));
    }

    /// @inheritdoc ISettlement
    function hashClaim(EntitlementId entitlement, StepClaim calldata claim_) external view returns (bytes32) {
        return claimHashOf(address(this), entitlement, claim_);
    }

    /// @inheritdoc ISettlement
    function claimBlob(EntitlementId entitlement, StepClaim calldata claim_) external view returns (bytes memory) {
        return claimBlobOf(address(this), entitlement, claim_);
    }

    // ------------------------------------------------------------------ internals

    function _claim(
        OfferId offerId,
        OfferTerms calldata terms,
        SignedClaim calldata signed
    ) private returns (bytes32 claimHash) {
        if (terms.verifier == address(0)) revert VerifierMissing();
        if (block.timestamp > signed.deadline) revert ApprovalExpired(signed.deadline);
        EntitlementId id = entitlementIdOf(offerId, signed.buyer, signed.salt);
        claimHash = claimHashOf(address(this), id, signed.claim);
        bytes32 digest = _digest(
            verifiedClaimStructHash(claimHash, signed.reportHash, signed.evidenceHash, signed.deadline)
        );
        if (!isSignedBy(terms.verifier, digest, signed.signature)) {
            revert ApprovalSignatureInvalid(terms.verifier, claimHash);
        }
        uint40 windowEnd = uint40(block.timestamp) + terms.disputeWindow;
        escrow.recordClaim(
            IEscrow.StepRef(id, signed.claim.step, signed.runKey, claimHash, signed.parentHead, windowEnd),
            signed.claim.permitHash,
            _nextHeadOf(signed.claim),
            terms.maxPending,
            false
        );
        emit StepClaimed(
            id,
            signed.claim.step,
            claimHash,
            signed.runKey,
            signed.parentHead,
            signed.claim,
            terms.verifier,
            signed.reportHash,
            signed.evidenceHash,
            windowEnd,
            signed.evidenceLocator
        );
    }

    /// @dev Everything the attestation must say comes from terms, from the permit whose hash the claim carries, and
    /// from the run's record. Whether that claim fits the ledger is the caller's next call.
    function _verifyProof(
        OfferTerms calldata terms,
        ProvenClaim calldata proven
    ) private view returns (IEscrow.StepRef memory ref) {
        OfferId offerId = offerIdOf(terms);
        if (!terms.provable) revert OfferNotProvable(offerId);
        PermitInput calldata permit = proven.permit;
        bytes32 permitHash = permitConsumer.hashPermit(terms, proven.buyer, proven.salt, permit);
        if (permitHash != proven.claim.permitHash) revert PermitHashMismatch(permitHash, proven.claim.permitHash);

        EntitlementId id = entitlementIdOf(offerId, proven.buyer, proven.salt);
        RunKey runKey = runKeyOf(terms.gateway, permit.repositoryId, permit.runId, permit.runAttempt);
        bytes32 claimHash = claimHashOf(address(this), id, proven.claim);
        ref = IEscrow.StepRef(
            id,
            proven.claim.step,
            runKey,
            claimHash,
            headOf(permit.parentStateCommitment, permit.parentNetCommitment),
            0
        );

        uint40 openedAt = escrow.runOf(runKey).openedAt;
        uint64 logTime = evidenceVerifier.verify(_factsOf(terms, proven, claimHash, openedAt), proven.proof);
        uint256 until = uint256(openedAt) + terms.stepTimeout;
        uint256 from = openedAt > LOG_TIME_SLACK ? openedAt - LOG_TIME_SLACK : 0;
        if (logTime < from || logTime >= until) revert EvidenceTimeOutside(logTime, from, until);
    }

    function _factsOf(
        OfferTerms calldata terms,
        ProvenClaim calldata proven,
        bytes32 claimHash,
        uint40 openedAt
    ) private pure returns (IEvidenceVerifier.Facts memory) {
        return
            IEvidenceVerifier.Facts({
                claimHash: claimHash,
                certificateHash: proven.claim.certificateHash,
                resultHash: proven.claim.resultHash,
                bundleHash: proven.claim.bundleHash,
                signerWorkflow: terms.signerWorkflow,
                signerCommit: terms.signerCommit,
                callerWorkflow: terms.callerWorkflow,
                repositoryId: proven.permit.repositoryId,
                sourceOwnerId: terms.sourceOwnerId,
                sourceCommit: proven.permit.sourceCommit,
                runId: proven.permit.runId,
                runAttempt: proven.permit.runAttempt,
                openedAt: openedAt
            });
    }

    /// @dev The key leaves out the gateway: one run cannot be sold through several.
    function _rememberProvenRun(PermitInput calldata permit, bytes32 claimHash) private {
        bytes32 run = _runOf(permit.repositoryId, permit.runId, permit.runAttempt);
        bytes32 known = _provenRuns[run];
        if (known != 0 && known != claimHash) revert RunAlreadyProven(known);
        _provenRuns[run] = claimHash;
    }

    /// @dev Whichever challenge led here, both against this claim end: an unanswered demand for proof is lost by the
    /// seller, every other bond goes back. So what a challenger gets does not depend on who came first.
    function _reject(OfferId offerId, IEscrow.StepRef memory ref, RejectionCause cause) private {
        emit ClaimRejected(ref.entitlement, ref.step, ref.runKey, cause);
        escrow.reject(ref);
        Challenge memory evidence = _close(ref.runKey, ChallengeKind.Evidence);
        if (evidence.poster != address(0) && block.timestamp >= evidence.end) {
            // Proof may have become impossible when a root was revoked: then nobody is punished.
            if (!evidenceVerifier.rootRevokedSince(escrow.runOf(ref.runKey).openedAt)) {
                escrow.slash(offerId, evidence.poster, evidence.bond);
            }
        }
        _close(ref.runKey, ChallengeKind.Conduct);
    }

    /// @dev Forgets a challenge and credits its bond back to its poster, if there is one.
    function _close(RunKey runKey, ChallengeKind kind) private returns (Challenge memory challenge) {
        challenge = _challenges[runKey][kind];
        if (challenge.poster == address(0)) return challenge;
        delete _challenges[runKey][kind];
        escrow.payBond(challenge.poster, challenge.bond);
    }

    function _remember(IEscrow.StepRef memory ref, ChallengeKind kind, uint256 bond, uint40 end) private {
        _challenges[ref.runKey][kind] = Challenge({
            poster: msg.sender,
            bond: uint96(bond),
            entitlement: ref.entitlement,
            claimDigest: claimDigestOf(ref.step, ref.runKey, ref.claimHash, ref.parentHead, ref.windowEnd),
            end: end,
            step: ref.step
        });
    }

    function _openChallenge(RunKey runKey, ChallengeKind kind) private view returns (Challenge memory challenge) {
        challenge = _challenges[runKey][kind];
        if (challenge.poster == address(0)) revert ChallengeUnknown(runKey, kind);
    }

    function _requireOver(RunKey runKey, ChallengeKind kind) private view {
        Challenge memory challenge = _openChallenge(runKey, kind);
        if (block.timestamp < challenge.end) revert ChallengeTimeRunning(challenge.end);
    }

    function _refOf(OfferId offerId, ClaimedStep calldata claimed) private pure returns (IEscrow.StepRef memory) {
        return
            IEscrow.StepRef({
                entitlement: entitlementIdOf(offerId, claimed.buyer, claimed.salt),
                step: claimed.step,
                runKey: claimed.runKey,
                claimHash: claimed.claimHash,
                parentHead: claimed.parentHead,
                windowEnd: claimed.windowEnd
            });
    }

    function _nextHeadOf(StepClaim calldata claim_) private pure returns (bytes32) {
        return headOf(claim_.nextStateCommitment, claim_.nextNetCommitment);
    }

    function _runOf(uint64 repositoryId, uint64 runId, uint32 runAttempt) private pure returns (bytes32) {
        return keccak256(abi.encode(repositoryId, runId, runAttempt));
    }

    function _domainName() internal pure override returns (string memory) {
        return "Pawl Settlement";
    }
}
