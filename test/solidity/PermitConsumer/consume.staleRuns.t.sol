// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {RunKey} from "../../../contracts/types/Ids.sol";
import {PermitInput} from "../../../contracts/types/StepPermit.sol";
import {Hashes} from "../base/Hashes.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerConsumeStaleRunsTest is Consuming {
    Opened private _stale;
    uint256 private _deadline;

    /// @dev The first step is open for a run that will not claim in time.
    function setUp() public override {
        super.setUp();
        _stale = open(buy());
        _deadline = nowIs() + STEP_TIMEOUT;
    }

    function test_WhenNoStaleRunIsNamed_NotFreeTheStepOfARunThatTimedOut() external {
        VM.warp(_deadline);
        IPermitConsumer.Consumption memory consumption = retry();
        consumption.staleRunKey = RunKey.wrap(0);
        consumption.stalePermitHash = 0;
        refused(_stale.entitled, consumption, abi.encodeWithSelector(IEscrow.StepNotNext.selector, 1, 2));
    }

    function test_WhenTheStaleRunIsStillInTime_RevertWithStepNotTimedOutOneSecondBeforeItsDeadline() external {
        VM.warp(_deadline - 1);
        refused(_stale.entitled, retry(), abi.encodeWithSelector(IEscrow.StepNotTimedOut.selector, _deadline));
    }

    function test_WhenTheStaleRunIsStillInTime_OpenAtItsDeadline() external {
        VM.warp(_deadline);
        consumed(_stale.entitled, retry());
    }

    function test_WhenTheStaleRunTimedOut_OpenTheSameStepForTheNewRun() external {
        VM.warp(_deadline + 1);
        IPermitConsumer.Consumption memory consumption = retry();
        consumed(_stale.entitled, consumption);
        assertEq(escrow.runOf(openedOf(_stale.entitled, consumption.permit).runKey).step, 1, "step");
    }

    function test_WhenTheStaleRunTimedOut_EmitStepTimedOutAndPermitConsumed() external {
        VM.warp(_deadline);
        IPermitConsumer.Consumption memory consumption = retry();
        expectEvent(address(escrow));
        emit IEscrow.StepTimedOut(_stale.entitled.id, 1, _stale.runKey);
        expectPermitConsumed(_stale.entitled, consumption);
        consume(_stale.entitled, consumption);
    }

    function test_WhenTheStaleRunTimedOut_LeaveTheStaleRunWithoutClaim() external {
        VM.warp(_deadline);
        consume(_stale.entitled, retry());
        Claimed memory late = claimOf(_stale);
        expectRefusal(abi.encodeWithSelector(IEscrow.StepNotOpen.selector, _stale.runKey));
        settlement.claim(_stale.entitled.terms, signedClaim(late));
    }

    function test_WhenTheStaleRunTimedOut_CountTheStepOnce() external {
        VM.warp(_deadline);
        consume(_stale.entitled, retry());
        assertEq(escrow.entitlementOf(_stale.entitled.id).opened, 1, "opened");
    }

    function test_WhenTheStaleRunIsNamedWithAnotherPermit_RevertWithStepNotOpen() external {
        VM.warp(_deadline);
        IPermitConsumer.Consumption memory consumption = retry();
        consumption.stalePermitHash = fresh("other permit");
        notOpen(consumption);
    }

    function test_WhenAnotherRunIsNamedThanTheOpenOne_RevertWithStepNotOpen() external {
        VM.warp(_deadline);
        IPermitConsumer.Consumption memory consumption = retry();
        consumption.staleRunKey = Hashes.runKey(gateway, consumption.permit);
        notOpen(consumption);
    }

    function test_GivenTheStaleRunWasFreedBySomebodyElse_Open() external {
        VM.warp(_deadline);
        IPermitConsumer.Consumption memory consumption = retry();
        timeout(_stale);
        consumed(_stale.entitled, consumption);
    }

    function test_GivenNothingWasOpenAndTheParentsFit_IgnoreWhateverRunIsNamed() external {
        Entitled memory entitled = buy(_stale.entitled.terms, 1);
        IPermitConsumer.Consumption memory consumption = signedPermit(entitled, permitOf(entitled));
        consumption.staleRunKey = _stale.runKey;
        consumption.stalePermitHash = _stale.permitHash;
        consumed(entitled, consumption);
        requireOpen(_stale);
    }

    function test_GivenTheStaleRunHasClaimed_RevertWithStepNotOpen() external {
        claim(_stale);
        VM.warp(_deadline);
        notOpen(retry());
    }

    function test_GivenTheStaleRunIsTheNewOne_RevertWithRunUsed() external {
        VM.warp(_deadline);
        PermitInput memory permit = permitOf(_stale.entitled);
        permit.runId = _stale.permit.runId;
        refused(_stale.entitled, replacing(permit), abi.encodeWithSelector(IEscrow.RunUsed.selector, _stale.runKey));
    }

    /// @dev The same step for a fresh run, in the place of the stale one.
    function retry() private returns (IPermitConsumer.Consumption memory) {
        return replacing(permitOf(_stale.entitled));
    }

    function replacing(
        PermitInput memory permit
    ) private view returns (IPermitConsumer.Consumption memory consumption) {
        consumption = signedPermit(_stale.entitled, permit);
        consumption.staleRunKey = _stale.runKey;
        consumption.stalePermitHash = _stale.permitHash;
    }

    function notOpen(IPermitConsumer.Consumption memory consumption) private {
        refused(
            _stale.entitled,
            consumption,
            abi.encodeWithSelector(IEscrow.StepNotOpen.selector, consumption.staleRunKey)
        );
    }
}
