// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {SandboxPermit2} from "../../../contracts/sandbox/SandboxPermit2.sol";
import {SmartAccount} from "../../../contracts/test/SmartAccount.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {Permit2Payment} from "../../../contracts/types/Payment.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Paying} from "./Paying.sol";

/// @notice What purchases and top-ups by Permit2 have in common. A stranger submits them all.
abstract contract PayingByPermit2 is Paying {
    /// @dev Everything that a payer signs. Tests change one part and submit the payment for the unchanged order.
    struct Signed {
        string kind;
        OfferId offerId;
        uint24 steps;
        address buyer;
        bytes32 salt;
        uint64 witnessDeadline;
        address currency;
        uint256 amount;
        address spender;
        uint256 nonce;
        uint64 deadline;
        address signer;
    }

    Entitled private _order;

    /// @dev `Purchase` or `TopUp`.
    function kind() internal pure virtual returns (string memory);

    /// @dev The calldata of the function under test.
    function paymentData(
        Entitled memory entitled,
        uint24 steps,
        Permit2Payment memory payment_
    ) internal pure virtual returns (bytes memory);

    function payment(Entitled memory entitled, uint24 steps) internal override returns (Call memory) {
        return signedPayment(entitled, steps, signedFor(entitled, steps));
    }

    function unpaid(address, bytes memory reason) internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.Permit2Refused.selector, reason);
    }

    /// @dev The payer has the money, has let Permit2 take it, and is about to sign.
    function signedFor(Entitled memory entitled, uint24 steps) internal returns (Signed memory) {
        uint256 amount = uint256(entitled.terms.price) * steps;
        fundIn(entitled.terms.token, payer, address(permit2), amount);
        return
            Signed({
                kind: kind(),
                offerId: entitled.offerId,
                steps: steps,
                buyer: entitled.buyer,
                salt: entitled.salt,
                witnessDeadline: FAR,
                currency: entitled.terms.token,
                amount: amount,
                spender: address(escrow),
                nonce: uint256(fresh("nonce")),
                deadline: FAR,
                signer: payer
            });
    }

    function signedPayment(
        Entitled memory entitled,
        uint24 steps,
        Signed memory signed
    ) internal view returns (Call memory) {
        return paidBy(entitled, steps, signed, payer);
    }

    function paidBy(
        Entitled memory entitled,
        uint24 steps,
        Signed memory signed,
        address from
    ) internal view returns (Call memory) {
        bytes memory sealed_ = signature(signed.signer, digestOf(signed));
        Permit2Payment memory payment_ = Permit2Payment(from, signed.nonce, signed.deadline, sealed_);
        return Call(stranger, 0, paymentData(entitled, steps, payment_));
    }

    function digestOf(Signed memory signed) private view returns (bytes32) {
        bytes32 witness = Hashes.paymentWitness(
            signed.kind,
            signed.offerId,
            signed.steps,
            signed.buyer,
            signed.salt,
            signed.witnessDeadline
        );
        bytes memory permitted = Hashes.permitted(signed.currency, signed.amount);
        bool isPurchase = keccak256(bytes(signed.kind)) == keccak256("Purchase");
        return
            isPurchase
                ? Hashes.purchasePaymentDigest(
                    address(permit2),
                    permitted,
                    signed.spender,
                    signed.nonce,
                    signed.deadline,
                    witness
                )
                : Hashes.topUpPaymentDigest(
                    address(permit2),
                    permitted,
                    signed.spender,
                    signed.nonce,
                    signed.deadline,
                    witness
                );
    }

    // ------------------------------------------------------------------ what the signature covers

    /// @dev A good signature over three steps of an order, for a test to spoil.
    function signed3() private returns (Signed memory) {
        _order = ordered();
        return signedFor(_order, 3);
    }

    /// @dev The order cannot be paid by this signature, and the payer keeps the money.
    function refusesSignature(Signed memory signed) private {
        refuses(signedPayment(_order, 3, signed), unpaid(address(token), invalidSigner()));
        requireUntouched(_order, 3 * PRICE);
    }

    function refusesTheSignatureOfAnother() internal {
        Signed memory signed = signed3();
        signed.signer = stranger;
        refusesSignature(signed);
    }

    function refusesTheWitnessOfAnotherOffer() internal {
        Signed memory signed = signed3();
        signed.offerId = publish(tokenTerms());
        refusesSignature(signed);
    }

    function refusesTheWitnessOfOtherSteps() internal {
        Signed memory signed = signed3();
        signed.steps = 2;
        refusesSignature(signed);
    }

    function refusesTheWitnessOfAnotherBuyer() internal {
        Signed memory signed = signed3();
        signed.buyer = payer;
        refusesSignature(signed);
    }

    function refusesTheWitnessOfAnotherSalt() internal {
        Signed memory signed = signed3();
        signed.salt = fresh("entitlement");
        refusesSignature(signed);
    }

    function refusesTheWitnessOfAnotherDeadline() internal {
        Signed memory signed = signed3();
        signed.witnessDeadline = FAR - 1;
        refusesSignature(signed);
    }

    function refusesAPaymentToAnotherSpender() internal {
        Signed memory signed = signed3();
        signed.spender = stranger;
        refusesSignature(signed);
    }

    function refusesAPaymentInAnotherToken() internal {
        Signed memory signed = signed3();
        signed.currency = address(hostileToken());
        refusesSignature(signed);
    }

    function refusesAPaymentOfMore() internal {
        Signed memory signed = signed3();
        ++signed.amount;
        refusesSignature(signed);
    }

    function refusesAPaymentOfLess() internal {
        Signed memory signed = signed3();
        --signed.amount;
        refusesSignature(signed);
    }

    function refusesASignatureOverTheOther(string memory otherKind) internal {
        Signed memory signed = signed3();
        signed.kind = otherKind;
        refusesSignature(signed);
    }

    // ------------------------------------------------------------------ once, and in time

    function refusesAUsedNonce() internal {
        Entitled memory entitled = ordered();
        Signed memory signed = signedFor(entitled, 3);
        accepts(signedPayment(entitled, 3, signed));
        Entitled memory other = ordered(entitled.terms, buyer);
        Signed memory again = signedFor(other, 3);
        again.nonce = signed.nonce;
        refuses(
            signedPayment(other, 3, again),
            unpaid(address(token), abi.encodePacked(SandboxPermit2.InvalidNonce.selector))
        );
    }

    function takesThePaymentUntilItsDeadline() internal {
        (Call memory call_, uint64 deadline) = ending();
        VM.warp(deadline);
        accepts(call_);
    }

    function refusesThePaymentAfterItsDeadline() internal {
        (Call memory call_, uint64 deadline) = ending();
        VM.warp(deadline + 1);
        refuses(
            call_,
            unpaid(address(token), abi.encodeWithSelector(SandboxPermit2.SignatureExpired.selector, deadline))
        );
    }

    function ending() private returns (Call memory call_, uint64 deadline) {
        deadline = uint64(nowIs()) + 10;
        Signed memory signed = signed3();
        signed.deadline = deadline;
        signed.witnessDeadline = deadline;
        call_ = signedPayment(_order, 3, signed);
    }

    // ------------------------------------------------------------------ payers

    function takesThePriceFromAContractThatSigned() internal {
        Entitled memory entitled = ordered();
        (address account, Signed memory signed) = signedForContract(entitled);
        accepts(paidBy(entitled, 3, signed, account));
        assertEq(token.balanceOf(account), 0, "the account's tokens");
    }

    function refusesAContractThatDidNotSign() internal {
        Entitled memory entitled = ordered();
        (address account, Signed memory signed) = signedForContract(entitled);
        signed.signer = stranger;
        refuses(paidBy(entitled, 3, signed, account), unpaid(address(token), invalidSigner()));
        assertEq(token.balanceOf(account), 3 * PRICE, "the account's tokens");
    }

    function signedForContract(Entitled memory entitled) private returns (address account, Signed memory signed) {
        account = create("SmartAccount", abi.encode(payer));
        token.mint(account, 3 * PRICE);
        bytes memory approval_ = abi.encodeCall(token.approve, (address(permit2), 3 * PRICE));
        SmartAccount(payable(account)).execute(address(token), approval_);
        signed = signedFor(entitled, 3);
    }

    function refusesTheMoneyOfSomebodyWhoDidNotSign() internal {
        Entitled memory entitled = ordered();
        Signed memory signed = signedFor(entitled, 3);
        fundIn(address(token), buyer, address(permit2), 3 * PRICE);
        refuses(paidBy(entitled, 3, signed, buyer), unpaid(address(token), invalidSigner()));
        assertEq(token.balanceOf(buyer), 3 * PRICE, "the buyer's tokens");
    }

    function refusesAPayerWhoNeverApprovedPermit2() internal {
        Call memory call_ = payment(ordered(), 3);
        VM.prank(payer);
        token.approve(address(permit2), 0);
        bytes4 error_ = IERC20Errors.ERC20InsufficientAllowance.selector;
        refuses(call_, unpaid(address(token), abi.encodeWithSelector(error_, address(permit2), uint256(0), 3 * PRICE)));
    }

    function refusesWhereThereIsNoPermit2() internal {
        deploy(address(evidence), address(0));
        refuses(payment(ordered(), 3), IEscrow.Permit2Missing.selector);
    }

    function invalidSigner() private pure returns (bytes memory) {
        return abi.encodePacked(SandboxPermit2.InvalidSigner.selector);
    }
}
