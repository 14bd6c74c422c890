// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {OfferTerms} from "../../../contracts/types/OfferTerms.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {VM} from "../base/Vm.sol";
import {World} from "../base/World.sol";

/// @notice What tests of the permit consumer have in common.
abstract contract Consuming is World {
    /// @dev The gateway consumes, and is refused with exactly this answer.
    function refused(
        Entitled memory entitled,
        IPermitConsumer.Consumption memory consumption,
        bytes memory answer
    ) internal {
        expectRefusal(answer);
        consume(entitled, consumption);
    }

    /// @dev The gateway consumes, and the signature is not taken for the stated signer's.
    function unsigned(Entitled memory entitled, IPermitConsumer.Consumption memory consumption) internal {
        refused(entitled, consumption, invalidSignature(entitled, consumption));
    }

    function invalidSignature(
        Entitled memory entitled,
        IPermitConsumer.Consumption memory consumption
    ) internal view returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IPermitConsumer.PermitSignatureInvalid.selector,
                consumption.signer,
                openedOf(entitled, consumption.permit).permitHash
            );
    }

    /// @dev The gateway consumes and the step is open.
    function consumed(Entitled memory entitled, IPermitConsumer.Consumption memory consumption) internal {
        consume(entitled, consumption);
        requireOpen(openedOf(entitled, consumption.permit));
    }

    function requireOpen(Opened memory opened) internal view {
        assertTrue(
            escrow.isOpen(opened.entitled.id, opened.runKey, opened.permitHash, opened.parentHead),
            "the step is open"
        );
    }

    /// @dev The consumer's next event tells of this consumption, at this second.
    function expectPermitConsumed(Entitled memory entitled, IPermitConsumer.Consumption memory consumption) internal {
        PermitInput memory permit = consumption.permit;
        Opened memory opened = openedOf(entitled, permit);
        expectEvent(address(consumer));
        emit IPermitConsumer.PermitConsumed(
            entitled.id,
            permit.step,
            opened.permitHash,
            opened.runKey,
            opened.parentHead,
            uint40(nowIs()) + entitled.terms.stepTimeout,
            consumption.signer,
            permit.repositoryId,
            permit.runId,
            permit.runAttempt,
            permit.sourceCommit,
            permit.workerKey,
            permit.inputHash,
            permit.observationHash
        );
    }

    /// @dev The entitlement's buyer lets another account sign permits.
    function delegateTo(Entitled memory entitled, address to, uint32 lastStep, uint40 validUntil) internal {
        VM.prank(entitled.buyer);
        consumer.delegate(entitled.offerId, entitled.salt, to, lastStep, validUntil);
    }

    function registerDelegation(Entitled memory entitled, Delegation memory delegation, bytes memory signed) internal {
        VM.prank(stranger);
        consumer.delegateBySignature(entitled.offerId, entitled.buyer, entitled.salt, delegation, signed);
    }

    function delegateOf(
        Entitled memory entitled,
        address account
    ) internal view returns (IPermitConsumer.DelegateRecord memory) {
        return consumer.delegateOf(entitled.id, account);
    }

    /// @dev Terms of the tier that needs an observation.
    function observedTerms() internal returns (OfferTerms memory terms) {
        terms = defaultTerms();
        terms.runnerTier = 2;
        terms.sourceCommit = bytes20(uint160(0x2222222222222222222222222222222222222222));
    }
}
