// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {EntitlementId, RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Deciding} from "./Deciding.sol";

contract EscrowViewsTest is Deciding {
    function test_GivenNoSuchEntitlement_AnswerZeros(EntitlementId id) external view {
        IEscrow.Entitlement memory none;
        assertEq(abi.encode(escrow.entitlementOf(id)), abi.encode(none), "entitlement");
    }

    function test_GivenPaidPendingAndOpenStepsAndAChallenge_AnswerAllOfIt() external {
        Entitled memory entitled = buy();
        uint256 expiresAt = nowIs() + TTL;
        Claimed memory second = claimAfter(paid(entitled));
        openAfter(second);
        challengeConduct(second);
        setCounters(entitled, 5, 6);
        requireEntitlement(
            entitled,
            IEscrow.Entitlement({
                price: PRICE,
                bought: 4,
                opened: 3,
                settled: 1,
                generation: 5,
                epoch: 6,
                maxPending: 4,
                challenged: 4,
                expiresAt: uint40(expiresAt)
            })
        );
    }

    function test_GivenNoStepWasClaimed_AnswerZero() external {
        assertEq(escrow.headOf(buy().id), bytes32(0), "head");
    }

    function test_GivenAStepIsOpen_AnswerTheOpenMarker() external {
        Opened memory opened = open(buy());
        bytes32 marker = Hashes.openMarker(0, opened.permitHash, opened.runKey);
        assertEq(escrow.headOf(opened.entitled.id), marker, "head");
    }

    function test_GivenTheLastStepIsClaimed_AnswerTheHashOfWhatItLeft() external {
        Claimed memory claimed = claimAfter(claim(buy()));
        bytes32 head = Hashes.head(claimed.claim.nextStateCommitment, claimed.claim.nextNetCommitment);
        assertEq(escrow.headOf(claimed.opened.entitled.id), head, "head");
    }

    function test_GivenTheRunWasNeverUsed_AnswerZeros(RunKey runKey) external view {
        IEscrow.Run memory none;
        assertEq(abi.encode(escrow.runOf(runKey)), abi.encode(none), "run");
    }

    function test_GivenTheRunWentThroughEverything_AnswerAllOfIt() external {
        uint40 openedAt = uint40(nowIs());
        Claimed memory claimed = claim(buy());
        challengeEvidence(claimed);
        challengeConduct(claimed);
        prove(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        pass(7);
        acknowledge(claimed);
        requireRun(
            claimed.opened,
            IEscrow.Run({
                step: 1,
                openedAt: openedAt,
                claimDeadline: openedAt + STEP_TIMEOUT,
                windowEnd: openedAt + 7,
                proven: true,
                evidence: IEscrow.EvidenceStatus.Answered,
                conduct: IEscrow.ConductStatus.Split
            })
        );
    }

    function test_GivenTheRunWasNeverUsed_AnswerNo() external {
        Entitled memory entitled = buy();
        assertFalse(isOpen(openedOf(entitled, permitOf(entitled))), "open");
    }

    function test_GivenTheStepIsOpen_AnswerYes() external {
        assertTrue(isOpen(open(buy())), "open");
    }

    function test_GivenTheStepIsOpen_AnswerYesInTheLastSecondBeforeTheDeadline() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT - 1);
        assertTrue(isOpen(opened), "open");
    }

    function test_GivenTheStepIsOpen_AnswerNoAtTheDeadline() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        assertFalse(isOpen(opened), "open");
    }

    function test_GivenTheStepIsOpen_AnswerNoForAnotherPermit() external {
        Opened memory opened = open(buy());
        opened.permitHash = fresh("permit");
        assertFalse(isOpen(opened), "open");
    }

    function test_GivenTheStepIsOpen_AnswerNoForAnotherRun() external {
        Opened memory opened = open(buy());
        opened.runKey = open(buy()).runKey;
        assertFalse(isOpen(opened), "open");
    }

    function test_GivenTheStepIsOpen_AnswerNoForAnotherParent() external {
        Opened memory opened = open(buy());
        opened.parentHead = fresh("parent");
        assertFalse(isOpen(opened), "open");
    }

    function test_GivenTheStepIsOpen_AnswerNoForAnotherEntitlement() external {
        Opened memory opened = open(buy());
        opened.entitled = open(buy()).entitled;
        assertFalse(isOpen(opened), "open");
    }

    function test_GivenTheStepIsClaimed_AnswerNo() external {
        assertFalse(isOpen(claim(buy()).opened), "open");
    }

    function test_GivenTheStepWasVoidedWithAnEarlierOne_AnswerNo() external {
        Claimed memory first = claim(buy());
        Opened memory second = openAfter(first);
        reject(first);
        assertFalse(isOpen(second), "open");
    }

    function test_GivenTheClaimIsPending_AnswerYes() external {
        Claimed[] memory all = claims(buy(), 3);
        for (uint256 i; i < 3; ++i) assertTrue(escrow.isPending(stepRefOf(all[i])), "pending");
    }

    function test_GivenTheClaimIsPending_AnswerYesAfterItsWindowToo() external {
        Claimed memory claimed = claim(buy());
        pass(10 * DISPUTE_WINDOW);
        assertTrue(escrow.isPending(stepRefOf(claimed)), "pending");
    }

    function test_WhenNoSuchEntitlementIsNamed_AnswerNo() external {
        refusesAnUnknownEntitlement();
    }

    function test_WhenTheStepWasNeverOpened_AnswerNo() external {
        refusesAStepNeverOpened();
    }

    function test_WhenTheStepIsOpen_AnswerNo() external {
        refusesAnOpenStep();
    }

    function test_WhenTheStepIsPaid_AnswerNo() external {
        refusesAPaidStep();
    }

    function test_WhenTheStepIsPaidAndTheNextHasItsSlot_AnswerNo() external {
        refusesAPaidStepWhoseSlotIsTaken();
    }

    function test_WhenTheStepWasRejected_AnswerNo() external {
        refusesARejectedStep();
    }

    function test_WhenTheStepWasVoidedWithAnEarlierOne_AnswerNo() external {
        refusesAVoidedStep();
    }

    function test_WhenAnotherRunHasTheNumberOfTheVoidedStep_AnswerNo() external {
        refusesAVoidedStepWhoseNumberIsTaken();
    }

    function test_WhenAnyPartOfTheReferenceIsAnother_AnswerNo() external {
        refusesAnotherEntitlement();
        refusesAnotherStep();
        refusesAnotherRun();
        refusesAnotherClaim();
        refusesAnotherParent();
        refusesAnotherWindow();
    }

    function test_GivenNobodyBoughtUnderThatId_AnswerZero(EntitlementId id, uint32 step) external view {
        assertEq(escrow.pendingDigestOf(id, step), bytes32(0), "digest");
    }

    function test_GivenNoClaimOfTheEntitlement_AnswerZero() external {
        assertEq(escrow.pendingDigestOf(buy().id, 1), bytes32(0), "digest");
    }

    function test_GivenClaimsOfTheEntitlement_AnswerEachStepsOwn() external {
        Claimed[] memory all = claims(buy(), 3);
        for (uint256 i; i < 3; ++i) requirePendingDigest(all[i], Hashes.claimDigest(all[i].ref));
    }

    function test_GivenNoRuling_AnswerZeros() external {
        (uint96 sellerShare, address currency) = escrow.splitOf(claim(buy()).ref.runKey);
        assertEq(sellerShare, 0, "share");
        assertEq(currency, address(0), "token");
    }

    function test_GivenARulingInTokens_AnswerTheShareAndTheToken() external {
        Claimed memory claimed = claim(bought(published(tokenTerms()), buyer, 1));
        challengeConduct(claimed);
        rule(claimed, ISettlement.Ruling.Split, 400);
        (uint96 sellerShare, address currency) = escrow.splitOf(claimed.ref.runKey);
        assertEq(sellerShare, 400, "share");
        assertEq(currency, address(token), "token");
    }

    function test_WhenCreditOfIsAsked_AnswerTheCreditOfEachOwnerInEachKindOfMoney() external {
        refund(bought(published(tokenTerms()), buyer, 2), 2);
        refund(buy(), 1);
        refund(buyFor(publish(), stranger, 3), 3);
        assertEq(escrow.creditOf(address(token), buyer), 2 * PRICE, "tokens of the buyer");
        assertEq(escrow.creditOf(address(0), buyer), PRICE, "native of the buyer");
        assertEq(escrow.creditOf(address(0), stranger), 3 * PRICE, "native of the stranger");
        assertEq(escrow.creditOf(address(token), stranger), 0, "tokens of the stranger");
    }

    function test_WhenEarningsOfIsAsked_AnswerWhatEachOfferEarned() external {
        Entitled memory one = paid(buy()).opened.entitled;
        Entitled memory two = claimAfter(paid(buy())).opened.entitled;
        assertEq(escrow.earningsOf(one.offerId), PRICE, "one");
        assertEq(escrow.earningsOf(two.offerId), PRICE, "two");
        assertEq(escrow.earningsOf(buy().offerId), 0, "none");
    }

    function test_WhenStakeOfIsAsked_AnswerEachOffersStakeAndNotice() external {
        OfferTerms memory terms = publish();
        VM.prank(seller);
        escrow.postStake{value: 100}(terms);
        VM.prank(seller);
        escrow.noticeStake(terms);
        IEscrow.Stake memory stake = escrow.stakeOf(Hashes.offerId(terms));
        uint256 end = nowIs() + STEP_TIMEOUT + 2 * DISPUTE_WINDOW + ARBITRATION_WINDOW;
        assertEq(abi.encode(stake), abi.encode(100, end), "stake");
        stake = escrow.stakeOf(publish(defaultTerms()));
        assertEq(abi.encode(stake), abi.encode(0, 0), "no stake");
    }

    function test_WhenBondsHeldIsAsked_AnswerTheSumOfAllOpenChallenges() external {
        Claimed memory claimed = claim(buy());
        assertEq(escrow.bondsHeld(), 0, "none");
        challengeEvidence(claimed);
        challengeConduct(claimed);
        assertEq(escrow.bondsHeld(), MIN_BOND + CONDUCT_BOND, "both");
        rule(claimed, ISettlement.Ruling.Upheld, 0);
        assertEq(escrow.bondsHeld(), MIN_BOND, "one");
    }

    function test_WhenOfferRegistryIsAsked_AnswerTheContractItWasDeployedWith() external view {
        assertEq(address(escrow.offerRegistry()), address(registry), "registry");
    }

    function test_WhenPermitConsumerIsAsked_AnswerTheContractItWasDeployedWith() external view {
        assertEq(escrow.permitConsumer(), address(consumer), "consumer");
    }

    function test_WhenSettlementIsAsked_AnswerTheContractItWasDeployedWith() external view {
        assertEq(escrow.settlement(), address(settlement), "settlement");
    }

    function test_WhenPermit2IsAsked_AnswerTheContractItWasDeployedWith() external view {
        assertEq(address(escrow.permit2()), address(permit2), "Permit2");
    }

    function deciding(IEscrow.StepRef memory ref) internal view override returns (Call memory) {
        return bySettlement(abi.encodeCall(IEscrow.isPending, (ref)));
    }

    /// @dev Where others are refused, the view answers no.
    function notPending(Claimed memory claimed) internal view override {
        assertFalse(escrow.isPending(stepRefOf(claimed)), "pending");
    }

    function isOpen(Opened memory opened) private view returns (bool) {
        return escrow.isOpen(opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead);
    }
}
