// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../../contracts/evidence/Der.sol";
import {DerTest} from "./DerTest.sol";

contract DerRequireBytesTest is DerTest {
    function test_WhenTheBytesAreThere_ReturnWhereTheyEnd(bytes32 content, uint8 length) external view {
        uint256 count = 1 + (length % 32);
        uint256 expected = uint256(content) >> (256 - 8 * count);
        assertEq(this.requireBytes(bytes.concat(hex"ff", content), 1, 1 + count, count, expected), 1 + count, "end");
    }

    function test_WhenABitDiffers_RevertWithNotDer(bytes32 content, uint8 length, uint8 bit) external {
        uint256 count = 1 + (length % 32);
        uint256 expected = (uint256(content) >> (256 - 8 * count)) ^ (1 << (bit % (8 * count)));
        expectRefusal(notDer(1));
        this.requireBytes(bytes.concat(hex"ff", content), 1, 1 + count, count, expected);
    }

    function test_WhenTheyEndBehindTheirContainer_RevertWithNotDer(bytes32 content, uint8 length) external {
        uint256 count = 1 + (length % 32);
        uint256 expected = uint256(content) >> (256 - 8 * count);
        expectRefusal(notDer(1));
        this.requireBytes(bytes.concat(hex"ff", content), 1, count, count, expected);
    }

    function requireBytes(
        bytes calldata data,
        uint256 place,
        uint256 end,
        uint256 length,
        uint256 expected
    ) external pure returns (uint256) {
        uint256 base = startOf(data);
        return Der.requireBytes(base + place, base + end, length, expected) - base;
    }

    /// @dev One word more stands before the data than in the calls of {DerTest}.
    function notDer(uint256 place) internal pure override returns (bytes memory) {
        return abi.encodeWithSelector(Der.NotDer.selector, BASE + 32 + place);
    }
}
