// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The cheatcodes that these tests use, as EDR and forge both offer them at {VM}.
// solhint-disable-next-line interface-starts-with-i
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // ------------------------------------------------------------------ chain
    function warp(uint256 timestamp) external;
    function fee(uint256 basefee) external;
    function chainId(uint256 id) external;
    /// @dev Unlike `block.timestamp`, no compiler moves it across a {warp}.
    function getBlockTimestamp() external view returns (uint256);
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool done);

    // ------------------------------------------------------------------ accounts
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function deal(address account, uint256 balance) external;
    function etch(address account, bytes calldata code) external;
    function getNonce(address account) external view returns (uint64);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function label(address account, string calldata name) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 value) external;

    // ------------------------------------------------------------------ calls
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    /// @dev Creation code of a contract's own artifact.
    function getCode(string calldata artifact) external view returns (bytes memory);

    // ------------------------------------------------------------------ expectations
    /// @dev The whole answer of the next call, not a part of it.
    function expectRevert(bytes calldata answer) external;
    /// @dev The next event from `emitter` has all topics and data of the one emitted here after this.
    function expectEmit(address emitter) external;
    /// @dev So many calls with data that begins so, until the test ends.
    function expectCall(address callee, bytes calldata dataPrefix, uint64 count) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);

    // ------------------------------------------------------------------ fuzzing
    function assume(bool condition) external pure;

    // ------------------------------------------------------------------ comparison
    function assertTrue(bool condition, string calldata what) external pure;
    function assertEq(uint256 actual, uint256 expected, string calldata what) external pure;
    function assertEq(address actual, address expected, string calldata what) external pure;
    function assertEq(bytes32 actual, bytes32 expected, string calldata what) external pure;
    function assertEq(bytes calldata actual, bytes calldata expected, string calldata what) external pure;
    function assertEq(string calldata actual, string calldata expected, string calldata what) external pure;
    function assertGe(uint256 actual, uint256 least, string calldata what) external pure;
    function assertLe(uint256 actual, uint256 most, string calldata what) external pure;
}

/// @dev `address(uint160(uint256(keccak256("hevm cheat code"))))`.
Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
