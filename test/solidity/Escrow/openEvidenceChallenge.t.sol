// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Challenging} from "./Challenging.sol";

contract EscrowOpenEvidenceChallengeTest is Challenging {
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

    function test_GivenTheWindowHasAnEnd_OpenAChallengeInTheLastSecondBefore() external {
        opensUntilTheEnd();
    }

    function test_GivenTheWindowHasAnEnd_RevertWithWindowClosedAtTheEnd() external {
        refusesFromTheEnd(0);
    }

    function test_GivenTheWindowHasAnEnd_RevertWithWindowClosedAfterTheEnd() external {
        refusesFromTheEnd(1);
    }

    function test_GivenTheWindowWasEndedEarly_RevertWithWindowClosedInTheSameSecond() external {
        refusesAfterAnAcknowledgement();
    }

    function test_GivenSuchAChallengeIsOpen_RevertWithAlreadyChallenged() external {
        Claimed memory claimed = claim(buy());
        accepts(deciding(claimed));
        refuses(deciding(claimed), alreadyChallenged(claimed));
    }

    function test_GivenSuchAChallengeWasAnswered_RevertWithAlreadyProven() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        prove(claimed);
        refuses(deciding(claimed), alreadyProven(claimed));
    }

    function test_GivenTheClaimCameProven_RevertWithAlreadyProven() external {
        Claimed memory claimed = claimWithProof(open(buy()));
        refuses(deciding(claimed), alreadyProven(claimed));
    }

    function test_GivenTheBuyerObjectsToTheClaim_OpenAChallengeBesideThatOne() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        accepts(deciding(claimed));
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        assertEq(uint8(run.conduct), uint8(IEscrow.ConductStatus.Challenged), "conduct");
        assertEq(uint8(run.evidence), uint8(IEscrow.EvidenceStatus.Challenged), "evidence");
    }

    function test_GivenTheBuyersObjectionWasDecided_OpenAChallenge() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        accepts(deciding(claimed));
    }

    function test_WhenEverythingFits_MarkTheRunAndNothingElseOfIt() external {
        Claimed memory claimed = claim(buy());
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        accepts(deciding(claimed));
        run.evidence = IEscrow.EvidenceStatus.Challenged;
        requireRun(claimed.opened, run);
    }

    function test_WhenEverythingFits_SetTheStepsBitAndChangeNothingElseOfTheEntitlement() external {
        setsTheBitOfTheStep();
    }

    function test_WhenEverythingFits_HoldTheValueAsABondAndMoveNothingElse() external {
        holdsTheValue();
    }

    function test_WhenEverythingFits_LeaveClaimAndWindowAsTheyAre() external {
        Claimed memory claimed = claim(buy());
        accepts(deciding(claimed));
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
    }

    function test_GivenEightStepsArePending_SetABitForEachOfThem() external {
        setsABitForEach();
    }

    function deciding(IEscrow.StepRef memory ref) internal override returns (Call memory) {
        VM.deal(address(settlement), 100);
        return withValue(bySettlement(abi.encodeCall(IEscrow.openEvidenceChallenge, (ref))), 100);
    }

    function alreadyProven(Claimed memory claimed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey);
    }
}
