// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {ITrustRoots} from "../../../contracts/interfaces/ITrustRoots.sol";
import {IssuerRoot, LogRoot} from "../../../contracts/types/Roots.sol";
import {Hashes} from "./Hashes.sol";
import {VM} from "./Vm.sol";
import {World} from "./World.sol";

/// @notice A deployment whose evidence is judged under real roots: one issuer, one log, and a reader of attestations
/// that believes whatever it is told of them.
abstract contract Rooted is World {
    /// @dev Shorter than {STEP_TIMEOUT}: a root can become active while a step is open.
    uint40 internal constant DELAY = 40;

    address internal governor = person("governor");
    address internal guardian = person("guardian");

    ITrustRoots internal roots;
    address internal reader;
    bytes32 internal issuerId;
    bytes32 internal logId;
    bytes32 internal readerId;
    /// @dev When the roots were created.
    uint40 internal createdAt;

    function setUp() public virtual override {
        super.setUp();
        reader = create("AttestationVerifierDouble", "");
        readerId = Hashes.verifierRootId(reader);
        issuerId = Hashes.issuerRootId(issuerOf("first"));
        logId = Hashes.logRootId(logOf("first"));
        createdAt = uint40(nowIs());
        roots = createRoots(list(issuerOf("first")), list(logOf("first")), list(reader));
        VM.label(address(roots), "TrustRoots");
        deploy(address(roots), address(permit2));
        pass(1);
    }

    function createRoots(
        IssuerRoot[] memory issuers,
        LogRoot[] memory logs,
        address[] memory readers
    ) internal returns (ITrustRoots) {
        return ITrustRoots(create("TrustRoots", abi.encode(governor, guardian, DELAY, issuers, logs, readers)));
    }

    // ------------------------------------------------------------------ roots

    function issuerOf(string memory name) internal pure returns (IssuerRoot memory) {
        return IssuerRoot(keccak256(bytes(name)), keccak256(bytes.concat("name of ", bytes(name))), 1, uint40(FAR));
    }

    function logOf(string memory name) internal pure returns (LogRoot memory) {
        return LogRoot(keccak256(bytes(name)), keccak256(bytes.concat("y of ", bytes(name))), 1, uint40(FAR));
    }

    function queueIssuer(string memory name) internal returns (bytes32) {
        VM.prank(governor);
        return roots.queueIssuer(issuerOf(name));
    }

    function queueReader(address other) internal returns (bytes32) {
        VM.prank(governor);
        return roots.queueVerifier(other);
    }

    /// @dev The guardian revokes as of now.
    function revoke(bytes32 id) internal {
        revoke(id, uint40(nowIs()));
    }

    function revoke(bytes32 id, uint40 effectiveFrom) internal {
        VM.prank(guardian);
        roots.revoke(list(id), effectiveFrom);
    }

    // ------------------------------------------------------------------ proofs

    /// @dev A proof that the double takes for one of these facts, under these roots.
    function proofOf(
        address by,
        IEvidenceVerifier.Facts memory facts,
        uint64 logTime,
        bytes32[] memory standsOn
    ) internal pure returns (bytes memory) {
        return bytes.concat(bytes32(uint256(uint160(by))), readable(facts, logTime, standsOn));
    }

    /// @dev What follows the verifier's address.
    function readable(
        IEvidenceVerifier.Facts memory facts,
        uint64 logTime,
        bytes32[] memory standsOn
    ) internal pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode(facts)), logTime, standsOn);
    }

    // ------------------------------------------------------------------ lists

    function list(bytes32 id) internal pure returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = id;
    }

    function list(bytes32 first, bytes32 second) internal pure returns (bytes32[] memory ids) {
        ids = new bytes32[](2);
        (ids[0], ids[1]) = (first, second);
    }

    function list(address one) internal pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = one;
    }

    function list(IssuerRoot memory issuer) internal pure returns (IssuerRoot[] memory issuers) {
        issuers = new IssuerRoot[](1);
        issuers[0] = issuer;
    }

    function list(LogRoot memory log) internal pure returns (LogRoot[] memory logs) {
        logs = new LogRoot[](1);
        logs[0] = log;
    }

    // ------------------------------------------------------------------ answers

    function unknown(bytes32 id) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootUnknown.selector, id);
    }

    function malformed(bytes32 id) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootMalformed.selector, id);
    }

    function alreadyQueued(bytes32 id) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootAlreadyQueued.selector, id);
    }

    function tooYoung(bytes32 id, uint256 queuedAt, uint256 openedAt) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootTooYoung.selector, id, queuedAt, openedAt);
    }

    function notActive(bytes32 id, uint256 activeAt) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootNotActive.selector, id, activeAt);
    }

    function revokedAt(bytes32 id, uint256 revokedFrom, uint256 logTime) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.RootRevokedAt.selector, id, revokedFrom, logTime);
    }

    function notGovernor(address caller) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ITrustRoots.NotGovernor.selector, caller, governor);
    }

    function requireRecord(bytes32 id, uint40 queuedAt, uint40 activeAt, uint40 revokedFrom) internal view {
        ITrustRoots.RootRecord memory record = roots.rootOf(id);
        assertEq(record.queuedAt, queuedAt, "queued at");
        assertEq(record.activeAt, activeAt, "active at");
        assertEq(record.revokedFrom, revokedFrom, "revoked from");
    }
}
