// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IP384} from "../../interfaces/IP384.sol";
import {P384Curve} from "./P384Curve.sol";
import {P384Scalar} from "./P384Scalar.sol";
import {StoredBytes} from "./StoredBytes.sol";
import {U384} from "./U384.sol";

/// @title ECDSA on the curve P-384, for registered keys
/// @dev Comb of eight teeth: bit `48k + 12j + i` of a scalar, for tooth k, table j and column i, is bit k of the digit
/// by which table j is asked in column i. Entry d of table j is the sum of `2^(48k + 12j)` times the key over the bits k
/// of d. A verification goes through columns 11 to 0, doubling in between, and adds one entry of each of the four
/// tables of the generator and of the key: 96 additions at most and 11 doublings.
contract P384 is IP384 {
    uint256 private constant ELEMENT = 48;
    uint256 private constant POINT = 96;
    uint256 private constant TEETH = 8;
    uint256 private constant TABLES = 4;
    /// @dev Columns of one table, which is also by how many doublings one power of a key follows another.
    uint256 private constant COLUMNS = 12;
    uint256 private constant POWERS = TEETH * TABLES;
    uint256 private constant POWER_SLOPES = (POWERS - 1) * COLUMNS;
    /// @dev Digit 0 has no entry.
    uint256 private constant ENTRIES = 255;
    uint256 private constant TABLE_SLOPES = ENTRIES - TEETH;

    /// @dev Every twelfth of 192 bits, and the factor that brings bits 0, 48, 96 and 144 to bits 144 to 147 of the
    /// product.
    uint256 private constant EVERY_12TH_BIT = 0x1001001001001001001001001001001001001001001001;
    uint256 private constant GATHER = 0x1000000000002000000000004000000000008;

    /// @dev keccak256 of the generator's coordinates.
    bytes32 private constant GENERATOR_ID = keccak256(
        hex"aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"
        hex"3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"
    );

    /// @dev One slot per key, so that a verification reads two. A contract's address follows from this contract's
    /// address and the number of contracts that it had created before.
    struct Key {
        address powers;
        /// Number of the contract that holds each table; 0 where it is missing.
        uint24[4] tables;
    }

    mapping(bytes32 keyId => Key) private _keys;
    /// @dev Of the contract that is created next. This contract creates none in any other way than {_store}.
    uint24 private _nextNumber = 1;

    /// @inheritdoc IP384
    function beginKey(bytes calldata key, bytes calldata slopes) external returns (bytes32 keyId) {
        P384Curve.reserve();
        if (key.length != POINT) revert NotAPoint();
        _requireSlopes(slopes, POWER_SLOPES);
        _copyFromCalldata(P384Curve.OTHER, key);
        if (!P384Curve.isOtherOnCurve()) revert NotAPoint();
        keyId = keccak256(key);
        if (_keys[keyId].powers != address(0)) revert KeyAlreadyBegun(keyId);

        bytes memory powers = new bytes(POWERS * POINT);
        P384Curve.setToOther();
        uint256 slope = _placeInCalldata(slopes);
        for (uint256 power; power < POWERS; ++power) {
            if (power != 0) {
                for (uint256 i; i < COLUMNS; ++i) {
                    P384Curve.doubleWithSlope(slope);
                    slope += ELEMENT;
                }
            }
            P384Curve.copyAccumulator(_placeOf(powers) + power * POINT);
        }
        (address stored, ) = _store(powers);
        _keys[keyId].powers = stored;
        emit KeyBegun(keyId, key);
    }

    /// @inheritdoc IP384
    function buildTable(bytes32 keyId, uint256 index, bytes calldata slopes) external {
        P384Curve.reserve();
        if (index >= TABLES) revert NoSuchTable(index);
        _requireSlopes(slopes, TABLE_SLOPES);
        Key storage key = _keys[keyId];
        if (key.powers == address(0)) revert KeyNotBegun(keyId);
        if (key.tables[index] != 0) revert TableAlreadyBuilt(keyId, index);

        bytes memory table = new bytes(ENTRIES * POINT);
        uint256 entries = _placeOf(table);
        uint256 slope = _placeInCalldata(slopes);
        for (uint256 tooth; tooth < TEETH; ++tooth) {
            StoredBytes.copy(key.powers, (TABLES * tooth + index) * POINT, POINT, P384Curve.OTHER);
            uint256 first = 1 << tooth;
            P384Curve.setToOther();
            P384Curve.copyAccumulator(entries + (first - 1) * POINT);
            // The entries below, each with the power of this tooth added.
            for (uint256 digit = 1; digit < first; ++digit) {
                P384Curve.setTo(entries + (digit - 1) * POINT);
                P384Curve.addWithSlope(slope);
                slope += ELEMENT;
                P384Curve.copyAccumulator(entries + (first + digit - 1) * POINT);
            }
        }
        (address stored, uint24 number) = _store(table);
        key.tables[index] = number;
        emit TableBuilt(keyId, index, stored);
        if (_isComplete(key)) emit KeyRegistered(keyId);
    }

    /// @inheritdoc IP384
    function isRegistered(bytes32 keyId) external view returns (bool) {
        return _isComplete(_keys[keyId]);
    }

    /// @inheritdoc IP384
    function tablesOf(bytes32 keyId) external view returns (address[4] memory tables) {
        Key storage key = _keys[keyId];
        for (uint256 index; index < TABLES; ++index) {
            uint256 number = key.tables[index];
            if (number != 0) tables[index] = StoredBytes.addressOf(address(this), number);
        }
    }

    /// @inheritdoc IP384
    function powersOf(bytes32 keyId) external view returns (address) {
        return _keys[keyId].powers;
    }

    /// @inheritdoc IP384
    function generatorId() external pure returns (bytes32) {
        return GENERATOR_ID;
    }

    /// @inheritdoc IP384
    function verify(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) external view returns (bool) {
        P384Curve.reserve();
        uint256 tables = _loadTables(keyId);
        if (!P384Scalar.isInRange(r.high, r.low) || !P384Scalar.isInRange(s.high, s.low)) return false;
        if (hints.length < ELEMENT) revert SlopesSize(hints.length, ELEMENT);
        uint256 scalars = _loadScalars(digest, r, s, hints);
        _addUp(tables, scalars, hints);
        (uint256 high, uint256 low) = P384Curve.sumX();
        if (high == r.high && low == r.low) return true;
        (bool isBelow, uint256 otherHigh, uint256 otherLow) = P384Scalar.plusOrder(r.high, r.low);
        return isBelow && high == otherHigh && low == otherLow;
    }

    /// @inheritdoc IP384
    function verifyPlain(
        bytes32 keyId,
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s
    ) external view returns (bool) {
        P384Curve.reserve();
        uint256 tables = _loadTables(keyId);
        if (!P384Scalar.isInRange(r.high, r.low) || !P384Scalar.isInRange(s.high, s.low)) return false;
        uint256 scalars = _loadScalarsPlain(digest, r, s);
        _addUpPlain(tables, scalars);
        if (P384Curve.hasX(r.high, r.low)) return true;
        (bool isBelow, uint256 otherHigh, uint256 otherLow) = P384Scalar.plusOrder(r.high, r.low);
        return isBelow && P384Curve.hasX(otherHigh, otherLow);
    }

    /// @dev Addresses of the generator's four tables and the key's, a word each.
    function _loadTables(bytes32 keyId) private view returns (uint256) {
        address[2 * TABLES] memory tables;
        unchecked {
            for (uint256 index; index < TABLES; ++index) {
                tables[index] = _tableOf(GENERATOR_ID, index);
                tables[TABLES + index] = _tableOf(keyId, index);
            }
        }
        return _placeOfAddresses(tables);
    }

    /// @dev Virtual for tests, which verify by many keys.
    function _tableOf(bytes32 keyId, uint256 index) internal view virtual returns (address) {
        uint256 number = _keys[keyId].tables[index];
        if (number == 0) revert KeyNotRegistered(keyId);
        return StoredBytes.addressOf(address(this), number);
    }

    /// @dev The factors of generator and key: digest / s and r / s modulo n, with the supplied inverse of s.
    function _loadScalars(
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s,
        bytes calldata hints
    ) private view returns (uint256 scalars) {
        uint256 high = uint128(bytes16(hints[:16]));
        uint256 low = uint256(bytes32(hints[16:48]));
        // Below n: the product of two numbers that are both near 2^384 is wider than {P384Scalar-product} can tell.
        if (!P384Scalar.isInRange(high, low)) revert NotTheInverse();
        (uint256 oneHigh, uint256 oneLow) = P384Scalar.product(s.high, s.low, high, low);
        if (oneHigh != 0 || oneLow != 1) revert NotTheInverse();
        return _scalarsOf(digest, r, high, low);
    }

    function _loadScalarsPlain(
        U384 calldata digest,
        U384 calldata r,
        U384 calldata s
    ) private view returns (uint256 scalars) {
        (uint256 high, uint256 low) = P384Scalar.inverse(s.high, s.low);
        return _scalarsOf(digest, r, high, low);
    }

    /// @dev Each factor as two words of 192 bits, four teeth in each, the lower ones first.
    function _scalarsOf(
        U384 calldata digest,
        U384 calldata r,
        uint256 inverseHigh,
        uint256 inverseLow
    ) private view returns (uint256) {
        uint256[4] memory halves;
        (uint256 high, uint256 low) = P384Scalar.product(digest.high, digest.low, inverseHigh, inverseLow);
        halves[0] = low & type(uint192).max;
        halves[1] = (high << 64) | (low >> 192);
        (high, low) = P384Scalar.product(r.high, r.low, inverseHigh, inverseLow);
        halves[2] = low & type(uint192).max;
        halves[3] = (high << 64) | (low >> 192);
        return _placeOfHalves(halves);
    }

    /// @dev Sums all entries that the scalars' digits name, by supplied slopes.
    function _addUp(uint256 tables, uint256 scalars, bytes calldata hints) private view {
        uint256 slope = _placeInCalldata(hints) + ELEMENT;
        uint256 end = _placeInCalldata(hints) + hints.length;
        uint256 other = P384Curve.OTHER;
        bool isEmpty = true;
        unchecked {
            for (uint256 left = COLUMNS; left != 0; --left) {
                uint256 column = left - 1;
                if (!isEmpty) {
                    P384Curve.doubleSum(slope);
                    slope += ELEMENT;
                }
                uint256 table = tables;
                for (uint256 scalar; scalar < 2; ++scalar) {
                    uint256 digits = _digits(scalars + (scalar << 6), column);
                    for (uint256 last = table + (TABLES << 5); table != last; table += 32) {
                        uint256 digit = digits & 0xff;
                        digits >>= COLUMNS;
                        if (digit == 0) continue;
                        // As {_load} does, of which 95 calls would cost 4,000 gas.
                        // solhint-disable-next-line no-inline-assembly
                        assembly ("memory-safe") {
                            extcodecopy(mload(table), other, sub(mul(digit, POINT), 95), POINT)
                        }
                        if (isEmpty) {
                            P384Curve.beginSum();
                            isEmpty = false;
                        } else {
                            P384Curve.addToSum(slope);
                            slope += ELEMENT;
                        }
                    }
                }
            }
        }
        if (slope != end) revert SlopesSize(hints.length, slope - _placeInCalldata(hints));
    }

    /// @dev The same with divisions put off to the end.
    function _addUpPlain(uint256 tables, uint256 scalars) private view {
        P384Curve.setToInfinity();
        unchecked {
            for (uint256 left = COLUMNS; left != 0; --left) {
                P384Curve.double();
                uint256 table = tables;
                for (uint256 scalar; scalar < 2; ++scalar) {
                    uint256 digits = _digits(scalars + (scalar << 6), left - 1);
                    for (uint256 end = table + (TABLES << 5); table != end; table += 32) {
                        uint256 digit = digits & 0xff;
                        digits >>= COLUMNS;
                        if (digit == 0) continue;
                        _load(table, digit);
                        P384Curve.add();
                    }
                }
            }
        }
    }

    /// @dev A scalar's digits for all four tables in a column, each 12 bits above the one before. Bits that stand 48
    /// apart are brought together by one multiplication, whose other products fall elsewhere.
    /// @param halves Place of the scalar's halves.
    function _digits(uint256 halves, uint256 column) private pure returns (uint256 digits) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let lower := and(shr(column, mload(halves)), EVERY_12TH_BIT)
            let upper := and(shr(column, mload(add(halves, 32))), EVERY_12TH_BIT)
            digits := shr(144, mul(or(lower, shl(4, upper)), GATHER))
        }
    }

    /// @dev The other point becomes an entry of a table.
    /// @param table Place of the table's address.
    function _load(uint256 table, uint256 digit) private view {
        uint256 other = P384Curve.OTHER;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // Entries begin with digit 1 after the first byte of the code.
            extcodecopy(mload(table), other, sub(mul(digit, POINT), 95), POINT)
        }
    }

    function _isComplete(Key storage key) private view returns (bool) {
        uint24[4] memory numbers = key.tables;
        return numbers[0] != 0 && numbers[1] != 0 && numbers[2] != 0 && numbers[3] != 0;
    }

    function _store(bytes memory data) private returns (address stored, uint24 number) {
        number = _nextNumber;
        _nextNumber = number + 1;
        stored = StoredBytes.create(data);
        if (stored != StoredBytes.addressOf(address(this), number)) revert StoredBytes.NotStored();
    }

    function _requireSlopes(bytes calldata slopes, uint256 count) private pure {
        if (slopes.length != ELEMENT * count) revert SlopesSize(slopes.length, ELEMENT * count);
    }

    function _copyFromCalldata(uint256 place, bytes calldata data) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            calldatacopy(place, data.offset, data.length)
        }
    }

    function _placeInCalldata(bytes calldata data) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := data.offset
        }
    }

    function _placeOf(bytes memory data) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := add(data, 0x20)
        }
    }

    function _placeOfAddresses(address[2 * TABLES] memory words) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := words
        }
    }

    function _placeOfHalves(uint256[4] memory words) private pure returns (uint256 place) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := words
        }
    }
}
