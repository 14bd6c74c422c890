// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {IssuerRoot} from "../../../contracts/types/Roots.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsQueueIssuerTest is Rooted {
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
        IssuerRoot memory issuer = issuerOf("second");
        (issuer.validFrom, issuer.validUntil) = (11, 10);
        VM.prank(governor);
        expectRefusal(malformed(idOf(issuer)));
        roots.queueIssuer(issuer);
    }

    function test_WhenTheValidityIsASingleSecond_QueueIt() external {
        IssuerRoot memory issuer = issuerOf("second");
        (issuer.validFrom, issuer.validUntil) = (10, 10);
        VM.prank(governor);
        roots.queueIssuer(issuer);
        requireRecord(idOf(issuer), uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    function test_GivenItWasQueuedBefore_RevertWithRootAlreadyQueued() external {
        bytes32 id = queue(issuerOf("second"));
        pass(1);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueIssuer(issuerOf("second"));
        requireRecord(id, uint40(nowIs()) - 1, uint40(nowIs()) - 1 + DELAY, 0);
    }

    function test_GivenItWasRevoked_RevertWithRootAlreadyQueued() external {
        bytes32 id = queue(issuerOf("second"));
        revoke(id);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueIssuer(issuerOf("second"));
    }

    function test_GivenItWasRevoked_StayRevoked() external {
        bytes32 id = queue(issuerOf("second"));
        uint40 queuedAt = uint40(nowIs());
        pass(1);
        revoke(id);
        pass(1);
        VM.prank(governor);
        expectRefusal(alreadyQueued(id));
        roots.queueIssuer(issuerOf("second"));
        requireRecord(id, queuedAt, queuedAt + DELAY, queuedAt + 1);
    }

    function test_WhenOneMemberIsAnotherOnes_BeAnotherRoot(uint8 chance) external {
        IssuerRoot memory issuer = issuerOf("first");
        uint256 member = chance % 4;
        if (member == 0) issuer.keyId = keccak256("second");
        if (member == 1) issuer.nameHash = keccak256("second");
        if (member == 2) issuer.validFrom = 2;
        if (member == 3) issuer.validUntil = 2;
        bytes32 id = queue(issuer);
        assertTrue(id != issuerId, "another id");
        requireRecord(id, uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheGovernorQueuesIt_ReturnTheHashOfItsMembers() external {
        assertEq(queue(issuerOf("second")), idOf(issuerOf("second")), "id");
    }

    function test_WhenTheGovernorQueuesIt_KeepWhenItWasQueuedAndWhenItCounts() external {
        bytes32 id = queue(issuerOf("second"));
        requireRecord(id, uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    function test_WhenTheGovernorQueuesIt_EmitIssuerQueued() external {
        IssuerRoot memory issuer = issuerOf("second");
        VM.prank(governor);
        expectEvent(address(roots));
        emit ITrustRoots.IssuerQueued(idOf(issuer), issuer, uint40(nowIs()) + DELAY);
        roots.queueIssuer(issuer);
    }

    function test_WhenTheGovernorQueuesIt_NotCountBeforeItsDelayIsOver() external {
        bytes32 id = queue(issuerOf("second"));
        uint40 openedAt = uint40(nowIs()) + 1;
        pass(DELAY - 1);
        expectRefusal(notActive(id, nowIs() + 1));
        roots.requireCounts(id, openedAt, uint64(nowIs()));
    }

    function test_WhenTheGovernorQueuesIt_CountFromTheSecondAtWhichItsDelayIsOver() external {
        bytes32 id = queue(issuerOf("second"));
        uint40 openedAt = uint40(nowIs()) + 1;
        pass(DELAY);
        roots.requireCounts(id, openedAt, uint64(nowIs()));
    }

    function test_WhenTheGovernorQueuesIt_LeaveOtherRootsAsTheyAre() external {
        queue(issuerOf("second"));
        requireRecord(issuerId, createdAt, createdAt, 0);
        requireRecord(logId, createdAt, createdAt, 0);
        requireRecord(readerId, createdAt, createdAt, 0);
    }

    // ------------------------------------------------------------------ parts

    function queue(IssuerRoot memory issuer) private returns (bytes32) {
        VM.prank(governor);
        return roots.queueIssuer(issuer);
    }

    function idOf(IssuerRoot memory issuer) private pure returns (bytes32) {
        return Hashes.issuerRootId(issuer);
    }

    function refusedTo(address caller) private {
        VM.prank(caller);
        expectRefusal(notGovernor(caller));
        roots.queueIssuer(issuerOf("second"));
    }
}
