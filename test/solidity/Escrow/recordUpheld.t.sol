// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Hashes} from "../base/Hashes.sol";
import {Deciding} from "./Deciding.sol";

contract EscrowRecordUpheldTest is Deciding {
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

    function test_GivenNoChallengeIsOpen_RevertWithNotChallenged() external {
        notChallenged(claim(buy()));
    }

    function test_GivenOnlyAProofIsDemanded_RevertWithNotChallenged() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        notChallenged(claimed);
    }

    function test_GivenTheChallengeWasDecidedForTheSeller_RevertWithNotChallenged() external {
        Claimed memory claimed = objected();
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        notChallenged(claimed);
    }

    function test_GivenTheChallengeWasDecidedByASplit_RevertWithNotChallenged() external {
        Claimed memory claimed = objected();
        rule(claimed, ISettlement.Ruling.Split, 400);
        notChallenged(claimed);
    }

    function test_GivenAProofIsDemandedToo_LeaveTheStepsBit() external {
        Claimed memory claimed = objected();
        challengeEvidence(claimed);
        accepts(deciding(claimed));
        assertEq(escrow.entitlementOf(claimed.opened.entitled.id).challenged, 2, "challenged");
    }

    function test_GivenTheProofDemandedWasGiven_ClearTheStepsBit() external {
        Claimed memory claimed = objected();
        challengeEvidence(claimed);
        prove(claimed);
        accepts(deciding(claimed));
        assertEq(escrow.entitlementOf(claimed.opened.entitled.id).challenged, 0, "challenged");
    }

    function test_GivenOtherStepsAreChallenged_ClearTheBitOfThisStepOnly() external {
        Claimed[] memory all = claims(buy(), 3);
        for (uint256 i; i < 3; ++i) challengeConduct(all[i]);
        accepts(deciding(all[1]));
        assertEq(escrow.entitlementOf(all[0].opened.entitled.id).challenged, 2 + 8, "challenged");
    }

    function test_WhenEverythingFits_RecordTheOutcomeAndChangeNothingElse() external {
        Claimed memory claimed = objected();
        IEscrow.Run memory run = escrow.runOf(claimed.ref.runKey);
        IEscrow.Entitlement memory stored = escrow.entitlementOf(claimed.opened.entitled.id);
        accepts(deciding(claimed));
        run.conduct = IEscrow.ConductStatus.Upheld;
        requireRun(claimed.opened, run);
        stored.challenged = 0;
        requireEntitlement(claimed.opened.entitled, stored);
        requirePendingDigest(claimed, Hashes.claimDigest(claimed.ref));
    }

    function test_WhenEverythingFits_EmitNothingAndLeaveTheBondToBePaid() external {
        Claimed memory claimed = objected();
        movesNothing(deciding(claimed), claimed.opened.entitled);
    }

    function test_WhenEverythingFits_LeaveThePriceWhole() external {
        Claimed memory claimed = objected();
        accepts(deciding(claimed));
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings");
    }

    function deciding(IEscrow.StepRef memory ref) internal view override returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.recordUpheld, (ref)));
    }

    /// @dev The first step, claimed, and its buyer objects.
    function objected() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeConduct(claimed);
    }

    function notChallenged(Claimed memory claimed) private {
        refuses(deciding(claimed), abi.encodeWithSelector(IEscrow.NotChallenged.selector, claimed.ref.runKey));
    }
}
