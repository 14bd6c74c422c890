// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {World} from "../base/World.sol";

contract OfferRegistryConstructorTest is World {
    IOfferRegistry.Limits private _limits = defaultLimits();

    function test_WhenAMinimumIsLargerThanItsMaximum_RefuseTheStepTimeout() external {
        _limits.minStepTimeout = _limits.maxStepTimeout + 1;
        contradicts("stepTimeout");
    }

    function test_WhenAMinimumIsLargerThanItsMaximum_RefuseTheDisputeWindow() external {
        _limits.minDisputeWindow = _limits.maxDisputeWindow + 1;
        contradicts("disputeWindow");
    }

    function test_WhenAMinimumIsLargerThanItsMaximum_RefuseTheProofWindow() external {
        _limits.minProofWindow = _limits.maxProofWindow + 1;
        contradicts("proofWindow");
    }

    function test_WhenAMinimumIsLargerThanItsMaximum_RefuseTheArbitrationWindow() external {
        _limits.minArbitrationWindow = _limits.maxArbitrationWindow + 1;
        contradicts("arbitrationWindow");
    }

    function test_WhenAMinimumIsLargerThanItsMaximum_RefuseTheEntitlementsTimeToLive() external {
        _limits.minEntitlementTtl = _limits.maxEntitlementTtl + 1;
        contradicts("entitlementTtl");
    }

    function test_WhenAMinimumEqualsItsMaximum_AcceptAllOfThem() external {
        _limits.minStepTimeout = _limits.maxStepTimeout;
        _limits.minDisputeWindow = _limits.maxDisputeWindow;
        _limits.minProofWindow = _limits.maxProofWindow;
        _limits.minArbitrationWindow = _limits.maxArbitrationWindow;
        _limits.minEntitlementTtl = _limits.maxEntitlementTtl;
        accepted(address(evidence));
    }

    function test_WhenTheLongestEntitlementDoesNotFit32Bits_RevertWithLimitsContradict() external {
        _limits.maxEntitlementTtl = uint40(type(uint32).max) + 1;
        contradicts("maxEntitlementTtl");
    }

    function test_WhenTheLongestEntitlementJustFits32Bits_AcceptIt() external {
        _limits.maxEntitlementTtl = type(uint32).max;
        accepted(address(evidence));
    }

    function test_WhenTheEvidenceVerifierHasNoCode_RevertWithVerifierWithoutCode() external {
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.VerifierWithoutCode.selector, stranger));
        this.deployRegistry(_limits, stranger);
    }

    function test_WhenThereIsNoEvidenceVerifier_AcceptThat() external {
        accepted(address(0));
    }

    /// @dev External, so that a refusal of the constructor is one of a call.
    function deployRegistry(IOfferRegistry.Limits memory limits, address verifier_) external returns (IOfferRegistry) {
        return IOfferRegistry(create("OfferRegistry", abi.encode(limits, verifier_)));
    }

    function contradicts(string memory limit) private {
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.LimitsContradict.selector, limit));
        this.deployRegistry(_limits, address(evidence));
    }

    function accepted(address verifier_) private {
        IOfferRegistry deployed = this.deployRegistry(_limits, verifier_);
        assertEq(abi.encode(deployed.limits()), abi.encode(_limits), "limits");
    }
}
