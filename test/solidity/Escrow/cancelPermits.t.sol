// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowCancelPermitsTest is Ledger {
    function test_GivenNoSuchEntitlement_RevertWithNoSuchEntitlement() external {
        unknown(entitledOf(buy().terms, buyer, fresh("entitlement")));
    }

    function test_WhenTheCallerIsNotTheBuyer_RevertWithNoSuchEntitlement() external {
        Entitled memory entitled = buy();
        unknown(entitledOf(entitled.terms, stranger, entitled.salt));
    }

    function test_WhenTheBuyerCancels_RaiseTheEpochAndChangeNothingElse() external {
        Claimed memory claimed = claim(buy());
        openAfter(claimed);
        Entitled memory entitled = claimed.opened.entitled;
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        bytes32 head = escrow.headOf(entitled.id);
        accepts(cancelling(entitled));
        stored.epoch = 1;
        requireEntitlement(entitled, stored);
        assertEq(escrow.headOf(entitled.id), head, "head");
    }

    function test_WhenTheBuyerCancels_EmitPermitsCancelledWithTheNewEpoch() external {
        Entitled memory entitled = buy();
        accepts(cancelling(entitled));
        expectEvent(address(escrow));
        emit IEscrow.PermitsCancelled(entitled.id, buyer, 2);
        accepts(cancelling(entitled));
    }

    function test_WhenTheBuyerCancels_MakeThePermitsSignedBeforeWorthless() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        accepts(cancelling(entitled));
        expectRefusal(abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_WhenTheBuyerCancels_LetPermitsOfTheNewEpochOpenSteps() external {
        Entitled memory entitled = buy();
        accepts(cancelling(entitled));
        PermitInput memory permit = permitOf(entitled);
        permit.epoch = 1;
        open(entitled, permit);
    }

    function test_WhenTheBuyerCancels_LeaveThePermitsOfOtherEntitlementsAlone() external {
        Entitled memory entitled = buy();
        Entitled memory other = buy(entitled.terms, 1);
        accepts(cancelling(entitled));
        open(other);
    }

    function test_WhenTheBuyerCancels_LeaveAnOpenStepToBeClaimedAndAPendingOneToBePaid() external {
        Claimed memory first = claim(buy());
        Opened memory second = openAfter(first);
        accepts(cancelling(first.opened.entitled));
        claim(second);
        acknowledge(first);
        finalize(first);
    }

    function test_WhenTheBuyerCancels_MoveNoMoney() external {
        Entitled memory entitled = buy();
        Books memory books = booksOf(entitled);
        accepts(cancelling(entitled));
        requireBooks(entitled, books);
    }

    function test_GivenTheEntitlementHasExpired_RaiseTheEpoch() external {
        Entitled memory entitled = buy();
        pass(TTL);
        accepts(cancelling(entitled));
        assertEq(escrow.entitlementOf(entitled.id).epoch, 1, "epoch");
    }

    function test_GivenTheHighestEpochIsReached_BeginAgainAtZeroAndChangeNothingElse() external {
        Entitled memory entitled = buy();
        setCounters(entitled, 7, type(uint16).max);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        expectEvent(address(escrow));
        emit IEscrow.PermitsCancelled(entitled.id, buyer, 0);
        accepts(cancelling(entitled));
        stored.epoch = 0;
        requireEntitlement(entitled, stored);
    }

    function cancelling(Entitled memory entitled) private pure returns (Call memory) {
        return Call(entitled.buyer, 0, abi.encodeCall(IEscrow.cancelPermits, (entitled.offerId, entitled.salt)));
    }

    function unknown(Entitled memory entitled) private {
        refuses(cancelling(entitled), abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, entitled.id));
    }
}
