// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsRevokeTest is Rooted {
    // ------------------------------------------------------------------ who may

    function test_WhenTheCallerIsNotTheGuardian_RevertWithNotGuardian(address caller) external {
        VM.assume(caller != guardian);
        refusedTo(caller);
    }

    function test_WhenTheCallerIsTheGovernor_RevertWithNotGuardian() external {
        refusedTo(governor);
    }

    // ------------------------------------------------------------------ as of when

    function test_WhenTheMomentLiesOutsideTheLast48Hours_RevertWithRevocationTimeOutsideOneSecondTooEarly() external {
        outside(uint40(nowIs()) - 48 hours - 1);
    }

    function test_WhenTheMomentLiesOutsideTheLast48Hours_RevertWithRevocationTimeOutsideOneSecondTooLate() external {
        outside(uint40(nowIs()) + 1);
    }

    function test_WhenTheMomentIsAtTheEdgeOfTheLast48Hours_AcceptTheEarliest() external {
        revoke(logId, uint40(nowIs()) - 48 hours);
        requireRecord(logId, createdAt, createdAt, uint40(nowIs()) - 48 hours);
    }

    function test_WhenTheMomentIsAtTheEdgeOfTheLast48Hours_AcceptThePresent() external {
        revoke(logId, uint40(nowIs()));
        requireRecord(logId, createdAt, createdAt, uint40(nowIs()));
    }

    // ------------------------------------------------------------------ which

    function test_WhenOneOfTheIdsWasNeverQueued_RevertWithRootUnknownAndRevokeNone() external {
        bytes32 nobodys = keccak256("nobody's");
        VM.prank(guardian);
        expectRefusal(unknown(nobodys));
        roots.revoke(list(logId, nobodys), uint40(nowIs()));
        requireRecord(logId, createdAt, createdAt, 0);
        assertFalse(roots.rootRevokedSince(0), "revoked");
    }

    function test_WhenAnIdComesTwice_RevertWithRootAlreadyRevoked() external {
        VM.prank(guardian);
        expectRefusal(alreadyRevoked(logId, nowIs()));
        roots.revoke(list(logId, logId), uint40(nowIs()));
    }

    function test_WhenThereAreNoIds_ChangeNothing() external {
        VM.prank(guardian);
        roots.revoke(new bytes32[](0), uint40(nowIs()));
        assertFalse(roots.rootRevokedSince(0), "revoked");
    }

    // ------------------------------------------------------------------ again

    function test_GivenTheRootWasRevokedBefore_RevertWithRootAlreadyRevokedForTheSameMoment() external {
        uint40 moment = uint40(nowIs());
        revoke(logId, moment);
        pass(1);
        refusedAgain(moment, moment);
    }

    function test_GivenTheRootWasRevokedBefore_RevertWithRootAlreadyRevokedForALaterMoment() external {
        uint40 moment = uint40(nowIs());
        revoke(logId, moment);
        pass(1);
        refusedAgain(moment, moment + 1);
    }

    function test_GivenTheRootWasRevokedBefore_MoveTheMomentToAnEarlierOne() external {
        uint40 moment = uint40(nowIs());
        revoke(logId, moment);
        pass(48 hours - 1);
        revoke(logId, moment - 1);
        requireRecord(logId, createdAt, createdAt, moment - 1);
        assertTrue(roots.rootRevokedSince(uint40(nowIs())), "revoked now");
    }

    function test_GivenTheRootWasRevokedBefore_HaveNoMomentLeft48HoursAfterwards(uint40 moment) external {
        uint40 first = uint40(nowIs());
        revoke(logId, first);
        moment = first - 10 + (moment % (48 hours + 20));
        pass(48 hours);
        VM.prank(guardian);
        assertFalse(_succeeds(moment), "revoked again");
        assertFalse(roots.rootRevokedSince(first + 1), "revoked since");
    }

    // ------------------------------------------------------------------ not yet

    function test_GivenTheRootsDelayStillRuns_NeverCountForWhatIsLoggedLater() external {
        bytes32 id = queueIssuer("second");
        uint40 openedAt = uint40(nowIs()) + 1;
        pass(1);
        revoke(id);
        uint40 from = uint40(nowIs());
        pass(DELAY);
        expectRefusal(revokedAt(id, from, from));
        roots.requireCounts(id, openedAt, from);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheGuardianRevokesRootsOfEveryKind_KeepTheMomentAndEverythingElse() external {
        uint40 from = revokeAll();
        requireRecord(issuerId, createdAt, createdAt, from);
        requireRecord(logId, createdAt, createdAt, from);
        requireRecord(readerId, createdAt, createdAt, from);
    }

    function test_WhenTheGuardianRevokesRootsOfEveryKind_EmitRootRevokedForEach() external {
        uint40 from = uint40(nowIs()) - 1;
        VM.prank(guardian);
        expectEvent(address(roots));
        emit ITrustRoots.RootRevoked(issuerId, from);
        expectEvent(address(roots));
        emit ITrustRoots.RootRevoked(readerId, from);
        roots.revoke(list(issuerId, readerId), from);
    }

    function test_WhenTheGuardianRevokesRootsOfEveryKind_RefuseWhatIsLoggedFromThatMomentOn() external {
        uint40 from = revokeAll();
        expectRefusal(revokedAt(issuerId, from, from));
        roots.requireCounts(issuerId, createdAt + 1, from);
    }

    function test_WhenTheGuardianRevokesRootsOfEveryKind_AcceptWhatWasLoggedInTheSecondBefore() external {
        uint40 from = revokeAll();
        roots.requireCounts(issuerId, createdAt + 1, from - 1);
        roots.requireCounts(logId, createdAt + 1, from - 1);
    }

    function test_WhenTheGuardianRevokesRootsOfEveryKind_LeaveOtherRootsAsTheyAre() external {
        bytes32 other = queueIssuer("second");
        uint40 queuedAt = uint40(nowIs());
        revokeAll();
        requireRecord(other, queuedAt, queuedAt + DELAY, 0);
    }

    // ------------------------------------------------------------------ parts

    /// @dev As of an hour ago.
    function revokeAll() private returns (uint40 from) {
        pass(2 hours);
        from = uint40(nowIs()) - 1 hours;
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (issuerId, logId, readerId);
        VM.prank(guardian);
        roots.revoke(ids, from);
    }

    function _succeeds(uint40 moment) private returns (bool done) {
        (done, ) = address(roots).call(abi.encodeCall(ITrustRoots.revoke, (list(logId), moment)));
    }

    function refusedTo(address caller) private {
        VM.prank(caller);
        expectRefusal(abi.encodeWithSelector(ITrustRoots.NotGuardian.selector, caller, guardian));
        roots.revoke(list(logId), uint40(nowIs()));
    }

    function outside(uint40 moment) private {
        VM.prank(guardian);
        expectRefusal(
            abi.encodeWithSelector(ITrustRoots.RevocationTimeOutside.selector, moment, nowIs() - 48 hours, nowIs())
        );
        roots.revoke(list(logId), moment);
    }

    function alreadyRevoked(bytes32 id, uint256 from) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootAlreadyRevoked.selector, id, from);
    }

    function refusedAgain(uint40 first, uint40 moment) private {
        VM.prank(guardian);
        expectRefusal(alreadyRevoked(logId, first));
        roots.revoke(list(logId), moment);
        requireRecord(logId, createdAt, createdAt, first);
    }
}
