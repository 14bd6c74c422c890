// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "../../../contracts/evidence/arithmetic/U384.sol";

/// @notice Stands in for {IP384}: it has signed what it is told, and answers no to everything else.
contract AuthorityDouble {
    bytes32 private _withHints;
    bytes32 private _without;

    error NotTheLine();

    function sign(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) external {
        _without = keccak256(abi.encode(keyId, digest, r, s));
        _withHints = keccak256(abi.encode(keyId, digest, r, s, hints));
    }

    function verify(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) external view returns (bool) {
        if (keccak256(hints) == keccak256("wrong hints")) revert NotTheLine();
        return keccak256(abi.encode(keyId, digest, r, s, hints)) == _withHints;
    }

    function verifyPlain(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s
    ) external view returns (bool) {
        return keccak256(abi.encode(keyId, digest, r, s)) == _without;
    }
}
