// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Staking} from "./Staking.sol";

contract EscrowWithdrawStakeTest is Staking {
    function test_WhenTheCallerIsNotTheSeller_RevertWithNotSeller() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        refuses(withCaller(withdrawing(terms), stranger), notSeller());
    }

    function test_WhenTheCallerNamesTheTermsWithAnotherSeller_RevertWithNothingToWithdraw() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        terms.seller = stranger;
        refuses(withdrawing(terms), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenThereIsNoStake_RevertWithNothingToWithdraw() external {
        refuses(withdrawing(publish()), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenAllOfTheStakeWasSlashed_RevertWithNothingToWithdraw() external {
        OfferTerms memory terms = noticed(100);
        slash(terms, 100);
        pass(NOTICE);
        refuses(withdrawing(terms), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenItWasWithdrawnBefore_RevertWithNothingToWithdraw() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(withdrawing(terms));
        refuses(withdrawing(terms), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenNoNoticeWasGiven_RevertWithStakeNotWithdrawableAndNoTime() external {
        OfferTerms memory terms = staked(100);
        pass(10 * NOTICE);
        refuses(withdrawing(terms), notWithdrawable(0));
    }

    function test_GivenTheNoticeRunsOut_RevertWithStakeNotWithdrawableInTheLastSecondBefore() external {
        OfferTerms memory terms = noticed(100);
        uint256 end = nowIs() + NOTICE;
        VM.warp(end - 1);
        refuses(withdrawing(terms), notWithdrawable(end));
    }

    function test_GivenTheNoticeRunsOut_PayAtItsEnd() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(withdrawing(terms));
    }

    function test_GivenTheNoticeRunsOut_PayAfterItsEnd() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE + 1);
        accepts(withdrawing(terms));
    }

    function test_GivenTheNoticeRunsOut_NotHaveLetTheLastStepOpenedBeforeItEscape() external {
        OfferTerms memory terms = staked(MIN_BOND);
        Opened memory opened = open(buy(terms, 1));
        accepts(noticing(terms));
        uint256 end = nowIs() + NOTICE;
        pass(STEP_TIMEOUT - 1);
        Claimed memory claimed = claim(opened);
        pass(DISPUTE_WINDOW - 1);
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
        assertTrue(nowIs() + DISPUTE_WINDOW <= end, "the dispute is decided before");
        rejectUnproven(claimed);
        VM.warp(end);
        refuses(withdrawing(terms), IEscrow.NothingToWithdraw.selector);
    }

    function test_GivenPartOfTheStakeWasSlashed_PayTheRest() external {
        OfferTerms memory terms = noticed(100);
        slash(terms, 30);
        pass(NOTICE);
        accepts(withdrawing(terms));
        assertEq(escrow.creditOf(address(0), seller), 70, "credit");
    }

    function test_GivenTheOfferIsRetired_Pay() external {
        OfferTerms memory terms = noticed(100);
        retire(entitledOf(terms, buyer, 0));
        pass(NOTICE);
        accepts(withdrawing(terms));
    }

    function test_WhenEverythingFits_ForgetStakeAndNotice() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(withdrawing(terms));
        requireStake(terms, 0, 0);
    }

    function test_WhenEverythingFits_EmitStakeWithdrawnAndCredited() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        expectEvent(address(escrow));
        emit IEscrow.StakeWithdrawn(Hashes.offerId(terms), seller, 100);
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(0), seller, 100);
        accepts(withdrawing(terms));
    }

    function test_WhenEverythingFits_TurnTheStakeIntoTheSellersCreditAndMoveNothingElse() external {
        Entitled memory entitled = entitledOf(noticed(100), buyer, 0);
        pass(NOTICE);
        Books memory books = booksOf(entitled);
        accepts(withdrawing(entitled.terms));
        books.stake = 0;
        books.seller.nativeCredit += 100;
        requireBooks(entitled, books);
    }

    function test_WhenEverythingFits_LeaveTheStakeOfAnotherOfferAlone() external {
        OfferTerms memory other = staked(70);
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(withdrawing(terms));
        requireStake(other, 70, 0);
    }
}
