// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {IssuerRoot, LogRoot} from "../../../contracts/types/Roots.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

contract TrustRootsConstructorTest is Rooted {
    IssuerRoot[] private _issuers;
    LogRoot[] private _logs;
    address[] private _readers;

    // ------------------------------------------------------------------ what it begins with

    function test_WhenItIsCreatedWithRootsOfEveryKind_LetEachCountAtOnceForStepsOpenedLater() external view {
        bytes32[3] memory ids = [issuerId, logId, readerId];
        for (uint256 i; i < ids.length; ++i) {
            requireRecord(ids[i], createdAt, createdAt, 0);
            roots.requireCounts(ids[i], createdAt + 1, uint64(nowIs()));
        }
    }

    function test_WhenItIsCreatedWithRootsOfEveryKind_LetNoneCountForStepsOpenedInTheSameSecond() external {
        bytes32[3] memory ids = [issuerId, logId, readerId];
        for (uint256 i; i < ids.length; ++i) {
            expectRefusal(tooYoung(ids[i], createdAt, createdAt));
            roots.requireCounts(ids[i], createdAt, uint64(nowIs()));
        }
    }

    function test_WhenItIsCreatedWithRootsOfEveryKind_EmitIssuerQueuedLogQueuedAndVerifierQueued() external {
        address foretold = VM.computeCreateAddress(address(this), VM.getNonce(address(this)));
        expectEvent(foretold);
        emit ITrustRoots.IssuerQueued(issuerId, issuerOf("first"), uint40(nowIs()));
        expectEvent(foretold);
        emit ITrustRoots.LogQueued(logId, logOf("first"), uint40(nowIs()));
        expectEvent(foretold);
        emit ITrustRoots.VerifierQueued(readerId, reader, uint40(nowIs()));
        createRoots(list(issuerOf("first")), list(logOf("first")), list(reader));
    }

    // ------------------------------------------------------------------ what it refuses

    function test_WhenTwoIssuersAreTheSame_RevertWithRootAlreadyQueued() external {
        _issuers.push(issuerOf("first"));
        _issuers.push(issuerOf("first"));
        refused(alreadyQueued(issuerId));
    }

    function test_WhenTwoLogsAreTheSame_RevertWithRootAlreadyQueued() external {
        _logs.push(logOf("first"));
        _logs.push(logOf("first"));
        refused(alreadyQueued(logId));
    }

    function test_WhenTwoVerifiersAreTheSame_RevertWithRootAlreadyQueued() external {
        _readers.push(reader);
        _readers.push(reader);
        refused(alreadyQueued(readerId));
    }

    function test_WhenAnIssuersValidityEndsBeforeItBegins_RevertWithRootMalformed() external {
        IssuerRoot memory issuer = issuerOf("first");
        (issuer.validFrom, issuer.validUntil) = (11, 10);
        _issuers.push(issuer);
        refused(malformed(Hashes.issuerRootId(issuer)));
    }

    function test_WhenALogsValidityEndsBeforeItBegins_RevertWithRootMalformed() external {
        LogRoot memory log = logOf("first");
        (log.validFrom, log.validUntil) = (11, 10);
        _logs.push(log);
        refused(malformed(Hashes.logRootId(log)));
    }

    function test_WhenAVerifierHasNoCode_RevertWithRootMalformed() external {
        _readers.push(stranger);
        refused(malformed(Hashes.verifierRootId(stranger)));
    }

    // ------------------------------------------------------------------ nothing

    function test_WhenItIsCreatedWithNothing_KnowNoRoot() external {
        roots = createRoots(_issuers, _logs, _readers);
        requireRecord(issuerId, 0, 0, 0);
        expectRefusal(unknown(issuerId));
        roots.requireCounts(issuerId, uint40(nowIs()), uint64(nowIs()));
    }

    function test_WhenItIsCreatedWithNothing_LetTheGovernorAppendTheFirst() external {
        roots = createRoots(_issuers, _logs, _readers);
        assertEq(queueIssuer("first"), issuerId, "id");
    }

    // ------------------------------------------------------------------ parts

    function refused(bytes memory answer) private {
        try this.make() {
            assertTrue(false, "it was created");
        } catch (bytes memory said) {
            assertEq(said, answer, "refusal");
        }
    }

    function make() external {
        createRoots(_issuers, _logs, _readers);
    }
}
