// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsRootRevokedSinceTest is Rooted {
    function test_GivenNothingWasRevoked_AnswerNoWhenever(uint40 time) external view {
        assertFalse(roots.rootRevokedSince(time), "revoked");
        assertFalse(roots.rootRevokedSince(0), "revoked ever");
    }

    function test_GivenARootWasRevoked_AnswerYesFromASecondBeforeOn() external {
        assertTrue(roots.rootRevokedSince(revoked() - 1), "revoked");
    }

    function test_GivenARootWasRevoked_AnswerYesFromThatSecondOn() external {
        assertTrue(roots.rootRevokedSince(revoked()), "revoked");
    }

    function test_GivenARootWasRevoked_AnswerNoFromASecondAfterOn() external {
        assertFalse(roots.rootRevokedSince(revoked() + 1), "revoked");
    }

    function test_GivenARootWasRevoked_AnswerByWhenThatWasDoneNotByWhenItTakesEffect() external {
        pass(48 hours);
        revoke(logId, uint40(nowIs()) - 48 hours);
        assertTrue(roots.rootRevokedSince(uint40(nowIs())), "revoked");
    }

    function test_GivenAnIssuerALogOrAVerifierWasRevoked_AnswerYesWhicheverItWas() external {
        bytes32[3] memory ids = [issuerId, logId, readerId];
        for (uint256 i; i < ids.length; ++i) {
            pass(1);
            assertFalse(roots.rootRevokedSince(uint40(nowIs())), "revoked before");
            revoke(ids[i]);
            assertTrue(roots.rootRevokedSince(uint40(nowIs())), "revoked");
        }
    }

    function test_GivenARootWasRevokedThatDoesNotCountYet_AnswerYes() external {
        bytes32 id = queueIssuer("second");
        revoke(id);
        assertTrue(roots.rootRevokedSince(uint40(nowIs())), "revoked");
    }

    function test_GivenSeveralWereRevoked_AnswerByTheLast() external {
        revoked();
        pass(10);
        revoke(logId);
        assertTrue(roots.rootRevokedSince(uint40(nowIs())), "revoked");
        assertFalse(roots.rootRevokedSince(uint40(nowIs()) + 1), "revoked later");
    }

    function test_GivenARevocationWasRefused_AnswerNo() external {
        VM.prank(guardian);
        expectRefusal(unknown(keccak256("nobody's")));
        roots.revoke(list(keccak256("nobody's")), uint40(nowIs()));
        assertFalse(roots.rootRevokedSince(0), "revoked");
    }

    /// @dev Sometime, and that was a while ago.
    function revoked() private returns (uint40 moment) {
        moment = uint40(nowIs());
        revoke(issuerId);
        pass(5);
    }
}
