// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermitConsumer} from "../../../contracts/interfaces/IPermitConsumer.sol";
import {VM} from "../base/Vm.sol";
import {Consuming} from "./Consuming.sol";

contract PermitConsumerBurnDelegationNonceTest is Consuming {
    function test_GivenTheNonceIsUnused_BurnItForTheCaller(bytes32 nonce) external {
        burn(nonce);
        assertTrue(consumer.isNonceBurnt(buyer, nonce), "burnt");
    }

    function test_GivenTheNonceIsUnused_BurnItForNobodyElse() external {
        burn(bytes32(0));
        assertFalse(consumer.isNonceBurnt(stranger, bytes32(0)), "another's nonce");
        assertFalse(consumer.isNonceBurnt(buyer, bytes32(uint256(1))), "another nonce");
    }

    function test_GivenTheNonceIsUnused_EmitDelegationNonceBurnt() external {
        bytes32 nonce = fresh("nonce");
        expectEvent(address(consumer));
        emit IPermitConsumer.DelegationNonceBurnt(buyer, nonce);
        burn(nonce);
    }

    function test_GivenTheNonceIsBurnt_RevertWithDelegationNonceUsed() external {
        bytes32 nonce = fresh("nonce");
        burn(nonce);
        expectRefusal(abi.encodeWithSelector(IPermitConsumer.DelegationNonceUsed.selector, nonce));
        burn(nonce);
    }

    function burn(bytes32 nonce) private {
        VM.prank(buyer);
        consumer.burnDelegationNonce(nonce);
    }
}
