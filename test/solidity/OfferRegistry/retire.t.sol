// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

contract OfferRegistryRetireTest is World {
    function test_GivenTheOfferWasNeverPublished_RevertWithOfferNotLive() external {
        refused(seller, Hashes.offerId(defaultTerms()));
    }

    function test_GivenTheOfferWasRetiredBefore_RevertWithOfferNotLive() external {
        OfferId id = publish(defaultTerms());
        retire(id);
        refused(seller, id);
    }

    function test_WhenTheCallerIsAStranger_RevertWithNotSeller() external {
        OfferId id = publish(defaultTerms());
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, stranger, seller));
        VM.prank(stranger);
        registry.retire(id);
    }

    function test_WhenTheCallerIsAnotherSeller_RevertWithNotSeller() external {
        OfferTerms memory terms = defaultTerms();
        terms.seller = stranger;
        publish(terms);
        OfferId id = publish(defaultTerms());
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, stranger, seller));
        VM.prank(stranger);
        registry.retire(id);
    }

    function test_WhenTheSaleHasEndedByTime_MakeTheOfferRetired() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs() + 10);
        OfferId id = publish(terms);
        pass(11);
        retire(id);
        requireStatus(id, IOfferRegistry.OfferStatus.Retired);
    }

    function test_WhenTheCallerIsTheSeller_MakeTheOfferRetiredAndKeepItsSeller() external {
        OfferId id = publish(defaultTerms());
        retire(id);
        requireStatus(id, IOfferRegistry.OfferStatus.Retired);
    }

    function test_WhenTheCallerIsTheSeller_EmitOfferRetired() external {
        OfferId id = publish(defaultTerms());
        expectEvent(address(registry));
        emit IOfferRegistry.OfferRetired(id, seller);
        retire(id);
    }

    function test_WhenTheCallerIsTheSeller_LeaveTheSellersOtherOffersLive() external {
        OfferId other = publish(defaultTerms());
        retire(publish(defaultTerms()));
        requireStatus(other, IOfferRegistry.OfferStatus.Live);
    }

    function retire(OfferId id) private {
        VM.prank(seller);
        registry.retire(id);
    }

    function refused(address caller, OfferId id) private {
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, id));
        VM.prank(caller);
        registry.retire(id);
    }

    function requireStatus(OfferId id, IOfferRegistry.OfferStatus expected) private view {
        (address owner, IOfferRegistry.OfferStatus status) = registry.offerOf(id);
        assertEq(owner, seller, "seller");
        assertEq(uint8(status), uint8(expected), "status");
    }
}
