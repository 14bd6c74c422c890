// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DerTest} from "./DerTest.sol";

contract DerEnterTest is DerTest {
    uint16[9] private _lengths = [0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x100, 0x101, 0xffff];

    function test_WhenTheLengthHasAnyFormThatFits_ReturnWhereTheContentBeginsAndEnds(uint8 tag) external view {
        for (uint256 i; i < _lengths.length; ++i) {
            bytes memory head = header(tag, _lengths[i]);
            bytes memory data = bytes.concat(head, new bytes(_lengths[i]), hex"ff");
            requireEntered(data, data.length, head.length, head.length + _lengths[i]);
        }
    }

    function test_WhenTheElementEndsWhereItsContainerEnds_ReturnThatEnd() external view {
        for (uint256 i; i < _lengths.length; ++i) {
            bytes memory head = header(0x30, _lengths[i]);
            bytes memory data = bytes.concat(head, new bytes(_lengths[i]));
            requireEntered(data, data.length, head.length, data.length);
        }
    }

    function test_WhenTheElementEndsAByteBehindItsContainer_RevertWithNotDer() external view {
        for (uint256 i; i < _lengths.length; ++i) {
            bytes memory data = bytes.concat(header(0x30, _lengths[i]), new bytes(_lengths[i]));
            requireNotEntered(data, data.length - 1, 0x30);
        }
    }

    function test_WhenTheTagIsAnother_RevertWithNotDer(uint8 tag, uint8 other) external view {
        if (tag == other) other = tag ^ 0x20;
        for (uint256 i; i < _lengths.length; ++i) {
            bytes memory data = bytes.concat(header(tag, _lengths[i]), new bytes(_lengths[i]));
            requireNotEntered(data, data.length, other);
        }
    }

    function test_WhenTheLengthIsIndefinite_RevertWithNotDer() external view {
        requireNotEntered(hex"30800000", 4, 0x30);
        requireNotEntered(hex"308002010000", 6, 0x30);
    }

    function test_WhenTheLengthIsWrittenLongerThanItNeeds_RevertWithNotDer(uint8 length) external view {
        requireNotEntered(bytes.concat(hex"3081", bytes1(length & 0x7f), new bytes(0x100)), 0x103, 0x30);
        requireNotEntered(bytes.concat(hex"308200", bytes1(length), new bytes(0x100)), 0x104, 0x30);
        requireNotEntered(bytes.concat(hex"30817f", new bytes(0x100)), 0x103, 0x30);
        requireNotEntered(bytes.concat(hex"308200ff", new bytes(0x100)), 0x104, 0x30);
    }

    function test_WhenTheLengthTakesThreeBytesOrMore_RevertWithNotDer(uint8 form) external view {
        if (form < 0x83) form = 0x83;
        bytes memory data = bytes.concat(hex"30", bytes1(form), new bytes(0x20));
        requireNotEntered(data, data.length, 0x30);
        data[2] = 0x01;
        requireNotEntered(data, data.length, 0x30);
        // The length that a reader of two bytes would see is right.
        data = bytes.concat(hex"30", bytes1(form), hex"0100", new bytes(0x100));
        requireNotEntered(data, data.length, 0x30);
    }

    function test_WhenTheHeaderIsCutOff_RevertWithNotDer() external view {
        // What lies behind the container would make each of them whole.
        bytes memory data = bytes.concat(hex"30820100", new bytes(0x100));
        for (uint256 end; end < 4; ++end) requireNotEntered(data, end, 0x30);
        data = bytes.concat(hex"308180", new bytes(0x80));
        for (uint256 end; end < 3; ++end) requireNotEntered(data, end, 0x30);
        data = hex"3000";
        for (uint256 end; end < 2; ++end) requireNotEntered(data, end, 0x30);
        requireNotEntered("", 0, 0x30);
    }

    function test_WhenElementsLieWithinEachOther_EnterEach(uint8 depth) external view {
        depth = 1 + (depth % 60);
        bytes memory data;
        for (uint256 i; i < depth; ++i) data = bytes.concat(header(0x30, data.length), data);
        uint256 place;
        uint256 end = data.length;
        for (uint256 i; i < depth; ++i) (place, end) = this.enter(data, place, end, 0x30);
        assertEq(place, data.length, "place");
        assertEq(end, data.length, "end");
    }

    function test_WhenTheBytesAreAny_ReadWhatThePlainReaderReadsAndRefuseWhatItRefuses(
        bytes memory data,
        uint8 form,
        uint8 end
    ) external view {
        data = bytes.concat(hex"30", form < 0x60 ? bytes1(form) : bytes1(0x7e + (form % 6)), data);
        uint256 limit = uint256(end) % (data.length + 1);
        (bool isRead, uint256 content, uint256 next) = readPlainly(data, limit);
        if (isRead) requireEntered(data, limit, content, next);
        else requireNotEntered(data, limit, 0x30);
    }

    /// @dev Byte by byte, never beyond the end.
    function readPlainly(
        bytes memory data,
        uint256 end
    ) private pure returns (bool isRead, uint256 content, uint256 next) {
        if (end < 2) return (false, 0, 0);
        uint256 length = uint8(data[1]);
        content = 2;
        if (length > 0x80) {
            uint256 width = length - 0x80;
            if (width > 2 || end < 2 + width || data[2] == 0) return (false, 0, 0);
            length = 0;
            for (uint256 i; i < width; ++i) length = (length << 8) | uint8(data[2 + i]);
            if (length < 0x80) return (false, 0, 0);
            content = 2 + width;
        } else if (length == 0x80) {
            return (false, 0, 0);
        }
        next = content + length;
        isRead = next <= end;
    }
}
