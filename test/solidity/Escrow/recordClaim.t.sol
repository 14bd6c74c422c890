// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowRecordClaimTest is Ledger {
    function test_WhenTheCallerIsNotTheSettlement_RevertWithNotAuthorisedContract(address caller) external {
        refusesCaller(recording(claimOf(open(buy()))), caller, address(settlement));
    }

    function test_WhenTheCallerIsThePermitConsumer_RevertWithNotAuthorisedContract() external {
        refusesCaller(recording(claimOf(open(buy()))), address(consumer), address(settlement));
    }

    function test_GivenNoSuchEntitlement_RevertWithStepNotOpen() external {
        Entitled memory entitled = entitledOf(publish(), buyer, fresh("entitlement"));
        notOpen(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function test_GivenTheStepWasNeverOpened_RevertWithStepNotOpen() external {
        Entitled memory entitled = buy();
        notOpen(claimOf(openedOf(entitled, permitOf(entitled))));
    }

    function test_GivenTheStepIsClaimed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claim(buy());
        notOpen(claimed);
    }

    function test_GivenTheStepWasFreedByTime_RevertWithStepNotOpen() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        notOpen(claimOf(opened));
    }

    function test_GivenAnEarlierStepWasRejected_RevertWithStepNotOpen() external {
        Claimed memory first = claim(buy());
        Opened memory second = openAfter(first);
        reject(first);
        notOpen(claimOf(second));
    }

    function test_WhenAnotherStepIsNamed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.ref.step = 2;
        notOpen(claimed);
    }

    function test_WhenAnotherRunIsNamed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.ref.runKey = open(buy()).runKey;
        notOpen(claimed);
    }

    function test_WhenAnotherPermitIsNamed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.opened.permitHash = fresh("permit");
        notOpen(claimed);
    }

    function test_WhenAnotherParentIsNamed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.ref.parentHead = fresh("parent");
        notOpen(claimed);
    }

    function test_WhenAnotherEntitlementIsNamed_RevertWithStepNotOpen() external {
        Claimed memory claimed = claimOf(open(buy()));
        claimed.opened.entitled = open(buy()).entitled;
        notOpen(claimed);
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_RecordTheClaimInTheLastSecondBefore() external {
        Claimed memory claimed = claimOf(open(buy()));
        pass(STEP_TIMEOUT - 1);
        accepts(recording(claimed));
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_RevertWithClaimTooLateAtTheDeadline() external {
        tooLate(0);
    }

    function test_GivenTheStepCanBeClaimedUpToItsDeadline_RevertWithClaimTooLateAfterTheDeadline() external {
        tooLate(1);
    }

    function test_WhenEverythingFits_KeepTheClaimsDigest() external {
        Claimed memory claimed = recorded();
        assertTrue(escrow.isPending(stepRefOf(claimed)), "pending");
        bytes32 digest = escrow.pendingDigestOf(claimed.opened.entitled.id, 1);
        assertEq(digest, Hashes.claimDigest(claimed.ref), "digest");
    }

    function test_WhenEverythingFits_MoveTheHeadOn() external {
        Claimed memory claimed = recorded();
        assertEq(escrow.headOf(claimed.opened.entitled.id), NEXT_HEAD, "head");
    }

    function test_WhenEverythingFits_LeaveTheEntitlementAsItWas() external {
        Claimed memory claimed = claimOf(open(buy()));
        IEscrow.Entitlement memory stored = escrow.entitlementOf(claimed.opened.entitled.id);
        accepts(recording(claimed));
        requireEntitlement(claimed.opened.entitled, stored);
    }

    function test_WhenEverythingFits_LeaveTheRunAsItWas() external {
        Claimed memory claimed = claimOf(open(buy()));
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        accepts(recording(claimed));
        requireRun(claimed.opened, run);
    }

    function test_WhenEverythingFits_EmitNothingAndMoveNoMoney() external {
        Claimed memory claimed = claimOf(open(buy()));
        movesNothing(recording(claimed), claimed.opened.entitled);
    }

    function test_WhenTheClaimComesProven_RecordThatAndNothingElseOfTheRun() external {
        Claimed memory claimed = claimOf(open(buy()));
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        accepts(recording(claimed, true));
        run.proven = true;
        requireRun(claimed.opened, run);
    }

    function test_GivenAPaidClaimHasUsedTheSlot_TakeTheSlotOver() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 1;
        Claimed memory second = claimOf(openAfter(paid(buy(published(terms), 2))));
        second.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        accepts(recording(second));
        bytes32 digest = escrow.pendingDigestOf(second.opened.entitled.id, 2);
        assertEq(digest, Hashes.claimDigest(second.ref), "digest");
    }

    function test_GivenOtherClaimsArePending_LeaveTheirDigestsAlone() external {
        Claimed memory first = claim(buy());
        accepts(recording(claimOf(openAfter(first))));
        assertTrue(escrow.isPending(stepRefOf(first)), "pending");
    }

    bytes32 private constant NEXT_HEAD = keccak256("next head");

    function recording(Claimed memory claimed) private view returns (Call memory) {
        return recording(claimed, false);
    }

    function recording(Claimed memory claimed, bool proven) private view returns (Call memory) {
        IEscrow.StepRef memory ref = stepRefOf(claimed);
        Opened memory opened = claimed.opened;
        uint8 maxPending = opened.entitled.terms.maxPending;
        return
            Call(
                address(settlement),
                0,
                abi.encodeCall(IEscrow.recordClaim, (ref, opened.permitHash, NEXT_HEAD, maxPending, proven))
            );
    }

    /// @dev The first step, claimed with a dispute window.
    function recorded() private returns (Claimed memory claimed) {
        claimed = claimOf(open(buy()));
        claimed.ref.windowEnd = uint40(nowIs()) + DISPUTE_WINDOW;
        accepts(recording(claimed));
    }

    function notOpen(Claimed memory claimed) private {
        refuses(recording(claimed), abi.encodeWithSelector(IEscrow.StepNotOpen.selector, claimed.ref.runKey));
    }

    function tooLate(uint256 late) private {
        Claimed memory claimed = claimOf(open(buy()));
        uint256 deadline = nowIs() + STEP_TIMEOUT;
        VM.warp(deadline + late);
        refuses(recording(claimed), abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, deadline));
    }
}
