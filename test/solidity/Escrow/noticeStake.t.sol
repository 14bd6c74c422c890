// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {Staking} from "./Staking.sol";

contract EscrowNoticeStakeTest is Staking {
    function test_WhenTheCallerIsNotTheSeller_RevertWithNotSeller() external {
        OfferTerms memory terms = staked(100);
        refuses(withCaller(noticing(terms), stranger), notSeller());
    }

    function test_WhenTheCallerNamesTheTermsWithAnotherSeller_RevertWithNothingToWithdraw() external {
        OfferTerms memory terms = staked(100);
        terms.seller = stranger;
        refuses(noticing(terms), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenThereIsNoStake_RevertWithNothingToWithdraw() external {
        refuses(noticing(publish()), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenTheOfferNamesAnArbiterWithMoreTimeThanAProofHas_CountTheArbiters() external {
        notices(defaultTerms(), STEP_TIMEOUT + 2 * DISPUTE_WINDOW + ARBITRATION_WINDOW);
    }

    function test_GivenTheOfferNamesAnArbiterWithLessTimeThanAProofHas_CountTheProofs() external {
        OfferTerms memory terms = defaultTerms();
        terms.arbitrationWindow = PROOF_WINDOW - 1;
        notices(terms, STEP_TIMEOUT + 2 * DISPUTE_WINDOW + PROOF_WINDOW);
    }

    function test_GivenTheOfferNamesNoArbiter_CountTheProofs() external {
        notices(termsWithoutArbiter(), STEP_TIMEOUT + 2 * DISPUTE_WINDOW + PROOF_WINDOW);
    }

    function test_GivenTheWindowsAreAsLongAsTheyCanBe_CountAllOfThem() external {
        OfferTerms memory terms = defaultTerms();
        (terms.stepTimeout, terms.disputeWindow, terms.arbitrationWindow) = (30 days, 14 days, 29 days);
        notices(terms, 87 days);
    }

    function test_GivenNoticeWasGivenBefore_CountAnew() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE - 1);
        accepts(noticing(terms));
        requireStake(terms, 100, nowIs() + NOTICE);
    }

    function test_GivenTheOfferIsRetired_CountAsWell() external {
        OfferTerms memory terms = staked(100);
        retire(entitledOf(terms, buyer, 0));
        accepts(noticing(terms));
        requireStake(terms, 100, nowIs() + NOTICE);
    }

    function test_WhenEverythingFits_EmitStakeNoticed() external {
        OfferTerms memory terms = staked(100);
        expectEvent(address(escrow));
        emit IEscrow.StakeNoticed(Hashes.offerId(terms), seller, uint40(nowIs() + NOTICE));
        accepts(noticing(terms));
    }

    function test_WhenEverythingFits_MoveNoMoney() external {
        Entitled memory entitled = entitledOf(staked(100), buyer, 0);
        Books memory books = booksOf(entitled);
        accepts(noticing(entitled.terms));
        requireBooks(entitled, books);
    }

    function notices(OfferTerms memory terms, uint256 period) private {
        publish(terms);
        accepts(posting(terms, 100));
        accepts(noticing(terms));
        requireStake(terms, 100, nowIs() + period);
    }
}
