// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "../../../contracts/evidence/arithmetic/P256.sol";
import {Assertions} from "../base/Assertions.sol";
import {VM} from "../base/Vm.sol";

/// @notice What stands in the precompile's place where there is none is in test/contracts/evidence/p256.test.ts.
contract P256VerifyTest is Assertions {
    uint256 private constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant X = 0x1eca25bd373e3d6d36395647829a1a420568f3f9ca48578123181e26c1c43ddf;
    uint256 private constant Y = 0x95035ac45a85c0f3d8a03ad976cbec1f1584677cbf576f4d054d116167db5934;
    uint256 private constant R = 0x3b163f70c355463a1e7befbe3cce8bfc49d4b8e45da209515ebe300472c59f9;
    uint256 private constant S = 0x1098ea166920ea45c1971587230d5f3fec0ea40fb9f62899c74a9a873e366f67;

    function test_WhenTheSignatureIsRight_BeTrue() external view {
        assertTrue(P256.verify(sha256("message"), R, S, X, Y), "valid");
    }

    function test_WhenSIsHigh_BeTrue() external view {
        assertTrue(P256.verify(sha256("message"), R, ORDER - S, X, Y), "valid");
    }

    function test_WhenTheSignatureIsWrong_BeFalse(bytes32 digest, uint8 bit) external view {
        VM.assume(digest != sha256("message"));
        uint256 flip = 1 << bit;
        bytes32 right = sha256("message");
        assertFalse(P256.verify(digest, R, S, X, Y), "digest");
        assertFalse(P256.verify(right, R ^ flip, S, X, Y), "r");
        assertFalse(P256.verify(right, R, S ^ flip, X, Y), "s");
        assertFalse(P256.verify(right, R, S, X ^ flip, Y), "x");
        assertFalse(P256.verify(right, R, S, X, Y ^ flip), "y");
    }
}
