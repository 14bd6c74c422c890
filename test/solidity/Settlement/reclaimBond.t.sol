// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementReclaimBondTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;

    // ------------------------------------------------------------------ no challenge

    function test_GivenThereIsNoChallenge_RefuseTheEvidenceBondOfAnUnchallengedClaim() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        unknown(claimed.ref.runKey, EVIDENCE);
    }

    function test_GivenThereIsNoChallenge_RefuseTheConductBondOfAnUnchallengedClaim() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        unknown(claimed.ref.runKey, CONDUCT);
    }

    function test_GivenThereIsNoChallenge_RefuseAnyRunThatWasNeverUsed(RunKey runKey) external {
        unknown(runKey, EVIDENCE);
        unknown(runKey, CONDUCT);
    }

    // ------------------------------------------------------------------ a claim that counts

    function test_GivenTheChallengeStillCounts_RefuseWhileTheProofIsDue() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        stillCounts(claimed, EVIDENCE);
    }

    function test_GivenTheChallengeStillCounts_RefuseAfterTheProofWasDue() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
        stillCounts(claimed, EVIDENCE);
    }

    function test_GivenTheChallengeStillCounts_RefuseWhileTheRulingIsDue() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        stillCounts(claimed, CONDUCT);
    }

    function test_GivenTheChallengeStillCounts_RefuseAfterTheRulingWasDue() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        stillCounts(claimed, CONDUCT);
    }

    function test_GivenTheClaimItselfWasRejected_RefuseTheEvidenceBond() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        reject(claimed);
        unknown(claimed.ref.runKey, EVIDENCE);
    }

    function test_GivenTheClaimItselfWasRejected_RefuseTheConductBond() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        rejectUnruled(claimed);
        unknown(claimed.ref.runKey, CONDUCT);
    }

    // ------------------------------------------------------------------ a claim that was voided

    function test_GivenAnEarlierStepWasRejected_ReturnTheEvidenceBondToTheChallenger() external {
        Claimed memory claimed = voided(true, false);
        Books memory books = booksOf(claimed.opened.entitled);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenAnEarlierStepWasRejected_ReturnTheConductBondToTheBuyer() external {
        Claimed memory claimed = voided(false, true);
        Books memory books = booksOf(claimed.opened.entitled);
        settlement.reclaimBond(claimed.ref.runKey, CONDUCT);
        books.buyer += CONDUCT_BOND;
        books.bonds -= CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenAnEarlierStepWasRejected_ReturnOneBondAndLeaveTheOther() external {
        Claimed memory claimed = voided(true, true);
        settlement.reclaimBond(claimed.ref.runKey, CONDUCT);
        assertEq(escrow.bondsHeld(), MIN_BOND, "bonds held");
        assertEq(settlement.challengeOf(claimed.ref.runKey, EVIDENCE).poster, stranger, "challenger");
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        assertEq(escrow.bondsHeld(), 0, "bonds held in the end");
    }

    function test_GivenAnEarlierStepWasRejected_ReturnTheEvidenceBondAfterTheProofWasDue() external {
        Claimed memory claimed = voided(true, false);
        pass(PROOF_WINDOW);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        assertEq(creditOf(stranger), MIN_BOND, "credit of the challenger");
    }

    function test_GivenAnEarlierStepWasRejected_LeaveTheStakeAlone() external {
        Claimed memory claimed = voided(true, true);
        postStake(claimed.opened.entitled, 1 ether);
        pass(ARBITRATION_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        settlement.reclaimBond(claimed.ref.runKey, CONDUCT);
        books.challenger += MIN_BOND;
        books.buyer += CONDUCT_BOND;
        books.bonds -= MIN_BOND + CONDUCT_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenAnEarlierStepWasRejected_GiveTheCallerNothing(address caller) external {
        VM.assume(caller != stranger);
        Claimed memory claimed = voided(true, false);
        uint256 before = creditOf(caller);
        VM.prank(caller);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        assertEq(creditOf(caller), before, "credit of the caller");
    }

    function test_GivenAnEarlierStepWasRejected_ForgetTheChallenge() external {
        Claimed memory claimed = voided(true, false);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        requireNoChallenge(claimed, EVIDENCE);
    }

    function test_GivenAnEarlierStepWasRejected_RefuseASecondTime() external {
        Claimed memory claimed = voided(true, false);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        unknown(claimed.ref.runKey, EVIDENCE);
    }

    function test_GivenAnEarlierStepWasRejected_EmitBondReclaimedAndCredited() external {
        Claimed memory claimed = voided(true, false);
        VM.recordLogs();
        expectEvent(address(settlement));
        emit ISettlement.BondReclaimed(claimed.ref.runKey, EVIDENCE, stranger, MIN_BOND);
        expectCredited(stranger, MIN_BOND);
        settlement.reclaimBond(claimed.ref.runKey, EVIDENCE);
        requireEvents(2);
    }

    function test_GivenAnEarlierStepWasRejectedForEachCause_ReturnTheBondAfterAMissingProof() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(first);
        challengeConduct(second);
        pass(PROOF_WINDOW);
        rejectUnproven(first);
        returned(second);
    }

    function test_GivenAnEarlierStepWasRejectedForEachCause_ReturnTheBondAfterARuling() external {
        returned(voided(false, true));
    }

    function test_GivenAnEarlierStepWasRejectedForEachCause_ReturnTheBondAfterAMissingRuling() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(first);
        challengeConduct(second);
        pass(ARBITRATION_WINDOW);
        rejectUnruled(first);
        // Not twice: the first step's bond went back with the rejection.
        unknown(first.ref.runKey, CONDUCT);
        returned(second);
    }

    function test_GivenTheEarlierChallengeIsOfAnEarlierStepThatStillCounts_RefuseThatOne() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(first);
        reject(second);
        stillCounts(first, EVIDENCE);
    }

    // ------------------------------------------------------------------ the number is used again

    function test_GivenTheStepWasClaimedAgainAndIsPending_ReturnTheBondOfTheVoidedClaim() external {
        (Claimed memory second, ) = claimedAgain();
        returned(second);
    }

    function test_GivenTheStepWasClaimedAgainAndIsChallenged_ReturnTheBondOfTheVoidedClaimAndLeaveThatOfTheNewOne()
        external
    {
        (Claimed memory second, Claimed memory again) = claimedAgain();
        challengeConduct(again);
        returned(second);
        stillCounts(again, CONDUCT);
        assertEq(escrow.bondsHeld(), CONDUCT_BOND, "bonds held");
    }

    function test_GivenTheStepWasClaimedAgainAndPaid_ReturnTheBondOfTheVoidedClaim() external {
        (Claimed memory second, Claimed memory again) = claimedAgain();
        pass(DISPUTE_WINDOW);
        finalize(again);
        returned(second);
    }

    // ------------------------------------------------------------------ parts

    /// @dev A challenged second step whose first was rejected by a ruling.
    function voided(bool evidenceToo, bool conductToo) private returns (Claimed memory second) {
        Claimed memory first = claim(buy());
        second = claimAfter(first);
        if (evidenceToo) challengeEvidence(second);
        if (conductToo) challengeConduct(second);
        reject(first);
    }

    /// @dev A challenged second step that was voided, and what took its number; the first is done again and paid.
    function claimedAgain() private returns (Claimed memory second, Claimed memory again) {
        Claimed memory first = claim(buy());
        second = claimAfter(first);
        challengeConduct(second);
        reject(first);
        first = claim(openAgain(first, 1));
        acknowledge(first);
        finalize(first);
        PermitInput memory permit = permitAfter(first);
        permit.epoch = 1;
        again = claim(open(first.opened.entitled, permit));
        assertEq(again.ref.step, second.ref.step, "step");
    }

    function returned(Claimed memory claimed) private {
        uint256 before = creditOf(buyer);
        settlement.reclaimBond(claimed.ref.runKey, CONDUCT);
        assertEq(creditOf(buyer), before + CONDUCT_BOND, "credit of the buyer");
    }

    function unknown(RunKey runKey, ISettlement.ChallengeKind kind) private {
        expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeUnknown.selector, runKey, kind));
        settlement.reclaimBond(runKey, kind);
    }

    function stillCounts(Claimed memory claimed, ISettlement.ChallengeKind kind) private {
        expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeStillCounts.selector, claimed.ref.runKey));
        settlement.reclaimBond(claimed.ref.runKey, kind);
    }
}
