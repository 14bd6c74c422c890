// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice An account that is a contract: signs by ERC-1271 with its owner's key, does what the owner says, and takes
/// native money only while it is willing. On receipt it can call somebody back.
contract SmartAccount is IERC1271 {
    address public immutable owner;
    bool public refusesMoney;
    address public hookTarget;
    bytes public hookData;
    bytes public hookAnswer;

    error Unwilling();

    constructor(address owner_) {
        owner = owner_;
    }

    receive() external payable {
        _receive();
    }

    function setRefusesMoney(bool refuses) external {
        refusesMoney = refuses;
    }

    function setHook(address target, bytes calldata data) external {
        hookTarget = target;
        hookData = data;
    }

    function execute(address target, bytes calldata data) external payable {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        require(done, string(answer));
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return signer == owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _receive() private {
        if (refusesMoney) revert Unwilling();
        if (hookTarget != address(0)) (, hookAnswer) = hookTarget.call(hookData);
    }
}
