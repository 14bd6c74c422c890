// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Sha384} from "../../../contracts/evidence/arithmetic/Sha384.sol";
import {U384} from "../../../contracts/evidence/arithmetic/U384.sol";
import {Assertions} from "../base/Assertions.sol";
import {ReferenceSha384} from "./ReferenceSha384.sol";

contract Sha384HashTest is Assertions {
    function test_WhenTheSliceReachesBeyondTheData_RevertWithSliceOutOfBounds() external {
        expectRefusal(abi.encodeWithSelector(Sha384.SliceOutOfBounds.selector, 1, 3, 3));
        this.hashSlice("abc", 1, 3);
    }

    function test_WhenTheSliceBeginsBeyondTheData_RevertWithSliceOutOfBounds() external {
        expectRefusal(abi.encodeWithSelector(Sha384.SliceOutOfBounds.selector, 4, type(uint256).max, 3));
        this.hashSlice("abc", 4, type(uint256).max);
    }

    function test_WhenTheMessageIsOfAnyBytes_BeWhatTheReferenceComputes(bytes memory message) external pure {
        assertEq(packed(Sha384.hash(message)), ReferenceSha384.hash(message), "digest");
    }

    function test_WhenTheMessageIsOfAnyBytes_BeTheSameFromMemoryCalldataAndASlice(
        bytes calldata message,
        uint8 before,
        uint8 behind
    ) external pure {
        bytes memory digest = packed(Sha384.hash(message));
        assertEq(packed(Sha384.hashCalldata(message)), digest, "calldata");
        bytes memory data = bytes.concat(new bytes(before), message, new bytes(behind));
        assertEq(packed(Sha384.hash(data, before, message.length)), digest, "slice");
    }

    function test_WhenTheMessageIsOfAnyBytes_LeaveMemoryAsItWas(bytes memory message, uint16 size) external pure {
        bytes memory song = new bytes(size % 2_000);
        for (uint256 i; i < song.length; ++i) song[i] = bytes1(uint8(i * 7 + 1));
        bytes32 songHash = keccak256(song);
        bytes32 messageHash = keccak256(message);
        Sha384.hash(message);
        assertEq(keccak256(song), songHash, "what lay before");
        assertEq(keccak256(message), messageHash, "the message");
        assertEq(keccak256(new bytes(640)), keccak256(bytes.concat(new bytes(320), new bytes(320))), "a new block");
    }

    function test_WhenTheMessageIsOneOfTheStandardsExamples_BeTheStandardsDigest() external pure {
        assertEq(
            packed(Sha384.hash("abc")),
            hex"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "abc"
        );
    }

    function hashSlice(bytes memory data, uint256 offset, uint256 length) external pure returns (U384 memory) {
        return Sha384.hash(data, offset, length);
    }

    function packed(U384 memory digest) private pure returns (bytes memory) {
        return abi.encodePacked(digest.high, digest.low);
    }
}
