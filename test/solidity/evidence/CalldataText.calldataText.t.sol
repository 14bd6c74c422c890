// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataText, calldataText} from "../../../contracts/evidence/CalldataText.sol";
import {Assertions} from "../base/Assertions.sol";

contract CalldataTextCalldataTextTest is Assertions {
    function test_WhenTheStretchIsAny_HoldItsBeginningLengthAndEnd(uint64 start, uint32 length) external pure {
        CalldataText text = calldataText(start, uint256(start) + length);
        assertEq(text.startOf(), start, "start");
        assertEq(text.lengthOf(), length, "length");
        assertEq(text.endOf(), uint256(start) + length, "end");
    }

    function test_WhenTheStretchIsAny_HaveTheBytesBetweenThemAndTheirHash(
        bytes calldata data,
        uint256 from,
        uint256 to
    ) external pure {
        to %= data.length + 1;
        from %= to + 1;
        CalldataText text = within(data, from, to);
        assertEq(text.toBytes(), data[from:to], "bytes");
        assertEq(text.keccakOf(), keccak256(data[from:to]), "hash");
    }

    function test_WhenItIsCompared_EqualTheSameBytesAndNoOthers(bytes calldata data, uint8 bit) external pure {
        CalldataText text = within(data, 0, data.length);
        bytes memory other = data;
        assertTrue(text.isEqual(other), "the same");
        assertFalse(text.isEqual(bytes.concat(other, hex"00")), "longer");
        assertFalse(text.isEqual(bytes.concat(hex"00", other)), "begins otherwise");
        if (data.length == 0) return;
        assertFalse(text.isEqual(data[1:]), "shorter");
        other[bit % other.length] ^= bytes1(uint8(1) << (bit % 8));
        assertFalse(text.isEqual(other), "one bit");
    }

    function test_WhenItIsEmpty_DifferFromNone(bytes calldata data) external pure {
        CalldataText empty = within(data, data.length, data.length);
        assertTrue(CalldataText.unwrap(empty) != 0, "there");
        assertEq(empty.toBytes(), "", "bytes");
        assertEq(CalldataText.wrap(0).toBytes(), "", "none");
    }

    function within(bytes calldata data, uint256 from, uint256 to) private pure returns (CalldataText) {
        uint256 start;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            start := data.offset
        }
        return calldataText(start + from, start + to);
    }
}
