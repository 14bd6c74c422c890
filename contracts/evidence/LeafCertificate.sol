// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataText, calldataText} from "./CalldataText.sol";
import {Der} from "./Der.sol";
import {UtcTime} from "./UtcTime.sol";

/// @notice A signing certificate taken apart. Texts lie in calldata, times are unix seconds.
struct Leaf {
    /// What the issuer signed, and its signature in DER.
    CalldataText signedBytes;
    CalldataText signature;
    /// keccak256 of the issuer's DER Name.
    bytes32 issuerNameHash;
    uint256 notBefore;
    uint256 notAfter;
    /// Key on P-256.
    uint256 x;
    uint256 y;
    /// The one URI of the subject alternative name.
    CalldataText alternativeName;
    /// By number in Fulcio's arc, .1 to .23: the text that each holds.
    CalldataText[24] extensions;
}

/// @title Reads the certificates that Fulcio issues to runs
/// @notice X.509 (RFC 5280, section 4.1) as far as such a leaf needs it, strictly. Everything that makes a leaf unfit is
/// refused here, by the rules of lib/evidence/extensions.ts; who issued it and whom it names is asked elsewhere.
/// Workflow names and refs are chosen by whoever runs them, so nothing is ever searched for: each extension is walked.
library LeafCertificate {
    /// @notice Fulcio's arc, 1.3.6.1.4.1.57264.1: numbers of extensions that are read.
    uint256 internal constant OLD_ISSUER = 1;
    uint256 internal constant ISSUER = 8;
    /// @dev Extensions up to .6 hold bare text; from .8 on a DER UTF8String.
    uint256 private constant LAST_RAW = 6;
    uint256 private constant LAST_KNOWN = 23;
    uint256 private constant LAST_NUMBER = 255;

    /// @dev The library reads no larger certificate, and none with more extensions. Fulcio's have 1.8 kB and 28.
    uint256 private constant MAX_BYTES = 16_384;
    uint256 private constant MAX_EXTENSIONS = 64;
    uint256 private constant MAX_LIFETIME = 600;
    uint256 private constant MAX_SERIAL_BYTES = 20;

    /// @dev `[0] { INTEGER 2 }`, version 3.
    uint256 private constant VERSION_3 = 0xa003020102;
    /// @dev ecdsa-with-SHA384, without parameters.
    uint256 private constant ECDSA_SHA384 = 0x300a06082a8648ce3d040303;
    /// @dev SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point's 04.
    uint256 private constant P256_KEY = 0x3059301306072a8648ce3d020106082a8648ce3d03010703420004;
    uint256 private constant EMPTY_SEQUENCE = 0x3000;
    uint256 private constant EXTENSIONS_TAG = 0xa3;
    uint256 private constant URI_TAG = 0x86;
    uint256 private constant BOOLEAN_TRUE = 0x0101ff;

    /// @dev Object identifiers with tag and length. Fulcio's numbers above 127 take two bytes.
    uint256 private constant FULCIO_ARC = 0x060a2b0601040183bf3001;
    uint256 private constant FULCIO_ARC_LONG = 0x060b2b0601040183bf3001;
    uint256 private constant CERTIFICATE_EXTENSION_ARC = 0x0603551d;
    uint256 private constant SIGNED_CERTIFICATE_TIMESTAMPS = 0x060a2b06010401d679020402;
    uint256 private constant SUBJECT_KEY_ID = 14;
    uint256 private constant KEY_USAGE = 15;
    uint256 private constant ALTERNATIVE_NAME = 17;
    uint256 private constant BASIC_CONSTRAINTS = 19;
    uint256 private constant AUTHORITY_KEY_ID = 35;
    uint256 private constant EXTENDED_KEY_USAGE = 37;
    /// @dev Tags of an OCTET STRING and of a UTF8String at its beginning, before their lengths are put in.
    uint256 private constant SHORT_TEXT = 0x04000c00;
    /// @dev Place of the timestamps among what was seen; no certificate extension has the number 0.
    uint256 private constant TIMESTAMPS_PLACE = 0;

    /// @dev `digitalSignature` alone, and `codeSigning` alone.
    uint256 private constant DIGITAL_SIGNATURE = 0x03020780;
    uint256 private constant CODE_SIGNING = 0x300a06082b06010505070303;

    /// @notice The certificate's key is not an uncompressed point on P-256.
    /// @custom:kind unverified
    error CertificateKeyUnsupported();
    /// @notice The certificate has more extensions than runs' certificates have.
    /// @custom:kind unverified
    error CertificateExtensionsTooMany();
    /// @notice An extension appears twice.
    /// @param objectIdentifier Its first 32 bytes of DER, from the tag on.
    /// @custom:kind unverified
    error CertificateExtensionRepeated(bytes32 objectIdentifier);
    /// @notice An extension is not understood, and is critical or outside Fulcio's arc.
    /// @param objectIdentifier Its first 32 bytes of DER, from the tag on.
    /// @custom:kind unverified
    error CertificateExtensionUnknown(bytes32 objectIdentifier);
    /// @notice The certificate is for something else than signing code.
    /// @custom:kind unverified
    error CertificateUsageRefused();
    /// @notice The certificate may issue certificates.
    /// @custom:kind unverified
    error CertificateIsAuthority();
    /// @notice The certificate is valid for longer than runs' certificates are.
    /// @custom:kind unverified
    error CertificateLifetimeExceeded(uint256 notBefore, uint256 notAfter);
    /// @notice The certificate does not name its holder by exactly one URI of printable ASCII.
    /// @custom:kind unverified
    error CertificateIdentityNotOneUri();
    /// @notice The certificate names no OIDC issuer (.8), or two that differ (.1 and .8).
    /// @custom:kind unverified
    error CertificateIssuerAmbiguous();

    /// @notice Takes a certificate apart.
    function parse(bytes calldata certificate) internal pure returns (Leaf memory leaf) {
        uint256 place;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            place := certificate.offset
        }
        uint256 end = place + certificate.length;
        if (certificate.length > MAX_BYTES) revert Der.NotDer(place);
        place = Der.enterLast(place, end, Der.SEQUENCE);
        (uint256 field, uint256 signedEnd) = Der.enter(place, end, Der.SEQUENCE);
        leaf.signedBytes = calldataText(place, signedEnd);

        place = Der.requireBytes(signedEnd, end, 12, ECDSA_SHA384);
        place = Der.enterLast(place, end, Der.BIT_STRING);
        // A signature is whole bytes: none of the last one's bits is unused.
        place = Der.requireBytes(place, end, 1, 0);
        leaf.signature = calldataText(place, end);

        _parseSigned(leaf, field, signedEnd);
    }

    function _parseSigned(Leaf memory leaf, uint256 place, uint256 end) private pure {
        place = Der.requireBytes(place, end, 5, VERSION_3);
        place = _skipSerial(place, end);
        place = Der.requireBytes(place, end, 12, ECDSA_SHA384);
        (, uint256 next) = Der.enter(place, end, Der.SEQUENCE);
        leaf.issuerNameHash = calldataText(place, next).keccakOf();
        place = _readValidity(leaf, next, end);
        if (Der.word(place) >> 240 != EMPTY_SEQUENCE) revert CertificateIdentityNotOneUri();
        place = _readKey(leaf, place + 2, end);
        place = Der.enterLast(place, end, EXTENSIONS_TAG);
        _readExtensions(leaf, Der.enterLast(place, end, Der.SEQUENCE), end);
    }

    /// @dev Positive, without needless zeros, and of at most 20 bytes.
    function _skipSerial(uint256 place, uint256 end) private pure returns (uint256 next) {
        uint256 content;
        (content, next) = Der.enter(place, end, Der.INTEGER);
        unchecked {
            uint256 length = next - content;
            uint256 first = Der.word(content);
            bool isPadded = first >> 248 == 0 && (length == 1 || (first >> 240) < 0x80);
            bool isNegative = first >> 255 == 1;
            // A zero byte keeps the first bit from saying that the number is negative.
            bool isLong = length > MAX_SERIAL_BYTES + (first >> 248 == 0 ? 1 : 0);
            if (length == 0 || isLong || isPadded || isNegative) revert Der.NotDer(place);
        }
    }

    function _readValidity(Leaf memory leaf, uint256 place, uint256 end) private pure returns (uint256) {
        // SEQUENCE { UTCTime, UTCTime }, each of 13 characters.
        place = Der.requireBytes(place, end, 4, 0x301e170d);
        uint256 from = UtcTime.parse(Der.word(place));
        place = Der.requireBytes(place + 13, end, 2, 0x170d);
        uint256 until = UtcTime.parse(Der.word(place));
        unchecked {
            if (until < from || until - from > MAX_LIFETIME) revert CertificateLifetimeExceeded(from, until);
            place += 13;
        }
        if (place > end) revert Der.NotDer(place);
        leaf.notBefore = from;
        leaf.notAfter = until;
        return place;
    }

    function _readKey(Leaf memory leaf, uint256 place, uint256 end) private pure returns (uint256) {
        unchecked {
            uint256 next = place + 91;
            if (next > end || Der.word(place) >> 40 != P256_KEY) revert CertificateKeyUnsupported();
            leaf.x = Der.word(place + 27);
            leaf.y = Der.word(place + 59);
            return next;
        }
    }

    function _readExtensions(Leaf memory leaf, uint256 place, uint256 end) private pure {
        CalldataText[24] memory texts = leaf.extensions;
        // One bit for each number of Fulcio's arc, and of the arc of certificate extensions.
        uint256 seen;
        uint256 seenOther;
        while (place < end) {
            uint256 next;
            (place, next) = Der.enter(place, end, Der.SEQUENCE);
            uint256 head = Der.word(place);
            unchecked {
                if (head >> 168 == FULCIO_ARC) {
                    uint256 number = (head >> 160) & 0xff;
                    // From 128 on a number takes two bytes, the first marked as not the last.
                    if (number == 0 || number >= 0x80) revert CertificateExtensionUnknown(bytes32(head));
                    seen = _markSeen(seen, number, head);
                    place = _textOf(number, place + 12, next, head);
                    if (number <= LAST_KNOWN) texts[number] = calldataText(place, next);
                } else if (head >> 168 == FULCIO_ARC_LONG) {
                    seen = _markSeen(seen, _longNumber(head), head);
                    _enterFulcio(place + 13, next, head);
                } else {
                    uint256 number = _otherNumber(head);
                    seenOther = _markSeen(seenOther, number, head);
                    _readOther(leaf, number, place + (number == TIMESTAMPS_PLACE ? 12 : 5), next);
                }
            }
            place = next;
        }
        _requireFew(seen, seenOther);
        if (seenOther & (1 << KEY_USAGE) == 0 || seenOther & (1 << EXTENDED_KEY_USAGE) == 0) {
            revert CertificateUsageRefused();
        }
        if (seenOther & (1 << ALTERNATIVE_NAME) == 0) revert CertificateIdentityNotOneUri();
        _requireOneIssuer(texts, seen);
    }

    function _markSeen(uint256 seen, uint256 number, uint256 head) private pure returns (uint256) {
        uint256 bit = 1 << number;
        if (seen & bit != 0) revert CertificateExtensionRepeated(bytes32(head));
        return seen | bit;
    }

    /// @dev None appears twice, so there is one bit for each. Fulcio's own numbers are below 32, and there are only seven
    /// others: so many are always few enough.
    function _requireFew(uint256 seen, uint256 seenOther) private pure {
        if (seen >> 32 == 0) return;
        if (_bitsIn(seen) + _bitsIn(seenOther) > MAX_EXTENSIONS) revert CertificateExtensionsTooMany();
    }

    function _bitsIn(uint256 set) private pure returns (uint256 count) {
        unchecked {
            for (; set != 0; set &= set - 1) ++count;
        }
    }

    /// @dev Where the text of an extension of Fulcio's arc begins, which ends at `next`.
    /// @param place Behind the object identifier.
    function _textOf(uint256 number, uint256 place, uint256 next, uint256 head) private pure returns (uint256) {
        bool isUtf8 = number > LAST_RAW + 1 && number <= LAST_KNOWN;
        unchecked {
            uint256 left = next - place;
            // Of a short text, DER allows one pair of headers: OCTET STRING { UTF8String }.
            bool isUsual =
                isUtf8 && left < 0x80 && Der.word(place) >> 224 == SHORT_TEXT + ((left - 2) << 16) + left - 4;
            if (isUsual) return place + 4;
        }
        place = _enterFulcio(place, next, head);
        return isUtf8 ? Der.enterLast(place, next, Der.UTF8_STRING) : place;
    }

    /// @dev None of these is critical in Fulcio's certificates, and one that were would have to be understood.
    function _enterFulcio(uint256 place, uint256 next, uint256 head) private pure returns (uint256) {
        if (Der.word(place) >> 248 == Der.BOOLEAN) revert CertificateExtensionUnknown(bytes32(head));
        return Der.enterLast(place, next, Der.OCTET_STRING);
    }

    /// @dev A number from 128 to 255, in two bytes of seven bits. None of these is read.
    function _longNumber(uint256 head) private pure returns (uint256 number) {
        uint256 first = (head >> 160) & 0xff;
        uint256 second = (head >> 152) & 0xff;
        number = ((first & 0x7f) << 7) | second;
        if (first <= 0x80 || second >= 0x80 || number > LAST_NUMBER) revert CertificateExtensionUnknown(bytes32(head));
    }

    function _otherNumber(uint256 head) private pure returns (uint256) {
        if (head >> 160 == SIGNED_CERTIFICATE_TIMESTAMPS) return TIMESTAMPS_PLACE;
        uint256 number = (head >> 216) & 0xff;
        bool isUnderstood =
            number == SUBJECT_KEY_ID ||
                number == KEY_USAGE ||
                number == ALTERNATIVE_NAME ||
                number == BASIC_CONSTRAINTS ||
                number == AUTHORITY_KEY_ID ||
                number == EXTENDED_KEY_USAGE;
        if (head >> 224 != CERTIFICATE_EXTENSION_ARC || !isUnderstood) {
            revert CertificateExtensionUnknown(bytes32(head));
        }
        return number;
    }

    /// @param place Behind the object identifier.
    function _readOther(Leaf memory leaf, uint256 number, uint256 place, uint256 end) private pure {
        bool isCritical = Der.word(place) >> 248 == Der.BOOLEAN;
        // DER writes true as ff, and leaves false out, which is the default.
        if (isCritical) place = Der.requireBytes(place, end, 3, BOOLEAN_TRUE);
        place = Der.enterLast(place, end, Der.OCTET_STRING);
        unchecked {
            uint256 length = end - place;
            uint256 head = Der.word(place);
            if (number == KEY_USAGE) {
                if (length != 4 || head >> 224 != DIGITAL_SIGNATURE) revert CertificateUsageRefused();
            } else if (number == EXTENDED_KEY_USAGE) {
                if (length != 12 || head >> 160 != CODE_SIGNING) revert CertificateUsageRefused();
            } else if (number == BASIC_CONSTRAINTS) {
                if (length != 2 || head >> 240 != EMPTY_SEQUENCE) revert CertificateIsAuthority();
            } else if (number == ALTERNATIVE_NAME) {
                place = Der.enterLast(place, end, Der.SEQUENCE);
                // With an empty subject the name must be critical.
                if (!isCritical || Der.word(place) >> 248 != URI_TAG) revert CertificateIdentityNotOneUri();
                uint256 next;
                (place, next) = Der.enter(place, end, URI_TAG);
                if (next != end) revert CertificateIdentityNotOneUri();
                _requirePrintable(place, end);
                leaf.alternativeName = calldataText(place, end);
            }
        }
    }

    /// @dev A URI is ASCII from 21 to 7e; other bytes would fold to these in some readers.
    function _requirePrintable(uint256 place, uint256 end) private pure {
        uint256 highBits = 0x8080808080808080808080808080808080808080808080808080808080808080;
        uint256 ones = 0x0101010101010101010101010101010101010101010101010101010101010101;
        if (place == end) revert CertificateIdentityNotOneUri();
        unchecked {
            for (; place < end; place += 32) {
                uint256 text = Der.word(place);
                if (end - place < 32) {
                    // What lies behind the name counts as a letter.
                    uint256 nothing = 8 * (32 - (end - place));
                    text = ((text >> nothing) << nothing) | ((0x61 * ones) & ((1 << nothing) - 1));
                }
                // With no high bit set, 5f more sets it for all from 21 on, and one more for 7f.
                bool isPrintable =
                    text & highBits == 0 &&
                        (text + 0x5f * ones) & highBits == highBits &&
                        (text + ones) & highBits == 0;
                if (!isPrintable) revert CertificateIdentityNotOneUri();
            }
        }
    }

    function _requireOneIssuer(CalldataText[24] memory texts, uint256 seen) private pure {
        if (seen & (1 << ISSUER) == 0) revert CertificateIssuerAmbiguous();
        if (seen & (1 << OLD_ISSUER) == 0) return;
        if (texts[OLD_ISSUER].keccakOf() != texts[ISSUER].keccakOf()) revert CertificateIssuerAmbiguous();
    }
}
