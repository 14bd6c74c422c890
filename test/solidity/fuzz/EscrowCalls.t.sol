// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {OfferId} from "../../../contracts/types/Ids.sol";
import {Permit2Payment, TokenPermit} from "../../../contracts/types/Payment.sol";
import {ClaimedStep} from "../../../contracts/types/StepClaim.sol";
import {VM} from "../base/Vm.sol";
import {Chaos} from "./Chaos.sol";

contract EscrowCalls is Chaos {
    // ------------------------------------------------------------------ payments

    function test_Fuzz_Purchase(uint256 seed, uint24 steps, bytes32 salt) external {
        (steps, salt) = (1 + (steps % 100), unused(salt));
        bytes memory data = abi.encodeCall(IEscrow.purchase, (bought.terms, buyer, salt, steps));
        pay(data, stranger, uint256(PRICE) * steps, seed);
    }

    function test_Fuzz_PurchaseWithPermit(uint256 seed, uint24 steps, bytes32 salt) external {
        (steps, salt) = (1 + (steps % 100), unused(salt));
        TokenPermit memory permit = tokenPermit(inTokens.terms, buyer, steps);
        pay(
            abi.encodeCall(IEscrow.purchaseWithPermit, (inTokens.terms, stranger, salt, steps, permit)),
            buyer,
            0,
            seed
        );
    }

    function test_Fuzz_PurchaseWithPermit2(uint256 seed, uint24 steps, bytes32 salt) external {
        (steps, salt) = (1 + (steps % 100), unused(salt));
        Entitled memory entitled = entitledOf(inTokens.terms, buyer, salt);
        Permit2Payment memory payment = purchasePayment(entitled, steps);
        bytes memory data = abi.encodeCall(IEscrow.purchaseWithPermit2, (inTokens.terms, buyer, salt, steps, payment));
        attempt(Call(address(escrow), data, stranger, 0), seed, buyer);
    }

    function test_Fuzz_TopUp(uint256 seed, uint24 steps) external {
        steps = 1 + (steps % 96);
        bytes memory data = abi.encodeCall(IEscrow.topUp, (bought.terms, buyer, bought.salt, steps));
        pay(data, stranger, uint256(PRICE) * steps, seed);
    }

    function test_Fuzz_TopUpWithPermit(uint256 seed, uint24 steps) external {
        steps = 1 + (steps % 96);
        TokenPermit memory permit = tokenPermit(inTokens.terms, buyer, steps);
        pay(
            abi.encodeCall(IEscrow.topUpWithPermit, (inTokens.terms, buyer, inTokens.salt, steps, permit)),
            buyer,
            0,
            seed
        );
    }

    function test_Fuzz_TopUpWithPermit2(uint256 seed, uint24 steps) external {
        steps = 1 + (steps % 96);
        Permit2Payment memory payment = topUpPayment(inTokens, steps);
        bytes memory data = abi.encodeCall(
            IEscrow.topUpWithPermit2,
            (inTokens.terms, buyer, inTokens.salt, steps, payment)
        );
        attempt(Call(address(escrow), data, stranger, 0), seed, buyer);
    }

    // ------------------------------------------------------------------ the course of a trade

    function test_Fuzz_Refund(uint256 seed, uint24 steps) external {
        steps = steps % 5 == 0 ? type(uint24).max : steps % 5;
        pay(abi.encodeCall(IEscrow.refund, (bought.terms, buyer, bought.salt, steps)), buyer, 0, seed);
    }

    function test_Fuzz_RefundAfterExpiry(uint256 seed) external {
        pass(TTL);
        pay(abi.encodeCall(IEscrow.refund, (bought.terms, buyer, bought.salt, 4)), stranger, 0, seed);
    }

    function test_Fuzz_CancelPermits(uint256 seed) external {
        pay(abi.encodeCall(IEscrow.cancelPermits, (bought.offerId, bought.salt)), buyer, 0, seed);
    }

    function test_Fuzz_Timeout(uint256 seed) external {
        pass(STEP_TIMEOUT);
        bytes memory data = abi.encodeCall(
            IEscrow.timeout,
            (opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead)
        );
        pay(data, stranger, 0, seed);
    }

    function test_Fuzz_Finalize(uint256 seed) external {
        pass(DISPUTE_WINDOW);
        pay(abi.encodeCall(IEscrow.finalize, (pending.ref, bought.offerId)), stranger, 0, seed);
    }

    function test_Fuzz_FinalizeBatch(uint256 seed) external {
        pass(DISPUTE_WINDOW);
        ClaimedStep[] memory batch = new ClaimedStep[](1);
        batch[0] = pending.ref;
        pay(abi.encodeCall(IEscrow.finalizeBatch, (batch, bought.offerId)), stranger, 0, seed);
    }

    // ------------------------------------------------------------------ money out

    function test_Fuzz_Withdraw(uint256 seed) external {
        address currency = seed % 8 < 4 ? address(0) : address(token);
        pay(abi.encodeCall(IEscrow.withdraw, (currency, delegate)), buyer, 0, seed);
    }

    function test_Fuzz_WithdrawEarnings(uint256 seed) external {
        Entitled memory entitled = seed % 8 < 4 ? bought : inTokens;
        pay(abi.encodeCall(IEscrow.withdrawEarnings, (entitled.terms, seller)), seller, 0, seed);
    }

    function test_Fuzz_PostStake(uint256 seed, uint64 amount) external {
        pay(abi.encodeCall(IEscrow.postStake, (inTokens.terms)), seller, amount, seed);
    }

    function test_Fuzz_NoticeStake(uint256 seed) external {
        pay(abi.encodeCall(IEscrow.noticeStake, (bought.terms)), seller, 0, seed);
    }

    function test_Fuzz_WithdrawStake(uint256 seed) external {
        VM.prank(seller);
        escrow.noticeStake(bought.terms);
        pass(STEP_TIMEOUT + 2 * DISPUTE_WINDOW + ARBITRATION_WINDOW);
        pay(abi.encodeCall(IEscrow.withdrawStake, (bought.terms)), seller, 0, seed);
    }

    // ------------------------------------------------------------------ for its own contracts only

    function test_Fuzz_WhatOnlyThePermitConsumerMayCall(address caller, IEscrow.StepOpening memory opening) external {
        VM.assume(caller != address(consumer));
        refused(caller, abi.encodeCall(IEscrow.recordOpening, (opening)));
        // The same about a step that could be opened.
        opening.entitlement = bought.id;
        opening.step = 1;
        refused(caller, abi.encodeCall(IEscrow.recordOpening, (opening)));
    }

    function test_Fuzz_WhatOnlyTheSettlementMayCall(
        address caller,
        IEscrow.StepRef memory ref,
        bytes32 word,
        uint96 amount
    ) external {
        VM.assume(caller != address(settlement));
        for (uint256 round; round < 2; ++round) {
            refused(caller, abi.encodeCall(IEscrow.recordClaim, (ref, word, word, 4, true)));
            refused(caller, abi.encodeCall(IEscrow.recordProof, (ref, true)));
            refused(caller, abi.encodeCall(IEscrow.endWindow, (ref)));
            refused(caller, abi.encodeCall(IEscrow.openEvidenceChallenge, (ref)));
            refused(caller, abi.encodeCall(IEscrow.openConductChallenge, (ref)));
            refused(caller, abi.encodeCall(IEscrow.recordUpheld, (ref)));
            refused(caller, abi.encodeCall(IEscrow.recordSplit, (ref, amount, address(token))));
            refused(caller, abi.encodeCall(IEscrow.reject, (ref)));
            // And about a claim that is pending.
            ref = stepRefOf(pending);
        }
        refused(caller, abi.encodeCall(IEscrow.payBond, (caller, amount)));
        refused(caller, abi.encodeCall(IEscrow.slash, (OfferId.wrap(word), caller, amount)));
        refused(caller, abi.encodeCall(IEscrow.slash, (bought.offerId, caller, amount)));
    }

    // ------------------------------------------------------------------ parts

    /// @dev The fuzzer also tries words it saw in storage, the salts of existing entitlements among them.
    function unused(bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode("unused", salt));
    }

    function pay(bytes memory data, address caller, uint256 value, uint256 seed) private {
        attempt(Call(address(escrow), data, caller, value), seed);
    }

    function refused(address caller, bytes memory data) private {
        VM.prank(caller);
        (bool done, bytes memory answer) = address(escrow).call(data);
        assertFalse(done, "the ledger obeyed");
        assertEq(answer, abi.encodeWithSelector(IEscrow.NotAuthorisedContract.selector, caller), "answer");
    }
}
