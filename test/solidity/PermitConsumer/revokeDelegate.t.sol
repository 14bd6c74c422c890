// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {Vm, VM} from "../base/Vm.sol";
import {Hashes} from "../base/Hashes.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerRevokeDelegateTest is Consuming {
    Entitled private _entitled;
    bytes32 private _nonce;

    function setUp() public override {
        super.setUp();
        _entitled = buy();
        _nonce = fresh("nonce");
        delegateTo(_entitled, delegate, 2, uint40(FAR));
    }

    function test_GivenTheAccountIsADelegate_LeaveNothingOfTheDelegation() external {
        revoke(buyer, delegate);
        requireLastStep(_entitled, delegate, 0);
        assertEq(delegateOf(_entitled, delegate).validUntil, 0, "end");
    }

    function test_GivenTheAccountIsADelegate_BurnTheNonce() external {
        revoke(buyer, delegate);
        assertTrue(consumer.isNonceBurnt(buyer, _nonce), "burnt");
    }

    function test_GivenTheAccountIsADelegate_EmitDelegationNonceBurntAndDelegateRevoked() external {
        expectEvent(address(consumer));
        emit IPermitConsumer.DelegationNonceBurnt(buyer, _nonce);
        expectEvent(address(consumer));
        emit IPermitConsumer.DelegateRevoked(_entitled.id, delegate);
        revoke(buyer, delegate);
    }

    function test_GivenTheAccountIsADelegate_LeaveOtherDelegatesAsTheyAre() external {
        delegateTo(_entitled, stranger, 3, uint40(FAR));
        revoke(buyer, delegate);
        requireLastStep(_entitled, stranger, 3);
    }

    function test_GivenTheNonceIsBurntAlready_EmitDelegateRevokedAlone() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        bytes memory signed = signature(buyer, Hashes.delegationDigest(address(consumer), delegation));
        registerDelegation(_entitled, delegation, signed);
        _nonce = delegation.nonce;
        VM.recordLogs();
        revoke(buyer, delegate);
        Vm.Log[] memory logs = VM.getRecordedLogs();
        assertEq(logs.length, 1, "events");
        assertEq(logs[0].topics[0], IPermitConsumer.DelegateRevoked.selector, "event");
        requireLastStep(_entitled, delegate, 0);
    }

    function test_GivenTheAccountIsNoDelegate_BurnTheNonceAllTheSame() external {
        revoke(buyer, stranger);
        assertTrue(consumer.isNonceBurnt(buyer, _nonce), "burnt");
    }

    function test_GivenAnotherBuyerNamedTheAccountDelegate_LeaveThatDelegationAsItIs() external {
        Entitled memory other = buyFor(_entitled.terms, stranger, 1);
        delegateTo(other, delegate, 1, uint40(FAR));
        revoke(buyer, delegate);
        requireLastStep(other, delegate, 1);
    }

    function test_GivenTheCallerHasNoEntitlement_ChangeNothingButTheNonce() external {
        revoke(stranger, delegate);
        requireLastStep(_entitled, delegate, 2);
        assertTrue(consumer.isNonceBurnt(stranger, _nonce), "the caller's nonce");
        assertFalse(consumer.isNonceBurnt(buyer, _nonce), "the buyer's nonce");
    }

    /// @dev The caller revokes under the offer and salt of the buyer's entitlement.
    function revoke(address caller, address account) private {
        VM.prank(caller);
        consumer.revokeDelegate(_entitled.offerId, _entitled.salt, account, _nonce);
    }

    function requireLastStep(Entitled memory entitled, address account, uint32 lastStep) private view {
        assertEq(delegateOf(entitled, account).lastStep, lastStep, "last step");
    }
}
