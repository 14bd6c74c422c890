// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Other ways to write down a signature `r ‖ s ‖ v` that some verifiers take for the same.
library SignatureForms {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev The twin with the high `s`, which the same key has signed too.
    function malleable(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = parts(signature);
        return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev The 64 bytes of ERC-2098.
    function compact(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = parts(signature);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    /// @dev With 0 or 1 for the parity, as some hardware writes it.
    function withBareParity(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = parts(signature);
        return abi.encodePacked(r, s, v - 27);
    }

    function withOtherParity(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = parts(signature);
        return abi.encodePacked(r, s, v == 27 ? uint8(28) : uint8(27));
    }

    function parts(bytes memory signature) internal pure returns (bytes32 r, bytes32 s, uint8 v) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }
}
