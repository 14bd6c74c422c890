// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {TokenPermit} from "../../../contracts/types/Payment.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Paying} from "./Paying.sol";
import {AcceptingToken, PermitHookToken} from "./Tokens.sol";

/// @notice What purchases and top-ups with an EIP-2612 signature have in common.
abstract contract PayingByPermit is Paying {
    /// @dev What a payer signs.
    struct Allowance {
        address signer;
        address spender;
        uint256 amount;
        uint256 nonce;
        uint256 deadline;
    }

    /// @dev The calldata of the function under test.
    function paymentData(
        Entitled memory entitled,
        uint24 steps,
        TokenPermit memory permit
    ) internal pure virtual returns (bytes memory);

    /// @dev Play money is paid with a permit; other tokens have none, and the payer has approved them before.
    function payment(Entitled memory entitled, uint24 steps) internal override returns (Call memory) {
        uint256 amount = uint256(entitled.terms.price) * steps;
        if (entitled.terms.token == address(token)) {
            token.mint(payer, amount);
            return signedPayment(entitled, steps, allowanceOf(amount));
        }
        fundIn(entitled.terms.token, payer, address(escrow), amount);
        return unsignedPayment(entitled, steps);
    }

    function unpaid(address currency, bytes memory) internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.TokenTransferFailed.selector, currency);
    }

    function allowanceOf(uint256 amount) internal view returns (Allowance memory) {
        return Allowance(payer, address(escrow), amount, token.nonces(payer), FAR);
    }

    function permitOf(Allowance memory allowance) internal view returns (TokenPermit memory permit) {
        bytes32 digest = Hashes.tokenPermitDigest(
            address(token),
            payer,
            allowance.spender,
            allowance.amount,
            allowance.nonce,
            allowance.deadline
        );
        permit.deadline = allowance.deadline;
        (permit.r, permit.s, permit.v) = SignatureForms.parts(signature(allowance.signer, digest));
    }

    function signedPayment(
        Entitled memory entitled,
        uint24 steps,
        Allowance memory allowance
    ) internal view returns (Call memory) {
        return Call(payer, 0, paymentData(entitled, steps, permitOf(allowance)));
    }

    function unsignedPayment(Entitled memory entitled, uint24 steps) internal view returns (Call memory) {
        TokenPermit memory none;
        return Call(payer, 0, paymentData(entitled, steps, none));
    }

    // ------------------------------------------------------------------ good permits

    function usesUpThePermit() internal {
        accepts(payment(ordered(), 3));
        assertEq(token.allowance(payer, address(escrow)), 0, "allowance");
        assertEq(token.nonces(payer), 1, "nonce");
    }

    function takesThePermitUntilItsDeadline() internal {
        Entitled memory entitled = ordered();
        Allowance memory allowance = allowanceOf(3 * PRICE);
        allowance.deadline = nowIs() + 10;
        token.mint(payer, 3 * PRICE);
        Call memory call_ = signedPayment(entitled, 3, allowance);
        VM.warp(allowance.deadline);
        accepts(call_);
        requireUntouched(entitled, 0);
    }

    /// @dev Somebody saw the permit and used it first. Its allowance is there all the same.
    function takesThePriceAfterSomebodyElseUsedThePermit() internal {
        Entitled memory entitled = ordered();
        Call memory call_ = payment(entitled, 3);
        TokenPermit memory permit = permitOf(allowanceOf(3 * PRICE));
        VM.prank(stranger);
        token.permit(payer, address(escrow), 3 * PRICE, permit.deadline, permit.v, permit.r, permit.s);
        accepts(call_);
        requireUntouched(entitled, 0);
    }

    /// @dev Its caller pays, so a permit serves nobody but its signer.
    function refusesThePermitOfAnother() internal {
        Entitled memory entitled = ordered();
        Call memory call_ = withCaller(payment(entitled, 3), stranger);
        refuses(call_, unpaid(address(token), ""));
        requireUntouched(entitled, 3 * PRICE);
    }

    // ------------------------------------------------------------------ bad permits

    function takesThePriceThroughAnAllowanceInSpiteOfABadPermit() internal {
        Entitled memory entitled = ordered();
        fundIn(address(token), payer, address(escrow), 3 * PRICE);
        accepts(unsignedPayment(entitled, 3));
        requireUntouched(entitled, 0);
    }

    function refusesAPermitOutOfDate() internal {
        Entitled memory entitled = ordered();
        Allowance memory allowance = allowanceOf(3 * PRICE);
        allowance.deadline = nowIs() + 10;
        VM.warp(nowIs() + 11);
        refusesPermit(entitled, allowance);
    }

    function refusesAPermitOfAnotherSigner() internal {
        Allowance memory allowance = allowanceOf(3 * PRICE);
        allowance.signer = stranger;
        refusesPermit(ordered(), allowance);
    }

    function refusesAPermitForAnotherSpender() internal {
        Allowance memory allowance = allowanceOf(3 * PRICE);
        allowance.spender = stranger;
        refusesPermit(ordered(), allowance);
    }

    function refusesAPermitForMore() internal {
        refusesPermit(ordered(), allowanceOf(3 * PRICE + 1));
    }

    function refusesAPermitForLess() internal {
        refusesPermit(ordered(), allowanceOf(3 * PRICE - 1));
    }

    function refusesAUsedPermit() internal {
        Entitled memory entitled = ordered();
        Allowance memory allowance = allowanceOf(3 * PRICE);
        accepts(payment(ordered(), 3));
        refusesPermit(entitled, allowance);
    }

    function refusesPermit(Entitled memory entitled, Allowance memory allowance) private {
        token.mint(payer, 3 * PRICE);
        refuses(signedPayment(entitled, 3, allowance), unpaid(address(token), ""));
    }

    // ------------------------------------------------------------------ tokens without permit

    function refusesATokenWithoutPermitNorAllowance() internal {
        refusesWithoutAllowance(address(hostileToken()));
    }

    function takesATokenWithoutPermitThroughAnAllowance() internal {
        takesExactlyThePrice(orderedIn(address(hostileToken())));
    }

    /// @dev The permit seems to go through, and has done nothing.
    function refusesATokenThatAcceptsAnythingWithoutAllowance() internal {
        refusesWithoutAllowance(address(new AcceptingToken()));
    }

    function takesATokenThatAcceptsAnythingThroughAnAllowance() internal {
        takesExactlyThePrice(orderedIn(address(new AcceptingToken())));
    }

    function refusesWithoutAllowance(address currency) private {
        Entitled memory entitled = orderedIn(currency);
        fundIn(currency, payer, stranger, 3 * PRICE);
        refuses(unsignedPayment(entitled, 3), unpaid(currency, ""));
        requireUntouched(entitled, 3 * PRICE);
    }

    function answersLockedToEveryCallbackOfThePermit() internal {
        PermitHookToken hooked = new PermitHookToken();
        Entitled memory entitled = orderedIn(address(hooked));
        bytes[] memory calls = lockedCalls(entitled);
        for (uint256 i; i < calls.length; ++i) {
            hooked.setHook(address(escrow), calls[i]);
            accepts(payment(ordered(entitled.terms, buyer), 1));
            assertEq(hooked.hookAnswer(), locked(), "answer");
        }
    }
}
