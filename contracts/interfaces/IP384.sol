// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {U384} from "../evidence/arithmetic/U384.sol";

/// @title ECDSA on the curve P-384, for registered keys
/// @notice A signature is checked with tables of multiples of the generator and of the signer's key. Anyone may have
/// the tables of any key made: {beginKey}, then {buildTable} four times, in transactions of their own. The contract
/// computes every entry itself, so there is no table that could be wrong, and nobody to be trusted for it. The
/// generator's tables are made in the same way, as those of the key that it is.
/// @dev Slopes save the divisions. Callers work them out, and each is checked: a wrong one is refused, and a right one
/// is the only one, so that whoever supplies them has no influence on the result. Layouts are those of
/// `lib/evidence/onchain/p384.ts`.
interface IP384 {
    /// @notice Powers of a key were computed: its tables can be built now.
    event KeyBegun(bytes32 indexed keyId, bytes key);
    /// @notice One of a key's four tables was built.
    event TableBuilt(bytes32 indexed keyId, uint256 indexed index, address table);
    /// @notice All tables of a key are there: its signatures can be verified from now on.
    event KeyRegistered(bytes32 indexed keyId);

    /// @notice The bytes are not the coordinates of a point of the curve, x then y, 48 bytes each and below p.
    /// @custom:kind invalid
    error NotAPoint();
    /// @notice This key was begun before. Go on with its tables.
    /// @custom:kind conflict
    error KeyAlreadyBegun(bytes32 keyId);
    /// @notice Tables are made of a key that was begun: call beginKey first.
    /// @custom:kind missing
    error KeyNotBegun(bytes32 keyId);
    /// @notice A key has four tables, 0 to 3.
    /// @custom:kind invalid
    error NoSuchTable(uint256 index);
    /// @notice This table was made before, and is as it must be.
    /// @custom:kind conflict
    error TableAlreadyBuilt(bytes32 keyId, uint256 index);
    /// @notice Tables are missing, of this key or of the generator.
    /// @custom:kind missing
    error KeyNotRegistered(bytes32 keyId);
    /// @notice There are slopes too few or too many.
    /// @custom:kind invalid
    error SlopesSize(uint256 size, uint256 expected);
    /// @notice A slope is not that of the line through both points, or of the tangent, or it is not below p.
    /// @custom:kind invalid
    error SlopeNotOfTheLine();
    /// @notice Two points share their x. No slope of their line could be checked, so none is taken.
    /// @custom:kind invalid
    error PointsShareX();
    /// @notice The hint is not the inverse of s modulo n.
    /// @custom:kind invalid
    error NotTheInverse();

    /// @notice First step of registering a key: checks that it is a point and computes 32 of its powers of two.
    /// @dev Emits {KeyBegun}.
    /// @param key x and y of the key, 96 bytes.
    /// @param slopes Of 372 doublings, 48 bytes each.
    /// @return keyId `keccak256(key)`.
    function beginKey(bytes calldata key, bytes calldata slopes) external returns (bytes32 keyId);

    /// @notice Computes and keeps one of a key's tables. Whoever calls pays some 5.6 million gas.
    /// @dev Emits {TableBuilt}, and {KeyRegistered} with the last one.
    /// @param index From 0 to 3, in any order.
    /// @param slopes Of 247 additions, 48 bytes each.
    function buildTable(bytes32 keyId, uint256 index, bytes calldata slopes) external;

    /// @notice Whether all tables of the key are there. Those of the generator are asked for under {generatorId}.
    function isRegistered(bytes32 keyId) external view returns (bool);

    /// @notice Contracts whose code, after one zero byte, are the key's tables; 0 where one is missing.
    function tablesOf(bytes32 keyId) external view returns (address[4] memory);

    /// @notice Contract whose code, after one zero byte, are the key's 32 powers; 0 where it was not begun.
    function powersOf(bytes32 keyId) external view returns (address);

    /// @notice The id under which the generator's own tables are made.
    function generatorId() external pure returns (bytes32);

    /// @notice Whether (r, s) is a signature of the digest by the key. Both high and low s are right: never use a
    /// signature as the name of what it signs.
    /// @dev Reverts where the hints are wrong, which says nothing about the signature. For a few signatures no hints
    /// exist, one in some 2^380 of honest ones: only {verifyPlain} tells about them.
    /// @param hints The inverse of s modulo n, then the slopes of all additions and doublings, negated, 48 bytes each.
    /// @return Whether the signature is valid. False too where r or s is out of range; then no hints are looked at.
    function verify(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) external view returns (bool);

    /// @notice The same without hints, for more than twice the gas, and with an answer for every signature.
    function verifyPlain(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s
    ) external view returns (bool);
}
