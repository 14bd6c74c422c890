// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice Somebody wants to use evidence that is not his, twice, or for something else.
contract ProofAttacks is Attacking {
    function test_Attack_CopyAProofToEarnTheBond() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        challengeEvidence(claimed);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        uint256 wealth = wealthOf(thief);
        // Seen in the mempool, and submitted first.
        VM.prank(thief);
        settlement.prove(terms, proof, claimed.ref.windowEnd);
        expectRefusal(abi.encodeWithSelector(IEscrow.AlreadyProven.selector, claimed.ref.runKey));
        VM.prank(seller);
        settlement.prove(terms, proof, claimed.ref.windowEnd);
        assertEq(wealthOf(thief), wealth, "wealth of the thief");
        assertEq(creditOf(seller), MIN_BOND, "credit of the seller");
    }

    function test_Attack_CopyAProofToClaimInTheSellersPlace() external {
        Claimed memory claimed = claimOf(open(buyWithoutArbiter()));
        OfferTerms memory terms = claimed.opened.entitled.terms;
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        uint256 wealth = wealthOf(thief);
        VM.prank(thief);
        settlement.claimWithProof(terms, proof);
        claimed.ref.windowEnd = uint40(nowIs());
        VM.prank(thief);
        escrow.finalize(claimed.ref, claimed.opened.entitled.offerId);
        assertEq(wealthOf(thief), wealth, "wealth of the thief");
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings of the seller");
    }

    function test_Attack_AnswerAChallengeWithTheProofOfAnotherStep() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeEvidence(second);
        ISettlement.ProvenClaim memory proof = provenClaim(second);
        proof.proof = provenClaim(first).proof;
        expectRefusal(otherEvidence());
        settlement.prove(first.opened.entitled.terms, proof, second.ref.windowEnd);
    }

    function test_Attack_RunThePinnedCommitOnAnEmptyTaskAndProveIt() external {
        // The run is real and of the right commit, but what it was given is not what the buyer signed.
        Claimed memory honest = claimOf(open(buy()));
        Entitled memory entitled = honest.opened.entitled;
        PermitInput memory emptied = honest.opened.permit;
        emptied.inputHash = keccak256("nothing to do");
        ISettlement.ProvenClaim memory proof = provenClaim(honest);
        proof.permit = emptied;
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.PermitHashMismatch.selector,
                Hashes.permitDigest(address(consumer), entitled.id, entitled.terms, emptied),
                honest.claim.permitHash
            )
        );
        settlement.claimWithProof(entitled.terms, proof);

        // And a claim that names the permit with the empty task is for a step that nobody opened.
        bytes32 emptyPermit = Hashes.permitDigest(address(consumer), entitled.id, entitled.terms, emptied);
        honest.claim.permitHash = emptyPermit;
        Claimed memory emptyClaim = claimedOf(honest.opened, honest.claim);
        emptyClaim.opened.permit = emptied;
        proof = provenClaim(emptyClaim);
        expectRefusal(notOpen(emptyClaim.opened));
        settlement.claimWithProof(entitled.terms, proof);
    }

    function test_Attack_SellOneRunThroughSeveralGateways() external {
        Claimed memory sold = claim(buy());
        OfferTerms memory terms = defaultTerms();
        terms.gateway = thief;
        publish(terms);
        Entitled memory second = buy(terms, 4);
        postStake(second, MIN_BOND);
        PermitInput memory permit = permitOf(second);
        permit.repositoryId = sold.opened.permit.repositoryId;
        permit.runId = sold.opened.permit.runId;
        permit.runAttempt = sold.opened.permit.runAttempt;
        Claimed memory again = claim(open(second, permit));
        challengeEvidence(again);
        prove(sold);
        // The second sale can never be proven, and the stake pays for it.
        ISettlement.ProvenClaim memory proof = provenClaim(again);
        expectRefusal(abi.encodeWithSelector(ISettlement.RunAlreadyProven.selector, sold.ref.claimHash));
        settlement.prove(terms, proof, again.ref.windowEnd);
        pass(PROOF_WINDOW);
        rejectUnproven(again);
        assertEq(creditOf(stranger), 2 * MIN_BOND, "the challenger has bond and stake");
        assertEq(escrow.earningsOf(second.offerId), 0, "earnings of the second sale");
    }

    function test_Attack_ProveWithARunThatWasMadeBeforeThePermit() external {
        Claimed memory claimed = claim(buy());
        uint256 opening = openedAt(claimed.opened);
        uint64 logTime = uint64(opening - 31 minutes);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed, logTime);
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.EvidenceTimeOutside.selector,
                logTime,
                opening - 30 minutes,
                opening + STEP_TIMEOUT
            )
        );
        settlement.prove(claimed.opened.entitled.terms, proof, claimed.ref.windowEnd);
    }

    function test_Attack_MakeTheEvidenceAfterTheChallenge() external {
        // A claim without any run behind it, and a run made in a hurry when somebody asks.
        Opened memory opened = open(buy());
        uint256 opening = openedAt(opened);
        pass(STEP_TIMEOUT - 1);
        Claimed memory claimed = claim(opened);
        pass(1);
        challengeEvidence(claimed);
        uint64 logTime = uint64(nowIs());
        ISettlement.ProvenClaim memory proof = provenClaim(claimed, logTime);
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.EvidenceTimeOutside.selector,
                logTime,
                opening - 30 minutes,
                opening + STEP_TIMEOUT
            )
        );
        settlement.prove(opened.entitled.terms, proof, claimed.ref.windowEnd);
    }

    function test_Attack_ProveAfterTheTimeForIt() external {
        Entitled memory entitled = buy();
        postStake(entitled, MIN_BOND);
        Claimed memory claimed = claim(entitled);
        challengeEvidence(claimed);
        uint256 proofEnd = nowIs() + PROOF_WINDOW;
        pass(PROOF_WINDOW);
        // He sees the rejection coming and puts the proof in front of it.
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        expectRefusal(abi.encodeWithSelector(ISettlement.ChallengeTimeOver.selector, proofEnd));
        settlement.prove(entitled.terms, proof, claimed.ref.windowEnd);
        rejectUnproven(claimed);
    }

    function test_Attack_SwapTheClaimUnderAnApproval() external {
        Claimed memory approved = claimOf(open(buy()));
        ISettlement.SignedClaim memory signed = signedClaim(approved);
        signed.claim.resultHash = keccak256("another result");
        bytes32 swapped = Hashes.claimHash(address(settlement), approved.opened.entitled.id, signed.claim);
        expectRefusal(abi.encodeWithSelector(ISettlement.ApprovalSignatureInvalid.selector, verifier, swapped));
        settlement.claim(approved.opened.entitled.terms, signed);
    }

    function test_Attack_ClaimAfterTheTimeout() external {
        Opened memory opened = open(buy());
        Claimed memory claimed = claimOf(opened);
        uint256 deadline = nowIs() + STEP_TIMEOUT;
        pass(STEP_TIMEOUT);
        ISettlement.SignedClaim memory signed = signedClaim(claimed);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        // Nobody has voided the step yet: the deadline alone is enough.
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, deadline));
        settlement.claim(opened.entitled.terms, signed);
        expectRefusal(abi.encodeWithSelector(IEscrow.ClaimTooLate.selector, deadline));
        settlement.claimWithProof(opened.entitled.terms, proof);
        // Nor can it claim once another run has taken the number.
        timeout(opened);
        open(opened.entitled);
        expectRefusal(notOpen(opened));
        settlement.claim(opened.entitled.terms, signed);
        expectRefusal(notOpen(opened));
        settlement.claimWithProof(opened.entitled.terms, proof);
    }

    /// @dev A run counts for one proof. Who can add a job to a run could spend it on a claim of his own; a provable offer
    /// therefore fixes the commit, and with it the run's jobs.
    function test_Attack_SpendARunOnAClaimOfAnotherJob() external {
        Opened memory opened = open(buy());
        OfferTerms memory own = termsWithoutArbiter();
        own.seller = buyer;
        own.gateway = thief;
        own.verifier = address(0);
        own.signerWorkflow = keccak256("the buyer's own workflow");
        own.sourceCommit = 0;
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.TermMissing.selector, "sourceCommit"));
        VM.prank(buyer);
        registry.publish(own, POLICY);
        // Pinned to a commit that has his second job, the offer's permits cannot name the run at the other commit.
        own.sourceCommit = bytes20(keccak256("a commit with a second job"));
        publish(own);
        Entitled memory entitled = buyFor(own, buyer, 1);
        PermitInput memory permit = permitOf(entitled);
        permit.runId = opened.permit.runId;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        expectRefusal(
            abi.encodeWithSelector(
                IPermitConsumer.PermitCommitMismatch.selector,
                own.sourceCommit,
                opened.permit.sourceCommit
            )
        );
        consume(entitled, consumption);
    }

    function test_Attack_ReplayAnApprovalOnAnotherChain() external {
        Opened memory opened = open(buy());
        Claimed memory claimed = claimOf(opened);
        ISettlement.SignedClaim memory signed = signedClaim(claimed);
        // The chain splits, and the other side has the same open step.
        VM.chainId(8453);
        bytes32 there = claimedOf(opened, claimed.claim).ref.claimHash;
        expectRefusal(abi.encodeWithSelector(ISettlement.ApprovalSignatureInvalid.selector, verifier, there));
        settlement.claim(opened.entitled.terms, signed);
    }

    function test_Attack_ReplayAProofOnAnotherChain() external {
        Opened memory opened = open(buy());
        ISettlement.ProvenClaim memory proof = provenClaim(claimOf(opened));
        VM.chainId(8453);
        bytes32 there = Hashes.permitDigest(
            address(consumer),
            opened.entitled.id,
            opened.entitled.terms,
            opened.permit
        );
        expectRefusal(abi.encodeWithSelector(ISettlement.PermitHashMismatch.selector, there, opened.permitHash));
        settlement.claimWithProof(opened.entitled.terms, proof);
    }

    function test_Attack_ReplayAnAcknowledgementOnAnotherChain() external {
        Claimed memory claimed = claim(buy());
        bytes memory signed = acknowledgement(buyer, claimed);
        VM.chainId(8453);
        expectRefusal(abi.encodeWithSelector(ISettlement.AcknowledgementInvalid.selector, buyer));
        settlement.acknowledge(claimed.opened.entitled.terms, claimed.ref, signed);
    }
}
