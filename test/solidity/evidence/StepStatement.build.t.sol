// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Texts here are JSON.
// solhint-disable quotes

import {StepStatement} from "../../../contracts/evidence/StepStatement.sol";
import {Assertions} from "../base/Assertions.sol";
import {PlainDigits} from "./PlainDigits.sol";

contract StepStatementBuildTest is Assertions {
    function test_WhenTheDigestsAreAny_BeTheTemplateAroundThem(bytes32[4] calldata digests) external pure {
        bytes memory expected = '{"_type":"https://in-toto.io/Statement/v1","subject":[';
        string[4] memory names = ["pawl-claim", "certificate.json", "result.json", "state.bundle"];
        for (uint256 i; i < 4; ++i) {
            bytes memory digits = PlainDigits.digitsOf(abi.encodePacked(digests[i]));
            expected = bytes.concat(expected, i == 0 ? bytes("") : bytes(","), '{"name":"', bytes(names[i]));
            expected = bytes.concat(expected, '","digest":{"sha256":"', digits, '"}}');
        }
        expected = bytes.concat(expected, '],"predicateType":"urn:pawl:step:v1","predicate":{"v":1}}');
        assertEq(build(digests), expected, "payload");
    }

    function test_WhenADigestDiffers_BeAnotherStatement(
        bytes32[4] memory digests,
        uint8 which,
        uint8 bit
    ) external pure {
        bytes32 honest = keccak256(build(digests));
        digests[which % 4] ^= bytes32(uint256(1) << bit);
        assertTrue(keccak256(build(digests)) != honest, "payload");
    }

    function build(bytes32[4] memory digests) private pure returns (bytes memory) {
        return StepStatement.build(digests[0], digests[1], digests[2], digests[3]);
    }
}
