// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A certificate authority's key. Validity is inclusive, unix seconds.
struct IssuerRoot {
    /// By {IP384}: keccak256 of x and y, 48 bytes each.
    bytes32 keyId;
    /// keccak256 of the DER Name that its certificates give as their issuer.
    bytes32 nameHash;
    uint40 validFrom;
    uint40 validUntil;
}

/// @notice A transparency log's key on P-256. Validity is inclusive, unix seconds.
struct LogRoot {
    bytes32 x;
    bytes32 y;
    uint40 validFrom;
    uint40 validUntil;
}

/// @dev First words of what ids are hashes of: no two kinds share an id.
bytes32 constant ISSUER_ROOT = keccak256("Pawl issuer root");
bytes32 constant LOG_ROOT = keccak256("Pawl log root");
bytes32 constant VERIFIER_ROOT = keccak256("Pawl verifier root");

/// @notice Ids are content hashes, as of offers: a root cannot be replaced under its id, and a proof that names its
/// roots by content needs no look at anything but whether they count.
function issuerRootIdOf(IssuerRoot memory issuer) pure returns (bytes32) {
    return keccak256(abi.encode(ISSUER_ROOT, issuer));
}

function logRootIdOf(LogRoot memory log) pure returns (bytes32) {
    return keccak256(abi.encode(LOG_ROOT, log));
}

function verifierRootIdOf(address verifier) pure returns (bytes32) {
    return keccak256(abi.encode(VERIFIER_ROOT, verifier));
}
