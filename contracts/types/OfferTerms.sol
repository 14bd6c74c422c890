// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OfferId} from "./Ids.sol";

/// @notice A seller's immutable terms. They travel as calldata: their hash is the offer's id, so nothing on the hot
/// path reads them from storage.
/// @dev Times are unix seconds, windows are seconds, money is in the smallest unit of `token` (bonds and fees: wei).
struct OfferTerms {
    /// Publishes, retires and is paid.
    address seller;
    /// ERC-20 in which steps are paid; 0 is the chain's native money.
    address token;
    /// Price of one step.
    uint96 price;
    /// Most steps one entitlement can hold.
    uint24 maxSteps;
    /// Most steps opened and not yet paid, 1 to 8.
    uint8 maxPending;
    /// End of sales (exclusive).
    uint40 validUntil;
    /// How long after purchase steps can be opened.
    uint40 entitlementTtl;
    /// Time from opening a step to its last possible claim.
    uint32 stepTimeout;
    /// Time from a claim to payment, in which it can be challenged.
    uint32 disputeWindow;
    /// Time to prove a claim after an evidence challenge.
    uint32 proofWindow;
    /// Time the arbiter has to rule; 0 without arbiter.
    uint32 arbitrationWindow;
    /// Wei a buyer posts with a conduct challenge; 0 without arbiter.
    uint96 conductBond;
    /// Wei of the conduct bond that pays the arbiter's ruling.
    uint96 arbiterFee;
    /// Only account that can consume permits.
    address gateway;
    /// Signs claims after a passing report; 0 where only proofs are accepted.
    address verifier;
    /// Signs the observation of the live run; 0 for none.
    address observer;
    /// Rules conduct challenges; 0 for none.
    address arbiter;
    /// SHA-256 of `owner/repo/.github/workflows/file.yml` that defines the job.
    bytes32 signerWorkflow;
    /// Commit of that file.
    bytes20 signerCommit;
    /// SHA-256 of the calling workflow's path; 0 for any.
    bytes32 callerWorkflow;
    /// Repository the run happens in; 0 where the permit names it.
    uint64 sourceRepositoryId;
    /// Owner of that repository; 0 for any.
    uint64 sourceOwnerId;
    /// Commit the run happens at; 0 where the permit names it.
    bytes20 sourceCommit;
    /// SHA-256 of the policy capsule's bytes.
    bytes32 policyHash;
    /// 1: code identity. 2: also a live observation that the runner is GitHub's own.
    uint8 runnerTier;
    /// Evidence can be checked by the on-chain verifier.
    bool provable;
    /// Tells otherwise equal offers apart.
    bytes32 salt;
}

/// @dev Bytes of the terms' ABI encoding: 27 static words.
uint256 constant OFFER_TERMS_SIZE = 27 * 32;

/// @notice `offerId = keccak256(abi.encode(terms))`.
/// @dev Assembly, because every call of the hot path hashes the terms and `abi.encode` would decode and encode 27 words
/// for it, at some 4,000 gas. The words are hashed as they came. Publication decodes each of them strictly, so terms
/// with stray bits have the id of no offer. The plain twin is in the tests.
function offerIdOf(OfferTerms calldata terms) pure returns (OfferId offerId) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        calldatacopy(words, terms, OFFER_TERMS_SIZE)
        offerId := keccak256(words, OFFER_TERMS_SIZE)
    }
}
