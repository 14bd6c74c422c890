// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeafCertificate} from "../../../contracts/evidence/LeafCertificate.sol";
import {CertificateBuilder} from "./CertificateBuilder.sol";

contract LeafCertificateParseExtensionsTest is CertificateBuilder {
    bytes4 private constant UNKNOWN = LeafCertificate.CertificateExtensionUnknown.selector;
    bytes4 private constant NOT_ONE_URI = LeafCertificate.CertificateIdentityNotOneUri.selector;
    bytes4 private constant USAGE = LeafCertificate.CertificateUsageRefused.selector;
    bytes4 private constant AMBIGUOUS = LeafCertificate.CertificateIssuerAmbiguous.selector;

    // ------------------------------------------------------------------ which there may be

    function test_WhenItHasAnyOneExtensionOfFulciosArcMoreFrom1To255_TakeIt() external view {
        for (uint256 number = 23; number < 256; ++number) {
            Parts memory parts = honest();
            append(parts, fulcio(number, "x"));
            assertEq(parsed(parts).extensions[23], number == 23 ? bytes("x") : bytes(""), "text");
        }
        Parts memory withSeven = honest();
        append(withSeven, fulcio(7, "x"));
        parsed(withSeven);
        // Nobody says what those from .24 on hold.
        Parts memory withBytes = honest();
        append(withBytes, extension(arc(24), false, hex"ff00"));
        append(withBytes, extension(arc(200), false, ""));
        parsed(withBytes);
    }

    function test_WhenItHas64Extensions_TakeIt() external view {
        parsed(withExtensions(64));
    }

    function test_WhenItHas65Extensions_RevertWithCertificateExtensionsTooMany() external view {
        requireRefused(withExtensions(65), LeafCertificate.CertificateExtensionsTooMany.selector);
        // One of those that are not Fulcio's more, and one of Fulcio's fewer.
        Parts memory parts = withExtensions(64);
        append(parts, extension(hex"551d13", true, hex"3000"));
        requireRefused(parts, LeafCertificate.CertificateExtensionsTooMany.selector);
    }

    function test_WhenItHas255ExtensionsOfFulciosArc_RevertWithCertificateExtensionsTooMany() external view {
        requireRefused(withExtensions(COUNT + 233), LeafCertificate.CertificateExtensionsTooMany.selector);
    }

    function test_WhenAnyExtensionIsThereTwice_RevertWithCertificateExtensionRepeated() external view {
        bytes4 repeated = LeafCertificate.CertificateExtensionRepeated.selector;
        for (uint256 place; place < COUNT; ++place) {
            Parts memory parts = honest();
            append(parts, parts.extensions[place]);
            // The last one, and what follows it.
            bytes32 head = headOf(bytes.concat(parts.extensions[place], parts.outerAlgorithm, parts.signature));
            requireAnswer(parts, abi.encodeWithSelector(repeated, head));
        }
        uint8[7] memory numbers = [7, 23, 24, 127, 128, 129, 255];
        for (uint256 i; i < numbers.length; ++i) {
            Parts memory parts = honest();
            append(parts, fulcio(numbers[i], "x"));
            append(parts, fulcio(numbers[i], "y"));
            requireRefused(parts, repeated);
        }
        Parts memory last = honest();
        append(last, extension(hex"551d13", true, hex"3000"));
        append(last, extension(hex"551d13", false, hex"3000"));
        requireRefused(last, repeated);
    }

    function test_WhenAnExtensionIsNotUnderstood_RevertWithCertificateExtensionUnknown(uint8 number) external view {
        bool isKnown = number == 14 || number == 15 || number == 17 || number == 19 || number == 35 || number == 37;
        requireUnknown(bytes.concat(hex"551d", bytes1(isKnown ? 32 : number)));
        requireUnknown(hex"2b06010401d679020403"); // a precertificate's poison
        requireUnknown(hex"2b06010401d679020401");
        requireUnknown(hex"551e0f");
        requireUnknown(hex"2a0304");
        requireUnknown(hex"2b0601040183bf30"); // above Fulcio's arc
        requireUnknown(hex"2b0601040183bf3001"); // the arc itself
        requireUnknown(hex"2b0601040183bf300208"); // beside it
        requireUnknown(hex"2b0601040183bf30010800"); // below it
        requireUnknown(hex"551d0f00"); // a known one's beginning
        requireUnknown("");
    }

    function test_WhenTheNumberInFulciosArcIs0OrPaddedOrBeyond255_RevertWithCertificateExtensionUnknown(
        uint8 high,
        uint8 low
    ) external view {
        bytes memory trunk = hex"2b0601040183bf3001";
        requireUnknown(bytes.concat(trunk, hex"00"));
        requireUnknown(bytes.concat(trunk, bytes1(0x80 | low))); // cut off
        requireUnknown(bytes.concat(trunk, hex"80", bytes1(low))); // padded
        requireUnknown(bytes.concat(trunk, hex"81", bytes1(0x80 | low))); // cut off
        requireUnknown(bytes.concat(trunk, hex"8200")); // 256
        if (high != 0x81) requireUnknown(bytes.concat(trunk, bytes1(high), bytes1(low)));
        requireUnknown(bytes.concat(trunk, hex"818000"));
    }

    function test_WhenAnExtensionOfFulciosArcIsCritical_RevertWithCertificateExtensionUnknown() external view {
        requireCriticalityRefused(hex"0101ff");
    }

    function test_WhenAnExtensionOfFulciosArcSaysThatItIsNotCritical_RevertWithCertificateExtensionUnknown()
        external
        view
    {
        requireCriticalityRefused(hex"010100");
    }

    // ------------------------------------------------------------------ their shape

    function test_WhenAnExtensionsObjectIdentifierIsAllItHas_RevertWithNotDer() external view {
        for (uint256 place; place < COUNT; ++place) {
            Parts memory parts = honest();
            parts.extensions[place] = tlv(0x30, tlv(0x06, oidOf(parts.extensions[place])));
            requireNotDer(parts);
        }
        // The extensions end with it, and what is signed.
        Parts memory last = honest();
        append(last, extensionWith(arc(24), "", ""));
        requireNotDer(last);
    }

    function test_WhenAnExtensionHasThreeValues_RevertWithNotDer() external view {
        for (uint256 place; place < COUNT; ++place) {
            Parts memory parts = honest();
            bytes memory content = contentOf(parts.extensions[place]);
            parts.extensions[place] = tlv(0x30, bytes.concat(content, hex"0400"));
            requireNotDer(parts);
        }
    }

    function test_WhenAnExtensionIsNoSequence_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.extensions[3][0] = 0x31;
        requireNotDer(parts);
    }

    function test_WhenAnExtensionsValueIsNoOctetString_RevertWithNotDer() external view {
        Parts memory parts = honest();
        parts.extensions[SUBJECT_KEY_ID] = extensionWith(hex"551d0e", "", tlv(0x03, new bytes(20)));
        requireNotDer(parts);
        parts = honest();
        parts.extensions[placeOf(4)] = extensionWith(arc(4), "", tlv(0x0c, "step"));
        requireNotDer(parts);
        parts = honest();
        parts.extensions[placeOf(22)] = extensionWith(arc(22), "", tlv(0x0c, tlv(0x0c, "public")));
        requireNotDer(parts);
        append(parts, extensionWith(arc(128), "", tlv(0x0c, "x")));
        requireNotDer(parts);
    }

    function test_WhenATextOf8To23HasAnotherType_RevertWithNotDer(uint8 tag) external view {
        if (tag == 0x0c) tag = 0x13;
        for (uint256 number = 8; number < 23; ++number) {
            Parts memory parts = honest();
            parts.extensions[placeOf(number)] = extension(arc(number), false, tlv(tag, bytes(honestText(number))));
            requireNotDer(parts);
            parts.extensions[placeOf(number)] = extension(arc(number), false, bytes(honestText(number)));
            requireNotDer(parts);
        }
    }

    function test_WhenATextOf8To23HasAByteBehindIt_RevertWithNotDer() external view {
        for (uint256 number = 8; number < 23; ++number) {
            Parts memory parts = honest();
            bytes memory text = bytes.concat(tlv(0x0c, bytes(honestText(number))), hex"00");
            parts.extensions[placeOf(number)] = extension(arc(number), false, text);
            requireNotDer(parts);
        }
    }

    function test_WhenATextsLengthsAreLongerThanTheyNeed_RevertWithNotDer() external view {
        Parts memory parts = honest();
        bytes memory text = "public";
        parts.extensions[placeOf(22)] = extension(arc(22), false, bytes.concat(hex"0c8106", text));
        requireNotDer(parts);
        parts.extensions[placeOf(22)] = extension(arc(22), false, bytes.concat(hex"0c820006", text));
        requireNotDer(parts);
        parts.extensions[placeOf(22)] = extension(arc(22), false, bytes.concat(hex"0c80", text, hex"0000"));
        requireNotDer(parts);
        bytes memory inner = tlv(0x0c, text);
        parts.extensions[placeOf(22)] = extensionWith(arc(22), "", bytes.concat(hex"048108", inner));
        requireNotDer(parts);
        // Both lengths are one too long or too short, by turns.
        parts.extensions[placeOf(22)] = extensionWith(arc(22), "", bytes.concat(hex"04090c06", text));
        requireNotDer(parts);
        parts.extensions[placeOf(22)] = extensionWith(arc(22), "", bytes.concat(hex"04080c07", text));
        requireNotDer(parts);
        parts.extensions[placeOf(22)] = extensionWith(arc(22), "", bytes.concat(hex"04080c05", text));
        requireNotDer(parts);
    }

    /// @dev The usual two headers are compared at once, as one number: of a text of no byte, one, two or three it is
    /// these bytes.
    function test_WhenATextsHeadersAreMissingAndWhatFollowsLooksLikeThem_RevertWithNotDer() external view {
        bytes4[4] memory looks = [bytes4(0x03fe0bfc), 0x03ff0bfd, 0x04000bfe, 0x04010bff];
        for (uint256 length; length < 4; ++length) {
            bytes memory own = new bytes(length);
            for (uint256 i; i < length; ++i) own[i] = looks[length][i];
            bytes memory rest = new bytes(4 - length);
            for (uint256 i; i < rest.length; ++i) rest[i] = looks[length][length + i];
            // In the middle, and at the end of everything.
            Parts memory parts = honest();
            parts.extensions[placeOf(14)] = bytes.concat(extensionWith(arc(14), "", own), rest);
            requireNotDer(parts);
            parts = honest();
            drop(parts, placeOf(14));
            append(parts, extensionWith(arc(14), "", own));
            parts.outerAlgorithm = rest;
            requireNotDer(parts);
        }
    }

    function test_WhenACriticalityIsWrittenOtherwiseThanAsTrue_RevertWithNotDer(uint8 truth) external view {
        if (truth == 0xff) truth = 0;
        bytes[4] memory wrong = [
            bytes.concat(hex"0101", bytes1(truth)),
            bytes(hex"0100"),
            bytes(hex"0102ffff"),
            bytes(hex"0101ff0101ff")
        ];
        for (uint256 i; i < wrong.length; ++i) {
            Parts memory parts = honest();
            parts.extensions[KEY_USAGE] = extensionWith(hex"551d0f", wrong[i], tlv(0x04, hex"03020780"));
            requireNotDer(parts);
            parts = honest();
            parts.extensions[TIMESTAMPS] = extensionWith(hex"2b06010401d679020402", wrong[i], tlv(0x04, ""));
            requireNotDer(parts);
        }
    }

    // ------------------------------------------------------------------ what they say

    function test_WhenTheUseOfTheKeyIsMissingOrAnother_RevertWithCertificateUsageRefused(uint8 uses) external view {
        Parts memory parts = honest();
        drop(parts, KEY_USAGE);
        requireRefused(parts, USAGE);
        if (uses == 0x80) uses = 0;
        requireUsage(bytes.concat(hex"030207", bytes1(uses)));
        requireUsage(hex"03020680");
        requireUsage(hex"030302");
        requireUsage(hex"0303078000");
        requireUsage(hex"0302078000");
        requireUsage(hex"030207");
        requireUsage("");
    }

    function test_WhenThePurposeIsMissingOrAnotherOrOneOfTwo_RevertWithCertificateUsageRefused() external view {
        Parts memory parts = honest();
        drop(parts, EXTENDED_KEY_USAGE);
        requireRefused(parts, USAGE);
        requirePurpose(hex"3000");
        requirePurpose(hex"300a06082b06010505070301");
        requirePurpose(hex"301406082b0601050507030306082b06010505070301");
        requirePurpose(hex"300a06082b0601050507030300");
        requirePurpose(hex"300a06082b060105050703");
        requirePurpose("");
    }

    function test_WhenTheConstraintsDenyAuthority_TakeIt() external view {
        Parts memory parts = honest();
        append(parts, extension(hex"551d13", true, hex"3000"));
        parsed(parts);
        parts.extensions[COUNT] = extension(hex"551d13", false, hex"3000");
        parsed(parts);
    }

    function test_WhenTheConstraintsSayMore_RevertWithCertificateIsAuthority() external view {
        bytes[5] memory more = [bytes(hex"30030101ff"), hex"3003010100", hex"3003020100", hex"300000", hex""];
        for (uint256 i; i < more.length; ++i) {
            Parts memory parts = honest();
            append(parts, extension(hex"551d13", true, more[i]));
            requireRefused(parts, LeafCertificate.CertificateIsAuthority.selector);
        }
    }

    function test_WhenTheNameIsMissing_RevertWithCertificateIdentityNotOneUri() external view {
        Parts memory parts = honest();
        drop(parts, ALTERNATIVE_NAME);
        requireRefused(parts, NOT_ONE_URI);
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", true, hex"3000");
        requireRefused(parts, NOT_ONE_URI);
    }

    function test_WhenTheNameIsNotCritical_RevertWithCertificateIdentityNotOneUri() external view {
        Parts memory parts = honest();
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", false, tlv(0x30, tlv(0x86, bytes(signer()))));
        requireRefused(parts, NOT_ONE_URI);
    }

    function test_WhenTheNameIsNoURI_RevertWithCertificateIdentityNotOneUri(uint8 tag) external view {
        Parts memory parts = honest();
        if (tag == 0x86) tag = 0x81;
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", true, tlv(0x30, tlv(tag, bytes(signer()))));
        requireRefused(parts, NOT_ONE_URI);
    }

    function test_WhenThereAreTwoNames_RevertWithCertificateIdentityNotOneUri() external view {
        Parts memory parts = honest();
        bytes memory name = tlv(0x86, bytes(signer()));
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", true, tlv(0x30, bytes.concat(name, name)));
        requireRefused(parts, NOT_ONE_URI);
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", true, tlv(0x30, bytes.concat(name, hex"00")));
        requireRefused(parts, NOT_ONE_URI);
        // Of printable bytes alone, from tag to content: read as one, the two would be a name.
        bytes memory both = bytes.concat(name, tlv(0x41, printable(0x21, 0)));
        parts.extensions[ALTERNATIVE_NAME] = extension(hex"551d11", true, tlv(0x30, both));
        requireRefused(parts, NOT_ONE_URI);
    }

    function test_WhenTheNameIsEmpty_RevertWithCertificateIdentityNotOneUri() external view {
        Parts memory parts = honest();
        parts.extensions[ALTERNATIVE_NAME] = named("");
        requireRefused(parts, NOT_ONE_URI);
    }

    function test_WhenTheNameHasAnyByteThatIsNotPrintableASCIIAnywhere_RevertWithCertificateIdentityNotOneUri(
        uint8 length,
        uint8 place,
        uint8 wrong
    ) external view {
        uint256 count = 1 + (length % 100);
        bytes memory name = printable(count, place);
        for (uint256 i; i < 4; ++i) {
            uint8 character = [wrong, 0x20, 0x7f, 0x80][i];
            if (character > 0x20 && character < 0x7f) character |= 0x80;
            bytes1 before = name[place % count];
            name[place % count] = bytes1(character);
            Parts memory parts = honest();
            parts.extensions[ALTERNATIVE_NAME] = named(name);
            requireRefused(parts, NOT_ONE_URI);
            name[place % count] = before;
        }
    }

    function test_WhenTheNameHasAnyLengthOfPrintableASCII_ReturnIt(uint8 length, uint8 seed) external view {
        Parts memory parts = honest();
        bytes memory name = printable(1 + uint256(length), seed);
        parts.extensions[ALTERNATIVE_NAME] = named(name);
        assertEq(parsed(parts).alternativeName, name, "name");
    }

    function test_WhenTheIdentityProviderIsMissing_RevertWithCertificateIssuerAmbiguous() external view {
        Parts memory parts = honest();
        drop(parts, placeOf(8));
        requireRefused(parts, AMBIGUOUS);
        setText(parts, 1, "");
        requireRefused(parts, AMBIGUOUS);
        drop(parts, placeOf(1));
        requireRefused(parts, AMBIGUOUS);
    }

    function test_WhenTheOldIdentityProviderIsMissing_TakeIt() external view {
        Parts memory parts = honest();
        drop(parts, placeOf(1));
        parsed(parts);
    }

    function test_WhenTheTwoIdentityProvidersDiffer_RevertWithCertificateIssuerAmbiguous() external view {
        Parts memory parts = honest();
        setText(parts, 1, bytes(string.concat(OIDC_ISSUER, "/")));
        requireRefused(parts, AMBIGUOUS);
        setText(parts, 1, "");
        requireRefused(parts, AMBIGUOUS);
    }

    // ------------------------------------------------------------------ parts

    /// @dev Filled up with extensions of Fulcio's arc that nobody reads yet.
    function withExtensions(uint256 count) private pure returns (Parts memory parts) {
        parts = honest();
        bytes[] memory all = new bytes[](count);
        for (uint256 i; i < COUNT; ++i) all[i] = parts.extensions[i];
        for (uint256 i = COUNT; i < count; ++i) all[i] = fulcio(23 + i - COUNT, "x");
        parts.extensions = all;
    }

    function requireUnknown(bytes memory oid) private view {
        Parts memory parts = honest();
        bytes memory unknown = extension(oid, false, tlv(0x0c, "x"));
        append(parts, unknown);
        append(parts, fulcio(24, "what follows is long enough to be read in one word"));
        bytes32 head = headOf(bytes.concat(unknown, fulcio(24, "what follows is long enough to be read in one word")));
        requireAnswer(parts, abi.encodeWithSelector(UNKNOWN, head));
        parts.extensions[COUNT] = extension(oid, true, tlv(0x0c, "x"));
        requireRefused(parts, UNKNOWN);
    }

    function requireCriticalityRefused(bytes memory critical) private view {
        for (uint256 number = 1; number < 23; ++number) {
            if (number == 7) continue;
            Parts memory parts = honest();
            bytes memory text = number < 8 ? bytes(honestText(number)) : tlv(0x0c, bytes(honestText(number)));
            parts.extensions[placeOf(number)] = extensionWith(arc(number), critical, tlv(0x04, text));
            requireRefused(parts, UNKNOWN);
        }
        uint8[4] memory numbers = [7, 24, 127, 128];
        for (uint256 i; i < numbers.length; ++i) {
            Parts memory parts = honest();
            append(parts, extensionWith(arc(numbers[i]), critical, tlv(0x04, "x")));
            requireRefused(parts, UNKNOWN);
        }
    }

    function requireUsage(bytes memory value) private view {
        Parts memory parts = honest();
        parts.extensions[KEY_USAGE] = extension(hex"551d0f", true, value);
        requireRefused(parts, USAGE);
    }

    function requirePurpose(bytes memory value) private view {
        Parts memory parts = honest();
        parts.extensions[EXTENDED_KEY_USAGE] = extension(hex"551d25", false, value);
        requireRefused(parts, USAGE);
    }

    function printable(uint256 length, uint256 seed) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i; i < length; ++i) text[i] = bytes1(uint8(0x21 + ((seed + i) % 0x5e)));
    }

    /// @dev The first 32 bytes of an extension from its object identifier on. Extensions here are of fewer than 128
    /// bytes, or of fewer than 256.
    function headOf(bytes memory whole) private pure returns (bytes32) {
        return bytes32(contentOf(whole));
    }

    function contentOf(bytes memory whole) private pure returns (bytes memory content) {
        uint256 from = whole[1] == 0x81 ? 3 : 2;
        content = new bytes(whole.length - from);
        for (uint256 i; i < content.length; ++i) content[i] = whole[from + i];
    }

    function oidOf(bytes memory whole) private pure returns (bytes memory oid) {
        bytes memory content = contentOf(whole);
        oid = new bytes(uint8(content[1]));
        for (uint256 i; i < oid.length; ++i) oid[i] = content[2 + i];
    }
}
