// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "../evidence/arithmetic/U384.sol";

/// @title SHA-384 as a contract of its own
/// @notice Its code fills most of what one contract may hold, so those who need it call it.
interface ISha384 {
    /// @notice SHA-384 (FIPS 180-4) of the message.
    function hash(bytes calldata message) external pure returns (U384 memory);
}
