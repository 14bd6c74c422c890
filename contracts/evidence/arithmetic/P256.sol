// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ECDSA on the curve P-256
/// @notice By the chain's own precompile (EIP-7951, RIP-7212).
library P256 {
    address private constant PRECOMPILE = address(0x100);

    /// @notice Whether (r, s) is a signature of the digest by the key (x, y). Both high and low s are right: never use
    /// a signature as the name of what it signs. Range of r and s and whether the key is a point are checked by the
    /// precompile.
    /// @dev The precompile answers with nothing where the signature is wrong. So does every address without code, as on
    /// a chain that has no such precompile: there no signature is valid. An answer counts only if it is 32 bytes and 1.
    function verify(bytes32 digest, uint256 r, uint256 s, uint256 x, uint256 y) internal view returns (bool) {
        (bool isDone, bytes memory answer) = PRECOMPILE.staticcall(abi.encode(digest, r, s, x, y));
        return isDone && answer.length == 32 && uint256(bytes32(answer)) == 1;
    }
}
