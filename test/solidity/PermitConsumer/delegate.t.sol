// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerDelegateTest is Consuming {
    Entitled private _entitled;
    uint40 private _end;

    function setUp() public override {
        super.setUp();
        _entitled = buy();
        _end = uint40(nowIs() + 1000);
    }

    function test_GivenTheCallerHasNoSuchEntitlement_RevertWithNoSuchEntitlement() external {
        Entitled memory missing = entitledOf(_entitled.terms, buyer, fresh("never bought"));
        expectRefusal(abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, missing.id));
        delegateTo(missing, delegate, 1, _end);
    }

    /// @dev The caller's address is part of the id, so nobody reaches another's entitlement.
    function test_GivenTheCallerHasNoSuchEntitlement_RevertWithNoSuchEntitlementForAnotherBuyers() external {
        Entitled memory own = entitledOf(_entitled.terms, stranger, _entitled.salt);
        expectRefusal(abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, own.id));
        delegateTo(own, delegate, 1, _end);
    }

    function test_WhenTheDelegateIsTheZeroAddress_RevertWithDelegationInvalid() external {
        invalid(address(0), _end);
    }

    function test_WhenTheDelegateIsTheBuyer_RevertWithDelegationInvalid() external {
        invalid(buyer, _end);
    }

    function test_WhenTheDelegationsEndIsNear_RevertWithDelegationInvalidBeforeNow() external {
        invalid(delegate, uint40(nowIs() - 1));
    }

    function test_WhenTheDelegationsEndIsNear_RevertWithDelegationInvalidAtThisSecond() external {
        invalid(delegate, uint40(nowIs()));
    }

    function test_WhenTheDelegationsEndIsNear_AcceptTheNextSecond() external {
        recorded(1, uint40(nowIs() + 1), 0);
    }

    function test_WhenTheDelegationsEndIsTheLargest_AcceptIt() external {
        recorded(1, type(uint40).max, 0);
    }

    function test_GivenTheAccountIsADelegateAlready_PutTheNewBoundsInPlaceOfTheOld() external {
        recorded(9, _end, 0);
        recorded(2, _end - 1, 0);
    }

    function test_GivenAStepWasRejected_RecordThePresentGeneration() external {
        reject(claim(_entitled));
        recorded(1, _end, 1);
    }

    function test_GivenTheEntitlementHasExpired_AcceptTheDelegation() external {
        pass(TTL);
        recorded(1, uint40(nowIs() + 1), 0);
    }

    function test_WhenEverythingIsInOrder_RecordTheBounds(uint32 lastStep, uint40 end) external {
        VM.assume(end > nowIs());
        recorded(lastStep, end, 0);
    }

    function test_WhenEverythingIsInOrder_EmitDelegatedWithoutANonce() external {
        expectEvent(address(consumer));
        emit IPermitConsumer.Delegated(_entitled.id, delegate, 3, _end, 0, 0);
        delegateTo(_entitled, delegate, 3, _end);
    }

    function test_WhenEverythingIsInOrder_BurnNoNonce() external {
        delegateTo(_entitled, delegate, 3, _end);
        assertFalse(consumer.isNonceBurnt(buyer, 0), "nonce 0 is burnt");
    }

    function test_WhenEverythingIsInOrder_LetSeveralAccountsBeDelegates() external {
        delegateTo(_entitled, delegate, 3, _end);
        delegateTo(_entitled, stranger, 1, _end);
        assertEq(delegateOf(_entitled, delegate).lastStep, 3, "first");
        assertEq(delegateOf(_entitled, stranger).lastStep, 1, "second");
    }

    function invalid(address account, uint40 end) private {
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.DelegationInvalid.selector, account, end));
        delegateTo(_entitled, account, 1, end);
    }

    function recorded(uint32 lastStep, uint40 end, uint16 generation) private {
        delegateTo(_entitled, delegate, lastStep, end);
        assertEq(
            abi.encode(delegateOf(_entitled, delegate)),
            abi.encode(IPermitConsumer.DelegateRecord(lastStep, end, generation)),
            "delegation"
        );
    }
}
