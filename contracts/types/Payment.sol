// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OfferId} from "./Ids.sol";

/// @notice An EIP-2612 signature of the caller over an allowance of exactly the amount due.
struct TokenPermit {
    /// Last moment of use (inclusive), unix seconds.
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice A payment by Permit2: the payer's signature covers amount, escrow, and the {Purchase} or {TopUp} it pays.
struct Permit2Payment {
    /// Whose tokens are taken, and who signed.
    address payer;
    /// Unordered nonce of the payer in Permit2.
    uint256 nonce;
    /// Last moment of use (inclusive), unix seconds; of the witness too.
    uint64 deadline;
    bytes signature;
}

/// @dev A purchase and a top-up are different promises, so one signature never serves as the other.
string constant PURCHASE_TYPE = "Purchase(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)";
string constant TOP_UP_TYPE = "TopUp(bytes32 offerId,uint24 steps,address buyer,bytes32 salt,uint64 deadline)";
bytes32 constant PURCHASE_TYPEHASH = keccak256(bytes(PURCHASE_TYPE));
bytes32 constant TOP_UP_TYPEHASH = keccak256(bytes(TOP_UP_TYPE));

/// @dev What follows "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256
/// deadline," in the signed type: the witness member, then the struct types in alphabetical order.
string constant PURCHASE_WITNESS_TYPE = string.concat(
    "Purchase witness)",
    PURCHASE_TYPE,
    "TokenPermissions(address token,uint256 amount)"
);
string constant TOP_UP_WITNESS_TYPE = string.concat(
    "TopUp witness)TokenPermissions(address token,uint256 amount)",
    TOP_UP_TYPE
);

/// @notice EIP-712 struct hash of the witness, for either type.
function paymentWitness(
    bytes32 typeHash,
    OfferId offerId,
    uint24 steps,
    address buyer,
    bytes32 salt,
    uint64 deadline
) pure returns (bytes32) {
    return keccak256(abi.encode(typeHash, offerId, steps, buyer, salt, deadline));
}
