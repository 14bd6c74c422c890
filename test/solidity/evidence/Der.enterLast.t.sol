// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DerTest} from "./DerTest.sol";

contract DerEnterLastTest is DerTest {
    function test_WhenTheElementFillsItsContainer_ReturnWhereTheContentBegins(uint16 length) external view {
        bytes memory head = header(0x04, length);
        bytes memory data = bytes.concat(head, new bytes(length), hex"00");
        assertEq(this.enterLast(data, 0, data.length - 1, 0x04), head.length, "content");
    }

    function test_WhenAByteIsLeftBehindTheElement_RevertWithNotDer(uint16 length) external {
        bytes memory data = bytes.concat(header(0x04, length), new bytes(length), hex"00");
        expectRefusal(notDer(0));
        this.enterLast(data, 0, data.length, 0x04);
    }

    function test_WhenTheElementEndsAByteBehindItsContainer_RevertWithNotDer(uint16 length) external {
        bytes memory data = bytes.concat(header(0x04, length), new bytes(length));
        expectRefusal(notDer(0));
        this.enterLast(data, 0, data.length - 1, 0x04);
    }
}
