// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A number or digest of 384 bits, the first 16 bytes apart from the last 32.
struct U384 {
    uint128 high;
    uint256 low;
}
