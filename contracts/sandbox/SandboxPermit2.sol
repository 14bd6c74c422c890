// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISignatureTransfer} from "../interfaces/ISignatureTransfer.sol";

/// @title Permit2 of local deployments
/// @notice Stands in for Uniswap's Permit2 where there is none: the same typed data, the same unordered nonces and the
/// same refusals for the one call that Pawl makes. Not for chains that have the real one.
contract SandboxPermit2 is ISignatureTransfer {
    using SafeERC20 for IERC20;

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant TOKEN_PERMISSIONS_TYPEHASH = keccak256("TokenPermissions(address token,uint256 amount)");
    string private constant TYPE_STUB =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";

    // Permit2's own errors: names and arguments are part of the protocol.

    /// @notice The payment's signature is out of date.
    error SignatureExpired(uint256 signatureDeadline);

    /// @notice The payment's signature does not cover the amount due.
    error InvalidAmount(uint256 maxAmount);

    /// @notice The payment's signature was used already.
    error InvalidNonce();

    /// @notice The payment's signature is not the payer's, or not for this purchase.
    error InvalidSigner();

    /// @notice Nonces used by an owner: bit `nonce % 256` of word `nonce / 256`.
    mapping(address owner => mapping(uint256 word => uint256 bits)) public nonceBitmap;

    /// @inheritdoc ISignatureTransfer
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        if (transferDetails.requestedAmount > permit.permitted.amount) revert InvalidAmount(permit.permitted.amount);
        _useNonce(owner, permit.nonce);

        bytes32 typeHash = keccak256(abi.encodePacked(TYPE_STUB, witnessTypeString));
        bytes32 permitted = keccak256(abi.encode(TOKEN_PERMISSIONS_TYPEHASH, permit.permitted));
        bytes32 structHash = keccak256(
            abi.encode(typeHash, permitted, msg.sender, permit.nonce, permit.deadline, witness)
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), structHash);
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature)) revert InvalidSigner();

        IERC20(permit.permitted.token).safeTransferFrom(owner, transferDetails.to, transferDetails.requestedAmount);
    }

    /// @notice EIP-712 domain separator; Permit2's domain has no version.
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() public view override returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Permit2"), block.chainid, address(this)));
    }

    function _useNonce(address owner, uint256 nonce) private {
        uint256 bit = 1 << (nonce % 256);
        if (nonceBitmap[owner][nonce / 256] & bit != 0) revert InvalidNonce();
        nonceBitmap[owner][nonce / 256] |= bit;
    }
}
