// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of Uniswap's Permit2 that Pawl calls
/// @notice A token owner who has approved Permit2 once pays by a signature that names what it is for.
interface ISignatureTransfer {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves tokens of `owner` by his signature, which covers the caller as spender and `witness`.
    /// @param witness EIP-712 struct hash of what the payment is for.
    /// @param witnessTypeString From the witness member on: the rest of the type string that was signed.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;

    /// @notice EIP-712 domain separator of Permit2 on this chain.
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}
