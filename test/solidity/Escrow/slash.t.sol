// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Staking} from "./Staking.sol";

contract EscrowSlashTest is Staking {
    function test_WhenTheCallerIsNotTheSettlement_RevertWithNotAuthorisedContract(address caller) external {
        refusesCaller(slashing(staked(100), buyer, 1), caller, address(settlement));
    }

    function test_WhenTheCallerIsThePermitConsumer_RevertWithNotAuthorisedContract() external {
        refusesCaller(slashing(staked(100), buyer, 1), address(consumer), address(settlement));
    }

    function test_GivenThereIsNoStake_AnswerZeroMoveNoMoneyAndEmitNothing() external {
        Entitled memory entitled = entitledOf(publish(), buyer, 0);
        movesNothing(slashing(entitled.terms, stranger, 30), entitled);
        answers(entitled.terms, 30, 0);
    }

    function test_WhenNothingIsToBeTaken_AnswerZeroMoveNoMoneyAndEmitNothing() external {
        Entitled memory entitled = entitledOf(staked(100), buyer, 0);
        movesNothing(slashing(entitled.terms, stranger, 0), entitled);
        answers(entitled.terms, 0, 0);
    }

    function test_WhenLessIsToBeTakenThanThereIs_AnswerThatAmount() external {
        answers(staked(100), 30, 30);
    }

    function test_WhenLessIsToBeTakenThanThereIs_TurnThatAmountIntoCreditAndMoveNothingElse() external {
        takes(30, 30);
    }

    function test_WhenLessIsToBeTakenThanThereIs_EmitStakeSlashedAndCredited() external {
        emits(30, 30);
    }

    function test_WhenAsMuchIsToBeTakenAsThereIs_AnswerAllThereWas() external {
        answers(staked(100), 100, 100);
    }

    function test_WhenAsMuchIsToBeTakenAsThereIs_TurnAllOfItIntoCreditAndMoveNothingElse() external {
        takes(100, 100);
    }

    function test_WhenMoreIsToBeTakenThanThereIs_AnswerAllThereWas() external {
        answers(staked(100), 101, 100);
    }

    function test_WhenMoreIsToBeTakenThanThereIs_TurnAllOfItIntoCreditAndMoveNothingElse() external {
        takes(type(uint256).max, 100);
    }

    function test_WhenMoreIsToBeTakenThanThereIs_EmitStakeSlashedAndCredited() external {
        emits(type(uint256).max, 100);
    }

    function test_GivenNoticeWasGiven_TakeFromTheStakeAndLeaveTheNotice() external {
        OfferTerms memory terms = noticed(100);
        uint256 end = nowIs() + NOTICE;
        VM.warp(end - 1);
        accepts(slashing(terms, stranger, 30));
        requireStake(terms, 70, end);
    }

    function test_GivenTheStakeWasWithdrawn_AnswerZero() external {
        OfferTerms memory terms = noticed(100);
        pass(NOTICE);
        accepts(withdrawing(terms));
        answers(terms, 30, 0);
    }

    function test_GivenAnotherOfferHasAStake_LeaveThatAlone() external {
        OfferTerms memory other = staked(70);
        accepts(slashing(staked(100), stranger, 100));
        requireStake(other, 70, 0);
    }

    function slashing(OfferTerms memory terms, address to, uint256 amount) private view returns (Call memory) {
        bytes memory data = abi.encodeCall(IEscrow.slash, (Hashes.offerId(terms), to, amount));
        return Call(address(settlement), 0, data);
    }

    function answers(OfferTerms memory terms, uint256 amount, uint256 taken) private {
        assertEq(abi.decode(accepts(slashing(terms, stranger, amount)), (uint256)), taken, "taken");
    }

    /// @dev Of a stake of 100.
    function takes(uint256 amount, uint256 taken) private {
        Entitled memory entitled = entitledOf(staked(100), buyer, 0);
        Books memory books = booksOf(entitled);
        accepts(slashing(entitled.terms, stranger, amount));
        books.stake -= taken;
        books.stranger.nativeCredit += taken;
        requireBooks(entitled, books);
    }

    function emits(uint256 amount, uint256 taken) private {
        OfferTerms memory terms = staked(100);
        Call memory call_ = slashing(terms, stranger, amount);
        expectEvent(address(escrow));
        emit IEscrow.StakeSlashed(Hashes.offerId(terms), stranger, taken);
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(0), stranger, taken);
        accepts(call_);
    }
}
