// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeObserversTest is Consuming {
    // ------------------------------------------------------------------ first tier

    function test_GivenTheOfferIsOfTheFirstTier_OpenWithoutAnObservation() external {
        requireOpen(open(buy()));
    }

    function test_GivenTheOfferIsOfTheFirstTier_AskNoObserverWhomTheOfferNames() external {
        OfferTerms memory terms = defaultTerms();
        terms.observer = observer;
        publish(terms);
        Entitled memory entitled = buy(terms, 1);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        consumption.observerSignature = "";
        consumed(entitled, consumption);
    }

    // ------------------------------------------------------------------ second tier

    function test_WhenThePermitHasNoObservation_RevertWithPermitUnobserved() external {
        Entitled memory entitled = observedBy(observer);
        refused(
            entitled,
            signedPermit(entitled, permitOf(entitled)),
            abi.encodeWithSelector(IPermitConsumer.PermitUnobserved.selector)
        );
    }

    function test_GivenTheOfferNamesNoObserver_OpenWithAnyObservation(bytes32 observationHash) external {
        VM.assume(observationHash != 0);
        Entitled memory entitled = observedBy(address(0));
        PermitInput memory permit = permitOf(entitled);
        permit.observationHash = observationHash;
        requireOpen(open(entitled, permit));
    }

    function test_WhenHeSigned_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        consumed(entitled, consumption);
    }

    function test_WhenNobodySigned_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        unobserved(entitled, consumption, "");
    }

    function test_WhenSomebodyElseSigned_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        unobserved(entitled, consumption, observation(gateway, openedOf(entitled, consumption.permit)));
    }

    function test_WhenHeSignedAnotherObservationOfTheRun_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        RunKey runKey = openedOf(entitled, consumption.permit).runKey;
        bytes32 digest = Hashes.observationDigest(address(consumer), runKey, fresh("other observation"));
        unobserved(entitled, consumption, signature(observer, digest));
    }

    function test_WhenHeSignedTheObservationOfAnotherRun_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        PermitInput memory other = permitOf(entitled);
        other.observationHash = consumption.permit.observationHash;
        unobserved(entitled, consumption, observation(observer, openedOf(entitled, other)));
    }

    function test_WhenHeSignedTheObservationOfTheRunForAnotherGateway_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        RunKey runKey = Hashes.runKey(stranger, consumption.permit);
        bytes32 digest = Hashes.observationDigest(address(consumer), runKey, consumption.permit.observationHash);
        unobserved(entitled, consumption, signature(observer, digest));
    }

    function test_WhenHeSignedForAnotherChain_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        VM.chainId(8453);
        bytes memory signed = observation(observer, openedOf(entitled, consumption.permit));
        VM.chainId(31_337);
        unobserved(entitled, consumption, signed);
    }

    function test_WhenHisSignatureIsOfAnotherForm_RefuseEach() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(observer);
        bytes memory signed = observation(observer, openedOf(entitled, consumption.permit));
        unobserved(entitled, consumption, SignatureForms.malleable(signed));
        unobserved(entitled, consumption, SignatureForms.compact(signed));
        unobserved(entitled, consumption, SignatureForms.withBareParity(signed));
        unobserved(entitled, consumption, SignatureForms.withOtherParity(signed));
        unobserved(entitled, consumption, bytes.concat(signed, hex"00"));
    }

    function test_WhenHeIsAContractThatAgrees_Open() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(ownedAccount());
        consumption.observerSignature = observation(stranger, openedOf(entitled, consumption.permit));
        consumed(entitled, consumption);
    }

    function test_WhenHeIsAContractThatDoesNotAgree_RevertWithObserverSignatureInvalid() external {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(ownedAccount());
        unobserved(entitled, consumption, observation(observer, openedOf(entitled, consumption.permit)));
    }

    function test_WhenHeIsAPrecompile_RefuseEverySignature() external {
        for (uint160 i = 1; i <= 0x11; ++i) unobservedBy(address(i));
        unobservedBy(address(0x100));
    }

    function test_WhenHeIsAnAccountWithNeitherKeyNorCode_RefuseEverySignature() external {
        unobservedBy(address(0xdead));
    }

    // ------------------------------------------------------------------ parts

    function observedBy(address account) private returns (Entitled memory) {
        OfferTerms memory terms = observedTerms();
        terms.observer = account;
        publish(terms);
        return buy(terms, 1);
    }

    function observed(
        address account
    ) private returns (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) {
        entitled = observedBy(account);
        PermitInput memory permit = permitOf(entitled);
        permit.observationHash = fresh("observation");
        consumption = signedPermit(entitled, permit);
    }

    /// @dev A contract that agrees to what the stranger signs.
    function ownedAccount() private returns (address) {
        return create("SmartAccount", abi.encode(stranger));
    }

    function unobserved(
        Entitled memory entitled,
        IPermitConsumer.Consumption memory consumption,
        bytes memory observerSignature
    ) private {
        consumption.observerSignature = observerSignature;
        refused(
            entitled,
            consumption,
            abi.encodeWithSelector(
                IPermitConsumer.ObserverSignatureInvalid.selector,
                entitled.terms.observer,
                consumption.permit.observationHash
            )
        );
    }

    function unobservedBy(address account) private {
        (Entitled memory entitled, IPermitConsumer.Consumption memory consumption) = observed(account);
        unobserved(entitled, consumption, "");
        unobserved(entitled, consumption, new bytes(65));
        unobserved(entitled, consumption, observation(observer, openedOf(entitled, consumption.permit)));
    }
}
