// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowTimeoutTest is Ledger {
    function test_GivenNoSuchEntitlement_RevertWithStepNotOpen() external {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("entitlement"));
        notOpen(openedOf(entitled, permitOf(entitled)));
    }

    function test_GivenTheStepWasNeverOpened_RevertWithStepNotOpen() external {
        Entitled memory entitled = buy();
        notOpen(openedOf(entitled, permitOf(entitled)));
    }

    function test_GivenTheStepIsClaimed_RevertWithStepNotOpen() external {
        Opened memory opened = open(buy());
        claim(opened);
        notOpen(opened);
    }

    function test_GivenTheStepHasTimedOutBefore_RevertWithStepNotOpen() external {
        Opened memory opened = overdue();
        accepts(timing(opened));
        notOpen(opened);
    }

    function test_GivenAnEarlierStepWasRejected_RevertWithStepNotOpen() external {
        Claimed memory claimed = claim(buy());
        Opened memory opened = openAfter(claimed);
        reject(claimed);
        notOpen(opened);
    }

    function test_WhenAnotherRunIsNamed_RevertWithStepNotOpen() external {
        Opened memory opened = overdue();
        opened.runKey = RunKey.wrap(fresh("run"));
        notOpen(opened);
    }

    function test_WhenAnotherPermitIsNamed_RevertWithStepNotOpen() external {
        Opened memory opened = overdue();
        opened.permitHash = fresh("permit");
        notOpen(opened);
    }

    function test_WhenAnotherParentIsNamed_RevertWithStepNotOpen() external {
        Opened memory opened = overdue();
        opened.parentHead = fresh("parent");
        notOpen(opened);
    }

    function test_WhenAnotherEntitlementIsNamed_RevertWithStepNotOpen() external {
        Opened memory opened = overdue();
        opened.entitled = buy(opened.entitled.terms, 1);
        notOpen(opened);
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_RevertWithStepNotTimedOutInTheLastSecondWhenItCanBeClaimed()
        external
    {
        Opened memory opened = open(buy());
        uint256 deadline = nowIs() + STEP_TIMEOUT;
        VM.warp(deadline - 1);
        refuses(timing(opened), abi.encodeWithSelector(IEscrow.StepNotTimedOut.selector, deadline));
        claim(opened);
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_FreeItAtTheDeadlineWhenItCannotBeClaimed() external {
        Opened memory opened = overdue();
        ISettlement.SignedClaim memory signed = signedClaim(claimOf(opened));
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, nowIs()));
        settlement.claim(opened.entitled.terms, signed);
        accepts(timing(opened));
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_FreeItAfterTheDeadline() external {
        Opened memory opened = overdue();
        pass(1);
        accepts(timing(opened));
    }

    function test_WhenTheTimeIsOver_FreeTheNumberAndChangeNothingElse() external {
        Opened memory opened = overdue();
        IEscrow.Entitlement memory stored = escrow.entitlementOf(opened.entitled.id);
        accepts(timing(opened));
        stored.opened = 0;
        requireEntitlement(opened.entitled, stored);
        assertEq(escrow.headOf(opened.entitled.id), bytes32(0), "head");
    }

    function test_WhenTheTimeIsOver_KeepWhatIsKnownOfTheRun() external {
        Opened memory opened = overdue();
        IEscrow.Run memory run = escrow.runOf(opened.runKey);
        accepts(timing(opened));
        requireRun(opened, run);
    }

    function test_WhenTheTimeIsOver_EmitStepTimedOut() external {
        Opened memory opened = overdue();
        expectEvent(address(escrow));
        emit IEscrow.StepTimedOut(opened.entitled.id, 1, opened.runKey);
        accepts(timing(opened));
    }

    function test_WhenTheTimeIsOver_MoveNoMoney() external {
        Opened memory opened = overdue();
        Books memory books = booksOf(opened.entitled);
        accepts(timing(opened));
        requireBooks(opened.entitled, books);
    }

    function test_WhenTheTimeIsOver_LetAnotherRunTakeTheNumber() external {
        Opened memory opened = overdue();
        accepts(timing(opened));
        claim(open(opened.entitled));
    }

    function test_WhenTheTimeIsOver_NotLetTheSameRunTakeTheNumber() external {
        Opened memory opened = overdue();
        accepts(timing(opened));
        IPermitConsumer.Consumption memory consumption = signedPermit(opened.entitled, opened.permit);
        expectRefusal(abi.encodeWithSelector(IEscrow.RunUsed.selector, opened.runKey));
        consume(opened.entitled, consumption);
    }

    function test_WhenTheTimeIsOver_NotLetTheRunClaim() external {
        Opened memory opened = overdue();
        accepts(timing(opened));
        ISettlement.SignedClaim memory signed = signedClaim(claimOf(opened));
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotOpen.selector, opened.runKey));
        settlement.claim(opened.entitled.terms, signed);
    }

    function test_GivenAnEarlierStepIsPending_BringBackTheHeadThatItLeft() external {
        (Claimed memory first, Opened memory second) = overdueAfterAPendingStep();
        accepts(timing(second));
        bytes32 head = Hashes.head(first.claim.nextStateCommitment, first.claim.nextNetCommitment);
        assertEq(escrow.headOf(first.opened.entitled.id), head, "head");
    }

    function test_GivenAnEarlierStepIsPending_LeaveThatStepToBePaid() external {
        (Claimed memory first, Opened memory second) = overdueAfterAPendingStep();
        accepts(timing(second));
        finalize(first);
        assertEq(escrow.entitlementOf(first.opened.entitled.id).opened, 1, "opened");
    }

    function test_GivenAnEarlierStepIsChallenged_FreeTheNumberAllTheSame() external {
        Claimed memory first = claim(buy());
        Opened memory second = openAfter(first);
        challengeConduct(first);
        pass(STEP_TIMEOUT);
        accepts(timing(second));
    }

    function test_GivenTheEntitlementHasExpired_FreeTheNumberForARefund() external {
        Opened memory opened = overdue();
        VM.warp(escrow.entitlementOf(opened.entitled.id).expiresAt);
        accepts(timing(opened));
        refund(opened.entitled, 4);
    }

    /// @dev Anybody says that the step's time is over.
    function timing(Opened memory opened) private view returns (Call memory) {
        return
            Call(
                stranger,
                0,
                abi.encodeCall(
                    IEscrow.timeout,
                    (opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead)
                )
            );
    }

    /// @dev The first step, open, in the first second in which it cannot be claimed.
    function overdue() private returns (Opened memory opened) {
        opened = open(buy());
        pass(STEP_TIMEOUT);
    }

    function overdueAfterAPendingStep() private returns (Claimed memory first, Opened memory second) {
        first = claim(buy());
        second = openAfter(first);
        pass(STEP_TIMEOUT);
    }

    function notOpen(Opened memory opened) private {
        refuses(timing(opened), abi.encodeWithSelector(IEscrow.StepNotOpen.selector, opened.runKey));
    }
}
