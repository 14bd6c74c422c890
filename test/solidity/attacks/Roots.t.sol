// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Deployment} from "../base/Deployment.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice Roots that change while steps are in flight, and what a governor or a guardian could do at worst.
/// @dev The reader of attestations believes whatever it is told: what is shown is what the roots alone hold back.
contract RootsAttackTest is Attacking, Rooted {
    uint32 private constant LONG = 7 days;

    function setUp() public override(Deployment, Rooted) {
        Rooted.setUp();
    }

    // ------------------------------------------------------------------ appended while a step is in flight

    function test_ARootQueuedAfterTheStepWasOpenedNeverCountsForIt() external {
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        uint256 openedAt_ = nowIs();
        pass(1);
        bytes32 id = queueIssuer("second");
        pass(DELAY);
        refused(claimed, reader, list(id, logId), tooYoung(id, openedAt_ + 1, openedAt_));
        pass(STEP_TIMEOUT - DELAY - 2);
        refused(claimed, reader, list(id, logId), tooYoung(id, openedAt_ + 1, openedAt_));
    }

    function test_ARootQueuedInTheSecondOfTheOpeningNeverCountsForTheStep() external {
        bytes32 id = queueIssuer("second");
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        uint256 openedAt_ = nowIs();
        pass(DELAY);
        refused(claimed, reader, list(id, logId), tooYoung(id, openedAt_, openedAt_));
    }

    function test_ARootQueuedBeforeTheOpeningCountsOnceItsDelayIsOver() external {
        bytes32 id = queueIssuer("second");
        uint256 activeAt = nowIs() + DELAY;
        pass(1);
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        pass(DELAY - 2);
        refused(claimed, reader, list(id, logId), notActive(id, activeAt));
        pass(1);
        proven(claimed, list(id, logId), uint64(nowIs()));
    }

    function test_ARunThatWasNeverOpenedIsProvenUnderNoRoot() external {
        Entitled memory entitled = buyWithoutArbiter();
        Claimed memory claimed = claimOf(openedOf(entitled, permitOf(entitled)));
        refused(claimed, reader, list(issuerId, logId), abi.encodeWithSelector(ITrustRoots.RunNeverOpened.selector));
    }

    // ------------------------------------------------------------------ revoked while a step is in flight

    function test_EvidenceFromBeforeARevocationProvesStill() external {
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        pass(10);
        uint64 logTime = uint64(nowIs());
        pass(10);
        revoke(issuerId, uint40(logTime) + 1);
        revoke(logId, uint40(logTime) + 1);
        proven(claimed, list(issuerId, logId), logTime);
    }

    function test_EvidenceFromTheSecondOfARevocationProvesNothing() external {
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        uint40 from = uint40(nowIs());
        revoke(issuerId, from);
        pass(10);
        refused(claimed, reader, list(issuerId, logId), revokedAt(issuerId, from, from));
    }

    function test_ARevocationReachesBackOverEvidenceOfTheLast48Hours() external {
        Claimed memory claimed = claimOf(open(buyFor(LONG)));
        uint64 logTime = uint64(nowIs());
        pass(48 hours);
        revoke(issuerId, uint40(logTime));
        refusedAt(claimed, reader, list(issuerId, logId), logTime, revokedAt(issuerId, logTime, logTime));
    }

    function test_ABrokenVerifierIsUselessFromTheSecondOfItsRevocation() external {
        Claimed memory claimed = claimOf(open(buyFor(LONG)));
        pass(3 days);
        revoke(readerId);
        uint256 from = nowIs();
        // It tells whatever time it likes; the settlement would take any of these.
        for (uint256 day; day < 4; ++day) {
            bytes memory answer = revokedAt(readerId, from, nowIs());
            refusedAt(claimed, reader, list(issuerId, logId), uint64(nowIs() - day * 1 days), answer);
        }
    }

    function test_AnIssuersRevocationEndsAnOpenChallengeWithoutASlash() external {
        endsNeutrally(issuerId);
    }

    function test_ALogsRevocationEndsAnOpenChallengeWithoutASlash() external {
        endsNeutrally(logId);
    }

    function test_AVerifiersRevocationEndsAnOpenChallengeWithoutASlash() external {
        endsNeutrally(readerId);
    }

    function test_ARevocationBeforeTheOpeningExcusesNobody() external {
        revoke(issuerId);
        pass(1);
        Claimed memory claimed = challenged();
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += 2 * MIN_BOND;
        books.bonds -= MIN_BOND;
        books.stake -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_ARevocationLeavesWhoCanStillProveTheBond() external {
        Claimed memory claimed = challenged();
        uint64 logTime = uint64(nowIs());
        pass(5);
        revoke(logId);
        Books memory books = booksOf(claimed.opened.entitled);
        settlement.prove(
            claimed.opened.entitled.terms,
            provenBy(claimed, reader, list(issuerId, logId), logTime),
            claimed.ref.windowEnd
        );
        books.seller += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    // ------------------------------------------------------------------ a hostile governor

    function test_AHostileGovernorsVerifierStealsNothingFromStepsThatWereOpen() external {
        address forger = create("AttestationVerifierDouble", "");
        Claimed memory claimed = claimOf(open(buyFor(LONG)));
        uint256 openedAt_ = nowIs();
        bytes32 id = queueReader(forger);
        pass(DELAY);
        refused(claimed, forger, list(issuerId, logId), tooYoung(id, openedAt_, openedAt_));
    }

    function test_AHostileGovernorsVerifierStealsNothingOnceTheGuardianSawIt() external {
        address forger = create("AttestationVerifierDouble", "");
        bytes32 id = queueReader(forger);
        pass(1);
        Claimed memory claimed = claimOf(open(buyFor(LONG)));
        pass(DELAY - 2);
        revoke(id);
        uint256 from = nowIs();
        pass(1);
        refused(claimed, forger, list(issuerId, logId), revokedAt(id, from, nowIs()));
    }

    /// @dev What is lost is the price of steps opened afterwards: the event was there before anybody opened them.
    function test_AHostileGovernorWhomNobodyWatchesForgesStepsOpenedAfterwardsAtWorst() external {
        address forger = create("AttestationVerifierDouble", "");
        queueReader(forger);
        pass(1);
        Entitled memory entitled = buyWithoutArbiter();
        Claimed memory claimed = claimOf(open(entitled));
        pass(DELAY);
        settlement.claimWithProof(entitled.terms, provenBy(claimed, forger, list(issuerId, logId), uint64(nowIs())));
        claimed.ref.windowEnd = uint40(nowIs());
        Books memory books = booksOf(entitled);
        finalize(claimed);
        books.earnings += PRICE;
        books.deposit -= PRICE;
        requireBooks(entitled, books);
        refundAll(entitled);
        assertEq(creditOf(buyer), 3 * PRICE, "what was not opened is the buyer's");
    }

    function test_AHostileGovernorNeitherRevokesNorPutsBackWhatWasRevoked() external {
        revoke(issuerId);
        VM.startPrank(governor);
        expectRefusal(abi.encodeWithSelector(ITrustRoots.NotGuardian.selector, governor, guardian));
        roots.revoke(list(logId), uint40(nowIs()));
        expectRefusal(alreadyQueued(issuerId));
        roots.queueIssuer(issuerOf("first"));
        VM.stopPrank();
    }

    // ------------------------------------------------------------------ a hostile guardian

    /// @dev Who was challenged and did not prove is not paid; nobody loses more than that.
    function test_AHostileGuardianHasChallengedClaimsRejectedAtWorst() external {
        Claimed memory claimed = challenged();
        revokeEverything();
        refusedToProve(claimed);
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireVoid(claimed);
    }

    function test_AHostileGuardianTakesNothingThatWasProven() external {
        Entitled memory entitled = buyWithoutArbiter();
        Claimed memory claimed = claimOf(open(entitled));
        pass(1);
        proven(claimed, list(issuerId, logId), uint64(nowIs()));
        revokeEverything();
        finalize(claimed);
        assertEq(escrow.earningsOf(entitled.offerId), PRICE, "earnings");
    }

    function test_AHostileGuardianTakesNothingThatNobodyChallenges() external {
        Claimed memory claimed = claim(buy());
        revokeEverything();
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings");
    }

    function test_AHostileGuardianWhoRevokesKeysLeavesEvidenceOlderThan48Hours() external {
        Claimed memory claimed = claimOf(open(buyFor(LONG)));
        uint64 logTime = uint64(nowIs());
        pass(48 hours + 1);
        VM.prank(guardian);
        roots.revoke(list(issuerId, logId), uint40(nowIs()) - 48 hours);
        proven(claimed, list(issuerId, logId), logTime);
    }

    function test_AHostileGuardianSavesAStakeNoLongerThan48HoursWithEachRoot() external {
        uint40 first = uint40(nowIs());
        revoke(issuerId, first);
        pass(48 hours - 1);
        revoke(issuerId, first - 1);
        pass(1);
        // Nothing is left to revoke of it, and a step opened now is punished again.
        VM.prank(guardian);
        expectRefusal(abi.encodeWithSelector(ITrustRoots.RevocationTimeOutside.selector, first - 2, first, nowIs()));
        roots.revoke(list(issuerId), first - 2);
        Claimed memory claimed = challenged();
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += 2 * MIN_BOND;
        books.bonds -= MIN_BOND;
        books.stake -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_AHostileGuardianAppendsNothing() external {
        VM.prank(guardian);
        expectRefusal(notGovernor(guardian));
        roots.queueIssuer(issuerOf("second"));
    }

    // ------------------------------------------------------------------ both of them

    /// @dev They can save every stake, by roots that are made to be revoked; claims are rejected all the same.
    function test_GovernorAndGuardianTogetherSaveStakesAtWorst() external {
        Claimed memory claimed = challenged();
        revoke(queueIssuer("made to be revoked"));
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireVoid(claimed);
    }

    function test_GovernorAndGuardianTogetherReachNoMoney() external {
        Entitled memory entitled = buy();
        postStake(entitled, 1 ether);
        Claimed memory claimed = claim(entitled);
        Books memory books = booksOf(entitled);
        address forger = create("AttestationVerifierDouble", "");
        queueReader(forger);
        revokeEverything();
        pass(STEP_TIMEOUT);
        address[2] memory hostile = [governor, guardian];
        for (uint256 i; i < hostile.length; ++i) {
            VM.startPrank(hostile[i]);
            expectRefusal(IEscrow.NothingToWithdraw.selector);
            escrow.withdraw(address(0), hostile[i]);
            VM.stopPrank();
        }
        requireBooks(entitled, books);
        finalize(claimed);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Four steps of an offer without arbiter whose steps may take a week.
    function buyFor(uint32 time) private returns (Entitled memory) {
        OfferTerms memory terms = termsWithoutArbiter();
        terms.stepTimeout = time;
        publish(terms);
        return buy(terms, 4);
    }

    /// @dev A claim with a stake behind it, and a demand for proof.
    function challenged() private returns (Claimed memory claimed) {
        Entitled memory entitled = buy();
        postStake(entitled, 1 ether);
        claimed = claim(entitled);
        challengeEvidence(claimed);
    }

    function revokeEverything() private {
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (issuerId, logId, readerId);
        VM.prank(guardian);
        roots.revoke(ids, uint40(nowIs()) - 48 hours);
    }

    function provenBy(
        Claimed memory claimed,
        address by,
        bytes32[] memory standsOn,
        uint64 logTime
    ) private view returns (ISettlement.ProvenClaim memory made) {
        made = provenClaim(claimed);
        made.proof = proofOf(by, factsOf(claimed, openedAt(claimed.opened)), logTime, standsOn);
    }

    /// @dev The claim is accepted by proof.
    function proven(Claimed memory claimed, bytes32[] memory standsOn, uint64 logTime) private {
        settlement.claimWithProof(claimed.opened.entitled.terms, provenBy(claimed, reader, standsOn, logTime));
        claimed.ref.windowEnd = uint40(nowIs());
        requirePending(claimed);
    }

    /// @dev Evidence logged when the step was opened is refused.
    function refused(Claimed memory claimed, address by, bytes32[] memory standsOn, bytes memory answer) private {
        refusedAt(claimed, by, standsOn, openedAt(claimed.opened), answer);
    }

    function refusedAt(
        Claimed memory claimed,
        address by,
        bytes32[] memory standsOn,
        uint64 logTime,
        bytes memory answer
    ) private {
        ISettlement.ProvenClaim memory made = provenBy(claimed, by, standsOn, logTime);
        expectRefusal(answer);
        settlement.claimWithProof(claimed.opened.entitled.terms, made);
    }

    function refusedToProve(Claimed memory claimed) private {
        ISettlement.ProvenClaim memory made = provenBy(claimed, reader, list(issuerId, logId), uint64(nowIs()));
        uint256 from = nowIs() - 48 hours;
        expectRefusal(revokedAt(readerId, from, nowIs()));
        settlement.prove(claimed.opened.entitled.terms, made, claimed.ref.windowEnd);
    }

    function endsNeutrally(bytes32 id) private {
        Claimed memory claimed = challenged();
        pass(PROOF_WINDOW / 2);
        revoke(id);
        pass(PROOF_WINDOW - PROOF_WINDOW / 2);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
        requireVoid(claimed);
        refundAll(claimed.opened.entitled);
        assertEq(creditOf(buyer), 4 * PRICE, "the buyer's money comes back");
    }
}
