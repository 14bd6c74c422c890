// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Deciding} from "./Deciding.sol";

contract EscrowEndWindowTest is Deciding {
    function test_WhenTheCallerIsNotTheSettlement_RevertWithNotAuthorisedContract(address caller) external {
        refusesOthers(caller);
    }

    function test_WhenTheCallerIsThePermitConsumer_RevertWithNotAuthorisedContract() external {
        refusesOthers(address(consumer));
    }

    function test_GivenNoSuchEntitlement_RevertWithClaimNotPending() external {
        refusesAnUnknownEntitlement();
    }

    function test_GivenTheStepWasNeverOpened_RevertWithClaimNotPending() external {
        refusesAStepNeverOpened();
    }

    function test_GivenTheStepIsOpen_RevertWithClaimNotPending() external {
        refusesAnOpenStep();
    }

    function test_GivenTheStepHasTimedOut_RevertWithClaimNotPending() external {
        refusesAStepThatTimedOut();
    }

    function test_GivenTheStepIsPaid_RevertWithClaimNotPending() external {
        refusesAPaidStep();
    }

    function test_GivenTheStepIsPaidAndTheNextHasItsSlot_RevertWithClaimNotPending() external {
        refusesAPaidStepWhoseSlotIsTaken();
    }

    function test_GivenTheStepWasRejected_RevertWithClaimNotPending() external {
        refusesARejectedStep();
    }

    function test_GivenTheStepWasVoidedWithAnEarlierOne_RevertWithClaimNotPending() external {
        refusesAVoidedStep();
    }

    function test_GivenAnotherRunHasTheNumberOfTheVoidedStep_RevertWithClaimNotPending() external {
        refusesAVoidedStepWhoseNumberIsTaken();
    }

    function test_WhenAnotherEntitlementIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherEntitlement();
    }

    function test_WhenAnotherStepIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherStep();
    }

    function test_WhenAnotherRunIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherRun();
    }

    function test_WhenAnotherClaimIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherClaim();
    }

    function test_WhenAnotherParentIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherParent();
    }

    function test_WhenAnotherEndOfTheWindowIsNamed_RevertWithClaimNotPending() external {
        refusesAnotherWindow();
    }

    function test_GivenAnEvidenceChallengeIsOpen_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challenged(claimed);
    }

    function test_GivenAConductChallengeIsOpen_RevertWithClaimChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        challenged(claimed);
    }

    function test_GivenBothChallengesAreDecided_EndTheWindow() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
        prove(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        ends(claimed, nowIs());
    }

    function test_GivenAnotherStepIsChallenged_EndTheWindow() external {
        Claimed[] memory all = claims(buy(), 2);
        challengeEvidence(all[1]);
        ends(all[0], nowIs());
    }

    function test_GivenTheWindowIsOpen_AnswerNow() external {
        ends(claim(buy()), nowIs());
    }

    function test_GivenTheWindowIsOpen_AnswerNowInTheLastSecondBeforeItsEnd() external {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd - 1);
        ends(claimed, nowIs());
    }

    function test_GivenTheWindowIsOpen_RecordTheNewEndAndNothingElseOfTheRun() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        pass(3);
        ends(claimed, nowIs());
        run.windowEnd = uint40(nowIs());
        requireRun(claimed.opened, run);
    }

    function test_GivenTheWindowIsOpen_KnowTheClaimByTheNewEndOnly() external {
        Claimed memory claimed = claim(buy());
        pass(3);
        ends(claimed, nowIs());
        notPending(claimed);
        claimed.ref.windowEnd = uint40(nowIs());
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
        finalize(claimed);
    }

    function test_GivenTheWindowIsOpen_LeaveTheEntitlementAsItWas() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Entitlement memory stored = escrow.entitlementOf(claimed.opened.entitled.id);
        ends(claimed, nowIs());
        requireEntitlement(claimed.opened.entitled, stored);
    }

    function test_GivenTheWindowIsOpen_EmitNothingAndMoveNoMoney() external {
        Claimed memory claimed = claim(buy());
        movesNothing(deciding(claimed), claimed.opened.entitled);
    }

    function test_GivenTheWindowIsOpen_LeaveTheWindowsOfOthersAlone() external {
        Claimed[] memory all = claims(buy(), 3);
        ends(all[1], nowIs());
        requirePendingDigest(all[0], Hashes.claimDigest(all[0].ref));
        requirePendingDigest(all[2], Hashes.claimDigest(all[2].ref));
    }

    function test_GivenTheWindowHasEnded_LeaveItAtItsEnd() external {
        leavesTheWindow(0);
    }

    function test_GivenTheWindowHasEnded_LeaveItAfterItsEnd() external {
        leavesTheWindow(1);
    }

    function deciding(IEscrow.StepRef memory ref) internal view override returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.endWindow, (ref)));
    }

    function ends(Claimed memory claimed, uint256 windowEnd) private {
        assertEq(abi.decode(accepts(deciding(claimed)), (uint256)), windowEnd, "end of window");
    }

    function leavesTheWindow(uint256 late) private {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd + late);
        ends(claimed, claimed.ref.windowEnd);
        assertEq(escrow.runOf(claimed.ref.runKey).windowEnd, 0, "recorded end");
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
    }

    function challenged(Claimed memory claimed) private {
        refuses(deciding(claimed), abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
    }
}
