// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IOfferRegistry} from "../../../contracts/interfaces/IOfferRegistry.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {VM} from "../base/Vm.sol";
import {Ledger} from "./Ledger.sol";

contract EscrowConstructorTest is Ledger {
    function test_WhenThePermitConsumerHasAnotherLedger_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(stranger);
        mismatch(registry, own, settlementOf(_ledger, own, address(evidence)), _ledger, stranger);
    }

    function test_WhenTheSettlementHasAnotherLedger_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(_ledger);
        mismatch(registry, own, settlementOf(stranger, own, address(evidence)), _ledger, stranger);
    }

    function test_WhenTheSettlementHasAnotherRegistry_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(_ledger);
        ISettlement settler = settlementOf(_ledger, own, address(evidence));
        mismatch(_otherRegistry, own, settler, address(_otherRegistry), address(registry));
    }

    function test_WhenTheSettlementHasAnotherPermitConsumer_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(_ledger);
        ISettlement settler = settlementOf(_ledger, consumer, address(evidence));
        mismatch(registry, own, settler, address(own), address(consumer));
    }

    function test_WhenTheSettlementHasAnotherEvidenceVerifierThanTheRegistry_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(_ledger);
        mismatch(registry, own, settlementOf(_ledger, own, stranger), address(evidence), stranger);
    }

    function test_WhenTheSettlementHasNoEvidenceVerifierAndTheRegistryHasOne_RevertWithWiringMismatch() external {
        IPermitConsumer own = consumerOf(_ledger);
        mismatch(registry, own, settlementOf(_ledger, own, address(0)), address(evidence), address(0));
    }

    function test_WhenAllOfThemAgree_BeCreatedWithThem() external {
        IPermitConsumer own = consumerOf(_ledger);
        ISettlement settler = settlementOf(_ledger, own, address(evidence));
        IEscrow created = this.deployEscrow(registry, own, settler);
        assertEq(address(created), _ledger, "escrow");
        assertEq(address(created.offerRegistry()), address(registry), "registry");
        assertEq(created.permitConsumer(), address(own), "consumer");
        assertEq(created.settlement(), address(settler), "settlement");
        assertEq(address(created.permit2()), address(permit2), "Permit2");
    }

    function test_WhenThereIsNeitherEvidenceVerifierNorPermit2_BeCreatedWithout() external {
        deploy(address(0), address(0));
        assertEq(address(escrow.permit2()), address(0), "Permit2");
        assertEq(registry.evidenceVerifier(), address(0), "evidence verifier");
    }

    /// @dev Where the escrow will be, after a consumer and a settlement.
    address private _ledger;
    IOfferRegistry private _otherRegistry;

    function setUp() public override {
        super.setUp();
        _otherRegistry = IOfferRegistry(create("OfferRegistry", abi.encode(defaultLimits(), address(evidence))));
        _ledger = VM.computeCreateAddress(address(this), VM.getNonce(address(this)) + 2);
    }

    /// @dev External, so that a refusal of the constructor is one of a call.
    function deployEscrow(
        IOfferRegistry registry_,
        IPermitConsumer consumer_,
        ISettlement settlement_
    ) external returns (IEscrow) {
        return IEscrow(create("Escrow", abi.encode(registry_, consumer_, settlement_, permit2)));
    }

    function consumerOf(address ledger) private returns (IPermitConsumer) {
        return IPermitConsumer(create("PermitConsumer", abi.encode(ledger)));
    }

    function settlementOf(address ledger, IPermitConsumer consumer_, address verifier_) private returns (ISettlement) {
        bytes memory arguments = abi.encode(ledger, registry, consumer_, verifier_, MIN_BOND, PROOF_GAS);
        return ISettlement(create("Settlement", arguments));
    }

    function mismatch(
        IOfferRegistry registry_,
        IPermitConsumer consumer_,
        ISettlement settlement_,
        address expected,
        address actual
    ) private {
        expectRefusal(abi.encodeWithSelector(IEscrow.WiringMismatch.selector, expected, actual));
        this.deployEscrow(registry_, consumer_, settlement_);
    }
}
