// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {AttestationVerifierDouble} from "../../../contracts/test/AttestationVerifierDouble.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsVerifyTest is Rooted {
    IEvidenceVerifier.Facts private _facts;
    uint64 private _logTime;

    function setUp() public override {
        super.setUp();
        _facts.claimHash = keccak256("claim");
        _facts.runId = 7;
        _facts.openedAt = uint40(nowIs());
        pass(10);
        _logTime = uint64(nowIs());
        pass(10);
    }

    // ------------------------------------------------------------------ form

    function test_GivenTheRunWasNeverOpened_RevertWithRunNeverOpened() external {
        _facts.openedAt = 0;
        bytes memory proof = proofUnder(list(issuerId, logId));
        expectRefusal(ITrustRoots.RunNeverOpened.selector);
        roots.verify(_facts, proof);
    }

    function test_WhenTheProofIsShorterThanAWord_RevertWithProofNamesNoVerifier(uint256 length) external {
        expectRefusal(ITrustRoots.ProofNamesNoVerifier.selector);
        roots.verify(_facts, new bytes(length % 32));
    }

    function test_WhenTheVerifiersWordHasMoreThanAnAddressInIt_RevertWithProofNamesNoVerifier(uint96 dirt) external {
        if (dirt == 0) dirt = 1;
        bytes memory proof = proofUnder(list(issuerId, logId));
        for (uint256 i; i < 12; ++i) proof[i] = bytes12(dirt)[i];
        expectRefusal(ITrustRoots.ProofNamesNoVerifier.selector);
        roots.verify(_facts, proof);
    }

    function test_WhenTheProofIsAVerifiersAddressAndNothingMore_LeaveItToTheVerifierToRefuse() external {
        expectRefusal(bytes(""));
        roots.verify(_facts, abi.encode(reader));
    }

    // ------------------------------------------------------------------ the verifier

    function test_GivenTheVerifierWasNeverQueued_RevertWithRootUnknown(address other) external {
        if (other == reader) other = stranger;
        bytes memory proof = proofOf(other, _facts, _logTime, list(issuerId, logId));
        expectRefusal(unknown(Hashes.verifierRootId(other)));
        roots.verify(_facts, proof);
    }

    function test_GivenTheVerifierWasQueuedInTheSecondOfTheOpening_RevertWithRootTooYoung() external {
        address other = create("AttestationVerifierDouble", "");
        bytes32 id = queueReader(other);
        _facts.openedAt = uint40(nowIs());
        pass(DELAY);
        refused(other, list(issuerId, logId), tooYoung(id, _facts.openedAt, _facts.openedAt));
    }

    function test_GivenTheVerifiersDelayIsNotOver_RevertWithRootNotActive() external {
        address other = create("AttestationVerifierDouble", "");
        bytes32 id = queueReader(other);
        uint256 activeAt = nowIs() + DELAY;
        pass(1);
        _facts.openedAt = uint40(nowIs());
        refused(other, list(issuerId, logId), notActive(id, activeAt));
    }

    function test_GivenTheVerifierWasRevoked_RevertWithRootRevokedAtWhateverLogTimeItTells(uint64 logTime) external {
        uint40 from = uint40(nowIs());
        revoke(readerId, from);
        pass(3);
        _logTime = logTime;
        refused(reader, list(issuerId, logId), revokedAt(readerId, from, nowIs()));
    }

    function test_GivenTheVerifierWasRevoked_LeaveWhatWasRevokedToNoneOfTheOthers() external {
        address other = create("AttestationVerifierDouble", "");
        queueReader(other);
        pass(1);
        _facts.openedAt = uint40(nowIs());
        _logTime = uint64(nowIs());
        pass(DELAY);
        revoke(readerId);
        assertEq(roots.verify(_facts, proofOf(other, _facts, _logTime, list(logId))), _logTime, "log time");
    }

    function test_WhenTheVerifierRefuses_RevertWithTheVerifiersOwnError() external {
        bytes memory proof = proofUnder(list(issuerId, logId));
        _facts.runId = 8;
        expectRefusal(AttestationVerifierDouble.NotThisAttestation.selector);
        roots.verify(_facts, proof);
    }

    function test_WhenTheVerifierAnswersNothing_Revert() external {
        bytes memory proof = proofUnder(list(issuerId, logId));
        VM.etch(reader, hex"00");
        expectRefusal(bytes(""));
        roots.verify(_facts, proof);
    }

    // ------------------------------------------------------------------ the roots

    function test_WhenTheVerifierNamesNoRoots_RevertWithProofWithoutRoots() external {
        refused(new bytes32[](0), abi.encodeWithSelector(ITrustRoots.ProofWithoutRoots.selector, reader));
    }

    function test_WhenOneOfManyRootsWasNeverQueued_RevertWithRootUnknownWhereverItStands(uint8 place) external {
        bytes32[] memory standsOn = new bytes32[](5);
        for (uint256 i; i < 5; ++i) standsOn[i] = i % 2 == 0 ? issuerId : logId;
        standsOn[place % 5] = keccak256("nobody's");
        refused(standsOn, unknown(keccak256("nobody's")));
    }

    function test_WhenARootWasQueuedInTheSecondOfTheOpening_RevertWithRootTooYoung() external {
        bytes32 id = queueIssuer("second");
        _facts.openedAt = uint40(nowIs());
        pass(DELAY);
        refused(list(id, logId), tooYoung(id, _facts.openedAt, _facts.openedAt));
    }

    function test_WhenARootsDelayIsNotOver_RevertWithRootNotActive() external {
        bytes32 id = queueIssuer("second");
        uint256 activeAt = nowIs() + DELAY;
        pass(1);
        _facts.openedAt = uint40(nowIs());
        pass(DELAY - 2);
        refused(list(id, logId), notActive(id, activeAt));
    }

    function test_WhenARootWasRevokedAsOfTheLogTime_RevertWithRootRevokedAt() external {
        revoke(logId, uint40(_logTime));
        refused(list(issuerId, logId), revokedAt(logId, _logTime, _logTime));
    }

    function test_WhenARootWasRevokedAsOfASecondAfterTheLogTime_ReturnTheLogTime() external {
        revoke(logId, uint40(_logTime) + 1);
        revoke(issuerId, uint40(_logTime) + 1);
        assertEq(roots.verify(_facts, proofUnder(list(issuerId, logId))), _logTime, "log time");
    }

    // ------------------------------------------------------------------ everything right

    function test_WhenEverythingCounts_ReturnTheLogTime(uint64 logTime) external {
        _logTime = logTime;
        assertEq(roots.verify(_facts, proofUnder(list(issuerId, logId))), logTime, "log time");
    }

    function test_WhenEverythingCounts_GiveTheVerifierExactlyTheFactsAndTheRestOfTheProof(
        IEvidenceVerifier.Facts memory facts,
        bytes memory rest
    ) external {
        if (facts.openedAt <= createdAt) facts.openedAt = createdAt + 1;
        bytes memory read = bytes.concat(readable(facts, _logTime, list(issuerId, logId)), rest);
        VM.expectCall(reader, abi.encodeCall(IAttestationVerifier.verify, (facts, read)), 1);
        roots.verify(facts, bytes.concat(abi.encode(reader), read));
    }

    function test_WhenEverythingCounts_AcceptTheProofFromAnybody(address caller) external {
        bytes memory proof = proofUnder(list(issuerId, logId));
        VM.prank(caller);
        assertEq(roots.verify(_facts, proof), _logTime, "log time");
    }

    // ------------------------------------------------------------------ parts

    function proofUnder(bytes32[] memory standsOn) private view returns (bytes memory) {
        return proofOf(reader, _facts, _logTime, standsOn);
    }

    function refused(bytes32[] memory standsOn, bytes memory answer) private {
        refused(reader, standsOn, answer);
    }

    function refused(address by, bytes32[] memory standsOn, bytes memory answer) private {
        bytes memory proof = proofOf(by, _facts, _logTime, standsOn);
        expectRefusal(answer);
        roots.verify(_facts, proof);
    }
}
