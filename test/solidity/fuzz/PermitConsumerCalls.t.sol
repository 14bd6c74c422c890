// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Chaos} from "./Chaos.sol";

contract PermitConsumerCalls is Chaos {
    function test_Fuzz_Consume(uint256 seed, PermitInput memory permit) external {
        IPermitConsumer.Consumption memory consumption = consumable(permit);
        permitted(abi.encodeCall(IPermitConsumer.consume, (bought.terms, consumption)), gateway, seed);
        onlyTheGatewayOpened(consumption);
    }

    function test_Fuzz_ConsumeBatch(uint256 seed, PermitInput memory permit) external {
        IPermitConsumer.Consumption[] memory batch = new IPermitConsumer.Consumption[](1);
        batch[0] = consumable(permit);
        permitted(abi.encodeCall(IPermitConsumer.consumeBatch, (bought.terms, batch)), gateway, seed);
        onlyTheGatewayOpened(batch[0]);
    }

    function test_Fuzz_ConsumeInPlaceOfAStaleRun(uint256 seed) external {
        pass(STEP_TIMEOUT);
        IPermitConsumer.Consumption memory consumption = signedPermit(opened.entitled, permitOf(opened.entitled));
        consumption.staleRunKey = opened.runKey;
        consumption.stalePermitHash = opened.permitHash;
        permitted(abi.encodeCall(IPermitConsumer.consume, (bought.terms, consumption)), gateway, seed);
    }

    function test_Fuzz_Delegate(uint256 seed, uint32 lastStep, uint32 time) external {
        uint40 validUntil = uint40(nowIs() + 1 + time);
        bytes memory data = abi.encodeCall(
            IPermitConsumer.delegate,
            (bought.offerId, bought.salt, delegate, lastStep, validUntil)
        );
        permitted(data, buyer, seed);
    }

    function test_Fuzz_DelegateBySignature(uint256 seed, uint32 lastStep, uint32 time) external {
        Delegation memory delegation = delegationOf(bought, delegate);
        delegation.lastStep = lastStep;
        delegation.validUntil = uint64(nowIs() + 1 + time);
        bytes memory signed = signature(buyer, Hashes.delegationDigest(address(consumer), delegation));
        bytes memory data = abi.encodeCall(
            IPermitConsumer.delegateBySignature,
            (bought.offerId, buyer, bought.salt, delegation, signed)
        );
        permitted(data, stranger, seed);
    }

    function test_Fuzz_RevokeDelegate(uint256 seed, address account, bytes32 nonce) external {
        permitted(
            abi.encodeCall(IPermitConsumer.revokeDelegate, (bought.offerId, bought.salt, account, nonce)),
            buyer,
            seed
        );
    }

    function test_Fuzz_BurnDelegationNonce(uint256 seed, bytes32 nonce) external {
        permitted(abi.encodeCall(IPermitConsumer.burnDelegationNonce, (nonce)), buyer, seed);
    }

    /// @dev Nobody becomes a delegate by anything but the buyer's word, whatever is tried.
    function test_Fuzz_DelegateWithoutTheBuyersWord(
        address caller,
        Delegation memory delegation,
        bytes memory signed
    ) external {
        VM.assume(caller != buyer);
        delegation.entitlement = bought.id;
        delegation.delegate = caller;
        VM.startPrank(caller);
        (bool done, ) = address(consumer).call(
            abi.encodeCall(
                IPermitConsumer.delegateBySignature,
                (bought.offerId, buyer, bought.salt, delegation, signed)
            )
        );
        assertFalse(done, "registered without signature");
        (done, ) = address(consumer).call(
            abi.encodeCall(IPermitConsumer.delegate, (bought.offerId, bought.salt, caller, 4, uint40(FAR)))
        );
        assertFalse(done, "registered for somebody else's entitlement");
        VM.stopPrank();
        assertEq(consumer.delegateOf(bought.id, caller).validUntil, 0, "end of a delegation");
    }

    // ------------------------------------------------------------------ parts

    /// @dev Any permit that may be consumed for the first step.
    function consumable(PermitInput memory permit) private view returns (IPermitConsumer.Consumption memory) {
        permit.epoch = 0;
        permit.step = 1;
        permit.sourceCommit = bought.terms.sourceCommit;
        permit.parentStateCommitment = 0;
        permit.parentNetCommitment = 0;
        if (permit.deadline < nowIs()) permit.deadline = uint64(nowIs());
        return signedPermit(bought, permit);
    }

    function permitted(bytes memory data, address caller, uint256 seed) private {
        attempt(Call(address(consumer), data, caller, 0), seed);
    }

    /// @dev If a step is open now, it is the one that the buyer signed for.
    function onlyTheGatewayOpened(IPermitConsumer.Consumption memory consumption) private view {
        if (escrow.entitlementOf(bought.id).opened == 0) return;
        Opened memory expected = openedOf(bought, consumption.permit);
        assertEq(
            escrow.headOf(bought.id),
            Hashes.openMarker(0, expected.permitHash, expected.runKey),
            "5: another step than the permitted one is open"
        );
    }
}
