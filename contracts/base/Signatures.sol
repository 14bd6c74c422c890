// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev Most gas that an account's own check gets: enough for several owners, or for P-256 without a precompile, and a
/// bound on what a hostile account can make the caller pay, its answer's length included.
uint256 constant ERC1271_GAS = 500_000;

/// @notice Whether `signer` signed `digest`: by its key (65 bytes, low `s`), or else, where the signer has code, by
/// ERC-1271.
/// @dev The key comes first, so an account delegated by EIP-7702 can sign with it whatever its code answers. Precompiles
/// have no code and nobody has the key of one or of the zero address, so they sign nothing.
function isSignedBy(address signer, bytes32 digest, bytes calldata signature) view returns (bool) {
    (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
    if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
    if (signer.code.length == 0) return false;
    (bool answered, bytes memory answer) = signer.staticcall{gas: ERC1271_GAS}(
        abi.encodeCall(IERC1271.isValidSignature, (digest, signature))
    );
    // Exactly one word, and nothing in it but the selector.
    return answered && answer.length == 32 && bytes32(answer) == bytes32(IERC1271.isValidSignature.selector);
}
