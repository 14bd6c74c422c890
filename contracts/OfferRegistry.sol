// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "./interfaces/IOfferRegistry.sol";
import {OfferId} from "./types/Ids.sol";
import {OfferTerms, offerIdOf} from "./types/OfferTerms.sol";

/// @title Where offers are published and retired
/// @notice See {IOfferRegistry}.
contract OfferRegistry is IOfferRegistry {
    /// @dev The ledger keeps challenges of pending steps in eight bits.
    uint256 private constant MAX_PENDING = 8;
    uint256 private constant MAX_TIER = 2;
    /// @dev At most 48 kB of answer and some two million gas: within what public RPC endpoints give a call.
    uint256 private constant MAX_PAGE = 500;

    struct Record {
        address seller;
        OfferStatus status;
    }

    /// @inheritdoc IOfferRegistry
    address public immutable override evidenceVerifier;

    uint32 private immutable _MIN_STEP_TIMEOUT;
    uint32 private immutable _MAX_STEP_TIMEOUT;
    uint32 private immutable _MIN_DISPUTE_WINDOW;
    uint32 private immutable _MAX_DISPUTE_WINDOW;
    uint32 private immutable _MIN_PROOF_WINDOW;
    uint32 private immutable _MAX_PROOF_WINDOW;
    uint32 private immutable _MIN_ARBITRATION_WINDOW;
    uint32 private immutable _MAX_ARBITRATION_WINDOW;
    uint40 private immutable _MIN_ENTITLEMENT_TTL;
    uint40 private immutable _MAX_ENTITLEMENT_TTL;
    uint96 private immutable _MAX_CONDUCT_BOND;

    mapping(OfferId offerId => Record) private _offers;
    /// @dev In order of publication; nothing is ever removed, so positions are stable.
    OfferId[] private _published;

    /// @param bounds What sellers may ask here.
    /// @param verifier The contract that checks evidence on-chain; 0 refuses provable offers.
    constructor(Limits memory bounds, address verifier) {
        if (bounds.minStepTimeout > bounds.maxStepTimeout) revert LimitsContradict("stepTimeout");
        if (bounds.minDisputeWindow > bounds.maxDisputeWindow) revert LimitsContradict("disputeWindow");
        if (bounds.minProofWindow > bounds.maxProofWindow) revert LimitsContradict("proofWindow");
        if (bounds.minArbitrationWindow > bounds.maxArbitrationWindow) revert LimitsContradict("arbitrationWindow");
        if (bounds.minEntitlementTtl > bounds.maxEntitlementTtl) revert LimitsContradict("entitlementTtl");
        // Sums of times are kept in 40 bits: leave them room for tens of thousands of years.
        if (bounds.maxEntitlementTtl > type(uint32).max) revert LimitsContradict("maxEntitlementTtl");
        // Its answer decides rejections: a ledger that asks nobody could never end them.
        if (verifier != address(0) && verifier.code.length == 0) revert VerifierWithoutCode(verifier);
        evidenceVerifier = verifier;
        _MIN_STEP_TIMEOUT = bounds.minStepTimeout;
        _MAX_STEP_TIMEOUT = bounds.maxStepTimeout;
        _MIN_DISPUTE_WINDOW = bounds.minDisputeWindow;
        _MAX_DISPUTE_WINDOW = bounds.maxDisputeWindow;
        _MIN_PROOF_WINDOW = bounds.minProofWindow;
        _MAX_PROOF_WINDOW = bounds.maxProofWindow;
        _MIN_ARBITRATION_WINDOW = bounds.minArbitrationWindow;
        _MAX_ARBITRATION_WINDOW = bounds.maxArbitrationWindow;
        _MIN_ENTITLEMENT_TTL = bounds.minEntitlementTtl;
        _MAX_ENTITLEMENT_TTL = bounds.maxEntitlementTtl;
        _MAX_CONDUCT_BOND = bounds.maxConductBond;
    }

    /// @inheritdoc IOfferRegistry
    function publish(OfferTerms calldata terms, bytes calldata policy) external returns (OfferId offerId) {
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        bytes32 policyHash = sha256(policy);
        if (policyHash != terms.policyHash) revert PolicyHashMismatch(terms.policyHash, policyHash);
        _requireSaleTerms(terms);
        _requireWindows(terms);
        _requireRoles(terms);
        _requireIdentity(terms);

        offerId = offerIdOf(terms);
        Record storage record = _offers[offerId];
        if (record.status != OfferStatus.None) revert OfferAlreadyPublished(offerId);
        record.seller = msg.sender;
        record.status = OfferStatus.Live;
        _published.push(offerId);
        emit OfferPublished(offerId, msg.sender, terms, policy);
    }

    /// @inheritdoc IOfferRegistry
    function retire(OfferId offerId) external {
        Record storage record = _offers[offerId];
        if (record.status != OfferStatus.Live) revert OfferNotLive(offerId);
        if (msg.sender != record.seller) revert NotSeller(msg.sender, record.seller);
        record.status = OfferStatus.Retired;
        emit OfferRetired(offerId, msg.sender);
    }

    /// @inheritdoc IOfferRegistry
    function offerOf(OfferId offerId) external view returns (address seller, OfferStatus status) {
        Record storage record = _offers[offerId];
        return (record.seller, record.status);
    }

    /// @inheritdoc IOfferRegistry
    function offerCount() external view returns (uint256) {
        return _published.length;
    }

    /// @inheritdoc IOfferRegistry
    function offers(uint256 from, uint256 count) external view returns (Offer[] memory page) {
        if (count == 0 || count > MAX_PAGE) revert PageSizeOutOfRange(count, MAX_PAGE);
        uint256 total = _published.length;
        if (from >= total) return page;
        page = new Offer[](count < total - from ? count : total - from);
        for (uint256 i; i < page.length; ++i) {
            OfferId offerId = _published[from + i];
            Record storage record = _offers[offerId];
            page[i] = Offer(offerId, record.seller, record.status);
        }
    }

    /// @inheritdoc IOfferRegistry
    function requireLive(OfferId offerId) external view {
        if (_offers[offerId].status != OfferStatus.Live) revert OfferNotLive(offerId);
    }

    /// @inheritdoc IOfferRegistry
    function hashTerms(OfferTerms calldata terms) external pure returns (OfferId offerId) {
        return offerIdOf(terms);
    }

    /// @inheritdoc IOfferRegistry
    function limits() external view returns (Limits memory) {
        return
            Limits({
                minStepTimeout: _MIN_STEP_TIMEOUT,
                maxStepTimeout: _MAX_STEP_TIMEOUT,
                minDisputeWindow: _MIN_DISPUTE_WINDOW,
                maxDisputeWindow: _MAX_DISPUTE_WINDOW,
                minProofWindow: _MIN_PROOF_WINDOW,
                maxProofWindow: _MAX_PROOF_WINDOW,
                minArbitrationWindow: _MIN_ARBITRATION_WINDOW,
                maxArbitrationWindow: _MAX_ARBITRATION_WINDOW,
                minEntitlementTtl: _MIN_ENTITLEMENT_TTL,
                maxEntitlementTtl: _MAX_ENTITLEMENT_TTL,
                maxConductBond: _MAX_CONDUCT_BOND
            });
    }

    function _requireSaleTerms(OfferTerms calldata terms) private view {
        if (terms.token != address(0) && terms.token.code.length == 0) revert TokenWithoutCode(terms.token);
        _requireWithin("price", terms.price, 1, type(uint96).max);
        _requireWithin("maxSteps", terms.maxSteps, 1, type(uint24).max);
        _requireWithin("maxPending", terms.maxPending, 1, MAX_PENDING);
        _requireWithin("validUntil", terms.validUntil, block.timestamp + 1, type(uint40).max);
        _requireWithin("entitlementTtl", terms.entitlementTtl, _MIN_ENTITLEMENT_TTL, _MAX_ENTITLEMENT_TTL);
    }

    function _requireWindows(OfferTerms calldata terms) private view {
        _requireWithin("stepTimeout", terms.stepTimeout, _MIN_STEP_TIMEOUT, _MAX_STEP_TIMEOUT);
        _requireWithin("disputeWindow", terms.disputeWindow, _MIN_DISPUTE_WINDOW, _MAX_DISPUTE_WINDOW);
        _requireWithin("proofWindow", terms.proofWindow, _MIN_PROOF_WINDOW, _MAX_PROOF_WINDOW);
        // Without arbiter nobody could post or earn these, so a figure there would only mislead.
        bool arbitrated = terms.arbiter != address(0);
        _requireWithin(
            "arbitrationWindow",
            terms.arbitrationWindow,
            arbitrated ? _MIN_ARBITRATION_WINDOW : 0,
            arbitrated ? _MAX_ARBITRATION_WINDOW : 0
        );
        _requireWithin("conductBond", terms.conductBond, 0, arbitrated ? _MAX_CONDUCT_BOND : 0);
        _requireWithin("arbiterFee", terms.arbiterFee, 0, terms.conductBond);
    }

    function _requireRoles(OfferTerms calldata terms) private view {
        if (terms.gateway == address(0)) revert TermMissing("gateway");
        if (terms.provable && evidenceVerifier == address(0)) revert NotProvableHere();
        if (!terms.provable) {
            // Nobody can prove these claims, so somebody has to approve them and somebody to hear objections.
            if (terms.verifier == address(0)) revert TermMissing("verifier");
            if (terms.arbiter == address(0)) revert TermMissing("arbiter");
        }
    }

    function _requireIdentity(OfferTerms calldata terms) private pure {
        if (terms.signerWorkflow == 0) revert TermMissing("signerWorkflow");
        if (terms.signerCommit == 0) revert TermMissing("signerCommit");
        _requireWithin("runnerTier", terms.runnerTier, 1, MAX_TIER);
        // An observation is of a known workflow. And a proof counts once per run: whoever could add a job to the run could
        // have it prove something else first, so the commit that fixes the run's jobs is fixed as well.
        if ((terms.runnerTier == MAX_TIER || terms.provable) && terms.sourceCommit == 0) {
            revert TermMissing("sourceCommit");
        }
    }

    function _requireWithin(string memory term, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert TermOutOfBounds(term, value, min, max);
    }
}
