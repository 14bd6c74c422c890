// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {Hashes} from "../base/Hashes.sol";
import {Rooted} from "../base/Rooted.sol";
import {VM} from "../base/Vm.sol";

/// @notice Roots that are queued and revoked in any order and at any time, by those who may and by those who may not,
/// beside a history of what happened. What counts is told from that history by the sentence that people read.
contract RootsInvariants is Rooted {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    struct Queued {
        bytes32 id;
        uint256 when;
        uint256 activeAt;
    }

    struct Revoked {
        bytes32 id;
        uint256 when;
        uint256 effectiveFrom;
    }

    uint256 private constant ISSUERS = 4;
    uint256 private constant LOGS = 3;
    uint256 private constant READERS = 2;

    Queued[] private _queued;
    Revoked[] private _revoked;
    bytes32[] private _ids;
    address[] private _readers;
    uint256 private _clock;

    /// @notice Why an invariant does not hold, or nothing: a revert of a move would hide it.
    string public broken;
    /// @notice How often each kind of thing came to pass.
    mapping(string what => uint256) public count;

    modifier now_() {
        VM.warp(_clock);
        _;
    }

    function setUp() public override {
        super.setUp();
        _clock = nowIs();
        _readers = [reader, create("AttestationVerifierDouble", "")];
        for (uint256 i; i < ISSUERS; ++i) _ids.push(Hashes.issuerRootId(issuerOf(_nameOf(i))));
        for (uint256 i; i < LOGS; ++i) _ids.push(Hashes.logRootId(logOf(_nameOf(i))));
        for (uint256 i; i < READERS; ++i) _ids.push(Hashes.verifierRootId(_readers[i]));
        _queued.push(Queued(issuerId, createdAt, createdAt));
        _queued.push(Queued(logId, createdAt, createdAt));
        _queued.push(Queued(readerId, createdAt, createdAt));
    }

    // ------------------------------------------------------------------ the definition

    /// @dev Nobody queues a root twice, so there is one moment at which it was.
    function _countsByHistory(bytes32 id, uint256 openedAt, uint256 logTime) private view returns (bool) {
        for (uint256 i; i < _revoked.length; ++i) {
            if (_revoked[i].id == id && _revoked[i].effectiveFrom <= logTime) return false;
        }
        for (uint256 i; i < _queued.length; ++i) {
            if (_queued[i].id == id) return _queued[i].when < openedAt && _queued[i].activeAt <= _clock;
        }
        return false;
    }

    function _isQueuedByHistory(bytes32 id) private view returns (bool) {
        for (uint256 i; i < _queued.length; ++i) if (_queued[i].id == id) return true;
        return false;
    }

    function _mayRevokeByHistory(bytes32 id, uint256 from) private view returns (bool) {
        if (!_isQueuedByHistory(id) || from > _clock || from + 48 hours < _clock) return false;
        for (uint256 i; i < _revoked.length; ++i) {
            if (_revoked[i].id == id && _revoked[i].effectiveFrom <= from) return false;
        }
        return true;
    }

    // ------------------------------------------------------------------ moves

    function queue(uint256 seed, uint8 by) external now_ {
        uint256 place = seed % _ids.length;
        bool expected = !_isQueuedByHistory(_ids[place]) && by % 4 != 0;
        VM.prank(by % 4 == 0 ? guardian : governor);
        (bool done, ) = address(roots).call(_queueing(place));
        _note(done == expected, "queueing was accepted or refused wrongly");
        if (!done) return;
        ++count["queued"];
        _queued.push(Queued(_ids[place], _clock, _clock + DELAY));
    }

    function revokeOne(uint256 seed, uint256 back, uint8 by) external now_ {
        bytes32 id = _ids[seed % _ids.length];
        uint256 from = _clock + 2 - (seed % 8 == 0 ? back % (48 hours + 5) : back % 100);
        bool expected = _mayRevokeByHistory(id, from) && by % 8 != 0;
        VM.prank(by % 8 == 0 ? governor : guardian);
        (bool done, ) = address(roots).call(abi.encodeCall(ITrustRoots.revoke, (list(id), uint40(from))));
        _note(done == expected, "a revocation was accepted or refused wrongly");
        if (!done) return;
        ++count["revoked"];
        _revoked.push(Revoked(id, _clock, from));
    }

    /// @dev Both or none.
    function revokeTwo(uint256 seed, uint256 other) external now_ {
        bytes32 first = _ids[seed % _ids.length];
        bytes32 second = _ids[other % _ids.length];
        bool expected = first != second && _mayRevokeByHistory(first, _clock) && _mayRevokeByHistory(second, _clock);
        VM.prank(guardian);
        (bool done, ) = address(roots).call(abi.encodeCall(ITrustRoots.revoke, (list(first, second), uint40(_clock))));
        _note(done == expected, "two revocations were accepted or refused wrongly");
        if (!done) return;
        ++count["revoked"];
        _revoked.push(Revoked(first, _clock, _clock));
        _revoked.push(Revoked(second, _clock, _clock));
    }

    function wait_(uint256 time) external now_ {
        _clock += time % (time % 16 == 0 ? 49 hours : DELAY + 2);
    }

    /// @dev A proof under any verifier and two of the roots.
    function prove(uint256 seed, uint256 openedBack, uint256 loggedBack) external now_ {
        // Mostly roots that somebody queued: nearly every other proof is refused for one that nobody did.
        bytes32 first = seed % 16 == 0 ? _ids[(seed >> 8) % _ids.length] : _queued[(seed >> 8) % _queued.length].id;
        bytes32 second = _queued[(seed >> 32) % _queued.length].id;
        uint256 number = (seed >> 64) % READERS;
        IEvidenceVerifier.Facts memory facts;
        facts.openedAt = uint40(_clock - (openedBack % 200));
        uint64 logTime = uint64(_clock - (loggedBack % 200));
        bool expected =
            _countsByHistory(Hashes.verifierRootId(_readers[number]), facts.openedAt, _clock) &&
                _countsByHistory(first, facts.openedAt, logTime) &&
                _countsByHistory(second, facts.openedAt, logTime);
        bytes memory proof = proofOf(_readers[number], facts, logTime, list(first, second));
        (bool done, bytes memory answer) = address(roots).call(
            abi.encodeCall(IEvidenceVerifier.verify, (facts, proof))
        );
        _note(done == expected, "a proof was accepted or refused wrongly");
        if (!done) return;
        ++count["proven"];
        _note(abi.decode(answer, (uint64)) == logTime, "the log time is another");
    }

    // ------------------------------------------------------------------ what holds

    // solhint-disable-next-line func-name-mixedcase
    function invariant_NothingIsAcceptedOrRefusedWrongly() external view {
        assertEq(broken, "", "what went wrong");
    }

    /// @dev At the end of each run, since it looks at every root around every moment of the history.
    function afterInvariant() external {
        check();
    }

    function check() public now_ {
        assertEq(broken, "", "what went wrong");
        for (uint256 i; i < _ids.length; ++i) {
            for (uint256 j; j < _queued.length; ++j) {
                uint256 when = _queued[j].when;
                for (uint256 openedAt = when - 1; openedAt <= when + 1; ++openedAt) _compare(_ids[i], openedAt, _clock);
            }
            for (uint256 j; j < _revoked.length; ++j) {
                uint256 from = _revoked[j].effectiveFrom;
                for (uint256 time = from - 1; time <= from + 1; ++time) _compare(_ids[i], _clock, time);
            }
            _compare(_ids[i], 0, 0);
        }
        uint256 last;
        for (uint256 j; j < _revoked.length; ++j) if (_revoked[j].when > last) last = _revoked[j].when;
        assertEq(roots.rootRevokedSince(uint40(last)), last != 0, "revoked since the last");
        assertFalse(roots.rootRevokedSince(uint40(last) + 1), "revoked since a second after the last");
    }

    function _compare(bytes32 id, uint256 openedAt, uint256 logTime) private view {
        (bool counts, ) = address(roots).staticcall(
            abi.encodeCall(ITrustRoots.requireCounts, (id, uint40(openedAt), uint64(logTime)))
        );
        assertEq(counts, _countsByHistory(id, openedAt, logTime), "a root counts");
    }

    /// @dev A generator that gets nowhere would prove nothing.
    // solhint-disable-next-line func-name-mixedcase
    function test_EverythingComesToPass() external {
        for (uint256 round; round < 60; ++round) {
            for (uint256 move; move < 20; ++move) {
                uint256 chance = uint256(keccak256(abi.encode(round, move)));
                uint256 kind = chance % 7;
                chance >>= 8;
                if (kind == 0) this.queue(chance, uint8(chance >> 200));
                else if (kind == 1) this.wait_(chance);
                else if (kind == 2 && move > 10) this.revokeOne(chance, chance >> 64, uint8(chance >> 200));
                else if (kind == 3 && move > 15) this.revokeTwo(chance, chance >> 64);
                else this.prove(chance, chance >> 100, chance >> 160);
            }
            check();
            _begin();
        }
        assertGe(count["queued"], 20, "queued");
        assertGe(count["revoked"], 20, "revoked");
        assertGe(count["proven"], 20, "proven");
    }

    function targetContracts() external view returns (address[] memory) {
        return list(address(this));
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = this.queue.selector;
        selectors[1] = this.wait_.selector;
        selectors[2] = this.revokeOne.selector;
        selectors[3] = this.revokeTwo.selector;
        // Twice, because most proofs fail.
        selectors[4] = this.prove.selector;
        selectors[5] = this.prove.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(this), selectors);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Other roots in the place of the present ones.
    function _begin() private {
        delete _queued;
        delete _revoked;
        VM.warp(_clock);
        createdAt = uint40(_clock);
        roots = createRoots(list(issuerOf("first")), list(logOf("first")), list(reader));
        _queued.push(Queued(issuerId, createdAt, createdAt));
        _queued.push(Queued(logId, createdAt, createdAt));
        _queued.push(Queued(readerId, createdAt, createdAt));
    }

    function _queueing(uint256 place) private view returns (bytes memory) {
        if (place < ISSUERS) return abi.encodeCall(ITrustRoots.queueIssuer, (issuerOf(_nameOf(place))));
        place -= ISSUERS;
        if (place < LOGS) return abi.encodeCall(ITrustRoots.queueLog, (logOf(_nameOf(place))));
        return abi.encodeCall(ITrustRoots.queueVerifier, (_readers[place - LOGS]));
    }

    function _nameOf(uint256 place) private pure returns (string memory) {
        return
            place == 0
                ? "first"
                : place == 1
                    ? "second"
                    : place == 2
                        ? "third"
                        : "fourth";
    }

    function _note(bool holds, string memory what) private {
        if (!holds) broken = what;
    }

    function assertEq(bool actual, bool expected, string memory what) private pure {
        assertTrue(actual == expected, what);
    }
}
