// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice A seller wants steps paid out of order, twice, or although they were rejected.
contract OrderAttacks is Attacking {
    /// @dev Most gas of one transaction, by EIP-7825.
    uint256 private constant TRANSACTION_GAS = 16_777_216;

    function test_Attack_PayALaterStepBeforeAnEarlierOneIsRejected() external {
        Claimed memory first = claim(buy());
        Claimed memory second = claimAfter(first);
        challengeConduct(first);
        pass(DISPUTE_WINDOW);
        // The second step's window is over, nobody challenged it, and the seller hurries.
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 2, 1));
        finalize(second);
        ClaimedStep[] memory batch = new ClaimedStep[](2);
        (batch[0], batch[1]) = (second.ref, first.ref);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 2, 1));
        escrow.finalizeBatch(batch, first.opened.entitled.offerId);

        rule(first, ISettlement.Ruling.Rejected, 0);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 2, 1));
        finalize(second);
        refundAll(first.opened.entitled);
        assertEq(escrow.earningsOf(first.opened.entitled.offerId), 0, "earnings");
    }

    function test_Attack_PileUpPendingStepsUntilARejectionCostsTooMuch() external {
        // Storage is warm here, as if everything had been read before: that makes at most 2,000 gas less of each slot.
        assertLe(gasOfRejectingTheFirstOf(8), TRANSACTION_GAS / 100, "gas with eight pending and challenged steps");
    }

    function test_Attack_PileUpMorePendingStepsThanARejectionCanVoid() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 9;
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.TermOutOfBounds.selector, "maxPending", 9, 1, 8));
        publish(terms);
    }

    function test_Attack_BePaidForAVoidedClaimAfterARetryTookItsNumber() external {
        Claimed memory voided = claim(buy());
        reject(voided);
        claim(openAgain(voided, 1));
        pass(DISPUTE_WINDOW);
        expectRefusal(notPending(voided));
        finalize(voided);
    }

    function test_Attack_BePaidTwiceForOneClaim() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 1, 2));
        finalize(claimed);
        ClaimedStep[] memory twice = new ClaimedStep[](2);
        Claimed memory second = claimAfter(claimed);
        pass(DISPUTE_WINDOW);
        (twice[0], twice[1]) = (second.ref, second.ref);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotNext.selector, 2, 3));
        escrow.finalizeBatch(twice, claimed.opened.entitled.offerId);
    }

    function test_Attack_BePaidForTheSameClaimUnderTheNextNumber() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        openAfter(claimed);
        claimed.ref.step = 2;
        expectRefusal(notPending(claimed));
        finalize(claimed);
    }

    function test_Attack_BePaidEarlyByNamingAnEarlierEndOfTheWindow() external {
        Claimed memory claimed = claim(buy());
        claimed.ref.windowEnd = uint40(nowIs());
        expectRefusal(notPending(claimed));
        finalize(claimed);
    }

    function test_Attack_BePaidByAnotherOffersDeposit() external {
        Claimed memory claimed = claim(buy());
        pass(DISPUTE_WINDOW);
        Entitled memory other = buy();
        bytes memory refusal = notPending(other.terms, claimed.ref);
        expectRefusal(refusal);
        escrow.finalize(claimed.ref, other.offerId);
    }

    function test_Attack_FrontRunAPayment() external {
        Claimed memory claimed = claim(buy());
        uint256 wealth = wealthOf(thief);
        pass(DISPUTE_WINDOW);
        VM.prank(thief);
        escrow.finalize(claimed.ref, claimed.opened.entitled.offerId);
        assertEq(wealthOf(thief), wealth, "wealth of the thief");
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), PRICE, "earnings of the seller");
    }

    function test_Attack_ChallengeInTheSecondOfPayment() external {
        Claimed memory claimed = claim(buy());
        OfferTerms memory terms = claimed.opened.entitled.terms;
        pass(DISPUTE_WINDOW);
        expectRefusal(abi.encodeWithSelector(IEscrow.WindowClosed.selector, claimed.ref.windowEnd));
        VM.prank(thief);
        settlement.challengeEvidence{value: MIN_BOND}(terms, claimed.ref);
        finalize(claimed);
    }

    function test_Attack_ClaimARefundedStep() external {
        Entitled memory entitled = buy();
        Claimed memory claimed = claim(entitled);
        refundAll(entitled);
        // The claimed step is not refunded, the others are gone.
        assertEq(creditOf(buyer), 3 * PRICE, "credit of the buyer");
        pass(DISPUTE_WINDOW);
        finalize(claimed);
        assertEq(escrow.entitlementOf(entitled.id).bought, 1, "steps bought");
        assertEq(address(escrow).balance, 4 * PRICE, "money held");
    }

    /// @dev With everything that could make it dear: each step challenged twice, and a stake for everybody.
    function gasOfRejectingTheFirstOf(uint256 steps) private returns (uint256 used) {
        OfferTerms memory terms = defaultTerms();
        terms.maxPending = 8;
        publish(terms);
        Entitled memory entitled = buy(terms, 8);
        postStake(entitled, 10 ether);
        Claimed[] memory claims = new Claimed[](steps);
        claims[0] = claim(entitled);
        for (uint256 i = 1; i < steps; ++i) claims[i] = claimAfter(claims[i - 1]);
        for (uint256 i; i < steps; ++i) {
            challengeEvidence(claims[i]);
            challengeConduct(claims[i]);
        }
        pass(PROOF_WINDOW);
        ClaimedStep memory first = claims[0].ref;
        VM.prank(arbiter);
        used = gasleft();
        settlement.rule(terms, first, ISettlement.Ruling.Rejected, 0);
        used -= gasleft();
        assertEq(escrow.entitlementOf(entitled.id).opened, 0, "steps opened");
    }
}
