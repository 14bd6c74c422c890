// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsQueueVerifierTest is Rooted {
    address private _second;

    function setUp() public override {
        super.setUp();
        _second = create("AttestationVerifierDouble", "");
    }

    // ------------------------------------------------------------------ who may

    function test_WhenTheCallerIsNotTheGovernor_RevertWithNotGovernor(address caller) external {
        VM.assume(caller != governor);
        refusedTo(caller);
    }

    function test_WhenTheCallerIsTheGuardian_RevertWithNotGovernor() external {
        refusedTo(guardian);
    }

    // ------------------------------------------------------------------ what

    function test_WhenTheVerifierHasNoCode_RevertWithRootMalformed(address account) external {
        VM.assume(account.code.length == 0);
        VM.prank(governor);
        expectRefusal(malformed(Hashes.verifierRootId(account)));
        roots.queueVerifier(account);
    }

    function test_GivenItWasQueuedBefore_RevertWithRootAlreadyQueued() external {
        VM.prank(governor);
        expectRefusal(alreadyQueued(readerId));
        roots.queueVerifier(reader);
    }

    function test_GivenItWasRevoked_RevertWithRootAlreadyQueued() external {
        revoke(readerId);
        VM.prank(governor);
        expectRefusal(alreadyQueued(readerId));
        roots.queueVerifier(reader);
    }

    // ------------------------------------------------------------------ effects

    function test_WhenTheGovernorQueuesIt_ReturnTheHashOfItsAddress() external {
        assertEq(queueReader(_second), Hashes.verifierRootId(_second), "id");
    }

    function test_WhenTheGovernorQueuesIt_KeepWhenItWasQueuedAndWhenItCounts() external {
        bytes32 id = queueReader(_second);
        requireRecord(id, uint40(nowIs()), uint40(nowIs()) + DELAY, 0);
    }

    function test_WhenTheGovernorQueuesIt_EmitVerifierQueued() external {
        VM.prank(governor);
        expectEvent(address(roots));
        emit ITrustRoots.VerifierQueued(Hashes.verifierRootId(_second), _second, uint40(nowIs()) + DELAY);
        roots.queueVerifier(_second);
    }

    function test_WhenTheGovernorQueuesIt_VerifyNothingBeforeItsDelayIsOver() external {
        bytes32 id = queueReader(_second);
        IEvidenceVerifier.Facts memory facts = openedNext();
        pass(DELAY - 1);
        bytes memory proof = proofOf(_second, facts, facts.openedAt, list(logId));
        expectRefusal(notActive(id, nowIs() + 1));
        roots.verify(facts, proof);
    }

    function test_WhenTheGovernorQueuesIt_VerifyFromTheSecondAtWhichItsDelayIsOver() external {
        queueReader(_second);
        IEvidenceVerifier.Facts memory facts = openedNext();
        pass(DELAY);
        roots.verify(facts, proofOf(_second, facts, facts.openedAt, list(logId)));
    }

    // ------------------------------------------------------------------ parts

    function openedNext() private view returns (IEvidenceVerifier.Facts memory facts) {
        facts.openedAt = uint40(nowIs()) + 1;
    }

    function refusedTo(address caller) private {
        VM.prank(caller);
        expectRefusal(notGovernor(caller));
        roots.queueVerifier(_second);
    }
}
