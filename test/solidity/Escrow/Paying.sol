// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {SandboxToken} from "../../../contracts/sandbox/SandboxToken.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";
import {GenerousToken, SilentToken} from "./Tokens.sol";

/// @notice What the six ways to pay for steps have in common.
abstract contract Paying is Ledger {
    /// @dev What will be paid for: a purchase still to be made, or an entitlement with one step, to be topped up.
    function ordered(OfferTerms memory terms, address owner) internal virtual returns (Entitled memory);

    /// @dev The call under test, with the payer's money, allowance and signature ready.
    function payment(Entitled memory entitled, uint24 steps) internal virtual returns (Call memory);

    /// @dev The refusal when the token did not move because of `reason`.
    function unpaid(address currency, bytes memory reason) internal view virtual returns (bytes memory);

    function ordered() internal returns (Entitled memory) {
        return ordered(published(tokenTerms()), buyer);
    }

    function orderedIn(address currency) internal returns (Entitled memory) {
        return ordered(published(termsIn(currency)), buyer);
    }

    // ------------------------------------------------------------------ the sale

    function refusesAnOfferNeverPublished() internal {
        Entitled memory entitled = entitledOf(tokenTerms(), buyer, fresh("entitlement"));
        refuses(payment(entitled, 1), notLive(entitled));
    }

    function refusesARetiredOffer() internal {
        Entitled memory entitled = ordered();
        Call memory call_ = payment(entitled, 1);
        retire(entitled);
        refuses(call_, notLive(entitled));
    }

    function refusesOtherTerms() internal {
        Entitled memory entitled = ordered();
        entitled.terms.price = 1;
        entitled.offerId = Hashes.offerId(entitled.terms);
        refuses(payment(entitled, 1), notLive(entitled));
    }

    /// @dev An order of an offer whose sale ends `after_` seconds after the present one.
    function selling(uint40 after_) internal returns (Call memory call_, uint40 end) {
        OfferTerms memory terms = tokenTerms();
        end = uint40(nowIs()) + after_;
        terms.validUntil = end;
        call_ = payment(ordered(published(terms), buyer), 1);
    }

    function sellsUntilTheEnd() internal {
        (Call memory call_, uint40 end) = selling(1000);
        VM.warp(end - 1);
        accepts(call_);
    }

    function refusesFromTheEnd(uint256 late) internal {
        (Call memory call_, uint40 end) = selling(1000);
        VM.warp(end + late);
        refuses(call_, abi.encodeWithSelector(IEscrow.SaleEnded.selector, end));
    }

    function refusesSteps(Entitled memory entitled, uint24 steps, uint256 most) internal {
        refuses(payment(entitled, steps), abi.encodeWithSelector(IEscrow.StepsOutOfRange.selector, steps, most));
    }

    function notLive(Entitled memory entitled) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, entitled.offerId);
    }

    // ------------------------------------------------------------------ the money

    /// @dev Three steps are paid in tokens, and nothing else is moved.
    function takesExactlyThePrice(Entitled memory entitled) internal {
        Call memory call_ = payment(entitled, 3);
        Books memory books = booksOf(entitled);
        accepts(call_);
        books.payer.tokens -= 3 * PRICE;
        books.vault.tokens += 3 * PRICE;
        books.deposit += 3 * PRICE;
        requireBooks(entitled, books);
    }

    function refusesNativeMoneyNotAsked() internal {
        refusesWithoutReason(withValue(payment(ordered(), 1), 1));
    }

    function refusesNativeOffer() internal {
        refuses(payment(orderedIn(address(0)), 1), IEscrow.TokenMissing.selector);
    }

    // ------------------------------------------------------------------ hostile tokens

    function refusesAFee() internal {
        HostileToken hostile = hostileToken();
        Call memory call_ = payment(orderedIn(address(hostile)), 2);
        hostile.setMood(HostileToken.Mood.Fee);
        refuses(call_, mismatch(address(hostile), 2 * PRICE, 2 * PRICE - 20));
    }

    function refusesAPresent() internal {
        GenerousToken generous = new GenerousToken();
        OfferTerms memory terms = published(termsIn(address(generous)));
        // A top-up needs a purchase before it, for which the token is another.
        bytes memory code = address(generous).code;
        VM.etch(address(generous), address(hostileToken()).code);
        Entitled memory entitled = ordered(terms, buyer);
        VM.etch(address(generous), code);
        refuses(payment(entitled, 2), mismatch(address(generous), 2 * PRICE, 2 * PRICE + 1));
    }

    function refusesATokenThatTakesFromItsReceiver() internal {
        HostileToken hostile = hostileToken();
        hostile.mint(address(escrow), 10);
        Call memory call_ = payment(orderedIn(address(hostile)), 2);
        hostile.setMood(HostileToken.Mood.Drains);
        refuses(call_, mismatch(address(hostile), 2 * PRICE, 0));
    }

    function refusesTheAnswerFalse() internal {
        HostileToken hostile = hostileToken();
        Call memory call_ = payment(orderedIn(address(hostile)), 2);
        hostile.setMood(HostileToken.Mood.AnswersFalse);
        bytes4 error_ = SafeERC20.SafeERC20FailedOperation.selector;
        refuses(call_, unpaid(address(hostile), abi.encodeWithSelector(error_, address(hostile))));
    }

    function refusesATokenThatReverts() internal {
        HostileToken hostile = hostileToken();
        Call memory call_ = payment(orderedIn(address(hostile)), 2);
        hostile.setMood(HostileToken.Mood.Reverts);
        refuses(call_, unpaid(address(hostile), abi.encodePacked(HostileToken.Paused.selector)));
    }

    function takesATokenThatAnswersNothing() internal {
        takesExactlyThePrice(orderedIn(address(new SilentToken())));
    }

    function refusesATokenWithoutCode() internal {
        HostileToken hostile = hostileToken();
        Call memory call_ = payment(orderedIn(address(hostile)), 1);
        VM.etch(address(hostile), "");
        refusesWithoutReason(call_);
    }

    function answersLockedToEveryCallback() internal {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = orderedIn(address(hostile));
        bytes[] memory calls = lockedCalls(entitled);
        for (uint256 i; i < calls.length; ++i) {
            Call memory call_ = payment(ordered(entitled.terms, buyer), 1);
            hostile.setHook(address(escrow), calls[i]);
            accepts(call_);
            assertFalse(hostile.hookSucceeded(), "the call back is refused");
            assertEq(hostile.hookAnswer(), locked(), "answer");
            hostile.setHook(address(0), "");
        }
    }

    /// @dev The token itself is the buyer, and refunds a step before it is paid.
    function keepsTheBooksWhenTheTokenRefundsWithinThePayment() internal {
        HostileToken hostile = hostileToken();
        Entitled memory entitled = ordered(published(termsIn(address(hostile))), address(hostile));
        Call memory call_ = payment(entitled, 3);
        Books memory books = booksOf(entitled);
        hostile.setHook(
            address(escrow),
            abi.encodeCall(IEscrow.refund, (entitled.terms, entitled.buyer, entitled.salt, 1))
        );
        accepts(call_);
        assertTrue(hostile.hookSucceeded(), "the refund is done");
        books.payer.tokens -= 3 * PRICE;
        books.vault.tokens += 3 * PRICE;
        books.deposit += 2 * PRICE;
        requireBooks(entitled, books);
        assertEq(escrow.creditOf(address(hostile), address(hostile)), PRICE, "credit");
    }

    function mismatch(address currency, uint256 expected, uint256 actual) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.TokenAmountMismatch.selector, currency, expected, actual);
    }

    /// @dev What the payer has and the escrow may take of it is what remained of before.
    function requireUntouched(Entitled memory entitled, uint256 amount) internal view {
        assertEq(SandboxToken(entitled.terms.token).balanceOf(payer), amount, "the payer's tokens");
    }
}
