// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Deciding} from "./Deciding.sol";

contract EscrowRecordProofTest is Deciding {
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

    function test_GivenTheClaimCameProven_RevertWithAlreadyProven() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        refuses(deciding(claimed), alreadyProven(claimed));
    }

    function test_GivenTheClaimWasProvenBefore_RevertWithAlreadyProven() external {
        Claimed memory claimed = claim(buy());
        accepts(proving(claimed, false));
        refuses(deciding(claimed), alreadyProven(claimed));
    }

    function test_GivenNoChallengeIsOpen_AnswerThatThereWasNoneAndTheEndOfTheWindow() external {
        Claimed memory claimed = claim(buy());
        answers(proving(claimed, false), false, claimed.ref.windowEnd);
    }

    function test_GivenNoChallengeIsOpen_RecordTheProofAndChangeNothingElse() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(claimed.opened.entitled.id);
        accepts(proving(claimed, false));
        run.proven = true;
        requireRun(claimed.opened, run);
        requireEntitlement(claimed.opened.entitled, stored);
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
    }

    function test_GivenNoChallengeIsOpen_EmitNothingAndMoveNoMoney() external {
        Claimed memory claimed = claim(buy());
        movesNothing(proving(claimed, false), claimed.opened.entitled);
    }

    function test_GivenAnEvidenceChallengeIsOpen_AnswerThatThereWasOne() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        answers(proving(claimed, false), true, claimed.ref.windowEnd);
    }

    function test_GivenAnEvidenceChallengeIsOpen_RecordThatItIsAnswered() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        accepts(proving(claimed, false));
        run.proven = true;
        run.evidence = IEscrow.EvidenceStatus.Answered;
        requireRun(claimed.opened, run);
    }

    function test_GivenAnEvidenceChallengeIsOpen_ClearTheBitOfThisStepOnly() external {
        Claimed[] memory all = claims(buy(), 2);
        challengeEvidence(all[0]);
        challengeEvidence(all[1]);
        accepts(proving(all[0], false));
        assertEq(escrow.entitlementOf(all[0].opened.entitled.id).challenged, 4, "challenged");
    }

    function test_GivenAnEvidenceChallengeIsOpen_LeaveTheBondToBePaid() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        movesNothing(proving(claimed, false), claimed.opened.entitled);
    }

    function test_GivenAConductChallengeIsOpen_AnswerThatNoProofWasDemanded() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        answers(proving(claimed, false), false, claimed.ref.windowEnd);
    }

    function test_GivenAConductChallengeIsOpen_LeaveTheStepsBit() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        accepts(proving(claimed, false));
        assertEq(escrow.entitlementOf(claimed.opened.entitled.id).challenged, 2, "challenged");
    }

    function test_GivenBothChallengesAreOpen_LeaveTheStepsBit() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        challengeEvidence(claimed);
        accepts(proving(claimed, false));
        assertEq(escrow.entitlementOf(claimed.opened.entitled.id).challenged, 2, "challenged");
        assertEq(uint8(escrow.runOf(claimed.ref.runKey).conduct), uint8(IEscrow.ConductStatus.Challenged), "conduct");
    }

    function test_WhenTheProofEndsTheWindow_AnswerNowInTheLastSecondBeforeItsEnd() external {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd - 1);
        answers(proving(claimed, true), false, nowIs());
    }

    function test_WhenTheProofEndsTheWindow_KnowTheClaimByTheNewEnd() external {
        Claimed memory claimed = claim(buy());
        Claimed memory before = copyOf(claimed);
        accepts(proving(claimed, true));
        endWindow(claimed);
        assertEq(escrow.runOf(claimed.ref.runKey).windowEnd, nowIs(), "end of window");
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
        notPending(before);
    }

    function test_WhenTheProofEndsTheWindow_LeaveTheWindowAtItsEnd() external {
        leavesTheWindow(0);
    }

    function test_WhenTheProofEndsTheWindow_LeaveTheWindowAfterItsEnd() external {
        leavesTheWindow(1);
    }

    function deciding(IEscrow.StepRef memory ref) internal view override returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.recordProof, (ref, false)));
    }

    function proving(Claimed memory claimed, bool endsWindow) private view returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.recordProof, (stepRefOf(claimed), endsWindow)));
    }

    function copyOf(Claimed memory claimed) private pure returns (Claimed memory) {
        return abi.decode(abi.encode(claimed), (Claimed));
    }

    function answers(Call memory call_, bool wasChallenged, uint256 windowEnd) private {
        assertEq(accepts(call_), abi.encode(wasChallenged, windowEnd), "answer");
    }

    function leavesTheWindow(uint256 late) private {
        Claimed memory claimed = claim(buy());
        VM.warp(claimed.ref.windowEnd + late);
        answers(proving(claimed, true), false, claimed.ref.windowEnd);
        assertEq(escrow.runOf(claimed.ref.runKey).windowEnd, 0, "end of window");
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
    }

    function alreadyProven(Claimed memory claimed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey);
    }
}
