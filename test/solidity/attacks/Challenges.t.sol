// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice A seller wants his claims to stand unchallenged, or somebody wants to gain by challenging.
contract ChallengeAttacks is Attacking {
    // ------------------------------------------------------------------ claims that nobody could challenge

    function test_Attack_MakeClaimsUnchallengeableByAHugeEvidenceBond() external {
        // The seller may ask for the most of everything there is, and the bond stays what it is.
        OfferTerms memory terms = defaultTerms();
        terms.price = type(uint96).max;
        terms.conductBond = 1 ether;
        terms.arbiterFee = 1 ether;
        publish(terms);
        VM.deal(buyer, type(uint128).max);
        Claimed memory claimed = claim(buy(terms, 1));
        challengeEvidence(claimed);
        assertEq(escrow.bondsHeld(), MIN_BOND, "bond");
    }

    function test_Attack_MakeClaimsUnchallengeableByAHugeConductBond() external {
        OfferTerms memory terms = defaultTerms();
        terms.conductBond = 1 ether + 1;
        expectRefusal(
            abi.encodeWithSelector(
                IOfferRegistry.TermOutOfBounds.selector,
                "conductBond",
                terms.conductBond,
                0,
                1 ether
            )
        );
        publish(terms);
    }

    function test_Attack_MakeClaimsUnchallengeableByPausingTheToken() external {
        HostileToken money = HostileToken(create("HostileToken", ""));
        OfferTerms memory terms = defaultTerms();
        terms.token = address(money);
        publish(terms);
        Entitled memory entitled = entitledOf(terms, buyer, fresh("entitlement"));
        money.mint(buyer, 4 * PRICE);
        VM.prank(buyer);
        money.approve(address(escrow), 4 * PRICE);
        VM.prank(buyer);
        escrow.purchase(terms, buyer, entitled.salt, 4);
        Claimed memory claimed = claim(entitled);

        money.setMood(HostileToken.Mood.Reverts);
        challengeEvidence(claimed);
        challengeConduct(claimed);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        refundAll(entitled);
        assertEq(creditOf(stranger), MIN_BOND, "the challenger's bond");
        assertEq(escrow.creditOf(address(money), buyer), 4 * PRICE, "the buyer's credit");

        money.setMood(HostileToken.Mood.Honest);
        VM.prank(buyer);
        escrow.withdraw(address(money), buyer);
        assertEq(money.balanceOf(buyer), 4 * PRICE, "the buyer's money");
    }

    function test_Attack_ForceADearProofWithACheapBond() external {
        // The bond is four proofs at the moment's price, so the seller is paid for answering.
        VM.fee(200 gwei);
        Claimed memory claimed = claim(buy());
        expectRefusal(abi.encodeWithSelector(ISettlement.BondTooSmall.selector, 4 * PROOF_GAS * 200 gwei, MIN_BOND));
        challengeEvidence(claimed);
    }

    // ------------------------------------------------------------------ false claims

    function test_Attack_ClaimFalselyAndHopeThatNobodyLooks() external {
        Entitled memory entitled = buy();
        postStake(entitled, MIN_BOND);
        uint256 wealth = wealthOf(seller);
        Claimed memory claimed = claim(entitled);
        challengeEvidence(claimed);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        refundAll(entitled);
        assertEq(creditOf(stranger), 2 * MIN_BOND, "the challenger has bond and stake");
        assertEq(creditOf(buyer), 4 * PRICE, "the buyer has the price");
        assertEq(wealthOf(seller), wealth, "the seller has nothing for the claim");
        assertEq(escrow.stakeOf(entitled.offerId).amount, 0, "and no stake any more");
        assertEq(escrow.earningsOf(entitled.offerId), 0, "and no earnings");
    }

    function test_Attack_WithdrawTheStakeBeforeAFalseClaimIsDecided() external {
        Entitled memory entitled = buy();
        postStake(entitled, MIN_BOND + ARBITER_FEE);
        // The notice is given in the second of the opening, and everything takes as long as it can.
        Opened memory opened = open(entitled);
        VM.prank(seller);
        escrow.noticeStake(entitled.terms);
        uint256 withdrawable = escrow.stakeOf(entitled.offerId).withdrawableAt;
        pass(STEP_TIMEOUT - 1);
        Claimed memory claimed = claim(opened);
        pass(DISPUTE_WINDOW - 1);
        challengeEvidence(claimed);
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW - 1);
        assertGe(withdrawable, nowIs() + DISPUTE_WINDOW, "time left for having it recorded");
        expectRefusal(abi.encodeWithSelector(IEscrow.StakeNotWithdrawable.selector, withdrawable));
        VM.prank(seller);
        escrow.withdrawStake(entitled.terms);

        rule(claimed, ISettlement.Ruling.Rejected, 0);
        assertEq(escrow.stakeOf(entitled.offerId).amount, 0, "stake");
        assertEq(creditOf(stranger), 2 * MIN_BOND, "the challenger has bond and stake");
        assertEq(creditOf(buyer), CONDUCT_BOND, "the buyer has what he paid the arbiter");
    }

    function test_Attack_ShowAStakeThatCanBePulledAtOnce() external {
        Entitled memory entitled = buy();
        postStake(entitled, 1);
        VM.prank(seller);
        escrow.noticeStake(entitled.terms);
        pass(10_000);
        // The notice is old, the money is not.
        postStake(entitled, 1 ether);
        expectRefusal(abi.encodeWithSelector(IEscrow.StakeNotWithdrawable.selector, 0));
        VM.prank(seller);
        escrow.withdrawStake(entitled.terms);
    }

    // ------------------------------------------------------------------ sock puppets and dead arbiters

    function test_Attack_LetASockPuppetOccupyTheChallenge() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        // The puppet's demand is answered at once, so that nobody else can demand a proof: but the buyer did not lose
        // the way to the arbiter, and now there is a proof.
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        prove(claimed);
        assertTrue(escrow.runOf(claimed.ref.runKey).proven, "proven");
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Rejected, 0);
        requireVoid(claimed);
    }

    function test_Attack_LetASockPuppetHoldTheChallengeOpenUntilTheWindowIsOver() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        pass(DISPUTE_WINDOW - 1);
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        // An unanswered demand ends the claim whoever made it.
        pass(PROOF_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
        rejectUnproven(claimed);
        requireVoid(claimed);
    }

    function test_Attack_SaveTheStakeByASockPuppetsChallenge() external {
        Entitled memory entitled = buy();
        uint256 wealth = wealthOf(seller) + wealthOf(thief);
        postStake(entitled, MIN_BOND);
        Claimed memory claimed = claim(entitled);
        // The puppet is first, so the stake stays in the family. The price does not come into it.
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(entitled.terms, claimed.ref);
        pass(PROOF_WINDOW);
        rejectUnproven(claimed);
        refundAll(entitled);
        assertEq(wealthOf(seller) + wealthOf(thief), wealth, "wealth of seller and puppet");
        assertEq(creditOf(buyer), 4 * PRICE, "the buyer has the price");
    }

    function test_Attack_NameAnArbiterWhoNeverRules() external {
        Entitled memory entitled = buy();
        Claimed memory claimed = claim(entitled);
        uint256 wealth = wealthOf(buyer);
        challengeConduct(claimed);
        pass(ARBITRATION_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        finalize(claimed);
        VM.prank(thief);
        settlement.rejectUnruled(entitled.terms, claimed.ref);
        refundAll(entitled);
        assertEq(wealthOf(buyer), wealth + 4 * PRICE, "wealth of the buyer");
        assertEq(creditOf(arbiter), 0, "credit of the arbiter");
    }

    function test_Attack_NameAnArbiterWhoCannotBePaid() external {
        OfferTerms memory terms = defaultTerms();
        // It refuses native money: fees are credited, so that does not stop the ruling.
        terms.arbiter = address(token);
        publish(terms);
        Claimed memory claimed = claim(buy(terms, 4));
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Rejected, 0);
        assertEq(creditOf(address(token)), ARBITER_FEE, "credit of the arbiter");
    }

    function test_Attack_ObjectToTheConductOfAForeignStep() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        expectRefusal(abi.encodeWithSelector(ISettlement.NotEntitlementBuyer.selector, thief, buyer));
        VM.prank(thief);
        settlement.challengeConduct{value: CONDUCT_BOND}(terms, claimed.ref, 0, "");
    }

    // ------------------------------------------------------------------ gains by challenging

    function test_Attack_BaitAWatcherWithWithheldEvidence() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        uint256 wealth = wealthOf(stranger);
        challengeEvidence(claimed);
        pass(DISPUTE_WINDOW - 1);
        prove(claimed);
        assertEq(wealthOf(stranger), wealth - MIN_BOND, "wealth of the watcher");
        // That is all: the same claim is bait once, and no other claim appears while a challenge is open.
        expectRefusal(abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
        VM.prank(stranger);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        assertEq(wealthOf(stranger), wealth - MIN_BOND, "wealth of the watcher in the end");
    }

    function test_Attack_ChallengeAfterSeeingTheProof() external {
        // A proof that is on its way is made useless by a challenge in front of it? It answers that challenge.
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        settlement.prove(terms, proof, claimed.ref.windowEnd);
        assertEq(creditOf(seller), MIN_BOND, "credit of the seller");
        assertEq(creditOf(thief), 0, "credit of the thief");
    }

    function test_Attack_FrontRunAnAcknowledgementWithAChallenge() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        bytes memory signed = acknowledgement(buyer, claimed);
        uint256 wealth = wealthOf(thief);
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        settlement.acknowledge(terms, claimed.ref, signed);
        // It cost him the bond, and the buyer's word still counts.
        prove(claimed);
        settlement.acknowledge(terms, claimed.ref, signed);
        endWindow(claimed);
        finalize(claimed);
        assertEq(wealthOf(thief), wealth - MIN_BOND, "wealth of the thief");
        assertEq(creditOf(seller), MIN_BOND, "credit of the seller");
    }

    function test_Attack_FrontRunAnAcknowledgementWithThatAcknowledgement() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        bytes memory signed = acknowledgement(buyer, claimed);
        uint256 wealth = wealthOf(thief);
        VM.prank(thief);
        settlement.acknowledge(terms, claimed.ref, signed);
        assertEq(wealthOf(thief), wealth, "wealth of the thief");
        endWindow(claimed);
        finalize(claimed);
    }

    function test_Attack_AcknowledgeAChallengedClaimToEscapeTheChallenge() external {
        // A buyer who was bribed, or whose key was stolen, cannot take a stranger's challenge back.
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimChallenged.selector, claimed.ref.runKey));
        acknowledge(claimed);
    }

    function test_Attack_TakeABondTwice() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(first);
        challengeEvidence(second);
        pass(PROOF_WINDOW);
        rejectUnproven(first);
        settlement.reclaimBond(second.ref.runKey, ISettlement.ChallengeKind.Evidence);
        for (uint256 i; i < 2; ++i) {
            Claimed memory claimed = i == 0 ? first : second;
            expectRefusal(unknownChallenge(claimed, ISettlement.ChallengeKind.Evidence));
            settlement.reclaimBond(claimed.ref.runKey, ISettlement.ChallengeKind.Evidence);
            expectRefusal(unknownChallenge(claimed, ISettlement.ChallengeKind.Evidence));
            rejectUnproven(claimed);
        }
        assertEq(creditOf(stranger), 2 * MIN_BOND, "credit of the challenger");
        assertEq(escrow.bondsHeld(), 0, "bonds held");
    }

    function test_Attack_TakeBackTheBondOfALosingChallenge() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeStillCounts.selector, claimed.ref.runKey));
        VM.prank(stranger);
        settlement.reclaimBond(claimed.ref.runKey, ISettlement.ChallengeKind.Evidence);
    }

    function test_Attack_RuleOnALostClaimToKeepTheBuyersBond() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
        uint256 proofEnd = nowIs() + PROOF_WINDOW;
        pass(PROOF_WINDOW);
        for (uint256 i; i < 2; ++i) {
            expectRefusal(abi.encodeWithSelector(ISettlement.ProofOverdue.selector, proofEnd));
            VM.prank(arbiter);
            settlement.rule(claimed.opened.entitled.terms, claimed.ref, ISettlement.Ruling(i), i == 1 ? 1 : 0);
        }
        rejectUnproven(claimed);
        assertEq(creditOf(buyer), CONDUCT_BOND, "credit of the buyer");
        assertEq(creditOf(arbiter) + creditOf(seller), 0, "credit of arbiter and seller");
    }

    function test_Attack_CallTheLedgerInTheSettlementsPlace() external {
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        bytes[9] memory calls = [
            abi.encodeCall(IEscrow.payBond, (thief, MIN_BOND)),
            abi.encodeCall(IEscrow.slash, (claimed.opened.entitled.offerId, thief, 1)),
            abi.encodeCall(IEscrow.reject, (stepRefOf(claimed))),
            abi.encodeCall(IEscrow.endWindow, (stepRefOf(claimed))),
            abi.encodeCall(IEscrow.recordProof, (stepRefOf(claimed), true)),
            abi.encodeCall(IEscrow.recordUpheld, (stepRefOf(claimed))),
            abi.encodeCall(IEscrow.recordSplit, (stepRefOf(claimed), 1, address(0))),
            abi.encodeCall(IEscrow.openEvidenceChallenge, (stepRefOf(claimed))),
            abi.encodeCall(IEscrow.openConductChallenge, (stepRefOf(claimed)))
        ];
        for (uint256 i; i < calls.length; ++i) {
            VM.prank(thief);
            (bool done, bytes memory answer) = address(escrow).call(calls[i]);
            assertFalse(done, "the ledger obeyed");
            assertEq(answer, abi.encodeWithSelector(IEscrow.NotAuthorisedContract.selector, thief), "answer");
        }
    }
}
