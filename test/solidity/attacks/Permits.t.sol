// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice Somebody wants a permit to count for something that its buyer did not mean.
contract PermitAttacks is Attacking {
    // ------------------------------------------------------------------ what runs

    function test_Attack_RunThePinnedCommitOnAnEmptyTask() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        consumption.permit.inputHash = keccak256("nothing to do");
        unsigned(entitled, consumption);
    }

    function test_Attack_RunSomethingElseThanThePermitSays() external {
        Entitled memory entitled = buyForAnyCommit();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        PermitInput memory permit = consumption.permit;
        ++permit.runId;
        unsigned(entitled, consumption);
        --permit.runId;
        ++permit.runAttempt;
        unsigned(entitled, consumption);
        --permit.runAttempt;
        permit.sourceCommit = bytes20(uint160(1));
        unsigned(entitled, consumption);
        permit.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
        permit.workerKey = keccak256("the thief's worker");
        unsigned(entitled, consumption);
    }

    function test_Attack_PassTheObservationOfAnotherRun() external {
        Entitled memory entitled = buyObserved();
        PermitInput memory seen = observedPermit(entitled);
        bytes memory ofTheSeenRun = observation(observer, openedOf(entitled, seen));
        // A second job of the same workflow shows the observer's word about the first.
        PermitInput memory unseen = observedPermit(entitled);
        unseen.observationHash = seen.observationHash;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, unseen);
        consumption.observerSignature = ofTheSeenRun;
        expectRefusal(
            abi.encodeWithSelector(IPermitConsumer.ObserverSignatureInvalid.selector, observer, unseen.observationHash)
        );
        consume(entitled, consumption);
    }

    function test_Attack_SwapTheObservationUnderThePermit() external {
        Entitled memory entitled = buyObserved();
        PermitInput memory permit = observedPermit(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        // Another observation of the same run, which the observer signed as well: not the one that the buyer saw.
        consumption.permit.observationHash = fresh("another observation");
        consumption.observerSignature = observation(observer, openedOf(entitled, consumption.permit));
        unsigned(entitled, consumption);
    }

    function test_Attack_LetTheGatewayVouchForItsOwnImage() external {
        Entitled memory entitled = buyObserved();
        PermitInput memory permit = observedPermit(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        consumption.observerSignature = observation(gateway, openedOf(entitled, permit));
        expectRefusal(
            abi.encodeWithSelector(IPermitConsumer.ObserverSignatureInvalid.selector, observer, permit.observationHash)
        );
        consume(entitled, consumption);
    }

    // ------------------------------------------------------------------ runs

    function test_Attack_BurnSomebodyElsesRunId() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory meant = signedPermit(entitled, permitOf(entitled));
        // The thief has an offer, a gateway and an entitlement of his own, and opens a step for the buyer's run.
        OfferTerms memory terms = defaultTerms();
        terms.seller = thief;
        terms.gateway = thief;
        publish(terms);
        Entitled memory own = entitledOf(terms, thief, 0);
        VM.prank(thief);
        escrow.purchase{value: PRICE}(terms, thief, 0, 1);
        PermitInput memory permit = permitOf(own);
        permit.repositoryId = meant.permit.repositoryId;
        permit.runId = meant.permit.runId;
        permit.runAttempt = meant.permit.runAttempt;
        open(own, permit);
        consume(entitled, meant);
        requirePending(claim(openedOf(entitled, meant.permit)));
    }

    function test_Attack_NameTheBuyersGatewayToBurnARunId() external {
        // With the buyer's gateway in his terms the thief would hit the same run: but he is not that gateway.
        OfferTerms memory terms = defaultTerms();
        terms.seller = thief;
        publish(terms);
        Entitled memory own = entitledOf(terms, thief, 0);
        VM.prank(thief);
        escrow.purchase{value: PRICE}(terms, thief, 0, 1);
        IPermitConsumer.Consumption memory consumption = signedPermit(own, permitOf(own));
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.NotGateway.selector, thief, gateway));
        VM.prank(thief);
        consumer.consume(terms, consumption);
    }

    function test_Attack_RetryWithTheSameRun() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        timeout(opened);
        PermitInput memory permit = permitOf(opened.entitled);
        permit.runId = opened.permit.runId;
        runUsed(opened, permit);
        // A run is used up by a rejection, too.
        Claimed memory claimed = claim(open(opened.entitled));
        reject(claimed);
        permit = permitOf(opened.entitled);
        permit.epoch = 1;
        permit.runId = claimed.opened.permit.runId;
        runUsed(claimed.opened, permit);
    }

    function test_Attack_ReplaceARunThatCanStillClaim() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT - 1);
        PermitInput memory permit = permitOf(opened.entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(opened.entitled, permit);
        consumption.staleRunKey = opened.runKey;
        consumption.stalePermitHash = opened.permitHash;
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotTimedOut.selector, nowIs() + 1));
        consume(opened.entitled, consumption);
        requirePending(claim(opened));
    }

    // ------------------------------------------------------------------ replays

    function test_Attack_ReplayAPermit() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        consume(entitled, consumption);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 1, 2));
        consume(entitled, consumption);
        pass(STEP_TIMEOUT);
        timeout(openedOf(entitled, consumption.permit));
        expectRefusal(abi.encodeWithSelector(IEscrow.RunUsed.selector, Hashes.runKey(gateway, consumption.permit)));
        consume(entitled, consumption);
    }

    function test_Attack_ReplayAPermitOnAnotherChain() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        VM.chainId(8453);
        unsigned(entitled, consumption);
    }

    function test_Attack_ReplayEverythingOnAnotherDeployment() external {
        // The same offer is on sale there too, the same buyer bought with the same salt: so the ids are the same.
        Claimed memory claimed = claim(buy());
        Entitled memory entitled = claimed.opened.entitled;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, claimed.opened.permit);
        ISettlement.SignedClaim memory signed = signedClaim(claimed);
        ISettlement.ProvenClaim memory proof = provenClaim(claimed);
        bytes memory acknowledged = acknowledgement(buyer, claimed);
        deploy(address(evidence), address(permit2));
        publish(entitled.terms);
        VM.prank(buyer);
        escrow.purchase{value: 4 * PRICE}(entitled.terms, buyer, entitled.salt, 4);

        unsigned(entitled, consumption);
        Opened memory opened = open(entitled, claimed.opened.permit);
        assertTrue(opened.permitHash != claimed.opened.permitHash, "one permit hash for both deployments");
        bytes32 there = claimedOf(opened, claimed.claim).ref.claimHash;
        expectRefusal(abi.encodeWithSelector(ISettlement.ApprovalSignatureInvalid.selector, verifier, there));
        settlement.claim(entitled.terms, signed);
        expectRefusal(
            abi.encodeWithSelector(
                ISettlement.PermitHashMismatch.selector,
                opened.permitHash,
                claimed.opened.permitHash
            )
        );
        settlement.claimWithProof(entitled.terms, proof);
        Claimed memory again = claim(opened);
        expectRefusal(abi.encodeWithSelector(ISettlement.AcknowledgementInvalid.selector, buyer));
        settlement.acknowledge(entitled.terms, again.ref, acknowledged);
    }

    // ------------------------------------------------------------------ cancelled and delegated

    function test_Attack_UseACancelledPermit() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        VM.prank(buyer);
        escrow.cancelPermits(entitled.offerId, entitled.salt);
        expectRefusal(abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1));
        consume(entitled, consumption);
    }

    function test_Attack_CancelOtherPeoplesPermits() external {
        Entitled memory entitled = buy();
        expectRefusal(
            abi.encodeWithSelector(
                IEscrow.NoSuchEntitlement.selector,
                entitledOf(entitled.terms, thief, entitled.salt).id
            )
        );
        VM.prank(thief);
        escrow.cancelPermits(entitled.offerId, entitled.salt);
    }

    function test_Attack_UseADelegationAfterARejection() external {
        Entitled memory entitled = buy();
        VM.prank(buyer);
        consumer.delegate(entitled.offerId, entitled.salt, delegate, 4, uint40(FAR));
        Delegation memory spare = delegationOf(entitled, delegate);
        bytes memory signed = signature(buyer, Hashes.delegationDigest(address(consumer), spare));
        reject(claim(entitled));
        PermitInput memory permit = permitOf(entitled);
        permit.epoch = 1;
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit, delegate);
        expectRefusal(abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1));
        consume(entitled, consumption);
        // Nor does one help that was signed before and kept back.
        expectRefusal(abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1));
        VM.prank(delegate);
        consumer.delegateBySignature(entitled.offerId, buyer, entitled.salt, spare, signed);
    }

    function test_Attack_RegisterADelegationAgainAfterItsRevocation() external {
        Entitled memory entitled = buy();
        Delegation memory delegation = delegationOf(entitled, delegate);
        bytes memory signed = signature(buyer, Hashes.delegationDigest(address(consumer), delegation));
        VM.prank(delegate);
        consumer.delegateBySignature(entitled.offerId, buyer, entitled.salt, delegation, signed);
        VM.prank(buyer);
        consumer.revokeDelegate(entitled.offerId, entitled.salt, delegate, delegation.nonce);
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.DelegationNonceUsed.selector, delegation.nonce));
        VM.prank(delegate);
        consumer.delegateBySignature(entitled.offerId, buyer, entitled.salt, delegation, signed);
    }

    function test_Attack_DoMoreAsADelegateThanSignPermits() external {
        Entitled memory entitled = buy();
        VM.prank(buyer);
        consumer.delegate(entitled.offerId, entitled.salt, delegate, 4, uint40(FAR));
        PermitInput memory permit = permitOf(entitled);
        consume(entitled, signedPermit(entitled, permit, delegate));
        Claimed memory claimed = claim(openedOf(entitled, permit));
        bytes memory signed = acknowledgement(delegate, claimed);

        expectRefusal(abi.encodeWithSelector(IEscrow.NotBuyer.selector, delegate, buyer));
        VM.prank(delegate);
        escrow.refund(entitled.terms, buyer, entitled.salt, 1);
        expectRefusal(
            abi.encodeWithSelector(
                IEscrow.NoSuchEntitlement.selector,
                entitledOf(entitled.terms, delegate, entitled.salt).id
            )
        );
        VM.prank(delegate);
        escrow.cancelPermits(entitled.offerId, entitled.salt);
        expectRefusal(abi.encodeWithSelector(ISettlement.AcknowledgementInvalid.selector, buyer));
        VM.prank(delegate);
        settlement.acknowledge(entitled.terms, claimed.ref, signed);
        expectRefusal(abi.encodeWithSelector(ISettlement.NotEntitlementBuyer.selector, delegate, buyer));
        VM.prank(delegate);
        settlement.challengeConduct{value: CONDUCT_BOND}(entitled.terms, claimed.ref, 0, "");
    }

    function test_Attack_ConsumeWithoutBeingTheGateway() external {
        Entitled memory entitled = buy();
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.NotGateway.selector, thief, gateway));
        VM.prank(thief);
        consumer.consume(entitled.terms, consumption);
        // As gateway of his own terms he has a permit for another offer.
        OfferTerms memory own = entitled.terms;
        own.gateway = thief;
        unsigned(entitledOf(own, buyer, consumption.salt), consumption);
    }

    function test_Attack_OpenAStepPastThePermitConsumer() external {
        Entitled memory entitled = buy();
        Opened memory opened = openedOf(entitled, permitOf(entitled));
        IEscrow.StepOpening memory opening;
        opening.entitlement = entitled.id;
        opening.step = 1;
        opening.runKey = opened.runKey;
        opening.permitHash = opened.permitHash;
        opening.stepTimeout = STEP_TIMEOUT;
        expectRefusal(abi.encodeWithSelector(IEscrow.NotAuthorisedContract.selector, thief));
        VM.prank(thief);
        escrow.recordOpening(opening);
    }

    // ------------------------------------------------------------------ parts

    function buyObserved() private returns (Entitled memory) {
        OfferTerms memory terms = defaultTerms();
        terms.runnerTier = 2;
        terms.observer = observer;
        terms.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
        publish(terms);
        return buy(terms, 4);
    }

    function observedPermit(Entitled memory entitled) private returns (PermitInput memory permit) {
        permit = permitOf(entitled);
        permit.observationHash = fresh("observation");
    }

    /// @dev The gateway consumes, and the signature is not the buyer's over this permit.
    function unsigned(Entitled memory entitled, IPermitConsumer.Consumption memory consumption) private {
        expectRefusal(
            abi.encodeWithSelector(
                IPermitConsumer.PermitSignatureInvalid.selector,
                consumption.signer,
                openedOf(entitled, consumption.permit).permitHash
            )
        );
        consume(entitled, consumption);
    }

    function runUsed(Opened memory opened, PermitInput memory permit) private {
        IPermitConsumer.Consumption memory consumption = signedPermit(opened.entitled, permit);
        expectRefusal(abi.encodeWithSelector(IEscrow.RunUsed.selector, opened.runKey));
        consume(opened.entitled, consumption);
    }
}
