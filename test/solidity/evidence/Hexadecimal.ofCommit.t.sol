// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hexadecimal} from "../../../contracts/evidence/Hexadecimal.sol";
import {Assertions} from "../base/Assertions.sol";
import {PlainDigits} from "./PlainDigits.sol";

contract HexadecimalOfCommitTest is Assertions {
    function test_WhenTheCommitIsAny_BeItsDigitsInLowerCase(bytes20 commit) external pure {
        assertEq(Hexadecimal.ofCommit(commit), PlainDigits.digitsOf(abi.encodePacked(commit)), "digits");
    }
}
