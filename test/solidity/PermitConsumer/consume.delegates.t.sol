// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeDelegatesTest is Consuming {
    Entitled private _entitled;
    uint40 private _end;

    /// @dev The delegate may permit the first step for a while.
    function setUp() public override {
        super.setUp();
        _entitled = buy();
        _end = uint40(nowIs() + 1000);
        delegateTo(_entitled, delegate, 1, _end);
    }

    // ------------------------------------------------------------------ no delegate

    function test_GivenTheSignerIsNoDelegate_RefuseAStranger() external {
        notAllowed(stranger);
    }

    function test_GivenTheSignerIsNoDelegate_RefuseTheSeller() external {
        notAllowed(seller);
    }

    function test_GivenTheSignerIsNoDelegate_RefuseTheZeroAddress() external {
        notAllowed(address(0));
    }

    function test_GivenTheSignerIsNoDelegate_RefuseADelegateOfAnotherEntitlement() external {
        Entitled memory other = buy(_entitled.terms, 4);
        refused(
            other,
            signedPermit(other, permitOf(other), delegate),
            abi.encodeWithSelector(IPermitConsumer.SignerNotAllowed.selector, delegate, 1)
        );
    }

    // ------------------------------------------------------------------ bounds

    function test_WhenHePermitsTheLastStepHeMay_Open() external {
        consumed(_entitled, byDelegate());
    }

    function test_WhenHePermitsTheStepAfterThat_RevertWithSignerNotAllowed() external {
        Claimed memory first = claim(_entitled);
        refused(
            _entitled,
            signedPermit(_entitled, permitAfter(first), delegate),
            abi.encodeWithSelector(IPermitConsumer.SignerNotAllowed.selector, delegate, 2)
        );
    }

    function test_WhenTheDelegationEnds_OpenOneSecondBefore() external {
        VM.warp(_end - 1);
        consumed(_entitled, byDelegate());
    }

    function test_WhenTheDelegationEnds_RevertWithSignerNotAllowedAtThatSecond() external {
        VM.warp(_end);
        notAllowed(delegate);
    }

    function test_WhenTheDelegationEnds_RevertWithSignerNotAllowedOneSecondAfter() external {
        VM.warp(_end + 1);
        notAllowed(delegate);
    }

    // ------------------------------------------------------------------ revocation

    function test_WhenHeWasRevoked_RevertWithSignerNotAllowed() external {
        revoke(delegate);
        notAllowed(delegate);
    }

    function test_WhenHeWasRevokedAndAllowedAgain_Open() external {
        revoke(delegate);
        delegateTo(_entitled, delegate, 1, _end);
        consumed(_entitled, byDelegate());
    }

    function test_WhenAnotherWasRevoked_Open() external {
        revoke(stranger);
        consumed(_entitled, byDelegate());
    }

    // ------------------------------------------------------------------ signatures

    function test_WhenTheBuyerSignedInHisName_RevertWithPermitSignatureInvalid() external {
        IPermitConsumer.Consumption memory consumption = signedPermit(_entitled, permitOf(_entitled), buyer);
        consumption.signer = delegate;
        unsigned(_entitled, consumption);
    }

    function test_WhenHeSignedInTheBuyersName_RevertWithPermitSignatureInvalid() external {
        IPermitConsumer.Consumption memory consumption = byDelegate();
        consumption.signer = buyer;
        unsigned(_entitled, consumption);
    }

    function test_WhenHeIsAContractThatAgrees_Open() external {
        consumed(_entitled, byContract(stranger));
    }

    function test_WhenHeIsAContractThatDoesNotAgree_RevertWithPermitSignatureInvalid() external {
        unsigned(_entitled, byContract(buyer));
    }

    // ------------------------------------------------------------------ effects

    function test_WhenHePermits_NameHimInPermitConsumed() external {
        IPermitConsumer.Consumption memory consumption = byDelegate();
        expectPermitConsumed(_entitled, consumption);
        consume(_entitled, consumption);
    }

    function test_WhenHePermits_LeaveTheBuyerAbleToPermit() external {
        IPermitConsumer.Consumption memory consumption = byDelegate();
        consume(_entitled, consumption);
        requireOpen(openAfter(claim(openedOf(_entitled, consumption.permit))));
    }

    // ------------------------------------------------------------------ rejection and cancel

    function test_GivenAStepWasRejectedSinceTheDelegation_RevertWithDelegationOutdated() external {
        reject(claim(_entitled));
        refused(
            _entitled,
            signedPermit(_entitled, permitOfEpoch(1), delegate),
            abi.encodeWithSelector(IEscrow.DelegationOutdated.selector, 0, 1)
        );
    }

    function test_GivenAStepWasRejectedSinceTheDelegation_OpenForADelegateAllowedSince() external {
        reject(claim(_entitled));
        delegateTo(_entitled, delegate, 1, _end);
        consumed(_entitled, signedPermit(_entitled, permitOfEpoch(1), delegate));
    }

    function test_GivenAStepWasRejectedSinceTheDelegation_OpenForTheBuyer() external {
        reject(claim(_entitled));
        consumed(_entitled, signedPermit(_entitled, permitOfEpoch(1)));
    }

    function test_GivenTheBuyerCancelledAllPermitsSinceTheDelegation_RevertWithEpochOutdatedForWhatTheDelegateSignedBefore()
        external
    {
        IPermitConsumer.Consumption memory consumption = byDelegate();
        cancelPermits();
        refused(_entitled, consumption, abi.encodeWithSelector(IEscrow.EpochOutdated.selector, 0, 1));
    }

    function test_GivenTheBuyerCancelledAllPermitsSinceTheDelegation_OpenForWhatTheDelegateSignsSince() external {
        cancelPermits();
        consumed(_entitled, signedPermit(_entitled, permitOfEpoch(1), delegate));
    }

    // ------------------------------------------------------------------ parts

    function byDelegate() private returns (IPermitConsumer.Consumption memory) {
        return signedPermit(_entitled, permitOf(_entitled), delegate);
    }

    /// @dev A permit in the name of a contract of the stranger's, signed with `key`.
    function byContract(address key) private returns (IPermitConsumer.Consumption memory consumption) {
        address account = create("SmartAccount", abi.encode(stranger));
        delegateTo(_entitled, account, 1, _end);
        consumption = signedPermit(_entitled, permitOf(_entitled), key);
        consumption.signer = account;
    }

    function permitOfEpoch(uint32 epoch) private returns (PermitInput memory permit) {
        permit = permitOf(_entitled);
        permit.epoch = epoch;
    }

    function notAllowed(address signer) private {
        refused(
            _entitled,
            signedPermit(_entitled, permitOf(_entitled), signer),
            abi.encodeWithSelector(IPermitConsumer.SignerNotAllowed.selector, signer, 1)
        );
    }

    function revoke(address account) private {
        VM.prank(buyer);
        consumer.revokeDelegate(_entitled.offerId, _entitled.salt, account, fresh("nonce"));
    }

    function cancelPermits() private {
        VM.prank(buyer);
        escrow.cancelPermits(_entitled.offerId, _entitled.salt);
    }
}
