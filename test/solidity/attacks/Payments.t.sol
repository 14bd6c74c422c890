// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISignatureTransfer} from "../../../contracts/interfaces/ISignatureTransfer.sol";
import {SandboxPermit2} from "../../../contracts/sandbox/SandboxPermit2.sol";
import {HostileToken} from "../../../contracts/test/HostileToken.sol";
import {SmartAccount} from "../../../contracts/test/SmartAccount.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {Permit2Payment, TokenPermit} from "../../../contracts/types/Payment.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Attacking} from "./Attacking.sol";

/// @notice Somebody wants other people's payments, or wants them to fail.
contract PaymentAttacks is Attacking {
    bytes private constant NOT_THIS = abi.encodePacked(SandboxPermit2.InvalidSigner.selector);

    // ------------------------------------------------------------------ signed payments

    function test_Attack_BuyTheThiefsOwnOfferWithABarePermit2Signature() external {
        OfferTerms memory terms = thiefsTerms();
        allowPermit2(buyer, 4 * PRICE);
        // What a wallet signs that knows of no witness, for the escrow as spender and just this amount.
        Permit2Payment memory payment = Permit2Payment(buyer, 1, FAR, "");
        payment.signature = signature(buyer, bareDigest(terms.token, 4 * PRICE, payment.nonce));
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        VM.prank(thief);
        escrow.purchaseWithPermit2(terms, thief, 0, 4, payment);
        assertEq(token.balanceOf(buyer), 4 * PRICE, "money of the buyer");
    }

    function test_Attack_BuySomethingElseWithAPaymentSignature() external {
        Entitled memory meant = entitledOf(publishForTokens(), buyer, fresh("entitlement"));
        allowPermit2(buyer, 8 * PRICE);
        Permit2Payment memory payment = purchasePayment(meant, 4);
        OfferTerms memory own = thiefsTerms();
        VM.startPrank(thief);
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        escrow.purchaseWithPermit2(own, buyer, meant.salt, 4, payment);
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        escrow.purchaseWithPermit2(meant.terms, thief, meant.salt, 4, payment);
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        escrow.purchaseWithPermit2(meant.terms, buyer, bytes32(0), 4, payment);
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        escrow.purchaseWithPermit2(meant.terms, buyer, meant.salt, 3, payment);
        // Only what was signed for goes through, whoever submits it.
        escrow.purchaseWithPermit2(meant.terms, buyer, meant.salt, 4, payment);
        VM.stopPrank();
        assertEq(escrow.entitlementOf(meant.id).bought, 4, "steps bought");
        assertEq(token.balanceOf(buyer), 4 * PRICE, "money of the buyer");
    }

    function test_Attack_TopUpWithTheSignatureOfAPurchase() external {
        Entitled memory entitled = buyWithTokens();
        allowPermit2(buyer, 4 * PRICE);
        Permit2Payment memory payment = purchasePayment(entitled, 4);
        expectRefusal(abi.encodeWithSelector(IEscrow.Permit2Refused.selector, NOT_THIS));
        VM.prank(thief);
        escrow.topUpWithPermit2(entitled.terms, buyer, entitled.salt, 4, payment);
    }

    function test_Attack_TakeAPaymentTwice() external {
        Entitled memory entitled = buyWithTokens();
        allowPermit2(buyer, 8 * PRICE);
        Permit2Payment memory payment = topUpPayment(entitled, 4);
        escrow.topUpWithPermit2(entitled.terms, buyer, entitled.salt, 4, payment);
        expectRefusal(
            abi.encodeWithSelector(
                IEscrow.Permit2Refused.selector,
                abi.encodePacked(SandboxPermit2.InvalidNonce.selector)
            )
        );
        VM.prank(thief);
        escrow.topUpWithPermit2(entitled.terms, buyer, entitled.salt, 4, payment);
        assertEq(token.balanceOf(buyer), 4 * PRICE, "money of the buyer");
    }

    function test_Attack_SendASignedPaymentToTheThief() external {
        Entitled memory meant = entitledOf(publishForTokens(), buyer, fresh("entitlement"));
        allowPermit2(buyer, 4 * PRICE);
        Permit2Payment memory payment = purchasePayment(meant, 4);
        bytes32 witness = Hashes.paymentWitness("Purchase", meant.offerId, 4, buyer, meant.salt, FAR);
        // Permit2 takes its caller for the spender, and the thief is not the escrow.
        expectRefusal(SandboxPermit2.InvalidSigner.selector);
        VM.prank(thief);
        permit2.permitWitnessTransferFrom(
            ISignatureTransfer.PermitTransferFrom(
                ISignatureTransfer.TokenPermissions(address(token), 4 * PRICE),
                payment.nonce,
                FAR
            ),
            ISignatureTransfer.SignatureTransferDetails(thief, 4 * PRICE),
            buyer,
            witness,
            "Purchase witness)Purchase(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)"
            "TokenPermissions(address token,uint256 amount)",
            payment.signature
        );
    }

    function test_Attack_FrontRunAnEip2612Permit() external {
        OfferTerms memory terms = publishForTokens();
        token.mint(buyer, 4 * PRICE);
        TokenPermit memory permit = tokenPermit(terms, buyer, 4);
        // The thief uses the permit up; its allowance is for the escrow, and only its owner's calls draw on it.
        VM.prank(thief);
        token.permit(buyer, address(escrow), 4 * PRICE, permit.deadline, permit.v, permit.r, permit.s);
        expectRefusal(abi.encodeWithSelector(IEscrow.TokenTransferFailed.selector, address(token)));
        VM.prank(thief);
        escrow.purchase(terms, thief, 0, 4);
        VM.prank(buyer);
        escrow.purchaseWithPermit(terms, buyer, 0, 4, permit);
        assertEq(escrow.entitlementOf(entitledOf(terms, buyer, 0).id).bought, 4, "steps bought");
    }

    function test_Attack_BuyWithSomebodyElsesEip2612Permit() external {
        OfferTerms memory terms = publishForTokens();
        token.mint(buyer, 4 * PRICE);
        TokenPermit memory permit = tokenPermit(terms, buyer, 4);
        expectRefusal(abi.encodeWithSelector(IEscrow.TokenTransferFailed.selector, address(token)));
        VM.prank(thief);
        escrow.purchaseWithPermit(terms, thief, 0, 4, permit);
        assertEq(token.balanceOf(buyer), 4 * PRICE, "money of the buyer");
    }

    function test_Attack_TakeAnEntitlementsIdBeforeItsBuyer() external {
        // The id holds the buyer, so whoever is first pays for him.
        OfferTerms memory terms = publish();
        Entitled memory entitled = entitledOf(terms, buyer, fresh("entitlement"));
        VM.prank(thief);
        escrow.purchase{value: PRICE}(terms, buyer, entitled.salt, 1);
        expectRefusal(abi.encodeWithSelector(IEscrow.EntitlementExists.selector, entitled.id));
        VM.prank(buyer);
        escrow.purchase{value: 4 * PRICE}(terms, buyer, entitled.salt, 4);
        refundAll(entitled);
        assertEq(creditOf(buyer), PRICE, "a present of the thief");
    }

    // ------------------------------------------------------------------ terms

    function test_Attack_RebindAPurchaseToOtherTermsByAReorganisation() external {
        // Whatever comes first in another history: with one bit of the terms changed it is another offer, with other
        // entitlements, and nothing that was signed for the first counts there.
        Entitled memory entitled = buy();
        PermitInput memory permit = permitOf(entitled);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permit);
        bytes memory words = abi.encode(entitled.terms);
        for (uint256 i; i < words.length / 32; ++i) {
            // Commits begin their words, everything else ends them.
            bool isCommit = i == 18 || i == 22;
            bytes memory changed = bytes.concat(words);
            uint256 place = 32 * i + (isCommit ? 0 : 31);
            changed[place] = changed[place] ^ 0x01;
            OfferTerms memory other = abi.decode(changed, (OfferTerms));
            Entitled memory elsewhere = entitledOf(other, buyer, entitled.salt);
            assertEq(escrow.entitlementOf(elsewhere.id).price, 0, "price of the other entitlement");
            VM.prank(other.gateway);
            (bool done, ) = address(consumer).call(abi.encodeCall(IPermitConsumer.consume, (other, consumption)));
            assertFalse(done, "the permit counts under other terms");
        }
        consume(entitled, consumption);
    }

    function test_Attack_BuyARetiredOfferThatAReorganisationBroughtBack() external {
        OfferTerms memory terms = publish();
        VM.prank(seller);
        registry.retire(Hashes.offerId(terms));
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.OfferNotLive.selector, Hashes.offerId(terms)));
        VM.prank(thief);
        escrow.purchase{value: PRICE}(terms, buyer, 0, 1);
    }

    function test_Attack_PublishSomebodyElsesTerms() external {
        OfferTerms memory terms = defaultTerms();
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, thief, seller));
        VM.prank(thief);
        registry.publish(terms, POLICY);
    }

    // ------------------------------------------------------------------ refunds and withdrawals

    function test_Attack_MakeARefundFailByRefundingOneStepFirst() external {
        Entitled memory entitled = buy();
        pass(TTL);
        VM.prank(thief);
        escrow.refund(entitled.terms, buyer, entitled.salt, 1);
        refundAll(entitled);
        assertEq(creditOf(buyer), 4 * PRICE, "credit of the buyer");
        assertEq(creditOf(thief), 0, "credit of the thief");
    }

    function test_Attack_RefundABuyerWhoWantsToGoOn() external {
        Entitled memory entitled = buy();
        pass(TTL - 1);
        expectRefusal(abi.encodeWithSelector(IEscrow.NotBuyer.selector, thief, buyer));
        VM.prank(thief);
        escrow.refund(entitled.terms, buyer, entitled.salt, 1);
    }

    function test_Attack_RefundAStepThatIsBeingDone() external {
        Entitled memory entitled = buy(publish(), 1);
        Opened memory opened = open(entitled);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepsOutOfRange.selector, 0, 0));
        refundAll(entitled);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepsOutOfRange.selector, 1, 0));
        VM.prank(buyer);
        escrow.refund(entitled.terms, buyer, entitled.salt, 1);
        requirePending(claim(opened));
    }

    function test_Attack_WithdrawAgainFromWithinAWithdrawal() external {
        SmartAccount account = SmartAccount(payable(create("SmartAccount", abi.encode(thief))));
        Entitled memory entitled = buyFor(publish(), address(account), 4);
        account.execute(
            address(escrow),
            abi.encodeCall(IEscrow.refund, (entitled.terms, address(account), entitled.salt, 4))
        );
        bytes memory withdrawal = abi.encodeCall(IEscrow.withdraw, (address(0), address(account)));
        // Somebody else's deposit is in the same pot.
        buy();
        account.setHook(address(escrow), withdrawal);
        account.execute(address(escrow), withdrawal);
        assertEq(account.hookAnswer(), abi.encodePacked(IEscrow.Locked.selector), "answer within the withdrawal");
        assertEq(address(account).balance, 4 * PRICE, "money of the account");
        assertEq(address(escrow).balance, 4 * PRICE, "money held");
    }

    function test_Attack_EnterByAnyOtherDoorFromWithinAWithdrawal() external {
        SmartAccount account = SmartAccount(payable(create("SmartAccount", abi.encode(thief))));
        OfferTerms memory terms = publish();
        Entitled memory entitled = buyFor(terms, address(account), 4);
        account.execute(
            address(escrow),
            abi.encodeCall(IEscrow.refund, (entitled.terms, address(account), entitled.salt, 4))
        );
        // A purchase in the middle of a withdrawal would find money that is on its way out.
        account.setHook(address(escrow), abi.encodeCall(IEscrow.purchase, (terms, thief, bytes32(0), 1)));
        account.execute(address(escrow), abi.encodeCall(IEscrow.withdraw, (address(0), address(account))));
        assertEq(account.hookAnswer(), abi.encodePacked(IEscrow.Locked.selector), "answer within the withdrawal");
    }

    function test_Attack_BlockOthersByRefusingMoney() external {
        SmartAccount account = SmartAccount(payable(create("SmartAccount", abi.encode(thief))));
        account.setRefusesMoney(true);
        Entitled memory entitled = buyFor(publish(), address(account), 4);
        account.execute(
            address(escrow),
            abi.encodeCall(IEscrow.refund, (entitled.terms, address(account), entitled.salt, 4))
        );
        Entitled memory other = buy(entitled.terms, 4);
        Claimed memory claimed = paid(other);
        VM.prank(seller);
        escrow.withdrawEarnings(entitled.terms, seller);
        refundAll(claimed.opened.entitled);
        VM.prank(buyer);
        escrow.withdraw(address(0), buyer);
        // Its own money waits for it.
        assertEq(creditOf(address(account)), 4 * PRICE, "credit of the account");
        assertEq(address(escrow).balance, 4 * PRICE, "money held");
    }

    function test_Attack_TakeMoreTokensOutThanWereAskedFor() external {
        HostileToken money = HostileToken(create("HostileToken", ""));
        OfferTerms memory terms = defaultTerms();
        terms.token = address(money);
        publish(terms);
        money.mint(buyer, 4 * PRICE);
        VM.startPrank(buyer);
        money.approve(address(escrow), 4 * PRICE);
        escrow.purchase(terms, buyer, 0, 4);
        escrow.refund(terms, buyer, 0, 4);
        VM.stopPrank();
        money.setMood(HostileToken.Mood.Drains);
        expectRefusal(abi.encodeWithSelector(IEscrow.TokenAmountMismatch.selector, address(money), 4 * PRICE, 0));
        VM.prank(buyer);
        escrow.withdraw(address(money), buyer);
        assertEq(escrow.creditOf(address(money), buyer), 4 * PRICE, "credit of the buyer");
    }

    function test_Attack_WithdrawOtherPeoplesMoney() external {
        Entitled memory entitled = buy();
        paid(entitled);
        refundAll(entitled);
        expectRefusal(IEscrow.NothingToWithdraw.selector);
        VM.prank(thief);
        escrow.withdraw(address(0), thief);
        expectRefusal(abi.encodeWithSelector(IOfferRegistry.NotSeller.selector, thief, seller));
        VM.prank(thief);
        escrow.withdrawEarnings(entitled.terms, thief);
        // With himself as seller the terms are those of another offer, which earned nothing.
        entitled.terms.seller = thief;
        expectRefusal(IEscrow.NothingToWithdraw.selector);
        VM.prank(thief);
        escrow.withdrawEarnings(entitled.terms, thief);
    }

    // ------------------------------------------------------------------ parts

    function thiefsTerms() private returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.token = address(token);
        terms.seller = thief;
        terms.gateway = thief;
        terms.verifier = thief;
        publish(terms);
    }

    function allowPermit2(address account, uint256 amount) private {
        token.mint(account, amount);
        VM.prank(account);
        token.approve(address(permit2), amount);
    }

    /// @dev Permit2's digest of a transfer without a witness.
    function bareDigest(address currency, uint256 amount, uint256 nonce) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)"
            "TokenPermissions(address token,uint256 amount)"
        );
        bytes32 permitted = keccak256(Hashes.permitted(currency, amount));
        return
            Hashes.paymentDigest(
                address(permit2),
                abi.encode(typeHash, permitted, address(escrow), nonce, uint256(FAR))
            );
    }
}
