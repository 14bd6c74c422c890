// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rooted} from "../base/Rooted.sol";

contract TrustRootsRequireCountsTest is Rooted {
    bytes32 private _id;
    uint40 private _queuedAt;

    function setUp() public override {
        super.setUp();
        _queuedAt = uint40(nowIs());
        _id = queueIssuer("second");
    }

    function test_GivenNobodyQueuedTheRoot_RevertWithRootUnknown(bytes32 id) external {
        if (id == _id || id == issuerId || id == logId || id == readerId) id = ~id;
        expectRefusal(unknown(id));
        roots.requireCounts(id, type(uint40).max, 0);
    }

    // ------------------------------------------------------------------ opening

    function test_GivenTheStepWasOpenedAroundTheSecondOfTheQueueing_RevertWithRootTooYoungWhereItWasBefore() external {
        pass(DELAY);
        young(_queuedAt - 1);
    }

    function test_GivenTheStepWasOpenedAroundTheSecondOfTheQueueing_RevertWithRootTooYoungWhereItWasInTheSameSecond()
        external
    {
        pass(DELAY);
        young(_queuedAt);
    }

    function test_GivenTheStepWasOpenedAroundTheSecondOfTheQueueing_ReturnWhereItWasASecondAfter() external {
        pass(DELAY);
        roots.requireCounts(_id, _queuedAt + 1, 0);
    }

    function test_GivenTheStepWasNeverOpened_RevertWithRootTooYoung() external {
        pass(DELAY);
        young(0);
    }

    // ------------------------------------------------------------------ delay

    function test_GivenTheDelayEnds_RevertWithRootNotActiveOneSecondBefore() external {
        pass(DELAY - 1);
        expectRefusal(notActive(_id, _queuedAt + DELAY));
        roots.requireCounts(_id, _queuedAt + 1, 0);
    }

    function test_GivenTheDelayEnds_ReturnAtThatSecond() external {
        pass(DELAY);
        roots.requireCounts(_id, _queuedAt + 1, 0);
    }

    // ------------------------------------------------------------------ revocation

    function test_GivenTheRootWasRevoked_ReturnWhereTheEvidenceWasLoggedASecondBefore() external {
        uint40 from = revoked();
        roots.requireCounts(_id, _queuedAt + 1, from - 1);
    }

    function test_GivenTheRootWasRevoked_RevertWithRootRevokedAtWhereItWasLoggedAtThatSecond() external {
        uint40 from = revoked();
        late(from, from);
    }

    function test_GivenTheRootWasRevoked_RevertWithRootRevokedAtWhereItWasLoggedAfterwards() external {
        uint40 from = revoked();
        late(from, from + 1);
    }

    function test_GivenTheRootWasRevoked_RevertWithRootRevokedAtWhereItWasLoggedInTheFarthestFuture() external {
        late(revoked(), type(uint64).max);
    }

    // ------------------------------------------------------------------ several

    function test_WhenSeveralThingsAreWrong_SayFirstWhatCanNeverBecomeRight() external {
        uint40 now_ = uint40(nowIs());
        revoke(_id);
        expectRefusal(tooYoung(_id, _queuedAt, _queuedAt));
        roots.requireCounts(_id, _queuedAt, now_);
        expectRefusal(notActive(_id, _queuedAt + DELAY));
        roots.requireCounts(_id, _queuedAt + 1, now_);
    }

    // ------------------------------------------------------------------ parts

    function revoked() private returns (uint40 from) {
        pass(DELAY);
        from = uint40(nowIs());
        revoke(_id, from);
        pass(10);
    }

    function young(uint40 openedAt) private {
        expectRefusal(tooYoung(_id, _queuedAt, openedAt));
        roots.requireCounts(_id, openedAt, 0);
    }

    function late(uint40 from, uint64 logTime) private {
        expectRefusal(revokedAt(_id, from, logTime));
        roots.requireCounts(_id, _queuedAt + 1, logTime);
    }
}
