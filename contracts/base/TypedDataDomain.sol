// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice EIP-712 domain with version `1`, described by ERC-5267.
abstract contract TypedDataDomain is IERC5267 {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant VERSION_HASH = keccak256("1");

    bytes32 private immutable _NAME_HASH;
    bytes32 private immutable _SEPARATOR;
    uint256 private immutable _CHAIN_ID;

    constructor(string memory name) {
        _NAME_HASH = keccak256(bytes(name));
        _CHAIN_ID = block.chainid;
        _SEPARATOR = _buildSeparator(_NAME_HASH);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", _domainName(), "1", block.chainid, address(this), 0, new uint256[](0));
    }

    /// @dev Strings cannot be immutable, so the name is code.
    function _domainName() internal pure virtual returns (string memory);

    /// @dev The EIP-712 digest of a struct hash. After a fork of the chain the separator is built anew, so that a
    /// signature never serves on both sides.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = block.chainid == _CHAIN_ID ? _SEPARATOR : _buildSeparator(_NAME_HASH);
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    function _buildSeparator(bytes32 nameHash) private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, nameHash, VERSION_HASH, block.chainid, address(this)));
    }
}
