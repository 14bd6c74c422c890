// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Measures a static call as another contract sees it, with everything cold.
contract CallGasProbe {
    error CallFailed(bytes answer);

    /// @notice Gas of the call, without that of preparing its data.
    function measure(address target, bytes calldata data) external view returns (uint256 used) {
        bytes memory prepared = data;
        used = gasleft();
        (bool done, bytes memory answer) = target.staticcall(prepared);
        used -= gasleft();
        if (!done) revert CallFailed(answer);
    }
}
