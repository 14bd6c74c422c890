// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../../contracts/evidence/Der.sol";
import {Assertions} from "../base/Assertions.sol";

/// @notice The reader of DER on its own: places are counted from the beginning of the data.
abstract contract DerTest is Assertions {
    /// @dev Where the data lies in calls of the functions below: behind selector, four words and the data's length.
    uint256 internal constant BASE = 4 + 5 * 32;

    function enter(
        bytes calldata data,
        uint256 place,
        uint256 end,
        uint256 tag
    ) external pure returns (uint256 content, uint256 next) {
        uint256 base = startOf(data);
        (content, next) = Der.enter(base + place, base + end, tag);
        return (content - base, next - base);
    }

    function enterLast(bytes calldata data, uint256 place, uint256 end, uint256 tag) external pure returns (uint256) {
        uint256 base = startOf(data);
        return Der.enterLast(base + place, base + end, tag) - base;
    }

    function requireEntered(bytes memory data, uint256 end, uint256 content, uint256 next) internal view {
        (uint256 foundContent, uint256 foundNext) = this.enter(data, 0, end, uint8(data[0]));
        assertEq(foundContent, content, "content");
        assertEq(foundNext, next, "next");
    }

    function requireNotEntered(bytes memory data, uint256 end, uint256 tag) internal view {
        try this.enter(data, 0, end, tag) {
            assertTrue(false, "it was entered");
        } catch (bytes memory answer) {
            assertEq(answer, notDer(0), "answer");
        }
    }

    function notDer(uint256 place) internal pure virtual returns (bytes memory) {
        return abi.encodeWithSelector(Der.NotDer.selector, BASE + place);
    }

    /// @dev In the shortest form.
    function header(uint8 tag, uint256 length) internal pure returns (bytes memory) {
        if (length < 0x80) return abi.encodePacked(tag, uint8(length));
        if (length < 0x100) return abi.encodePacked(tag, uint8(0x81), uint8(length));
        return abi.encodePacked(tag, uint8(0x82), uint16(length));
    }

    function startOf(bytes calldata data) internal pure returns (uint256 start) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            start := data.offset
        }
    }
}
