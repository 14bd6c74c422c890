// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hexadecimal} from "../../../contracts/evidence/Hexadecimal.sol";
import {Assertions} from "../base/Assertions.sol";
import {PlainDigits} from "./PlainDigits.sol";

contract HexadecimalOfDigestTest is Assertions {
    function test_WhenTheDigestIsAny_BeItsDigitsInLowerCase(bytes32 digest) external pure {
        assertEq(Hexadecimal.ofDigest(digest), PlainDigits.digitsOf(abi.encodePacked(digest)), "digits");
        assertEq(
            Hexadecimal.ofDigest(0x0123456789abcdeffedcba98765432109f90f9a0af9a0affee00110203040506),
            "0123456789abcdeffedcba98765432109f90f9a0af9a0affee00110203040506",
            "all digits"
        );
    }
}
