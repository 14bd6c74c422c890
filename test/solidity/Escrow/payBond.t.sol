// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowPayBondTest is Ledger {
    function test_WhenTheCallerIsNotTheSettlement_RevertWithNotAuthorisedContract(address caller) external {
        challenged();
        refusesCaller(paying(buyer, 1), caller, address(settlement));
    }

    function test_WhenTheCallerIsThePermitConsumer_RevertWithNotAuthorisedContract() external {
        challenged();
        refusesCaller(paying(buyer, 1), address(consumer), address(settlement));
    }

    function test_WhenMoreIsToBePaidThanIsHeld_Revert() external {
        challenged();
        refuses(paying(buyer, MIN_BOND + 1), OVERFLOW);
    }

    function test_GivenNoBondIsHeld_RevertAlthoughThereAreDeposits() external {
        buy();
        refuses(paying(buyer, 1), OVERFLOW);
    }

    function test_WhenNothingIsToBePaid_MoveNoMoneyAndEmitNothing() external {
        movesNothing(paying(buyer, 0), challenged());
    }

    function test_WhenPartOfWhatIsHeldIsToBePaid_TurnItIntoCreditAndMoveNothingElse() external {
        Entitled memory entitled = challenged();
        Books memory books = booksOf(entitled);
        accepts(paying(buyer, 30));
        books.bonds -= 30;
        books.buyer.nativeCredit += 30;
        requireBooks(entitled, books);
    }

    function test_WhenPartOfWhatIsHeldIsToBePaid_EmitCredited() external {
        challenged();
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(0), arbiter, 30);
        accepts(paying(arbiter, 30));
    }

    function test_WhenAllThatIsHeldIsToBePaid_HoldNothingAnyMore() external {
        Entitled memory entitled = challenged();
        accepts(paying(seller, MIN_BOND));
        assertEq(escrow.bondsHeld(), 0, "bonds");
        assertEq(booksOf(entitled).seller.nativeCredit, MIN_BOND, "credit");
    }

    /// @dev Checked arithmetic of the compiler.
    bytes private constant OVERFLOW = abi.encodeWithSignature("Panic(uint256)", 0x11);

    function paying(address to, uint256 amount) private view returns (Call memory) {
        return Call(address(settlement), 0, abi.encodeCall(IEscrow.payBond, (to, amount)));
    }

    /// @dev The least bond is held for one challenge.
    function challenged() private returns (Entitled memory entitled) {
        entitled = buy();
        challengeEvidence(claim(entitled));
    }
}
