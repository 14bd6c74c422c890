// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StoredBytes} from "../../../contracts/evidence/arithmetic/StoredBytes.sol";
import {Assertions} from "../base/Assertions.sol";
import {VM} from "../base/Vm.sol";

contract StoredBytesAddressOfTest is Assertions {
    function test_WhenTheNonceHasOneByte_BeTheAddressThatCREATEGives(address creator, uint8 nonce) external pure {
        requireAddress(creator, nonce);
    }

    function test_WhenTheNonceHasTwoBytes_BeTheAddressThatCREATEGives(address creator, uint16 nonce) external pure {
        requireAddress(creator, nonce);
    }

    function test_WhenTheNonceHasThreeBytes_BeTheAddressThatCREATEGives(address creator, uint24 nonce) external pure {
        requireAddress(creator, nonce);
    }

    function test_WhenTheNonceIsAtAnEdgeOfTheEncoding_BeTheAddressThatCREATEGives(address creator) external pure {
        uint24[8] memory edges = [1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff];
        for (uint256 i; i < edges.length; ++i) requireAddress(creator, edges[i]);
    }

    function test_WhenTheNonceIs0OrHasMoreBytes_RevertWithNumberTooLarge() external {
        expectRefusal(abi.encodeWithSelector(StoredBytes.NumberTooLarge.selector, 0));
        this.addressOf(address(this), 0);
        expectRefusal(abi.encodeWithSelector(StoredBytes.NumberTooLarge.selector, 0x1000000));
        this.addressOf(address(this), 0x1000000);
    }

    function addressOf(address creator, uint256 nonce) external pure returns (address) {
        return StoredBytes.addressOf(creator, nonce);
    }

    function requireAddress(address creator, uint256 nonce) private pure {
        VM.assume(nonce != 0);
        assertEq(StoredBytes.addressOf(creator, nonce), VM.computeCreateAddress(creator, nonce), "address");
    }
}
