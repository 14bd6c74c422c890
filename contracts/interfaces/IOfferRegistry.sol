// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OfferId} from "../types/Ids.sol";
import {OfferTerms} from "../types/OfferTerms.sol";

/// @title Where offers are published and retired
/// @notice Keeps who published an offer and whether it is for sale. Terms and policy bytes are emitted, never stored:
/// the id is their hash, so they cannot change, and the event keeps them from going missing.
interface IOfferRegistry {
    enum OfferStatus {
        None,
        Live,
        Retired
    }

    /// @notice One entry of the list of offers.
    struct Offer {
        OfferId id;
        address seller;
        OfferStatus status;
    }

    /// @notice Bounds of this deployment for what sellers may ask. Seconds and wei.
    struct Limits {
        uint32 minStepTimeout;
        uint32 maxStepTimeout;
        uint32 minDisputeWindow;
        uint32 maxDisputeWindow;
        uint32 minProofWindow;
        uint32 maxProofWindow;
        uint32 minArbitrationWindow;
        uint32 maxArbitrationWindow;
        uint40 minEntitlementTtl;
        uint40 maxEntitlementTtl;
        uint96 maxConductBond;
    }

    /// @notice An offer is for sale.
    /// @param policy The policy capsule's bytes, whose SHA-256 is `terms.policyHash`.
    event OfferPublished(OfferId indexed offerId, address indexed seller, OfferTerms terms, bytes policy);

    /// @notice An offer is no longer for sale. Entitlements already bought are unaffected.
    event OfferRetired(OfferId indexed offerId, address indexed seller);

    /// @notice Only the seller named in the terms can do this. Switch to the seller's account.
    /// @custom:kind forbidden
    error NotSeller(address caller, address seller);

    /// @notice One of the offer's terms is outside the bounds of this deployment. Choose a value between the two limits.
    /// @custom:kind invalid
    error TermOutOfBounds(string term, uint256 value, uint256 min, uint256 max);

    /// @notice One of the offer's terms must not be empty here. Fill it in.
    /// @custom:kind invalid
    error TermMissing(string term);

    /// @notice The policy's bytes do not match the policy hash in the terms. Publish exactly the bytes that were hashed.
    /// @custom:kind invalid
    error PolicyHashMismatch(bytes32 expected, bytes32 actual);

    /// @notice The payment token has no contract on this chain. Check the token's address.
    /// @custom:kind invalid
    error TokenWithoutCode(address token);

    /// @notice The evidence verifier has no contract on this chain. Check its address.
    /// @custom:kind invalid
    error VerifierWithoutCode(address verifier);

    /// @notice This deployment cannot check evidence on-chain, so an offer here must not be marked provable and needs an arbiter.
    /// @custom:kind invalid
    error NotProvableHere();

    /// @notice Exactly these terms are already published. Change the salt to publish a second offer.
    /// @custom:kind conflict
    error OfferAlreadyPublished(OfferId offerId);

    /// @notice This offer is not for sale: it was never published, or it has been retired.
    /// @custom:kind conflict
    error OfferNotLive(OfferId offerId);

    /// @notice A page of offers must ask for at least one and at most the stated number.
    /// @custom:kind invalid
    error PageSizeOutOfRange(uint256 count, uint256 max);

    /// @notice The limits of this deployment contradict each other.
    /// @custom:kind invalid
    error LimitsContradict(string limit);

    /// @notice Puts an offer up for sale. Emits {OfferPublished}.
    /// @dev The caller is `terms.seller`; every term is in bounds; `sha256(policy) == terms.policyHash`.
    /// @param terms The offer's terms.
    /// @param policy The policy capsule's bytes.
    /// @return offerId `keccak256(abi.encode(terms))`.
    function publish(OfferTerms calldata terms, bytes calldata policy) external returns (OfferId offerId);

    /// @notice Ends the sale of an offer for good. Emits {OfferRetired}. Blocks purchase and top-up, nothing else.
    /// @dev The caller is the seller; the offer is live.
    function retire(OfferId offerId) external;

    /// @notice Who published an offer, and whether it is for sale.
    function offerOf(OfferId offerId) external view returns (address seller, OfferStatus status);

    /// @notice How many offers were ever published here.
    function offerCount() external view returns (uint256);

    /// @notice A page of the offers in order of publication, retired ones included. Positions never change.
    /// @dev Terms and policy are in each offer's {OfferPublished}.
    /// @param from Position of the first one, from 0. From {offerCount} on the page is empty.
    /// @param count Most offers to return, 1 to 500.
    function offers(uint256 from, uint256 count) external view returns (Offer[] memory page);

    /// @notice Reverts with {OfferNotLive} unless the offer is for sale.
    function requireLive(OfferId offerId) external view;

    /// @notice The id that these terms have.
    function hashTerms(OfferTerms calldata terms) external pure returns (OfferId offerId);

    /// @notice The bounds of this deployment.
    function limits() external view returns (Limits memory);

    /// @notice The contract that checks evidence on-chain; 0 where there is none.
    function evidenceVerifier() external view returns (address);
}
