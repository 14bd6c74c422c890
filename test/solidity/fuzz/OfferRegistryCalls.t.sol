// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Chaos} from "./Chaos.sol";

contract OfferRegistryCalls is Chaos {
    function test_Fuzz_Publish(uint256 seed) external {
        bytes memory data = abi.encodeCall(IOfferRegistry.publish, (defaultTerms(), POLICY));
        uint256 count = registry.offerCount();
        attempt(Call(address(registry), data, seller, 0), seed);
        assertLe(registry.offerCount(), count + 1, "offers published by one call");
    }

    function test_Fuzz_Retire(uint256 seed) external {
        bytes memory data = abi.encodeCall(IOfferRegistry.retire, (bought.offerId));
        attempt(Call(address(registry), data, seller, 0), seed);
    }

    /// @dev Whatever terms get through are the seller's own and within the limits: here with one member that may be
    /// anything.
    function test_Fuzz_PublishTermsWithAnyMember(OfferTerms memory any, uint256 member) external {
        OfferTerms memory terms = mixed(defaultTerms(), any, member % 27);
        OfferId offerId = Hashes.offerId(terms);
        VM.prank(terms.seller);
        (bool done, ) = address(registry).call(abi.encodeCall(IOfferRegistry.publish, (terms, POLICY)));
        (address owner, IOfferRegistry.OfferStatus status) = registry.offerOf(offerId);
        if (!done) {
            assertTrue(status == IOfferRegistry.OfferStatus.None, "refused and published");
            return;
        }
        assertTrue(status == IOfferRegistry.OfferStatus.Live, "published and not live");
        assertEq(owner, terms.seller, "seller");
        requireWithinLimits(terms);
    }

    /// @dev Terms with every figure near one of its bounds get through exactly if all of them are within.
    function test_Fuzz_PublishTermsNearTheirBounds(uint256 seed) external {
        OfferTerms memory terms = defaultTerms();
        IOfferRegistry.Limits memory limits = registry.limits();
        uint256 figure = seed % 7;
        bool isWithin = true;
        uint256 value;
        if (figure == 0) {
            (value, isWithin) = near(limits.minStepTimeout, limits.maxStepTimeout, seed);
            terms.stepTimeout = uint32(value);
        } else if (figure == 1) {
            (value, isWithin) = near(limits.minDisputeWindow, limits.maxDisputeWindow, seed);
            terms.disputeWindow = uint32(value);
        } else if (figure == 2) {
            (value, isWithin) = near(limits.minProofWindow, limits.maxProofWindow, seed);
            terms.proofWindow = uint32(value);
        } else if (figure == 3) {
            (value, isWithin) = near(limits.minArbitrationWindow, limits.maxArbitrationWindow, seed);
            terms.arbitrationWindow = uint32(value);
        } else if (figure == 4) {
            (value, isWithin) = near(limits.minEntitlementTtl, limits.maxEntitlementTtl, seed);
            terms.entitlementTtl = uint40(value);
        } else if (figure == 5) {
            (value, isWithin) = near(terms.arbiterFee, limits.maxConductBond, seed);
            terms.conductBond = uint96(value);
        } else {
            (value, isWithin) = near(1, 8, seed);
            terms.maxPending = uint8(value);
        }
        VM.prank(seller);
        (bool done, ) = address(registry).call(abi.encodeCall(IOfferRegistry.publish, (terms, POLICY)));
        assertTrue(done == isWithin, "published exactly if within the limits");
    }

    // ------------------------------------------------------------------ parts

    function mixed(
        OfferTerms memory terms,
        OfferTerms memory other,
        uint256 member
    ) private pure returns (OfferTerms memory) {
        bytes memory words = abi.encode(terms);
        bytes memory others = abi.encode(other);
        for (uint256 i = 32 * member; i < 32 * member + 32; ++i) words[i] = others[i];
        return abi.decode(words, (OfferTerms));
    }

    /// @dev A figure at most two away from one of its bounds.
    function near(uint256 min, uint256 max, uint256 seed) private pure returns (uint256 value, bool isWithin) {
        uint256 away = (seed / 8) % 5;
        uint256 bound = (seed / 64) % 2 == 0 ? min : max;
        value = bound + away < 2 ? 0 : bound + away - 2;
        isWithin = value >= min && value <= max;
    }

    function requireWithinLimits(OfferTerms memory terms) private view {
        IOfferRegistry.Limits memory limits = registry.limits();
        assertGe(terms.price, 1, "price");
        assertGe(terms.maxSteps, 1, "steps");
        assertLe(terms.maxPending, 8, "most pending");
        assertGe(terms.maxPending, 1, "most pending");
        assertGe(terms.stepTimeout, limits.minStepTimeout, "step timeout");
        assertLe(terms.stepTimeout, limits.maxStepTimeout, "step timeout");
        assertGe(terms.disputeWindow, limits.minDisputeWindow, "dispute window");
        assertLe(terms.disputeWindow, limits.maxDisputeWindow, "dispute window");
        assertLe(terms.arbiterFee, terms.conductBond, "fee");
        assertLe(terms.conductBond, limits.maxConductBond, "conduct bond");
        assertGe(terms.validUntil, nowIs() + 1, "end of sales");
    }
}
