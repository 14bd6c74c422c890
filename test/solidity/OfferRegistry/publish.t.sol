// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

contract OfferRegistryPublishTest is World {
    function test_WhenTheCallerIsNotTheSellerNamedInTheTerms_RevertWithNotSeller() external {
        OfferTerms memory terms = defaultTerms();
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, stranger, seller));
        VM.prank(stranger);
        registry.publish(terms, POLICY);
    }

    /// @dev The id is the hash of the words as they came, so an offer must have one encoding only.
    function test_WhenAWordOfTheTermsHasBitsThatItsTypeHasNot_Revert() external {
        bytes memory call = abi.encodeCall(IOfferRegistry.publish, (defaultTerms(), POLICY));
        uint256 dirtied;
        for (uint256 i; i < 27; ++i) {
            // Hashes fill their words.
            if (i == 17 || i == 19 || i == 23 || i == 26) continue;
            // The two commits are shorter byte strings, which begin a word; numbers end it.
            uint256 place = 4 + 32 * i + (i == 18 || i == 22 ? 31 : 0);
            bytes memory dirty = bytes.concat(call);
            dirty[place] = 0x01;
            VM.prank(seller);
            (bool done, bytes memory answer) = address(registry).call(dirty);
            assertFalse(done, "published with stray bits");
            assertEq(answer, "", "answer");
            ++dirtied;
        }
        assertEq(dirtied, 23, "words");
    }

    function test_WhenThePolicysBytesAreNotThoseOfTheHash_RevertWithPolicyHashMismatch() external {
        OfferTerms memory terms = defaultTerms();
        bytes memory other = bytes.concat(POLICY, " ");
        expectRefusal(
            abi.encodeWithSelector(IOfferRegistry.PolicyHashMismatch.selector, terms.policyHash, sha256(other))
        );
        VM.prank(seller);
        registry.publish(terms, other);
    }

    function test_WhenThePolicyIsEmptyAndSoHashed_Publish() external {
        OfferTerms memory terms = defaultTerms();
        terms.policyHash = sha256("");
        VM.prank(seller);
        registry.publish(terms, "");
        registry.requireLive(Hashes.offerId(terms));
    }

    function test_WhenTheTokenIsAnAccountWithoutCode_RevertWithTokenWithoutCode() external {
        OfferTerms memory terms = defaultTerms();
        terms.token = stranger;
        refused(terms, abi.encodeWithSelector(IOfferRegistry.TokenWithoutCode.selector, stranger));
    }

    function test_WhenTheTokenIsAContract_Publish() external {
        OfferTerms memory terms = defaultTerms();
        terms.token = address(token);
        accepted(terms);
    }

    function test_WhenThePriceIsAtABound_RefuseZero() external {
        OfferTerms memory terms = defaultTerms();
        terms.price = 0;
        outOfBounds(terms, "price", 0, 1, type(uint96).max);
    }

    function test_WhenThePriceIsAtABound_AcceptOne() external {
        OfferTerms memory terms = defaultTerms();
        terms.price = 1;
        accepted(terms);
    }

    function test_WhenThePriceIsAtABound_AcceptTheLargest() external {
        OfferTerms memory terms = defaultTerms();
        terms.price = type(uint96).max;
        accepted(terms);
    }

    function test_WhenTheNumberOfStepsIsAtABound_RefuseZero() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxSteps = 0;
        outOfBounds(terms, "maxSteps", 0, 1, type(uint24).max);
    }

    function test_WhenTheNumberOfStepsIsAtABound_AcceptOne() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxSteps = 1;
        accepted(terms);
    }

    function test_WhenTheNumberOfStepsIsAtABound_AcceptTheLargest() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxSteps = type(uint24).max;
        accepted(terms);
    }

    function test_WhenTheEndOfSalesIsAtABound_RefuseThePresentSecond() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs());
        outOfBounds(terms, "validUntil", nowIs(), nowIs() + 1, type(uint40).max);
    }

    function test_WhenTheEndOfSalesIsAtABound_AcceptTheNextSecond() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs() + 1);
        accepted(terms);
    }

    function test_WhenTheEndOfSalesIsAtABound_AcceptTheLargest() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = type(uint40).max;
        accepted(terms);
    }

    function test_WhenTheStepTimeoutIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.stepTimeout = limits.minStepTimeout - 1;
        outOfBounds(terms, "stepTimeout", terms.stepTimeout, limits.minStepTimeout, limits.maxStepTimeout);
    }

    function test_WhenTheStepTimeoutIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.stepTimeout = limits.maxStepTimeout + 1;
        outOfBounds(terms, "stepTimeout", terms.stepTimeout, limits.minStepTimeout, limits.maxStepTimeout);
    }

    function test_WhenTheStepTimeoutIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.stepTimeout = limits.minStepTimeout;
        accepted(terms);
    }

    function test_WhenTheStepTimeoutIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.stepTimeout = limits.maxStepTimeout;
        accepted(terms);
    }

    function test_WhenTheDisputeWindowIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.disputeWindow = limits.minDisputeWindow - 1;
        outOfBounds(terms, "disputeWindow", terms.disputeWindow, limits.minDisputeWindow, limits.maxDisputeWindow);
    }

    function test_WhenTheDisputeWindowIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.disputeWindow = limits.maxDisputeWindow + 1;
        outOfBounds(terms, "disputeWindow", terms.disputeWindow, limits.minDisputeWindow, limits.maxDisputeWindow);
    }

    function test_WhenTheDisputeWindowIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.disputeWindow = limits.minDisputeWindow;
        accepted(terms);
    }

    function test_WhenTheDisputeWindowIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.disputeWindow = limits.maxDisputeWindow;
        accepted(terms);
    }

    function test_WhenTheProofWindowIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.proofWindow = limits.minProofWindow - 1;
        outOfBounds(terms, "proofWindow", terms.proofWindow, limits.minProofWindow, limits.maxProofWindow);
    }

    function test_WhenTheProofWindowIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.proofWindow = limits.maxProofWindow + 1;
        outOfBounds(terms, "proofWindow", terms.proofWindow, limits.minProofWindow, limits.maxProofWindow);
    }

    function test_WhenTheProofWindowIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.proofWindow = limits.minProofWindow;
        accepted(terms);
    }

    function test_WhenTheProofWindowIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.proofWindow = limits.maxProofWindow;
        accepted(terms);
    }

    function test_WhenTheArbitrationWindowIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.arbitrationWindow = limits.minArbitrationWindow - 1;
        outOfBounds(
            terms,
            "arbitrationWindow",
            terms.arbitrationWindow,
            limits.minArbitrationWindow,
            limits.maxArbitrationWindow
        );
    }

    function test_WhenTheArbitrationWindowIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.arbitrationWindow = limits.maxArbitrationWindow + 1;
        outOfBounds(
            terms,
            "arbitrationWindow",
            terms.arbitrationWindow,
            limits.minArbitrationWindow,
            limits.maxArbitrationWindow
        );
    }

    function test_WhenTheArbitrationWindowIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.arbitrationWindow = limits.minArbitrationWindow;
        accepted(terms);
    }

    function test_WhenTheArbitrationWindowIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.arbitrationWindow = limits.maxArbitrationWindow;
        accepted(terms);
    }

    function test_WhenTheEntitlementsTimeToLiveIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.entitlementTtl = limits.minEntitlementTtl - 1;
        outOfBounds(terms, "entitlementTtl", terms.entitlementTtl, limits.minEntitlementTtl, limits.maxEntitlementTtl);
    }

    function test_WhenTheEntitlementsTimeToLiveIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.entitlementTtl = limits.maxEntitlementTtl + 1;
        outOfBounds(terms, "entitlementTtl", terms.entitlementTtl, limits.minEntitlementTtl, limits.maxEntitlementTtl);
    }

    function test_WhenTheEntitlementsTimeToLiveIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.entitlementTtl = limits.minEntitlementTtl;
        accepted(terms);
    }

    function test_WhenTheEntitlementsTimeToLiveIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = defaultLimits();
        terms.entitlementTtl = limits.maxEntitlementTtl;
        accepted(terms);
    }

    function test_WhenTheNumberOfPendingStepsIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 0;
        outOfBounds(terms, "maxPending", terms.maxPending, 1, 8);
    }

    function test_WhenTheNumberOfPendingStepsIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 9;
        outOfBounds(terms, "maxPending", terms.maxPending, 1, 8);
    }

    function test_WhenTheNumberOfPendingStepsIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 1;
        accepted(terms);
    }

    function test_WhenTheNumberOfPendingStepsIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 8;
        accepted(terms);
    }

    function test_WhenTheRunnerTierIsOutOfBounds_RefuseOneLessThanTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = bytes20(uint160(1));
        terms.runnerTier = 0;
        outOfBounds(terms, "runnerTier", terms.runnerTier, 1, 2);
    }

    function test_WhenTheRunnerTierIsOutOfBounds_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = bytes20(uint160(1));
        terms.runnerTier = 3;
        outOfBounds(terms, "runnerTier", terms.runnerTier, 1, 2);
    }

    function test_WhenTheRunnerTierIsAtABound_AcceptTheMinimum() external {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = bytes20(uint160(1));
        terms.runnerTier = 1;
        accepted(terms);
    }

    function test_WhenTheRunnerTierIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = bytes20(uint160(1));
        terms.runnerTier = 2;
        accepted(terms);
    }

    function test_WhenTheConductBondIsAtABound_AcceptZero() external {
        OfferTerms memory terms = defaultTerms();
        terms.conductBond = 0;
        terms.arbiterFee = 0;
        accepted(terms);
    }

    function test_WhenTheConductBondIsAtABound_AcceptTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        terms.conductBond = defaultLimits().maxConductBond;
        accepted(terms);
    }

    function test_WhenTheConductBondIsAtABound_RefuseOneMoreThanTheMaximum() external {
        OfferTerms memory terms = defaultTerms();
        uint96 most = defaultLimits().maxConductBond;
        terms.conductBond = most + 1;
        outOfBounds(terms, "conductBond", most + 1, 0, most);
    }

    function test_WhenTheArbitersFeeIsAtABound_AcceptAllOfTheConductBond() external {
        OfferTerms memory terms = defaultTerms();
        terms.arbiterFee = terms.conductBond;
        accepted(terms);
    }

    function test_WhenTheArbitersFeeIsAtABound_RefuseOneMoreThanTheConductBond() external {
        OfferTerms memory terms = defaultTerms();
        terms.arbiterFee = terms.conductBond + 1;
        outOfBounds(terms, "arbiterFee", terms.arbiterFee, 0, terms.conductBond);
    }

    function test_WhenThereIsNothingForAnArbiter_Publish() external {
        accepted(termsWithoutArbiter());
    }

    function test_WhenThereIsTimeForAnArbiterWhoIsNotNamed_RevertWithTermOutOfBounds() external {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.arbitrationWindow = 1;
        outOfBounds(terms, "arbitrationWindow", 1, 0, 0);
    }

    function test_WhenThereIsABondForAnArbiterWhoIsNotNamed_RevertWithTermOutOfBounds() external {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.conductBond = 1;
        outOfBounds(terms, "conductBond", 1, 0, 0);
    }

    function test_WhenThereIsAFeeForAnArbiterWhoIsNotNamed_RevertWithTermOutOfBounds() external {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.arbiterFee = 1;
        outOfBounds(terms, "arbiterFee", 1, 0, 0);
    }

    function test_WhenNoGatewayIsNamed_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.gateway = address(0);
        missing(terms, "gateway");
    }

    function test_GivenTheDeploymentCannotCheckEvidence_RevertWithNotProvableHere() external {
        deploy(address(0), address(0));
        refused(defaultTerms(), abi.encodeWithSelector(IOfferRegistry.NotProvableHere.selector));
    }

    function test_WhenItNamesNeitherVerifierNorArbiter_Publish() external {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.verifier = address(0);
        accepted(terms);
    }

    function test_GivenTheDeploymentCanCheckNoEvidenceEither_Publish() external {
        deploy(address(0), address(0));
        OfferTerms memory terms = defaultTerms();
        terms.provable = false;
        accepted(terms);
    }

    function test_WhenItNamesNoVerifier_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.provable = false;
        terms.verifier = address(0);
        missing(terms, "verifier");
    }

    function test_WhenItNamesNoArbiter_RevertWithTermMissing() external {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.provable = false;
        missing(terms, "arbiter");
    }

    function test_WhenNoWorkflowIsNamed_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.signerWorkflow = 0;
        missing(terms, "signerWorkflow");
    }

    function test_WhenNoCommitOfTheWorkflowIsNamed_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.signerCommit = 0;
        missing(terms, "signerCommit");
    }

    function test_WhenAProvableOfferNamesNoSourceCommit_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.sourceCommit = 0;
        missing(terms, "sourceCommit");
    }

    function test_WhenTheSecondTierNamesNoSourceCommit_RevertWithTermMissing() external {
        OfferTerms memory terms = defaultTerms();
        terms.provable = false;
        terms.runnerTier = 2;
        terms.sourceCommit = 0;
        missing(terms, "sourceCommit");
    }

    function test_GivenExactlyTheseTermsArePublished_RevertWithOfferAlreadyPublished() external {
        OfferTerms memory terms = publish();
        refused(terms, abi.encodeWithSelector(IOfferRegistry.OfferAlreadyPublished.selector, Hashes.offerId(terms)));
    }

    function test_GivenExactlyTheseTermsWereRetired_RevertWithOfferAlreadyPublished() external {
        OfferTerms memory terms = publish();
        VM.prank(seller);
        registry.retire(Hashes.offerId(terms));
        refused(terms, abi.encodeWithSelector(IOfferRegistry.OfferAlreadyPublished.selector, Hashes.offerId(terms)));
    }

    function test_GivenTermsThatDifferInTheSaltAloneArePublished_Publish() external {
        OfferTerms memory terms = publish();
        terms.salt = fresh("offer");
        accepted(terms);
    }

    function test_WhenEveryTermIsInBounds_ReturnTheHashOfTheTermsAsId() external {
        OfferTerms memory terms = defaultTerms();
        VM.prank(seller);
        OfferId id = registry.publish(terms, POLICY);
        assertEq(OfferId.unwrap(id), OfferId.unwrap(Hashes.offerId(terms)), "id");
    }

    function test_WhenEveryTermIsInBounds_RecordTheSellerAndThatTheOfferIsLive() external {
        OfferTerms memory terms = publish();
        (address owner, IOfferRegistry.OfferStatus status) = registry.offerOf(Hashes.offerId(terms));
        assertEq(owner, seller, "seller");
        assertEq(uint8(status), uint8(IOfferRegistry.OfferStatus.Live), "status");
    }

    function test_WhenEveryTermIsInBounds_AddItToTheEndOfTheList() external {
        publish();
        OfferTerms memory terms = publish();
        assertEq(registry.offerCount(), 2, "offers");
        OfferId listed = registry.offers(1, 1)[0].id;
        assertEq(OfferId.unwrap(listed), OfferId.unwrap(Hashes.offerId(terms)), "last offer");
    }

    function test_WhenEveryTermIsInBounds_EmitOfferPublishedWithTermsAndPolicy() external {
        OfferTerms memory terms = defaultTerms();
        expectEvent(address(registry));
        emit IOfferRegistry.OfferPublished(Hashes.offerId(terms), seller, terms, POLICY);
        VM.prank(seller);
        registry.publish(terms, POLICY);
    }

    /// @dev Publication is refused with exactly this answer.
    function refused(OfferTerms memory terms, bytes memory answer) private {
        expectRefusal(answer);
        publish(terms);
    }

    function outOfBounds(OfferTerms memory terms, string memory term, uint256 value, uint256 min, uint256 max) private {
        refused(terms, abi.encodeWithSelector(IOfferRegistry.TermOutOfBounds.selector, term, value, min, max));
    }

    function missing(OfferTerms memory terms, string memory term) private {
        refused(terms, abi.encodeWithSelector(IOfferRegistry.TermMissing.selector, term));
    }

    function accepted(OfferTerms memory terms) private {
        publish(terms);
        registry.requireLive(Hashes.offerId(terms));
    }
}
