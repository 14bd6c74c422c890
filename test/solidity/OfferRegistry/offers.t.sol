// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

contract OfferRegistryOffersTest is World {
    uint256 private constant MAX_PAGE = 500;

    IOfferRegistry.Offer[] private _list;

    function test_WhenNoOfferIsAskedFor_RevertWithPageSizeOutOfRange() external {
        publishFive();
        refused(0);
    }

    function test_WhenMoreThan500OffersAreAskedFor_RevertWithPageSizeOutOfRange() external {
        refused(MAX_PAGE + 1);
        refused(type(uint256).max);
    }

    function test_GivenNothingWasPublished_AnswerAnEmptyPage() external view {
        requirePage(0, 1, 0);
    }

    function test_WhenThePageBeginsAtTheFirst_AnswerIdSellerAndStatusOfEachInOrderOfPublication() external {
        publishFive();
        requirePage(0, 5, 5);
    }

    function test_WhenThePageBeginsAtTheFirst_AnswerNoMoreThanAskedFor() external {
        publishFive();
        requirePage(0, 2, 2);
    }

    function test_WhenThePageBeginsInTheMiddle_AnswerWhatFollows() external {
        publishFive();
        requirePage(2, 2, 2);
    }

    function test_WhenThePageBeginsAtTheLast_AnswerOne() external {
        publishFive();
        requirePage(4, 5, 1);
    }

    function test_WhenThePageBeginsBehindTheLast_AnswerAnEmptyPage() external {
        publishFive();
        requirePage(5, 5, 0);
    }

    function test_WhenThePageBeginsAtTheLargestPosition_AnswerAnEmptyPage() external {
        publishFive();
        requirePage(type(uint256).max, MAX_PAGE, 0);
    }

    function test_When500OffersAreAskedFor_AnswerAllThereAre() external {
        publishFive();
        requirePage(0, MAX_PAGE, 5);
    }

    function test_WhenAnyPageIsAskedFor_AnswerThatPartOfTheList(uint8 from, uint16 count) external {
        publishFive();
        uint256 asked = 1 + (count % MAX_PAGE);
        uint256 left = from < 5 ? 5 - from : 0;
        requirePage(from, asked, asked < left ? asked : left);
    }

    /// @dev Two sellers take turns; the second offer is retired.
    function publishFive() private {
        for (uint256 i; i < 5; ++i) {
            OfferTerms memory terms = defaultTerms();
            if (i % 2 == 1) terms.seller = stranger;
            publish(terms);
            _list.push(IOfferRegistry.Offer(Hashes.offerId(terms), terms.seller, IOfferRegistry.OfferStatus.Live));
        }
        VM.prank(stranger);
        registry.retire(_list[1].id);
        _list[1].status = IOfferRegistry.OfferStatus.Retired;
    }

    function requirePage(uint256 from, uint256 count, uint256 expected) private view {
        IOfferRegistry.Offer[] memory page = registry.offers(from, count);
        assertEq(page.length, expected, "offers on the page");
        for (uint256 i; i < expected; ++i) {
            assertEq(abi.encode(page[i]), abi.encode(_list[from + i]), "offer");
        }
    }

    function refused(uint256 count) private {
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.PageSizeOutOfRange.selector, count, MAX_PAGE));
        registry.offers(0, count);
    }
}
