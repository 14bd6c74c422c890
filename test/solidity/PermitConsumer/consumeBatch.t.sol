// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeBatchTest is Consuming {
    Entitled private _first;
    Entitled private _second;

    function setUp() public override {
        super.setUp();
        _first = buy();
        _second = buyFor(_first.terms, stranger, 2);
    }

    function test_WhenTheCallerIsNotTheOffersGateway_RevertWithNotGateway() external {
        notGateway(both());
    }

    function test_WhenTheCallerIsNotTheOffersGateway_RevertWithNotGatewayForAnEmptyBatch() external {
        notGateway(new IPermitConsumer.Consumption[](0));
    }

    function test_WhenTheBatchIsEmpty_DoNothing() external {
        VM.recordLogs();
        consumeBatch(new IPermitConsumer.Consumption[](0));
        assertEq(VM.getRecordedLogs().length, 0, "events");
    }

    function test_WhenTheBatchHasPermitsOfSeveralEntitlements_OpenAStepOfEach() external {
        IPermitConsumer.Consumption[] memory batch = both();
        consumeBatch(batch);
        requireOpen(openedOf(_first, batch[0].permit));
        requireOpen(openedOf(_second, batch[1].permit));
    }

    function test_WhenTheBatchHasPermitsOfSeveralEntitlements_EmitPermitConsumedOfEachInOrder() external {
        IPermitConsumer.Consumption[] memory batch = both();
        expectPermitConsumed(_first, batch[0]);
        expectPermitConsumed(_second, batch[1]);
        consumeBatch(batch);
    }

    function test_WhenOnePermitOfTheBatchIsRefused_RevertWithWhatThatOneIsRefusedWith() external {
        IPermitConsumer.Consumption[] memory batch = both();
        batch[1].signature = batch[0].signature;
        batchRefused(batch, invalidSignature(_second, batch[1]));
    }

    function test_WhenOnePermitOfTheBatchIsRefused_OpenNoneOfThem() external {
        IPermitConsumer.Consumption[] memory batch = both();
        batch[1].signature = batch[0].signature;
        batchRefused(batch, invalidSignature(_second, batch[1]));
        assertEq(escrow.entitlementOf(_first.id).opened, 0, "opened");
    }

    function test_WhenTheBatchHasTheSamePermitTwice_RevertWithStepNotNext() external {
        IPermitConsumer.Consumption[] memory batch = both();
        batch[1] = batch[0];
        batchRefused(batch, abi.encodeWithSelector(IEscrow.StepNotNext.selector, 1, 2));
    }

    function test_WhenTheBatchHasTwoEntitlementsWithTheSameRun_RevertWithRunUsed() external {
        IPermitConsumer.Consumption[] memory batch = both();
        PermitInput memory permit = permitOf(_second);
        permit.runId = batch[0].permit.runId;
        batch[1] = signedPermit(_second, permit);
        batchRefused(batch, abi.encodeWithSelector(IEscrow.RunUsed.selector, openedOf(_first, batch[0].permit).runKey));
    }

    /// @dev Its signature holds for another entitlement than the one that this offer's terms make of it.
    function test_WhenTheBatchHasAPermitOfAnotherOffersEntitlement_RevertWithPermitSignatureInvalid() external {
        Entitled memory other = buy();
        IPermitConsumer.Consumption[] memory batch = both();
        batch[1] = signedPermit(other, permitOf(other));
        batchRefused(batch, invalidSignature(entitledOf(_first.terms, buyer, other.salt), batch[1]));
    }

    function both() private returns (IPermitConsumer.Consumption[] memory batch) {
        batch = new IPermitConsumer.Consumption[](2);
        batch[0] = signedPermit(_first, permitOf(_first));
        batch[1] = signedPermit(_second, permitOf(_second));
    }

    function consumeBatch(IPermitConsumer.Consumption[] memory batch) private {
        OfferTerms memory terms = _first.terms;
        VM.prank(gateway);
        consumer.consumeBatch(terms, batch);
    }

    function batchRefused(IPermitConsumer.Consumption[] memory batch, bytes memory answer) private {
        expectRefusal(answer);
        consumeBatch(batch);
    }

    function notGateway(IPermitConsumer.Consumption[] memory batch) private {
        OfferTerms memory terms = _first.terms;
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.NotGateway.selector, buyer, gateway));
        VM.prank(buyer);
        consumer.consumeBatch(terms, batch);
    }
}
