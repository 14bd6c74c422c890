// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {Staking} from "./Staking.sol";

contract EscrowPostStakeTest is Staking {
    function test_WhenTheCallerIsNotTheSeller_RevertWithNotSeller() external {
        OfferTerms memory terms = publish();
        refuses(withCaller(posting(terms, 100), stranger), notSeller());
    }

    function test_WhenTheCallerNamesTheTermsWithAnotherSeller_RevertWithOfferNotLive() external {
        OfferTerms memory terms = publish();
        terms.seller = stranger;
        refuses(posting(terms, 100), notLive(terms));
    }

    function test_GivenTheOfferWasNeverPublished_RevertWithOfferNotLive() external {
        OfferTerms memory terms = defaultTerms();
        refuses(posting(terms, 100), notLive(terms));
    }

    function test_GivenTheOfferIsRetired_TakeTheStake() external {
        OfferTerms memory terms = publish();
        retire(entitledOf(terms, buyer, 0));
        accepts(posting(terms, 100));
        requireStake(terms, 100, 0);
    }

    function test_GivenThereIsAStakeAlready_AddToIt() external {
        OfferTerms memory terms = staked(100);
        accepts(posting(terms, 50));
        requireStake(terms, 150, 0);
    }

    function test_GivenThereIsAStakeAlready_EmitStakePostedWithTheSum() external {
        OfferTerms memory terms = staked(100);
        expectEvent(address(escrow));
        emit IEscrow.StakePosted(Hashes.offerId(terms), seller, 50, 150);
        accepts(posting(terms, 50));
    }

    function test_GivenNoticeWasGiven_VoidTheNotice() external {
        OfferTerms memory terms = noticed(100);
        accepts(posting(terms, 1));
        requireStake(terms, 101, 0);
    }

    function test_GivenNoticeWasGiven_VoidTheNoticeEvenForNothing() external {
        OfferTerms memory terms = noticed(100);
        accepts(posting(terms, 0));
        requireStake(terms, 100, 0);
    }

    function test_GivenTheNoticeHasRunOut_NotLetTheSumBeWithdrawn() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(posting(terms, 50));
        refuses(withdrawing(terms), notWithdrawable(0));
    }

    function test_WhenEverythingFits_EmitStakePosted() external {
        OfferTerms memory terms = publish();
        expectEvent(address(escrow));
        emit IEscrow.StakePosted(Hashes.offerId(terms), seller, 100, 100);
        accepts(posting(terms, 100));
    }

    function test_WhenEverythingFits_MoveTheValueFromTheSellerToTheStakeAndNothingElse() external {
        Entitled memory entitled = entitledOf(publish(), buyer, 0);
        Books memory books = booksOf(entitled);
        accepts(posting(entitled.terms, 100));
        books.seller.native -= 100;
        books.vault.native += 100;
        books.stake = 100;
        requireBooks(entitled, books);
    }

    function test_WhenEverythingFits_LeaveTheStakeOfAnotherOfferAlone() external {
        OfferTerms memory other = staked(70);
        accepts(posting(publish(), 100));
        requireStake(other, 70, 0);
    }
}
