// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {StepStatement} from "../../../contracts/evidence/StepStatement.sol";
import {Assertions} from "../base/Assertions.sol";

contract StepStatementSignedHashOfTest is Assertions {
    function test_WhenThePayloadIsAny_HashThePlainPreimage(bytes memory payload) external pure {
        string memory mediaType = "application/vnd.in-toto+json";
        bytes memory preimage = bytes.concat("DSSEv1 ", bytes(Strings.toString(bytes(mediaType).length)), " ");
        preimage = bytes.concat(preimage, bytes(mediaType), " ", bytes(Strings.toString(payload.length)), " ", payload);
        assertEq(StepStatement.signedHashOf(payload), sha256(preimage), "hash");
    }

    function test_WhenThePayloadIsAKnownOne_BeTheKnownHash() external pure {
        bytes32 known = 0x4842cb1ba6fed6e460d8a0d56f6b64ccf1f1e11f7714a7f282080d5780251b63;
        assertEq(StepStatement.signedHashOf("{}"), known, "hash");
    }
}
