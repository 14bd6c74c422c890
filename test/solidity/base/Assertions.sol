// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VM} from "./Vm.sol";

/// @notice What a test states, each with the name of what is compared.
abstract contract Assertions {
    /// @dev The next call is refused with exactly these bytes: the error and all of its values.
    function expectRefusal(bytes memory answer) internal {
        VM.expectRevert(answer);
    }

    /// @dev The next call is refused with this error, which has no values.
    function expectRefusal(bytes4 selector) internal {
        VM.expectRevert(abi.encodePacked(selector));
    }

    /// @dev The event emitted here next is the next one of `emitter`, in all topics and data.
    function expectEvent(address emitter) internal {
        VM.expectEmit(emitter);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        VM.assertTrue(condition, what);
    }

    function assertFalse(bool condition, string memory what) internal pure {
        VM.assertTrue(!condition, what);
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        VM.assertEq(actual, expected, what);
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        VM.assertEq(actual, expected, what);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        VM.assertEq(actual, expected, what);
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory what) internal pure {
        VM.assertEq(actual, expected, what);
    }

    function assertEq(string memory actual, string memory expected, string memory what) internal pure {
        VM.assertEq(actual, expected, what);
    }

    function assertGe(uint256 actual, uint256 least, string memory what) internal pure {
        VM.assertGe(actual, least, what);
    }

    function assertLe(uint256 actual, uint256 most, string memory what) internal pure {
        VM.assertLe(actual, most, what);
    }
}
