// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {IssuerRoot, LogRoot} from "../../../contracts/types/Roots.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Settling} from "./Settling.sol";

contract SettlementRejectUnprovenTest is Settling {
    ISettlement.ChallengeKind private constant EVIDENCE = ISettlement.ChallengeKind.Evidence;
    ISettlement.ChallengeKind private constant CONDUCT = ISettlement.ChallengeKind.Conduct;

    // ------------------------------------------------------------------ the challenge

    function test_GivenNobodyChallenged_RevertWithChallengeUnknown() external {
        unknown(claim(buy()));
    }

    function test_GivenConductAloneIsChallenged_RevertWithChallengeUnknown() external {
        Claimed memory claimed = claim(buy());
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        unknown(claimed);
    }

    function test_GivenTheChallengeWasAnswered_RevertWithChallengeUnknown() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        prove(claimed);
        pass(PROOF_WINDOW);
        unknown(claimed);
    }

    function test_GivenTheClaimWasRejected_RevertWithChallengeUnknown() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        unknown(claimed);
    }

    function test_GivenAnEarlierStepWasRejected_RevertWithClaimNotPending() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(second);
        reject(first);
        pass(PROOF_WINDOW);
        refused(second, notPending(second));
    }

    function test_WhenTheEndOfTheProofWindowComes_RevertWithChallengeTimeRunningOneSecondBefore() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        uint256 proofEnd = nowIs() + PROOF_WINDOW;
        pass(PROOF_WINDOW - 1);
        refused(claimed, abi.encodeWithSelector(ISettlement.ChallengeTimeRunning.selector, proofEnd));
    }

    function test_WhenTheEndOfTheProofWindowComes_RejectAtThatSecond() external {
        rejected(unproven());
    }

    function test_WhenTheEndOfTheProofWindowComes_RejectOneSecondAfter() external {
        Claimed memory claimed = unproven();
        pass(1);
        rejected(claimed);
    }

    function test_WhenTheReferenceIsFalseInOneMember_RefuseWhicheverItIs() external {
        Claimed memory claimed = unproven();
        OfferTerms memory terms = claimed.opened.entitled.terms;
        for (uint256 i; i < REFERENCE_MEMBERS; ++i) {
            ClaimedStep memory ref = falsified(claimed.ref, i);
            if (i == RUN_KEY_MEMBER) {
                expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeUnknown.selector, ref.runKey, EVIDENCE));
            } else {
                expectRefusal(notPending(terms, ref));
            }
            settlement.rejectUnproven(terms, ref);
        }
        requirePending(claimed);
    }

    function test_WhenTheTermsAreThoseOfAnotherOffer_RevertWithClaimNotPending() external {
        Claimed memory claimed = unproven();
        OfferTerms memory other = publish();
        expectRefusal(notPending(other, claimed.ref));
        settlement.rejectUnproven(other, claimed.ref);
    }

    function test_WhenAnybodyCalls_GiveTheCallerNothing(address caller) external {
        VM.assume(caller != stranger);
        Claimed memory claimed = unproven(MIN_BOND);
        uint256 before = creditOf(caller);
        VM.prank(caller);
        settlement.rejectUnproven(claimed.opened.entitled.terms, claimed.ref);
        assertEq(creditOf(caller), before, "credit of the caller");
        requireVoid(claimed);
    }

    // ------------------------------------------------------------------ stake

    function test_GivenTheOfferHasNoStake_ReturnTheBondAndPayNothingMore() external {
        slashed(0, 0);
    }

    function test_GivenTheStakeIsSmallerThanTheBond_PayTheChallengerAllOfTheStake() external {
        slashed(MIN_BOND - 1, MIN_BOND - 1);
    }

    function test_GivenTheStakeEqualsTheBond_PayTheChallengerAllOfTheStake() external {
        slashed(MIN_BOND, MIN_BOND);
    }

    function test_GivenTheStakeIsLargerThanTheBond_PayTheChallengerAsMuchAsTheBond() external {
        slashed(MIN_BOND + 1, MIN_BOND);
    }

    function test_GivenTheStakeHasBeenNoticedAndNotWithdrawn_PayTheChallengerFromIt() external {
        Claimed memory claimed = unproven(1 ether);
        VM.prank(seller);
        escrow.noticeStake(claimed.opened.entitled.terms);
        pass(1000);
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += 2 * MIN_BOND;
        books.bonds -= MIN_BOND;
        books.stake -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_GivenTheSellerPutAStakeBehindAnotherOfferOnly_LeaveThatStakeAlone() external {
        Entitled memory other = buy();
        postStake(other, 1 ether);
        slashed(0, 0);
        assertEq(escrow.stakeOf(other.offerId).amount, 1 ether, "stake of the other offer");
    }

    // ------------------------------------------------------------------ roots

    function test_GivenARootWasRevoked_PunishWhereThatWasASecondBeforeTheOpening() external {
        evidence.revokeRoot();
        pass(1);
        decided(unproven(1 ether), MIN_BOND);
    }

    function test_GivenARootWasRevoked_NotPunishWhereThatWasInTheSecondOfTheOpening() external {
        evidence.revokeRoot();
        decided(unproven(1 ether), 0);
    }

    function test_GivenARootWasRevoked_NotPunishWhereThatWasAfterTheOpening() external {
        Opened memory opened = open(buy());
        pass(1);
        evidence.revokeRoot();
        postStake(opened.entitled, 1 ether);
        Claimed memory claimed = claim(opened);
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
        decided(claimed, 0);
    }

    function test_GivenARootWasRevoked_NotPunishWhereThatWasInTheSecondOfTheRejection() external {
        Claimed memory claimed = unproven(1 ether);
        evidence.revokeRoot();
        decided(claimed, 0);
    }

    function test_GivenAnIssuerOfTheRealRootsWasRevoked_PunishWhereThatWasBeforeTheOpening() external {
        (ITrustRoots roots, bytes32[] memory issuer) = deployUnderRoots();
        roots.revoke(issuer, uint40(nowIs()));
        pass(1);
        decided(unproven(1 ether), MIN_BOND);
    }

    function test_GivenAnIssuerOfTheRealRootsWasRevoked_EndTheChallengeWithoutPunishmentWhereItWasOpen() external {
        (ITrustRoots roots, bytes32[] memory issuer) = deployUnderRoots();
        Entitled memory entitled = buy();
        postStake(entitled, 1 ether);
        Claimed memory claimed = claim(entitled);
        challengeEvidence(claimed);
        roots.revoke(issuer, uint40(nowIs()));
        pass(PROOF_WINDOW);
        decided(claimed, 0);
        requireVoid(claimed);
    }

    // ------------------------------------------------------------------ conduct as well

    function test_GivenConductIsChallengedAsWell_ReturnThatBondWhileTheRulingIsDue() external {
        bothReturned(PROOF_WINDOW);
    }

    function test_GivenConductIsChallengedAsWell_ReturnThatBondAfterTheRulingWasDue() external {
        bothReturned(ARBITRATION_WINDOW);
    }

    function test_GivenTheOfferHasNoArbiter_Reject() external {
        Claimed memory claimed = claim(buyWithoutArbiter());
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
        rejected(claimed);
    }

    // ------------------------------------------------------------------ other steps

    function test_GivenTheFirstOfThreePendingStepsIsChallenged_VoidAllThree() external {
        Claimed[3] memory claims = threePending();
        challengeEvidence(claims[0]);
        pass(PROOF_WINDOW);
        rejectUnproven(claims[0]);
        for (uint256 i; i < 3; ++i) requireVoid(claims[i]);
        assertEq(recordOf(claims[0]).opened, 0, "steps opened");
    }

    function test_GivenTheFirstOfThreePendingStepsIsChallenged_LeaveTheirBondsToBeReclaimed() external {
        Claimed[3] memory claims = threePending();
        for (uint256 i; i < 3; ++i) challengeEvidence(claims[i]);
        pass(PROOF_WINDOW);
        Books memory books = booksOf(claims[0].opened.entitled);
        rejectUnproven(claims[0]);
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claims[0].opened.entitled, books);
        assertEq(recordOf(claims[0]).challenged, 0, "challenged steps");
        settlement.reclaimBond(claims[1].ref.runKey, EVIDENCE);
        settlement.reclaimBond(claims[2].ref.runKey, EVIDENCE);
        books.challenger += 2 * MIN_BOND;
        books.bonds -= 2 * MIN_BOND;
        requireBooks(claims[0].opened.entitled, books);
    }

    function test_GivenTheSecondOfThreePendingStepsIsChallenged_LeaveTheFirstPayable() external {
        Claimed[3] memory claims = threePending();
        challengeEvidence(claims[1]);
        pass(PROOF_WINDOW);
        rejectUnproven(claims[1]);
        finalize(claims[0]);
        assertEq(recordOf(claims[0]).settled, 1, "steps paid");
    }

    function test_GivenTheSecondOfThreePendingStepsIsChallenged_LeaveTheChallengeOfTheFirstOpen() external {
        Claimed[3] memory claims = threePending();
        challengeConduct(claims[0]);
        challengeEvidence(claims[1]);
        pass(PROOF_WINDOW);
        rejectUnproven(claims[1]);
        assertEq(recordOf(claims[0]).challenged, 1 << 1, "challenged steps");
        assertEq(settlement.challengeOf(claims[0].ref.runKey, CONDUCT).poster, buyer, "buyer");
        rule(claims[0], ISettlement.Ruling.Upheld, 0);
        finalize(claims[0]);
    }

    function test_GivenTheSecondOfThreePendingStepsIsChallenged_VoidTheSecondAndTheThird() external {
        Claimed[3] memory claims = threePending();
        challengeEvidence(claims[1]);
        pass(PROOF_WINDOW);
        rejectUnproven(claims[1]);
        requirePending(claims[0]);
        requireVoid(claims[1]);
        requireVoid(claims[2]);
        assertEq(recordOf(claims[0]).opened, 1, "steps opened");
    }

    function test_GivenALaterStepIsOpen_VoidItForGood() external {
        Claimed memory first = claim(buy());
        Opened memory second = openAfter(first);
        challengeEvidence(first);
        pass(PROOF_WINDOW);
        rejectUnproven(first);
        assertEq(recordOf(first).opened, 0, "steps opened");
        Claimed memory late = claimOf(second);
        expectRefusal(notOpen(second));
        settlement.claim(second.entitled.terms, signedClaim(late));
        pass(STEP_TIMEOUT);
        expectRefusal(notOpen(second));
        timeout(second);
    }

    function test_GivenTheStepWasSplitByARuling_ForgetTheSplit() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        // Whoever does the step again is paid in full.
        Claimed memory again = claim(openAgain(claimed, 1));
        acknowledge(again);
        finalize(again);
        assertEq(escrow.earningsOf(again.opened.entitled.offerId), PRICE, "earnings");
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheClaimIsRejected_FreeTheNumberForARefund() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        VM.prank(buyer);
        escrow.refund(claimed.opened.entitled.terms, buyer, claimed.ref.salt, 4);
        assertEq(creditOf(buyer), 4 * PRICE, "credit of the buyer");
    }

    function test_WhenTheClaimIsRejected_FreeTheNumberForAnotherRun() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        Claimed memory again = claim(openAgain(claimed, 1));
        requirePending(again);
        assertEq(again.ref.step, claimed.ref.step, "step");
    }

    function test_WhenTheClaimIsRejected_RefusePermitsOfTheOldEpoch() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        Entitled memory entitled = claimed.opened.entitled;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        expectRefusal(abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_WhenTheClaimIsRejected_EndDelegations() external {
        Claimed memory claimed = unproven();
        Entitled memory entitled = claimed.opened.entitled;
        VM.prank(buyer);
        consumer.delegate(entitled.offerId, entitled.salt, delegate, 4, uint40(FAR));
        rejectUnproven(claimed);
        PermitInput memory permit = permitOf(entitled);
        permit.epoch = 1;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit, delegate);
        expectRefusal(abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_WhenTheClaimIsRejected_LeaveTheRunUsed() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        PermitInput memory permit = claimed.opened.permit;
        permit.epoch = 1;
        IPermitConsumer.Consumption memory consumption = signedPermit(claimed.opened.entitled, permit);
        expectRefusal(abi.encodeWithSelector(IEscrow.RunUsed.selector, claimed.ref.runKey));
        consume(claimed.opened.entitled, consumption);
    }

    function test_WhenTheClaimIsRejected_PutTheHeadBackToTheParent() external {
        Claimed memory first = claim(buy());
        bytes32 head = escrow.headOf(first.opened.entitled.id);
        Claimed memory second = claimAfter(first);
        challengeEvidence(second);
        pass(PROOF_WINDOW);
        rejectUnproven(second);
        assertEq(escrow.headOf(first.opened.entitled.id), head, "head");
    }

    function test_WhenTheClaimIsRejected_RaiseGenerationAndEpochByOne() external {
        Claimed memory claimed = unproven();
        IEscrow.Entitlement memory record = recordOf(claimed);
        rejectUnproven(claimed);
        record.opened = 0;
        record.challenged = 0;
        record.generation = 1;
        record.epoch = 1;
        assertEq(abi.encode(recordOf(claimed)), abi.encode(record), "entitlement");
    }

    function test_WhenTheClaimIsRejected_LeaveTheRecordOfTheRunAsItIs() external {
        Claimed memory claimed = unproven();
        bytes memory run = abi.encode(escrow.runOf(claimed.ref.runKey));
        rejectUnproven(claimed);
        assertEq(abi.encode(escrow.runOf(claimed.ref.runKey)), run, "run");
    }

    function test_WhenTheClaimIsRejected_ForgetTheChallenge() external {
        Claimed memory claimed = unproven();
        rejectUnproven(claimed);
        requireNoChallenge(claimed, EVIDENCE);
    }

    function test_WhenTheClaimIsRejected_KeepTheMoneyOfTheStepsInDeposit() external {
        Claimed memory claimed = unproven();
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        assertEq(books.deposit, 4 * PRICE, "deposit of four steps");
        books.challenger += MIN_BOND;
        books.bonds -= MIN_BOND;
        requireBooks(claimed.opened.entitled, books);
    }

    function test_WhenTheClaimIsRejected_EmitClaimRejectedStepRejectedAndCredited() external {
        Claimed memory claimed = unproven();
        VM.recordLogs();
        expectRejected(claimed, ISettlement.RejectionCause.Unproven, 1, 1);
        expectCredited(stranger, MIN_BOND);
        rejectUnproven(claimed);
        requireEvents(3);
    }

    function test_GivenAStakeIsSlashed_EmitStakeSlashedAndCredited() external {
        Claimed memory claimed = unproven(MIN_BOND / 2);
        VM.recordLogs();
        expectRejected(claimed, ISettlement.RejectionCause.Unproven, 1, 1);
        expectCredited(stranger, MIN_BOND);
        expectSlashed(claimed, stranger, MIN_BOND / 2);
        rejectUnproven(claimed);
        requireEvents(5);
    }

    // ------------------------------------------------------------------ parts

    /// @dev The deployment trusts one issuer, which this test may revoke.
    function deployUnderRoots() private returns (ITrustRoots roots, bytes32[] memory ids) {
        IssuerRoot[] memory issuers = new IssuerRoot[](1);
        issuers[0] = IssuerRoot(keccak256("key"), keccak256("name"), 1, uint40(FAR));
        ids = new bytes32[](1);
        ids[0] = Hashes.issuerRootId(issuers[0]);
        bytes memory arguments = abi.encode(address(0), address(this), 0, issuers, new LogRoot[](0), new address[](0));
        roots = ITrustRoots(create("TrustRoots", arguments));
        deploy(address(roots), address(permit2));
    }

    /// @dev A claim whose evidence was challenged and not proven in time.
    function unproven() private returns (Claimed memory claimed) {
        claimed = claim(buy());
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
    }

    function unproven(uint256 stake) private returns (Claimed memory claimed) {
        Entitled memory entitled = buy();
        if (stake > 0) postStake(entitled, stake);
        claimed = claim(entitled);
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
    }

    function threePending() private returns (Claimed[3] memory claims) {
        claims[0] = claim(buy());
        claims[1] = claimAfter(claims[0]);
        claims[2] = claimAfter(claims[1]);
    }

    function refused(Claimed memory claimed, bytes memory answer) private {
        expectRefusal(answer);
        rejectUnproven(claimed);
    }

    function unknown(Claimed memory claimed) private {
        refused(claimed, unknownChallenge(claimed, EVIDENCE));
    }

    function rejected(Claimed memory claimed) private {
        rejectUnproven(claimed);
        requireVoid(claimed);
    }

    function slashed(uint256 stake, uint256 paidOut) private {
        decided(unproven(stake), paidOut);
    }

    /// @dev The rejection returns the bond and pays so much from the stake.
    function decided(Claimed memory claimed, uint256 paidOut) private {
        Books memory books = booksOf(claimed.opened.entitled);
        rejectUnproven(claimed);
        books.challenger += MIN_BOND + paidOut;
        books.bonds -= MIN_BOND;
        books.stake -= paidOut;
        requireBooks(claimed.opened.entitled, books);
    }

    function bothReturned(uint256 time) private {
        Entitled memory entitled = buy();
        postStake(entitled, 1 ether);
        Claimed memory claimed = claim(entitled);
        challengeEvidence(claimed);
        challengeConduct(claimed);
        pass(time);
        Books memory books = booksOf(entitled);
        rejectUnproven(claimed);
        books.challenger += 2 * MIN_BOND;
        books.buyer += CONDUCT_BOND;
        books.bonds -= MIN_BOND + CONDUCT_BOND;
        books.stake -= MIN_BOND;
        requireBooks(entitled, books);
        requireNoChallenge(claimed, CONDUCT);
    }
}
