// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

contract OfferRegistryViewsTest is World {
    function test_GivenNobodyPublishedTheOffer_AnswerNoSellerAndStatusNone(OfferId id) external view {
        requireOffer(id, address(0), IOfferRegistry.OfferStatus.None);
    }

    function test_GivenSomebodyElsesOffersArePublishedAndRetired_AnswerWhatIsTrueOfEach() external {
        OfferTerms memory other = defaultTerms();
        other.seller = stranger;
        OfferId live = publish(other);
        OfferId retired = publish(defaultTerms());
        VM.prank(seller);
        registry.retire(retired);
        requireOffer(live, stranger, IOfferRegistry.OfferStatus.Live);
        requireOffer(retired, seller, IOfferRegistry.OfferStatus.Retired);
    }

    function test_GivenNothingWasPublished_AnswerZero() external view {
        assertEq(registry.offerCount(), 0, "offers");
    }

    function test_GivenOneOfferIsLiveAndOneIsRetired_AnswerTwo() external {
        publish();
        OfferId retired = publish(defaultTerms());
        VM.prank(seller);
        registry.retire(retired);
        assertEq(registry.offerCount(), 2, "offers");
    }

    function test_GivenNoSuchOffer_RevertWithOfferNotLive(OfferId id) external {
        refused(id);
    }

    function test_GivenTheLiveOffer_Return() external {
        registry.requireLive(publish(defaultTerms()));
    }

    function test_GivenAnOfferWhoseSaleHasEndedByTime_Return() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs() + 10);
        OfferId id = publish(terms);
        pass(11);
        registry.requireLive(id);
    }

    function test_GivenTheRetiredOffer_RevertWithOfferNotLive() external {
        OfferId id = publish(defaultTerms());
        VM.prank(seller);
        registry.retire(id);
        refused(id);
    }

    function test_WhenHashTermsIsAsked_AnswerTheHashOfTheEncodedTerms(OfferTerms memory terms) external view {
        assertEq(OfferId.unwrap(registry.hashTerms(terms)), OfferId.unwrap(Hashes.offerId(terms)), "id");
    }

    /// @dev Terms are static words one after the other, so a change of any word changes one term.
    function test_WhenHashTermsIsAsked_DependOnEveryTerm() external {
        bytes memory words = abi.encode(defaultTerms());
        bytes32 id = OfferId.unwrap(registry.hashTerms(abi.decode(words, (OfferTerms))));
        uint256 count = words.length / 32;
        assertEq(count, 27, "terms");
        for (uint256 i; i < count; ++i) {
            bytes memory changed = bytes.concat(words);
            // The two commits are shorter byte strings, which begin a word; numbers end it.
            uint256 place = i == 18 || i == 22 ? 32 * i : 32 * i + 31;
            changed[place] = changed[place] ^ 0x01;
            OfferTerms memory terms = abi.decode(changed, (OfferTerms));
            assertTrue(OfferId.unwrap(registry.hashTerms(terms)) != id, "a term without effect");
        }
    }

    function test_WhenLimitsIsAsked_AnswerTheBoundsItWasDeployedWith() external view {
        assertEq(abi.encode(registry.limits()), abi.encode(defaultLimits()), "limits");
    }

    function test_WhenEvidenceVerifierIsAsked_AnswerTheContractItWasDeployedWith() external {
        assertEq(registry.evidenceVerifier(), address(evidence), "verifier");
        deploy(address(0), address(0));
        assertEq(registry.evidenceVerifier(), address(0), "no verifier");
    }

    function requireOffer(OfferId id, address owner, IOfferRegistry.OfferStatus status) private view {
        (address actualOwner, IOfferRegistry.OfferStatus actual) = registry.offerOf(id);
        assertEq(actualOwner, owner, "seller");
        assertEq(uint8(actual), uint8(status), "status");
    }

    function refused(OfferId id) private {
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, id));
        registry.requireLive(id);
    }
}
