// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {Delegation} from "../../../contracts/types/Delegation.sol";
import {BurningAccount} from "../base/Accounts.sol";
import {Hashes} from "../base/Hashes.sol";
import {SignatureForms} from "../base/SignatureForms.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerDelegateBySignatureTest is Consuming {
    Entitled private _entitled;

    function setUp() public override {
        super.setUp();
        _entitled = buy();
    }

    // ------------------------------------------------------------------ what is registered

    function test_WhenTheDelegationNamesAnotherEntitlement_RevertWithDelegationMismatch() external {
        Entitled memory other = buy();
        refusedToRegister(
            delegationOf(other, delegate),
            abi.encodeWithSelector(IPermitConsumer.DelegationMismatch.selector, _entitled.id, other.id)
        );
    }

    function test_WhenTheDeadlineOfTheDelegationComes_RegisterOneSecondBefore() external {
        Delegation memory delegation = withDeadline();
        VM.warp(delegation.deadline - 1);
        registered(delegation);
    }

    function test_WhenTheDeadlineOfTheDelegationComes_RegisterAtTheDeadline() external {
        Delegation memory delegation = withDeadline();
        VM.warp(delegation.deadline);
        registered(delegation);
    }

    function test_WhenTheDeadlineOfTheDelegationComes_RevertWithDelegationExpiredOneSecondAfter() external {
        Delegation memory delegation = withDeadline();
        VM.warp(delegation.deadline + 1);
        refusedToRegister(
            delegation,
            abi.encodeWithSelector(IPermitConsumer.DelegationExpired.selector, delegation.deadline)
        );
    }

    function test_GivenTheEntitlementDoesNotExist_RevertWithNoSuchEntitlement() external {
        _entitled = entitledOf(_entitled.terms, buyer, fresh("never bought"));
        refusedToRegister(
            delegationOf(_entitled, delegate),
            abi.encodeWithSelector(IEscrow.NoSuchEntitlement.selector, _entitled.id)
        );
    }

    function test_WhenTheDelegationIsOfAnEarlierGeneration_RevertWithDelegationOutdated() external {
        reject(claim(_entitled));
        refusedToRegister(
            delegationOf(_entitled, delegate),
            abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1)
        );
    }

    function test_WhenTheDelegationIsOfALaterGeneration_RevertWithDelegationOutdated() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.generation = 1;
        refusedToRegister(delegation, abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 1, 0));
    }

    function test_GivenAStepWasRejectedAndTheDelegationIsOfThePresentGeneration_Register() external {
        reject(claim(_entitled));
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.generation = 1;
        registered(delegation);
    }

    // ------------------------------------------------------------------ signature

    /// @dev Entitlement and generation are compared before the signature is.
    function test_WhenAMemberOfTheDelegationIsChangedAfterSigning_RefuseWhicheverItIs() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        bytes memory signed = signedBy(buyer, delegation);
        bytes memory words = abi.encode(delegation);
        assertEq(words.length, 7 * 32, "members");
        for (uint256 i; i < 7; ++i) {
            if (i == 0 || i == 4) continue;
            bytes memory changed = bytes.concat(words);
            changed[32 * i + 31] = changed[32 * i + 31] ^ 0x01;
            unsignedDelegation(abi.decode(changed, (Delegation)), signed);
        }
    }

    function test_WhenSomebodyElseSigned_RefuseTheDelegate() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        unsignedDelegation(delegation, signedBy(delegate, delegation));
    }

    function test_WhenSomebodyElseSigned_RefuseTheSeller() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        unsignedDelegation(delegation, signedBy(seller, delegation));
    }

    function test_WhenTheDelegationWasSignedForAnotherChain_RevertWithDelegationSignatureInvalid() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        VM.chainId(8453);
        bytes memory signed = signedBy(buyer, delegation);
        VM.chainId(31_337);
        unsignedDelegation(delegation, signed);
    }

    function test_WhenTheDelegationWasSignedForAnotherContract_RevertWithDelegationSignatureInvalid() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        unsignedDelegation(delegation, signature(buyer, Hashes.delegationDigest(address(escrow), delegation)));
    }

    function test_WhenTheBuyersSignatureIsOfAnotherForm_RefuseEach() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        bytes memory signed = signedBy(buyer, delegation);
        unsignedDelegation(delegation, "");
        unsignedDelegation(delegation, SignatureForms.malleable(signed));
        unsignedDelegation(delegation, SignatureForms.compact(signed));
        unsignedDelegation(delegation, SignatureForms.withBareParity(signed));
        unsignedDelegation(delegation, SignatureForms.withOtherParity(signed));
        unsignedDelegation(delegation, bytes.concat(signed, hex"00"));
    }

    function test_WhenItAgreesToTheDelegation_Register() external {
        boughtByContract();
        Delegation memory delegation = delegationOf(_entitled, delegate);
        registerDelegation(_entitled, delegation, signedBy(stranger, delegation));
        requireRecorded(delegation);
    }

    function test_WhenItDoesNotAgreeToTheDelegation_RevertWithDelegationSignatureInvalid() external {
        boughtByContract();
        Delegation memory delegation = delegationOf(_entitled, delegate);
        unsignedDelegation(delegation, signedBy(buyer, delegation));
    }

    function test_GivenTheBuyerIsAnAccountWithAKeyAndDelegatedCode_RegisterByTheKey() external {
        VM.etch(buyer, bytes.concat(hex"ef0100", bytes20(address(new BurningAccount()))));
        registered(delegationOf(_entitled, delegate));
    }

    function test_GivenTheBuyerIsAPrecompile_RefuseEverySignature() external {
        for (uint160 i = 1; i <= 0x11; ++i) unsignedByPrecompile(address(i));
        unsignedByPrecompile(address(0x100));
    }

    // ------------------------------------------------------------------ nonce

    function test_GivenTheNonceIsBurnt_RefuseASecondRegistration() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        registered(delegation);
        nonceUsed(delegation);
    }

    function test_GivenTheNonceIsBurnt_RefuseWhatWasRevokedBefore() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        VM.prank(buyer);
        consumer.revokeDelegate(_entitled.offerId, _entitled.salt, delegate, delegation.nonce);
        nonceUsed(delegation);
    }

    function test_GivenTheNonceIsBurnt_RefuseWhatTheBuyerBurnt() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        VM.prank(buyer);
        consumer.burnDelegationNonce(delegation.nonce);
        nonceUsed(delegation);
    }

    function test_GivenSomebodyElseBurntANonceOfThatNumber_Register() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        VM.prank(stranger);
        consumer.burnDelegationNonce(delegation.nonce);
        registered(delegation);
    }

    // ------------------------------------------------------------------ bounds

    function test_WhenTheBoundsAreImpossible_RefuseTheZeroAddress() external {
        invalid(delegationOf(_entitled, address(0)));
    }

    function test_WhenTheBoundsAreImpossible_RefuseTheBuyer() external {
        invalid(delegationOf(_entitled, buyer));
    }

    function test_WhenTheBoundsAreImpossible_RefuseAnEndAtThisSecond() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.validUntil = uint64(nowIs());
        invalid(delegation);
    }

    function test_WhenTheBoundsAreImpossible_RefuseAnEndThatDoesNotFit() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.validUntil = uint64(type(uint40).max) + 1;
        invalid(delegation);
    }

    function test_WhenTheBoundsAreImpossible_AcceptTheLargestEndThatFits() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.validUntil = type(uint40).max;
        registered(delegation);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenEverythingIsInOrder_RecordTheBounds(uint32 lastStep, uint40 end) external {
        VM.assume(end > nowIs());
        Delegation memory delegation = delegationOf(_entitled, delegate);
        delegation.lastStep = lastStep;
        delegation.validUntil = end;
        registered(delegation);
    }

    function test_WhenEverythingIsInOrder_BurnTheNonce() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        registered(delegation);
        assertTrue(consumer.isNonceBurnt(buyer, delegation.nonce), "burnt");
    }

    function test_WhenEverythingIsInOrder_EmitDelegationNonceBurntAndDelegated() external {
        Delegation memory delegation = delegationOf(_entitled, delegate);
        bytes memory signed = signedBy(buyer, delegation);
        expectEvent(address(consumer));
        emit IPermitConsumer.DelegationNonceBurnt(buyer, delegation.nonce);
        expectEvent(address(consumer));
        emit IPermitConsumer.Delegated(
            _entitled.id,
            delegate,
            delegation.lastStep,
            uint40(delegation.validUntil),
            0,
            delegation.nonce
        );
        registerDelegation(_entitled, delegation, signed);
    }

    // ------------------------------------------------------------------ parts

    function signedBy(address signer, Delegation memory delegation) private view returns (bytes memory) {
        return signature(signer, Hashes.delegationDigest(address(consumer), delegation));
    }

    function withDeadline() private returns (Delegation memory delegation) {
        delegation = delegationOf(_entitled, delegate);
        delegation.deadline = uint64(nowIs() + 10);
    }

    function registered(Delegation memory delegation) private {
        registerDelegation(_entitled, delegation, signedBy(buyer, delegation));
        requireRecorded(delegation);
    }

    function requireRecorded(Delegation memory delegation) private view {
        assertEq(
            abi.encode(delegateOf(_entitled, delegation.delegate)),
            abi.encode(
                IPermitConsumer.DelegateRecord(
                    delegation.lastStep,
                    uint40(delegation.validUntil),
                    delegation.generation
                )
            ),
            "delegation"
        );
    }

    /// @dev Properly signed, and refused.
    function refusedToRegister(Delegation memory delegation, bytes memory answer) private {
        bytes memory signed = signedBy(buyer, delegation);
        expectRefusal(answer);
        registerDelegation(_entitled, delegation, signed);
    }

    function nonceUsed(Delegation memory delegation) private {
        refusedToRegister(
            delegation,
            abi.encodeWithSelector(IPermitConsumer.DelegationNonceUsed.selector, delegation.nonce)
        );
    }

    function invalid(Delegation memory delegation) private {
        refusedToRegister(
            delegation,
            abi.encodeWithSelector(
                IPermitConsumer.DelegationInvalid.selector,
                delegation.delegate,
                delegation.validUntil
            )
        );
        assertFalse(consumer.isNonceBurnt(buyer, delegation.nonce), "burnt");
    }

    function unsignedDelegation(Delegation memory delegation, bytes memory signed) private {
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.DelegationSignatureInvalid.selector, _entitled.buyer));
        registerDelegation(_entitled, delegation, signed);
    }

    /// @dev The entitlement is that of a contract which agrees to what the stranger signs.
    function boughtByContract() private {
        _entitled = buyFor(_entitled.terms, create("SmartAccount", abi.encode(stranger)), 4);
    }

    function unsignedByPrecompile(address account) private {
        _entitled = buyFor(_entitled.terms, account, 1);
        Delegation memory delegation = delegationOf(_entitled, delegate);
        unsignedDelegation(delegation, "");
        unsignedDelegation(delegation, new bytes(65));
        unsignedDelegation(delegation, signedBy(buyer, delegation));
    }
}
