// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64 as PlainBase64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Base64} from "../../../contracts/evidence/Base64.sol";
import {EncodingTest} from "./EncodingTest.sol";

contract Base64EncodeTextTest is EncodingTest {
    function test_WhenTheTextHasAnyLengthUpTo200Bytes_BeWhatThePlainEncoderWrites() external pure {
        for (uint256 length; length <= 200; ++length) {
            bytes memory text = ofAlphabet(textOf(length));
            assertEq(encoded(text, 0xff), plain(text), "encoding");
        }
    }

    function test_WhenTheTextHasAnyBytesOfItsAlphabet_BeWhatThePlainEncoderWrites(
        bytes memory text,
        bytes1 dirt
    ) external pure {
        text = ofAlphabet(text);
        assertEq(encoded(text, dirt), plain(text), "encoding");
    }

    function test_WhenTheTextHasAnyBytesOfItsAlphabet_LeaveAllOtherMemoryAsItWas(
        bytes memory text,
        bytes1 dirt
    ) external pure {
        requireNothingElseChanged(ofAlphabet(text), dirt);
    }

    function encode(uint256 from, uint256 length, uint256 to) internal pure override returns (uint256) {
        return Base64.encodeText(from, length, to);
    }

    function plain(bytes memory text) internal pure override returns (bytes memory) {
        return bytes(PlainBase64.encode(text));
    }

    /// @dev Every byte that is not of the alphabet becomes one that is.
    function ofAlphabet(bytes memory text) private pure returns (bytes memory) {
        for (uint256 i; i < text.length; ++i) {
            bytes1 character = text[i] & 0x7f;
            bool isOutside = character == ">" || character == "?" || character == "~" || character == 0x7f;
            text[i] = isOutside ? bytes1("A") : character;
        }
        return text;
    }
}
