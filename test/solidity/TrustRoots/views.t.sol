// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rooted} from "../base/Rooted.sol";

contract TrustRootsViewsTest is Rooted {
    function test_WhenGovernorIsAsked_AnswerWhoMayAppend() external view {
        assertEq(roots.governor(), governor, "governor");
    }

    function test_WhenGuardianIsAsked_AnswerWhoMayRevoke() external view {
        assertEq(roots.guardian(), guardian, "guardian");
    }

    function test_WhenDelayIsAsked_AnswerTheSecondsItWasDeployedWith() external view {
        assertEq(roots.delay(), DELAY, "delay");
    }

    function test_GivenNobodyQueuedTheRoot_AnswerNothing(bytes32 id) external view {
        if (id == issuerId || id == logId || id == readerId) id = ~id;
        requireRecord(id, 0, 0, 0);
    }

    function test_GivenTheRootWasQueuedAndRevoked_AnswerAllThreeMoments() external {
        uint40 queuedAt = uint40(nowIs());
        bytes32 id = queueIssuer("second");
        pass(3);
        revoke(id, uint40(nowIs()) - 1);
        requireRecord(id, queuedAt, queuedAt + DELAY, queuedAt + 2);
    }
}
