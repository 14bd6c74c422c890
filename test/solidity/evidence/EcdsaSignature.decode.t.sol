// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EcdsaSignature} from "../../../contracts/evidence/arithmetic/EcdsaSignature.sol";
import {U384} from "../../../contracts/evidence/arithmetic/U384.sol";
import {Assertions} from "../base/Assertions.sol";

contract EcdsaSignatureDecodeTest is Assertions {
    function test_WhenTheNumbersAreOfAnySizeUpTo384Bits_ReturnThem(
        uint128 rHigh,
        uint256 rLow,
        uint128 sHigh,
        uint256 sLow,
        uint16 shift
    ) external view {
        U384 memory r = shifted(rHigh, rLow, shift % 384);
        U384 memory s = shifted(sHigh, sLow, shift / 384);
        (U384 memory readR, U384 memory readS) = this.decode(encoded(r, s));
        assertEq(abi.encode(readR), abi.encode(r), "r");
        assertEq(abi.encode(readS), abi.encode(s), "s");
    }

    function test_WhenTheNumbersAreOfAnySizeUpTo384Bits_RefuseEveryProperPrefixAndEveryByteBehind(
        uint128 high,
        uint256 low
    ) external view {
        bytes memory der = encoded(U384(high, low), U384(high, low));
        for (uint256 length; length < der.length; ++length) {
            bytes memory prefix = new bytes(length);
            for (uint256 i; i < length; ++i) prefix[i] = der[i];
            requireRefused(prefix);
        }
        requireRefused(bytes.concat(der, hex"00"));
    }

    function test_WhenItIsNotASequence_RevertWithNotASignature() external view {
        requireRefused(hex"3106020101020101");
    }

    function test_WhenTheSequencesLengthIsNotThatOfItsContent_RevertWithNotASignature() external view {
        requireRefused(hex"3005020101020101");
        requireRefused(hex"3007020101020101");
    }

    function test_WhenALengthIsInTheLongForm_RevertWithNotASignature() external view {
        requireRefused(hex"308106020101020101");
        requireRefused(hex"300702810101020101");
    }

    function test_WhenTheLengthIsIndefinite_RevertWithNotASignature() external view {
        requireRefused(hex"30800201010201010000");
    }

    function test_WhenAMemberIsNotAnInteger_RevertWithNotASignature() external view {
        requireRefused(hex"3006030101020101");
        requireRefused(hex"3006020101040101");
    }

    function test_WhenANumberIsEmpty_RevertWithNotASignature() external view {
        requireRefused(hex"30050200020101");
        requireRefused(hex"30050201010200");
    }

    function test_WhenANumberIsNegative_RevertWithNotASignature() external view {
        requireRefused(hex"3006020180020101");
        requireRefused(hex"30060201010201ff");
    }

    function test_WhenANumberIsPaddedWithAZero_RevertWithNotASignature() external view {
        requireRefused(hex"300702020001020101");
        requireRefused(hex"300702020000020101");
        requireRefused(hex"30070201010202007f");
    }

    function test_WhenANumberHasMoreThan384Bits_RevertWithNotASignature() external view {
        requireRefused(bytes.concat(hex"30360231", hex"01", new bytes(48), hex"020101"));
        requireRefused(bytes.concat(hex"30370232", hex"0080", new bytes(48), hex"020101"));
    }

    function test_WhenAThirdMemberFollows_RevertWithNotASignature() external view {
        requireRefused(hex"3009020101020101020101");
    }

    function test_WhenWordsAreAskedForAndANumberHasMoreThan256Bits_RevertWithNotASignature() external {
        bytes memory der = encoded(U384(1, 0), U384(0, 1));
        expectRefusal(EcdsaSignature.NotASignature.selector);
        this.decodeWords(der);
    }

    // ------------------------------------------------------------------ parts

    function decode(bytes calldata der) external pure returns (U384 memory r, U384 memory s) {
        return EcdsaSignature.decode(der);
    }

    function decodeWords(bytes calldata der) external pure returns (uint256 r, uint256 s) {
        return EcdsaSignature.decodeWords(der);
    }

    function requireRefused(bytes memory der) private view {
        try this.decode(der) {
            assertTrue(false, "it was read");
        } catch (bytes memory answer) {
            assertEq(answer, abi.encodePacked(EcdsaSignature.NotASignature.selector), "answer");
        }
    }

    function shifted(uint128 high, uint256 low, uint256 by) private pure returns (U384 memory) {
        if (by >= 256) return U384(0, uint256(high) >> (by - 256));
        if (by == 0) return U384(high, low);
        return U384(high >> by, (low >> by) | (uint256(high) << (256 - by)));
    }

    function encoded(U384 memory r, U384 memory s) private pure returns (bytes memory) {
        bytes memory both = bytes.concat(encodedInteger(r), encodedInteger(s));
        return bytes.concat(hex"30", bytes1(uint8(both.length)), both);
    }

    function encodedInteger(U384 memory number) private pure returns (bytes memory) {
        bytes memory wide = bytes.concat(hex"00", abi.encodePacked(number.high, number.low));
        uint256 from;
        while (from < 48 && wide[from] == 0 && uint8(wide[from + 1]) < 0x80) ++from;
        bytes memory digits = new bytes(49 - from);
        for (uint256 i; i < digits.length; ++i) digits[i] = wide[from + i];
        return bytes.concat(hex"02", bytes1(uint8(digits.length)), digits);
    }
}
