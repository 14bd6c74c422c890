// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {Hashes} from "../base/Hashes.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowFinalizeBatchTest is Ledger {
    function test_WhenNoStepIsNamed_MoveNoMoney() external {
        Entitled memory entitled = buy();
        Books memory books = booksOf(entitled);
        accepts(finalizing(new ClaimedStep[](0), entitled.offerId));
        requireBooks(entitled, books);
    }

    function test_GivenSeveralStepsOfOneEntitlement_PayThemAllAndMoveNothingElse() external {
        ClaimedStep[] memory steps = due();
        Books memory books = booksOf(_entitled);
        accepts(finalizing(steps, _entitled.offerId));
        books.deposit -= 3 * PRICE;
        books.earnings += 3 * PRICE;
        requireBooks(_entitled, books);
        assertEq(escrow.entitlementOf(_entitled.id).settled, 3, "settled");
    }

    function test_GivenSeveralStepsOfOneEntitlement_EmitStepPaidForEach() external {
        ClaimedStep[] memory steps = due();
        for (uint32 i; i < 3; ++i) {
            expectEvent(address(escrow));
            emit IEscrow.StepPaid(_entitled.id, i + 1, steps[i].runKey, PRICE, 0);
        }
        accepts(finalizing(steps, _entitled.offerId));
    }

    function test_GivenSeveralStepsOfOneEntitlement_AddToWhatTheOfferEarnedBefore() external {
        Entitled memory entitled = buy();
        Claimed memory first = paid(entitled);
        Claimed memory second = claimAfter(first);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(listOf(second.ref), entitled.offerId));
        assertEq(escrow.earningsOf(entitled.offerId), 2 * PRICE, "earnings");
    }

    function test_GivenStepsOfSeveralBuyers_PayThemAll() external {
        Claimed memory first = claim(buy());
        Entitled memory other = buyFor(first.opened.entitled.terms, stranger, 1);
        Claimed memory second = claim(other);
        pass(DISPUTE_WINDOW);
        accepts(finalizing(listOf(second.ref, first.ref), other.offerId));
        assertEq(escrow.earningsOf(other.offerId), 2 * PRICE, "earnings");
        assertEq(escrow.entitlementOf(other.id).settled, 1, "settled");
    }

    function test_GivenThePriceOfOneIsSplit_PayBothTheirSharesOfThatOne() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(second);
        rule(second, ISettlement.Ruling.Split, 400);
        pass(DISPUTE_WINDOW);
        Entitled memory entitled = first.opened.entitled;
        Books memory books = booksOf(entitled);
        accepts(finalizing(listOf(first.ref, second.ref), entitled.offerId));
        books.deposit -= 2 * PRICE;
        books.earnings += PRICE + 400;
        books.buyer.nativeCredit += 600;
        requireBooks(entitled, books);
    }

    function test_GivenOneOfThemIsStillInItsWindow_RevertWithWindowOpenAndPayNone() external {
        Claimed memory first = claim(buy());
        pass(1);
        Claimed memory second = claimAfter(first);
        pass(DISPUTE_WINDOW - 1);
        Entitled memory entitled = first.opened.entitled;
        Books memory books = booksOf(entitled);
        refuses(
            finalizing(listOf(first.ref, second.ref), entitled.offerId),
            abi.encodeWithSelector(IEscrow.WindowOpen.selector, second.ref.windowEnd)
        );
        requireBooks(entitled, books);
    }

    function test_WhenAStepIsNamedTwice_RevertWithStepNotNext() external {
        ClaimedStep[] memory steps = due();
        refuses(finalizing(listOf(steps[0], steps[0]), _entitled.offerId), notNext(1, 2));
    }

    function test_WhenStepsAreNamedOutOfOrder_RevertWithStepNotNext() external {
        ClaimedStep[] memory steps = due();
        refuses(finalizing(listOf(steps[1], steps[0]), _entitled.offerId), notNext(2, 1));
    }

    function test_WhenAStepOfAnotherOfferIsNamed_RevertWithClaimNotPending() external {
        ClaimedStep[] memory steps = due();
        Claimed memory other = claim(buy());
        pass(DISPUTE_WINDOW);
        refuses(
            finalizing(listOf(steps[0], other.ref), _entitled.offerId),
            abi.encodeWithSelector(
                IEscrow.ClaimNotPending.selector,
                Hashes.entitlementId(_entitled.offerId, buyer, other.ref.salt),
                1,
                other.ref.runKey
            )
        );
    }

    Entitled private _entitled;

    /// @dev Anybody has steps paid.
    function finalizing(ClaimedStep[] memory steps, OfferId offerId) private view returns (Call memory) {
        return Call(stranger, 0, abi.encodeCall(IEscrow.finalizeBatch, (steps, offerId)));
    }

    /// @dev Three steps of an entitlement, ready to be paid.
    function due() private returns (ClaimedStep[] memory steps) {
        steps = new ClaimedStep[](3);
        Claimed memory last = claim(buy());
        _entitled = last.opened.entitled;
        steps[0] = last.ref;
        for (uint256 i = 1; i < 3; ++i) {
            last = claimAfter(last);
            steps[i] = last.ref;
        }
        pass(DISPUTE_WINDOW);
    }

    function listOf(ClaimedStep memory one) private pure returns (ClaimedStep[] memory list) {
        list = new ClaimedStep[](1);
        list[0] = one;
    }

    function listOf(ClaimedStep memory one, ClaimedStep memory two) private pure returns (ClaimedStep[] memory list) {
        list = new ClaimedStep[](2);
        (list[0], list[1]) = (one, two);
    }

    function notNext(uint256 step, uint256 next) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.StepNotNext.selector, step, next);
    }
}
