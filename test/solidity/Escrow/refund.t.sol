// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowRefundTest is Ledger {
    function test_GivenNoSuchEntitlement_RevertWithNoSuchEntitlement() external {
        unknown(entitledOf(buy().terms, buyer, fresh("entitlement")));
    }

    function test_WhenTheTermsNameAnotherTokenThanTheOffers_RevertWithNoSuchEntitlement() external {
        Entitled memory entitled = buy();
        entitled.terms.token = address(token);
        unknown(entitledOf(entitled.terms, buyer, entitled.salt));
    }

    function test_WhenTheCallerNamesHimselfAsTheBuyer_RevertWithNoSuchEntitlement() external {
        Entitled memory entitled = buy();
        unknown(entitledOf(entitled.terms, stranger, entitled.salt));
    }

    function test_GivenTheEntitlementExpires_RevertWithNotBuyerForAStrangerInTheLastSecondBeforeWhenStepsCanBeOpened()
        external
    {
        Entitled memory entitled = expiring(0);
        notBuyer(entitled, stranger);
        open(entitled);
    }

    function test_GivenTheEntitlementExpires_RevertWithNotBuyerForTheSellerInTheLastSecondBefore() external {
        notBuyer(expiring(0), seller);
    }

    function test_GivenTheEntitlementExpires_LetTheBuyerRefundInTheLastSecondBefore() external {
        accepts(refunding(expiring(0), buyer, 4));
    }

    function test_GivenTheEntitlementExpires_LetAStrangerRefundAtTheExpiryWhenNoStepCanBeOpened() external {
        Entitled memory entitled = expiring(1);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        uint40 end = escrow.entitlementOf(entitled.id).expiresAt;
        expectRefusal(abi.encodeWithSelector(IEscrow.EntitlementExpired.selector, end));
        consume(entitled, consumption);
        accepts(refunding(entitled, stranger, 4));
    }

    function test_GivenTheEntitlementExpires_LetTheBuyerRefundAtTheExpiry() external {
        accepts(refunding(expiring(1), buyer, 4));
    }

    function test_GivenTheEntitlementExpires_LetAStrangerRefundAfterTheExpiry() external {
        accepts(refunding(expiring(2), stranger, 4));
    }

    function test_WhenNoStepIsNamed_RevertWithStepsOutOfRange() external {
        outOfRange(buy(), 0, 0, 4);
    }

    function test_WhenOneStepMoreIsNamedThanIsUnopened_RevertWithStepsOutOfRange() external {
        outOfRange(buy(), 5, 5, 4);
    }

    function test_GivenStepsArePaidPendingAndOpen_RevertWithStepsOutOfRangeForOneOfThem() external {
        outOfRange(inAllStates(), 2, 2, 1);
    }

    function test_GivenStepsArePaidPendingAndOpen_RefundThoseUnopened() external {
        Entitled memory entitled = inAllStates();
        accepts(refunding(entitled, buyer, 1));
        assertEq(escrow.entitlementOf(entitled.id).bought, 3, "bought");
    }

    function test_GivenStepsArePaidPendingAndOpen_LeaveTheOthersToBePaid() external {
        Claimed memory claimed = claimAfter(paid(buy()));
        accepts(refunding(claimed.opened.entitled, buyer, ALL));
        acknowledge(claimed);
        finalize(claimed);
        assertEq(escrow.earningsOf(claimed.opened.entitled.offerId), 2 * PRICE, "earnings");
    }

    function test_WhenAllUnopenedStepsAreMeant_RefundAllThereAre() external {
        Entitled memory entitled = inAllStates();
        accepts(refunding(entitled, buyer, ALL));
        assertEq(escrow.creditOf(address(0), buyer), PRICE, "credit");
    }

    function test_WhenAllUnopenedStepsAreMeant_RefundWhatIsLeftAfterSomebodyRefundedOne() external {
        Entitled memory entitled = expiring(1);
        accepts(refunding(entitled, stranger, 1));
        accepts(refunding(entitled, buyer, ALL));
        assertEq(escrow.creditOf(address(0), buyer), 4 * PRICE, "credit");
    }

    function test_WhenAllUnopenedStepsAreMeant_RevertWithStepsOutOfRangeIfThereIsNone() external {
        Entitled memory entitled = buy();
        accepts(refunding(entitled, buyer, ALL));
        outOfRange(entitled, ALL, 0, 0);
    }

    function test_WhenAllUnopenedStepsAreMeant_MeanAllOfTheLargestEntitlementToo() external {
        OfferTerms memory terms = defaultTerms();
        terms.maxSteps = ALL;
        Entitled memory entitled = buy(published(terms), ALL);
        accepts(refunding(entitled, buyer, ALL));
        assertEq(escrow.creditOf(address(0), buyer), uint256(ALL) * PRICE, "credit");
    }

    function test_GivenTheOpenStepHasTimedOut_RefundItsNumberOnceItIsVoided() external {
        Opened memory opened = open(buy());
        pass(STEP_TIMEOUT);
        outOfRange(opened.entitled, 4, 4, 3);
        timeout(opened);
        accepts(refunding(opened.entitled, buyer, 4));
    }

    function test_GivenAPendingStepWasRejected_RefundItsNumberAndAllLaterOnes() external {
        Claimed memory claimed = claim(buy());
        openAfter(claimAfter(claimed));
        reject(claimed);
        accepts(refunding(claimed.opened.entitled, buyer, 4));
    }

    function test_GivenTheOfferIsRetired_Refund() external {
        Entitled memory entitled = buy();
        retire(entitled);
        accepts(refunding(entitled, buyer, 4));
    }

    function test_GivenTheSaleHasEnded_Refund() external {
        OfferTerms memory terms = defaultTerms();
        terms.validUntil = uint40(nowIs() + 10);
        Entitled memory entitled = buy(published(terms), 4);
        pass(10);
        accepts(refunding(entitled, buyer, 4));
    }

    function test_GivenTheTokenDoesNotMove_CreditAllTheSame() external {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = bought(published(termsIn(address(hostile))), buyer, 4);
        hostile.setMood(HostileToken.Mood.Reverts);
        accepts(refunding(entitled, buyer, 4));
        assertEq(escrow.creditOf(address(hostile), buyer), 4 * PRICE, "credit");
    }

    function test_WhenEverythingFits_TakeTheStepsAndChangeNothingElse() external {
        Entitled memory entitled = inAllStates();
        IEscrow.Entitlement memory stored = escrow.entitlementOf(entitled.id);
        bytes32 head = escrow.headOf(entitled.id);
        accepts(refunding(entitled, buyer, 1));
        stored.bought = 3;
        requireEntitlement(entitled, stored);
        assertEq(escrow.headOf(entitled.id), head, "head");
    }

    function test_WhenEverythingFits_EmitRefundedAndCredited() external {
        Entitled memory entitled = bought(published(tokenTerms()), buyer, 4);
        expectEvent(address(escrow));
        emit IEscrow.Refunded(entitled.id, buyer, address(token), 3, 3 * PRICE);
        expectEvent(address(escrow));
        emit IEscrow.Credited(address(token), buyer, 3 * PRICE);
        accepts(refunding(entitled, buyer, 3));
    }

    function test_WhenEverythingFits_MoveNativeMoneyFromTheDepositToTheBuyersCreditAndNothingElse() external {
        Entitled memory entitled = buy();
        Books memory books = booksOf(entitled);
        accepts(refunding(entitled, buyer, 3));
        books.deposit -= 3 * PRICE;
        books.buyer.nativeCredit += 3 * PRICE;
        requireBooks(entitled, books);
    }

    function test_WhenEverythingFits_MoveTokensFromTheDepositToTheBuyersCreditAndNothingElse() external {
        Entitled memory entitled = bought(published(tokenTerms()), buyer, 4);
        Books memory books = booksOf(entitled);
        accepts(refunding(entitled, buyer, 3));
        books.deposit -= 3 * PRICE;
        books.buyer.tokenCredit += 3 * PRICE;
        requireBooks(entitled, books);
    }

    function test_WhenEverythingFits_AddToTheCreditOfBefore() external {
        Entitled memory entitled = buy();
        accepts(refunding(entitled, buyer, 1));
        accepts(refunding(entitled, buyer, 2));
        assertEq(escrow.creditOf(address(0), buyer), 3 * PRICE, "credit");
    }

    function test_WhenEverythingFits_NotLetTheRefundedStepsBeOpened() external {
        Entitled memory entitled = buy();
        accepts(refunding(entitled, buyer, 4));
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotBought.selector, 1, 0));
        consume(entitled, consumption);
    }

    function test_WhenAStrangerRefundsAfterTheExpiry_CreditTheBuyerAndNobodyElse() external {
        Entitled memory entitled = expiring(2);
        Books memory books = booksOf(entitled);
        accepts(refunding(entitled, stranger, 4));
        books.deposit -= 4 * PRICE;
        books.buyer.nativeCredit += 4 * PRICE;
        requireBooks(entitled, books);
    }

    function test_WhenAnyStepsOfAnyEntitlementAreRefunded_CreditTheirPriceOrRefuse(
        uint24 bought_,
        uint24 steps,
        uint96 price
    ) external {
        OfferTerms memory terms = tokenTerms();
        terms.maxSteps = type(uint24).max;
        VM.assume(bought_ != 0 && price != 0 && steps != ALL);
        terms.price = price;
        Entitled memory entitled = bought(published(terms), buyer, bought_);
        if (steps == 0 || steps > bought_) {
            outOfRange(entitled, steps, steps, bought_);
            return;
        }
        accepts(refunding(entitled, buyer, steps));
        assertEq(escrow.creditOf(address(token), buyer), uint256(price) * steps, "credit");
        assertEq(escrow.entitlementOf(entitled.id).bought, bought_ - steps, "bought");
    }

    /// @dev All unopened steps.
    uint24 private constant ALL = type(uint24).max;

    function refunding(Entitled memory entitled, address caller, uint24 steps) private pure returns (Call memory) {
        return Call(caller, 0, abi.encodeCall(IEscrow.refund, (entitled.terms, entitled.buyer, entitled.salt, steps)));
    }

    /// @dev Four steps, `late` seconds after the last one before they expire.
    function expiring(uint256 late) private returns (Entitled memory entitled) {
        entitled = buy();
        VM.warp(escrow.entitlementOf(entitled.id).expiresAt - 1 + late);
    }

    /// @dev Four steps: paid, pending, open, unopened.
    function inAllStates() private returns (Entitled memory entitled) {
        entitled = buy();
        openAfter(claimAfter(paid(entitled)));
    }

    function unknown(Entitled memory entitled) private {
        Call memory call_ = refunding(entitled, entitled.buyer, 1);
        refuses(call_, abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, entitled.id));
    }

    function notBuyer(Entitled memory entitled, address caller) private {
        bytes4 error_ = IEscrow.NotBuyer.selector;
        refuses(refunding(entitled, caller, 4), abi.encodeWithSelector(error_, caller, entitled.buyer));
    }

    function outOfRange(Entitled memory entitled, uint24 steps, uint256 stated, uint256 unopened) private {
        bytes4 error_ = IEscrow.StepsOutOfRange.selector;
        refuses(refunding(entitled, buyer, steps), abi.encodeWithSelector(error_, stated, unopened));
    }
}
