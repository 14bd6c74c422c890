// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../../contracts/evidence/Der.sol";
import {LeafCertificate} from "../../../contracts/evidence/LeafCertificate.sol";
import {UtcTime} from "../../../contracts/evidence/UtcTime.sol";
import {SigstoreDouble} from "../../../contracts/test/SigstoreDouble.sol";
import {CertificateBuilder} from "./CertificateBuilder.sol";

contract LeafCertificateParseTest is CertificateBuilder {
    // ------------------------------------------------------------------ taken

    function test_WhenTheCertificateIsAsTheAuthorityWritesIt_ReturnWhatItHolds() external view {
        Parts memory parts = honest();
        SigstoreDouble.WrittenLeaf memory leaf = parsed(parts);
        assertEq(leaf.signedBytes, toBeSigned(parts), "signed bytes");
        assertEq(leaf.signature, hex"3006020101020101", "signature");
        assertEq(leaf.issuerNameHash, keccak256(parts.issuer), "issuer");
        assertEq(leaf.notBefore, NOT_BEFORE, "from");
        assertEq(leaf.notAfter, NOT_BEFORE + 600, "until");
        assertEq(leaf.x, GENERATOR_X, "x");
        assertEq(leaf.y, GENERATOR_Y, "y");
        assertEq(string(leaf.alternativeName), signer(), "name");
        for (uint256 number; number < 24; ++number) {
            bool isThere = number != 0 && number != 7 && number != 23;
            assertEq(leaf.isThere[number] ? 1 : 0, isThere ? 1 : 0, "is there");
            assertEq(string(leaf.extensions[number]), isThere ? honestText(number) : "", "text");
        }
    }

    function test_WhenTheOptionalExtensionsAreLeftOut_HoldNothingInTheirPlaces() external view {
        Parts memory parts = honest();
        for (uint256 number = 1; number < 23; ++number) if (number != 7 && number != 8) drop(parts, placeOf(number));
        drop(parts, SUBJECT_KEY_ID);
        drop(parts, AUTHORITY_KEY_ID);
        drop(parts, TIMESTAMPS);
        SigstoreDouble.WrittenLeaf memory leaf = parsed(parts);
        for (uint256 number; number < 24; ++number) {
            assertEq(leaf.isThere[number] ? 1 : 0, number == 8 ? 1 : 0, "is there");
            assertEq(leaf.extensions[number], number == 8 ? bytes(OIDC_ISSUER) : bytes(""), "text");
        }
    }

    function test_WhenATextIsEmpty_BeThereAndEmpty() external view {
        Parts memory parts = honest();
        for (uint256 number = 1; number < 23; ++number) if (number != 7) setText(parts, number, "");
        append(parts, fulcio(23, ""));
        SigstoreDouble.WrittenLeaf memory leaf = parsed(parts);
        for (uint256 number = 1; number < 24; ++number) {
            assertEq(leaf.isThere[number] ? 1 : 0, number == 7 ? 0 : 1, "is there");
            assertEq(leaf.extensions[number], "", "text");
        }
    }

    function test_WhenTextsAreAsLongAsTwoByteLengths_ReturnThem(uint16 length) external view {
        Parts memory parts = honest();
        // Where the usual form of two short headers ends, and each longer one begins.
        uint16[10] memory edges = [120, 121, 122, 123, 124, 126, 127, 128, 252, 256];
        requireText(parts, edges[length % 10]);
        requireText(parts, length % 6_000);
    }

    function test_WhenTheSerialNumberHas20BytesOrOneByteOrAZeroBeforeAHighBit_TakeIt(bytes20 serial) external view {
        Parts memory parts = honest();
        parts.serial =
            serial[0] & 0x80 == 0
                ? tlv(0x02, abi.encodePacked(serial | bytes20(bytes1(0x01))))
                : tlv(0x02, abi.encodePacked(hex"00", serial));
        parsed(parts);
        parts.serial = hex"020101";
        parsed(parts);
        parts.serial = hex"02020080";
        parsed(parts);
        parts.serial = tlv(0x02, bytes.concat(hex"00ff", new bytes(19)));
        parsed(parts);
    }

    function test_WhenItIsValidFor600Seconds_TakeIt() external view {
        Parts memory parts = honest();
        parts.validity = validity("491231235959Z", "491231235959Z");
        assertEq(parsed(parts).notAfter, 2_524_607_999, "until");
        parts.validity = validity("240229235000Z", "240301000000Z");
        assertEq(parsed(parts).notAfter, parsed(parts).notBefore + 600, "until");
    }

    function test_WhenTheIssuerIsAnother_ReturnTheHashOfThatName(bytes memory name) external view {
        Parts memory parts = honest();
        parts.issuer = tlv(0x30, name);
        assertEq(parsed(parts).issuerNameHash, keccak256(parts.issuer), "issuer");
    }

    // ------------------------------------------------------------------ containers

    function test_WhenAByteFollowsWithinAnyContainer_RevertWithNotDer() external view {
        Parts memory parts = honest();
        bytes memory whole = encode(parts);
        requireRefused(bytes.concat(whole, hex"00"), Der.NotDer.selector);
        bytes memory signed = toBeSigned(parts);
        bytes memory three = bytes.concat(signed, parts.outerAlgorithm, parts.signature);
        requireRefused(tlv(0x30, bytes.concat(three, hex"0500")), Der.NotDer.selector);
        requireRefused(tlv(0x30, bytes.concat(three, hex"00")), Der.NotDer.selector);

        bytes memory extensions;
        for (uint256 i; i < COUNT; ++i) extensions = bytes.concat(extensions, parts.extensions[i]);
        bytes memory fields = beforeExtensions(parts);
        bytes memory behindWrapper = bytes.concat(fields, tlv(0xa3, tlv(0x30, extensions)), hex"0500");
        requireRefused(signedBy(tlv(0x30, behindWrapper), parts), Der.NotDer.selector);
        bytes memory behindList = bytes.concat(fields, tlv(0xa3, bytes.concat(tlv(0x30, extensions), hex"0500")));
        requireRefused(signedBy(tlv(0x30, behindList), parts), Der.NotDer.selector);
        bytes memory inList = bytes.concat(fields, tlv(0xa3, tlv(0x30, bytes.concat(extensions, hex"0500"))));
        requireRefused(signedBy(tlv(0x30, inList), parts), Der.NotDer.selector);

        parts.validity = tlv(0x30, bytes.concat(tlv(0x17, "261120010203Z"), tlv(0x17, "261120011203Z"), hex"0500"));
        requireNotDer(parts);
    }

    function test_WhenItIsCutOffAnywhere_RevertWithNotDerOrAnErrorOfWhatIsMissing(uint16 length) external view {
        bytes memory whole = encode(honest());
        requireRefused(cut(whole, length % whole.length), Der.NotDer.selector);
        requireRefused("", Der.NotDer.selector);
        // The same within what is signed, with the lengths around it mended.
        Parts memory parts = honest();
        bytes memory fields = beforeExtensions(parts);
        bytes4 answer = refusalOf(signedBy(tlv(0x30, cut(fields, length % fields.length)), parts));
        bool isClear =
            answer == Der.NotDer.selector ||
                answer == UtcTime.NotATime.selector ||
                answer == LeafCertificate.CertificateIdentityNotOneUri.selector ||
                answer == LeafCertificate.CertificateKeyUnsupported.selector;
        assertTrue(isClear, "error");
    }

    function test_WhenItHasMoreThan16384Bytes_RevertWithNotDer() external view {
        Parts memory parts = honest();
        append(parts, "");
        uint256 filler = 14_000;
        parts.extensions[COUNT] = extension(arc(99), false, new bytes(filler));
        filler += 16_384 - encode(parts).length;
        parts.extensions[COUNT] = extension(arc(99), false, new bytes(filler));
        assertEq(encode(parts).length, 16_384, "length");
        parsed(parts);
        parts.extensions[COUNT] = extension(arc(99), false, new bytes(filler + 1));
        requireNotDer(parts);
    }

    // ------------------------------------------------------------------ fields

    function test_WhenTheVersionIs1Or2_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.version = hex"a003020100";
        requireNotDer(parts);
        parts.version = hex"a003020101";
        requireNotDer(parts);
        parts.version = hex"a003020103";
        requireNotDer(parts);
    }

    function test_WhenTheVersionIsLeftOut_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.version = "";
        requireNotDer(parts);
    }

    function test_WhenTheSerialNumberIsEmpty_RevertWithNotDer() external view {
        requireSerialRefused(hex"0200");
    }

    function test_WhenTheSerialNumberIs0_RevertWithNotDer() external view {
        requireSerialRefused(hex"020100");
    }

    function test_WhenTheSerialNumberIsPadded_RevertWithNotDer() external view {
        requireSerialRefused(hex"02020001");
        requireSerialRefused(hex"0202007f");
        requireSerialRefused(hex"0203000080");
    }

    function test_WhenTheSerialNumberIsNegative_RevertWithNotDer(uint8 first) external view {
        requireSerialRefused(tlv(0x02, abi.encodePacked(first | 0x80)));
        requireSerialRefused(tlv(0x02, abi.encodePacked(first | 0x80, bytes19(0))));
    }

    function test_WhenTheSerialNumberHasMoreThan20Bytes_RevertWithNotDer() external view {
        requireSerialRefused(tlv(0x02, bytes.concat(hex"01", new bytes(20))));
        requireSerialRefused(tlv(0x02, bytes.concat(hex"7f", new bytes(20))));
        requireSerialRefused(tlv(0x02, bytes.concat(hex"0080", new bytes(20))));
        requireSerialRefused(tlv(0x02, bytes.concat(hex"01", new bytes(200))));
    }

    function test_WhenTheInnerAlgorithmIsAnother_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.innerAlgorithm = ECDSA_SHA256;
        requireNotDer(parts);
    }

    function test_WhenTheOuterAlgorithmIsAnother_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.outerAlgorithm = ECDSA_SHA256;
        requireNotDer(parts);
    }

    function test_WhenBothAlgorithmsAreTheSameOtherOne_RevertWithNotDer() external view {
        Parts memory parts = honest();
        (parts.innerAlgorithm, parts.outerAlgorithm) = (ECDSA_SHA256, ECDSA_SHA256);
        requireNotDer(parts);
        // With parameters, which these algorithms do not have.
        bytes memory withNull = hex"300c06082a8648ce3d0403030500";
        (parts.innerAlgorithm, parts.outerAlgorithm) = (withNull, withNull);
        requireNotDer(parts);
    }

    function test_WhenTheIssuerIsNoSequence_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.issuer = hex"3100";
        requireNotDer(parts);
        parts.issuer = "";
        requireNotDer(parts);
    }

    function test_WhenATimeHasTheGeneralizedForm_RevertWithNotDer() external view {
        Parts memory parts = honest();
        bytes memory usual = tlv(0x17, "261120010203Z");
        bytes memory general = tlv(0x18, "20261120010203Z");
        parts.validity = tlv(0x30, bytes.concat(general, general));
        requireNotDer(parts);
        parts.validity = tlv(0x30, bytes.concat(usual, general));
        requireNotDer(parts);
        parts.validity = tlv(0x30, bytes.concat(usual, tlv(0x18, "261120010203Z")));
        requireNotDer(parts);
    }

    function test_WhenATimeIsNone_RevertWithNotATime() external view {
        Parts memory parts = honest();
        parts.validity = validity("261120010203Y", "261120011203Z");
        requireAnswer(parts, abi.encodeWithSelector(UtcTime.NotATime.selector, bytes13("261120010203Y")));
        parts.validity = validity("261120010203Z", "260231011203Z");
        requireAnswer(parts, abi.encodeWithSelector(UtcTime.NotATime.selector, bytes13("260231011203Z")));
    }

    function test_WhenItEndsBeforeItBegins_RevertWithCertificateLifetimeExceeded() external view {
        Parts memory parts = honest();
        parts.validity = validity("261120010203Z", "261120010202Z");
        requireLifetimeRefused(parts, NOT_BEFORE - 1);
    }

    function test_WhenItIsValidFor601Seconds_RevertWithCertificateLifetimeExceeded() external view {
        Parts memory parts = honest();
        parts.validity = validity("261120010203Z", "261120011204Z");
        requireLifetimeRefused(parts, NOT_BEFORE + 601);
    }

    function test_WhenItHasASubject_RevertWithCertificateIdentityNotOneUri() external view {
        Parts memory parts = honest();
        parts.subject = parts.issuer;
        requireRefused(parts, LeafCertificate.CertificateIdentityNotOneUri.selector);
        parts.subject = hex"3100";
        requireRefused(parts, LeafCertificate.CertificateIdentityNotOneUri.selector);
    }

    function test_WhenItsKeyIsOfAnotherKind_RevertWithCertificateKeyUnsupported(uint8 place, uint8 bit) external view {
        Parts memory parts = honest();
        parts.key[place % 27] ^= bytes1(uint8(1) << (bit % 8));
        requireRefused(parts, LeafCertificate.CertificateKeyUnsupported.selector);
        parts.key = tlv(0x30, bytes.concat(hex"300506032b6570", tlv(0x03, bytes.concat(hex"00", new bytes(32)))));
        requireRefused(parts, LeafCertificate.CertificateKeyUnsupported.selector);
    }

    function test_WhenItsKeyIsACompressedPoint_RevertWithCertificateKeyUnsupported() external view {
        Parts memory parts = honest();
        parts.key = abi.encodePacked(hex"3039301306072a8648ce3d020106082a8648ce3d03010703220003", GENERATOR_X);
        requireRefused(parts, LeafCertificate.CertificateKeyUnsupported.selector);
    }

    function test_WhenItsKeyIsCutOffByTheEndOfWhatIsSigned_RevertWithCertificateKeyUnsupported() external view {
        Parts memory parts = honest();
        bytes memory fields = beforeExtensions(parts);
        bytes memory signed = tlv(0x30, cut(fields, fields.length - 1));
        requireRefused(signedBy(signed, parts), LeafCertificate.CertificateKeyUnsupported.selector);
    }

    function test_WhenItHasAnIssuersOrASubjectsUniqueIdentifier_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.uniqueIdentifiers = hex"81020001";
        requireNotDer(parts);
        parts.uniqueIdentifiers = hex"82020001";
        requireNotDer(parts);
        parts.uniqueIdentifiers = hex"8102000182020001";
        requireNotDer(parts);
    }

    function test_WhenItHasNoExtensions_RevertWithNotDer() external view {
        Parts memory parts = honest();
        requireRefused(signedBy(tlv(0x30, beforeExtensions(parts)), parts), Der.NotDer.selector);
        bytes memory empty = bytes.concat(beforeExtensions(parts), hex"a300");
        requireRefused(signedBy(tlv(0x30, empty), parts), Der.NotDer.selector);
    }

    function test_WhenItsExtensionsAreEmpty_RevertWithCertificateUsageRefused() external view {
        Parts memory parts = honest();
        parts.extensions = new bytes[](0);
        requireRefused(parts, LeafCertificate.CertificateUsageRefused.selector);
    }

    function test_WhenTheSignaturesLastByteHasUnusedBits_RevertWithNotDer(uint8 unused) external view {
        Parts memory parts = honest();
        parts.signature = tlv(0x03, abi.encodePacked(unused == 0 ? 1 : unused, hex"3006020101020101"));
        requireNotDer(parts);
        parts.signature = hex"0300";
        requireNotDer(parts);
    }

    function test_WhenTheSignatureIsNotOfBits_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.signature = tlv(0x04, hex"003006020101020101");
        requireNotDer(parts);
        parts.signature = "";
        requireNotDer(parts);
    }

    // ------------------------------------------------------------------ parts

    function requireText(Parts memory parts, uint256 length) private view {
        bytes memory text = new bytes(length);
        for (uint256 i; i < length; i += 7) text[i] = bytes1(uint8(i));
        setText(parts, 14, text);
        setText(parts, 6, text);
        SigstoreDouble.WrittenLeaf memory leaf = parsed(parts);
        assertEq(leaf.extensions[14], text, "text of .14");
        assertEq(leaf.extensions[6], text, "text of .6");
        assertEq(string(leaf.extensions[15]), honestText(15), "text of .15");
    }

    function requireSerialRefused(bytes memory serial) private view {
        Parts memory parts = honest();
        parts.serial = serial;
        requireNotDer(parts);
    }

    function requireLifetimeRefused(Parts memory parts, uint256 until) private view {
        bytes4 selector = LeafCertificate.CertificateLifetimeExceeded.selector;
        requireAnswer(parts, abi.encodeWithSelector(selector, NOT_BEFORE, until));
    }

    function cut(bytes memory whole, uint256 length) private pure returns (bytes memory prefix) {
        prefix = new bytes(length);
        for (uint256 i; i < length; ++i) prefix[i] = whole[i];
    }
}
