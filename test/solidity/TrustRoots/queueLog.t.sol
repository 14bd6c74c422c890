// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {LogRoot} from "../../../contracts/types/Roots.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsQueueLogTest is Rooted {
    // ------------------------------------------------------------------ who may

    function test_WhenTheCallerIsNotTheGovernor_RevertWithNotGovernor(address caller) external {
        VM.assume(caller != governor);
        refusedTo(caller);
    }

    function test_WhenTheCallerIsTheGuardian_RevertWithNotGovernor() external {
        refusedTo(guardian);
    }

    // ------------------------------------------------------------------ what

    function test_WhenTheValidityEndsBeforeItBegins_RevertWithRootMalformed() external {
        LogRoot memory log = logOf("second");
        (log.validFrom, log.validUntil) = (11, 10);
        VM.prank(governor);
        expectRefusal(malformed(idOf(log)));
        roots.queueLog(log);
    }

    function test_WhenTheValidityIsASingleSecond_QueueIt() external {
        LogRoot memory log = logOf("second");
        (log.validFrom, log.validUntil) = (10, 10);
        VM.prank(governor);
        roots.queueLog(log);
        requireRecord(idOf(log), uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    function test_GivenItWasQueuedBefore_RevertWithRootAlreadyQueued() external {
        bytes32 id = queue(logOf("second"));
        pass(1);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueLog(logOf("second"));
        requireRecord(id, uint40(nowIs()) - 1, uint40(nowIs()) - 1 + DELAY, 0);
    }

    function test_GivenItWasRevoked_RevertWithRootAlreadyQueued() external {
        bytes32 id = queue(logOf("second"));
        revoke(id);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueLog(logOf("second"));
    }

    function test_GivenItWasRevoked_StayRevoked() external {
        bytes32 id = queue(logOf("second"));
        uint40 queuedAt = uint40(nowIs());
        pass(1);
        revoke(id);
        pass(1);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueLog(logOf("second"));
        requireRecord(id, queuedAt, queuedAt + DELAY, queuedAt + 1);
    }

    function test_WhenOneMemberIsAnotherOnes_BeAnotherRoot(uint8 chance) external {
        LogRoot memory log = logOf("first");
        uint256 member = chance % 4;
        if (member == 0) log.x = keccak256("second");
        if (member == 1) log.y = keccak256("second");
        if (member == 2) log.validFrom = 2;
        if (member == 3) log.validUntil = 2;
        bytes32 id = queue(log);
        assertTrue(id != logId, "another id");
        requireRecord(id, uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheGovernorQueuesIt_ReturnTheHashOfItsMembers() external {
        assertEq(queue(logOf("second")), idOf(logOf("second")), "id");
    }

    function test_WhenTheGovernorQueuesIt_KeepWhenItWasQueuedAndWhenItCounts() external {
        bytes32 id = queue(logOf("second"));
        requireRecord(id, uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    function test_WhenTheGovernorQueuesIt_EmitLogQueued() external {
        LogRoot memory log = logOf("second");
        VM.prank(governor);
        expectEvent(address(roots));
        emit ITrustRoots.LogQueued(idOf(log), log, uint40(nowIs()) + DELAY);
        roots.queueLog(log);
    }

    function test_WhenTheGovernorQueuesIt_NotCountBeforeItsDelayIsOver() external {
        bytes32 id = queue(logOf("second"));
        uint40 openedAt = uint40(nowIs()) + 1;
        pass(DELAY - 1);
        expectRefusal(notActive(id, nowIs() + 1));
        roots.requireCounts(id, openedAt, uint64(nowIs()));
    }

    function test_WhenTheGovernorQueuesIt_CountFromTheSecondAtWhichItsDelayIsOver() external {
        bytes32 id = queue(logOf("second"));
        uint40 openedAt = uint40(nowIs()) + 1;
        pass(DELAY);
        roots.requireCounts(id, openedAt, uint64(nowIs()));
    }

    function test_WhenTheGovernorQueuesIt_LeaveOtherRootsAsTheyAre() external {
        queue(logOf("second"));
        requireRecord(issuerId, createdAt, createdAt, 0);
        requireRecord(logId, createdAt, createdAt, 0);
        requireRecord(readerId, createdAt, createdAt, 0);
    }

    // ------------------------------------------------------------------ parts

    function queue(LogRoot memory log) private returns (bytes32) {
        VM.prank(governor);
        return roots.queueLog(log);
    }

    function idOf(LogRoot memory log) private pure returns (bytes32) {
        return Hashes.logRootId(log);
    }

    function refusedTo(address caller) private {
        VM.prank(caller);
        expectRefusal(notGovernor(caller));
        roots.queueLog(logOf("second"));
    }
}
