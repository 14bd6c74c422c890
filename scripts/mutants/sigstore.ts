import { type Mutant, mutantsOf } from "./mutant.ts";

const EVIDENCE = "test/solidity/evidence";
const VERIFIER = "test/solidity/SigstoreVerifier";
const FIELDS = [`${EVIDENCE}/LeafCertificate.parse.t.sol`];
const EXTENSIONS = [`${EVIDENCE}/LeafCertificate.parse.extensions.t.sol`];
const ENTRY = [`${EVIDENCE}/LogEntry.promisedHash.t.sol`];

/** Attestations read on-chain: nothing that has two readings, nothing that names another run, no link left out. */
export const sigstoreMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/evidence/Der.sol", "der-reader", [`${EVIDENCE}/Der.enter.t.sol`], {
    "short-beyond-its-end": {
      removes: "an element with a short length ends within its container",
      from: "lt(byte(1, head), SHORT_FORM_END)), iszero(gt(next, end)))",
      to: "lt(byte(1, head), SHORT_FORM_END)), 1)",
    },
    "short-of-any-tag": {
      removes: "an element with a short length has the expected tag",
      from: "and(and(eq(byte(0, head), tag), lt(",
      to: "and(and(1, lt(",
    },
    "long-of-any-tag": {
      removes: "an element with a long length has the expected tag",
      from: "            if (head >> 248 != tag) revert NotDer(place);\n",
    },
    "long-beyond-its-end": {
      removes: "an element with a long length ends within its container",
      from: "            next = content + length;\n            if (next > end) revert NotDer(place);\n",
      to: "            next = content + length;\n",
    },
    "indefinite-length": {
      removes: "the short form ends below 128",
      from: "uint256 private constant SHORT_FORM_END = 0x80;",
      to: "uint256 private constant SHORT_FORM_END = 0x81;",
    },
    "one-byte-not-minimal": {
      removes: "a length of one more byte needs it",
      from: "                if (length < SHORT_FORM_END) revert NotDer(place);\n",
    },
    "two-bytes-not-minimal": {
      removes: "a length of two more bytes needs them",
      from: "form != 0x82 || length < 0x100",
      to: "form != 0x82",
    },
    "more-bytes-as-two": {
      removes: "lengths have at most two more bytes",
      from: "form != 0x82 || length < 0x100",
      to: "length < 0x100",
    },
    "not-the-last": {
      removes: "an element that is the last fills its container",
      from: "        if (next != end) revert NotDer(place);\n",
      tests: [`${EVIDENCE}/Der.enterLast.t.sol`],
    },
    "bytes-beyond-their-end": {
      removes: "required bytes end within their container",
      from: "next > end || word(place)",
      to: "word(place)",
      tests: [`${EVIDENCE}/Der.requireBytes.t.sol`],
    },
    "any-bytes": {
      removes: "required bytes are those",
      from: " || word(place) >> (256 - 8 * length) != expected",
      tests: [`${EVIDENCE}/Der.requireBytes.t.sol`],
    },
  }),
  ...mutantsOf("contracts/evidence/UtcTime.sol", "utc-time", [`${EVIDENCE}/UtcTime.parse.t.sol`], {
    "any-zone": { removes: "a time is of UTC", from: "uint8(text >> 152) == 0x5a &&\n", to: "true &&\n" },
    "any-year": { removes: "years of UTCTime from 50 on are of the last century", from: "year < 50 &&", to: "true &&" },
    "month-0": { removes: "months count from 1", from: "month >= 1 &&", to: "true &&" },
    "month-13": { removes: "there are twelve months", from: "month <= 12 &&", to: "month <= 13 &&" },
    "day-0": { removes: "days count from 1", from: "day >= 1 &&", to: "true &&" },
    "any-day": {
      removes: "a month has its own number of days",
      from: "day <= _daysOf(month, year) &&",
      to: "day <= 31 &&",
    },
    "hour-24": { removes: "hours end at 23", from: "hour < 24 &&", to: "hour <= 24 &&" },
    "minute-60": { removes: "minutes end at 59", from: "minute < 60 &&", to: "minute <= 60 &&" },
    "second-60": { removes: "seconds end at 59", from: "second < 60;", to: "second <= 60;" },
    "no-digit": { removes: "digits are digits", from: "tens > 9 || ones > 9 ? 100", to: "tens > 99 ? 100" },
    "no-leap-year": { removes: "every fourth February has a day more", from: "year % 4 == 0 ? 29 : 28", to: "28" },
  }),
  ...mutantsOf("contracts/evidence/Base64.sol", "base64", [`${EVIDENCE}/Base64.encode.t.sol`], {
    "dirt-behind": {
      removes: "what lies behind a text counts as zeros",
      from: "_store(to, _withSymbols(_spread((_load(from) >> nothing) << nothing)));",
      to: "_store(to, _withSymbols(_spread(_load(from))));",
    },
    "dirt-behind-text": {
      removes: "what lies behind a text counts as zeros, in the faster way",
      from: "_store(to, _alphanumeric(_spread((_load(from) >> nothing) << nothing)));",
      to: "_store(to, _alphanumeric(_spread(_load(from))));",
      tests: [`${EVIDENCE}/Base64.encodeText.t.sol`],
    },
    "one-equals-sign": {
      removes: "one byte in the last group takes two equals signs",
      from: "                mstore8(sub(end, 2), 0x3d)\n",
    },
    "no-last-line-feed": {
      removes: "the last line has a line feed too",
      from: "            _storeLineFeed(end);\n            ++end;\n",
      tests: [`${EVIDENCE}/Base64.encodeLines.t.sol`],
    },
  }),
  ...mutantsOf("contracts/evidence/LogEntry.sol", "log-entry", ENTRY, {
    "without-envelope": {
      removes: "the entry holds the envelope's hash",
      from: "Hexadecimal.ofDigest(envelopeHash)",
      to: "Hexadecimal.ofDigest(payloadHash)",
    },
    "without-payload": {
      removes: "the entry is bound to the payload",
      from: "Hexadecimal.ofDigest(payloadHash)",
      to: "Hexadecimal.ofDigest(envelopeHash)",
    },
    "without-signature": { removes: "the entry is bound to the signature", from: "_encode(signature),", to: '"",' },
    "without-certificate": {
      removes: "the entry is bound to the certificate",
      from: "_pem(certificate),",
      to: "_pem(signature),",
    },
    "without-time": {
      removes: "the promise is of the log's time",
      from: "Strings.toString(integratedTime)",
      to: "Strings.toString(logIndex)",
    },
    "without-index": {
      removes: "the promise is of the entry's place",
      from: "Strings.toString(logIndex)",
      to: "Strings.toString(integratedTime)",
    },
    "without-log": {
      removes: "the promise names the log by its key",
      from: "P256_KEY, log.x, log.y",
      to: "P256_KEY, log.x, log.x",
    },
  }),
  ...mutantsOf("contracts/evidence/LeafCertificate.sol", "certificate-fields", FIELDS, {
    "of-any-size": {
      removes: "a certificate is no larger than the library reads",
      from: "        if (certificate.length > MAX_BYTES) revert Der.NotDer(place);\n",
    },
    "outer-algorithm": {
      removes: "the certificate is signed by ECDSA with SHA-384",
      from: "        place = Der.requireBytes(signedEnd, end, 12, ECDSA_SHA384);\n",
      to: "        place = signedEnd + 12;\n",
    },
    "unused-bits": {
      removes: "a signature is of whole bytes",
      from: "        place = Der.requireBytes(place, end, 1, 0);\n",
      to: "        place += 1;\n",
    },
    "any-version": {
      removes: "the certificate is of version 3",
      from: "        place = Der.requireBytes(place, end, 5, VERSION_3);\n",
      to: "        place += 5;\n",
    },
    "inner-algorithm": {
      removes: "what is signed names the same algorithm",
      from: "        place = Der.requireBytes(place, end, 12, ECDSA_SHA384);\n",
      to: "        place += 12;\n",
    },
    subject: {
      removes: "there is no second place for a name",
      from: "        if (Der.word(place) >> 240 != EMPTY_SEQUENCE) revert CertificateIdentityNotOneUri();\n",
    },
    "serial-empty": { removes: "a serial number has a byte", from: "length == 0 || isLong", to: "isLong" },
    "serial-long": { removes: "a serial number has at most 20 bytes", from: "|| isLong ", to: "" },
    "serial-one-more": {
      removes: "the 21st byte of a serial number is a zero",
      from: "MAX_SERIAL_BYTES + (first >> 248 == 0 ? 1 : 0)",
      to: "MAX_SERIAL_BYTES + 1",
    },
    "serial-padded": { removes: "a serial number has no needless zeros", from: "|| isPadded ", to: "" },
    "serial-zero": {
      removes: "a serial number is not 0",
      from: "(length == 1 || (first >> 240) < 0x80)",
      to: "(length != 1 && (first >> 240) < 0x80)",
    },
    "serial-negative": { removes: "a serial number is not negative", from: " || isNegative)", to: ")" },
    "lifetime-backwards": {
      removes: "a certificate begins before it ends",
      from: "until < from || ",
      to: "",
      masked: "a difference below 0 wraps around to more than any lifetime",
    },
    "lifetime-long": { removes: "a certificate lives ten minutes", from: " || until - from > MAX_LIFETIME", to: "" },
    "lifetime-one-second-more": {
      removes: "the lifetime's bound is 600 seconds",
      from: "uint256 private constant MAX_LIFETIME = 600;",
      to: "uint256 private constant MAX_LIFETIME = 601;",
    },
    "times-beyond-the-end": {
      removes: "the times end within what is signed",
      from: "        if (place > end) revert Der.NotDer(place);\n",
      masked: "the key that follows is held against the same end",
    },
    "any-key": {
      removes: "the key is an uncompressed point on P-256",
      from: "next > end || Der.word(place) >> 40 != P256_KEY",
      to: "next > end",
    },
    "key-beyond-the-end": {
      removes: "the key ends within what is signed",
      from: "next > end || Der.word(place) >> 40 != P256_KEY",
      to: "Der.word(place) >> 40 != P256_KEY",
    },
  }),
  ...mutantsOf("contracts/evidence/LeafCertificate.sol", "certificate-extensions", EXTENSIONS, {
    "of-any-number": {
      removes: "a certificate has at most 64 extensions",
      from: "        _requireFew(seen, seenOther);\n",
    },
    "others-uncounted": {
      removes: "extensions of other arcs count too",
      from: "_bitsIn(seen) + _bitsIn(seenOther) >",
      to: "_bitsIn(seen) >",
    },
    "number-0": {
      removes: "numbers of Fulcio's arc begin with 1",
      from: "number == 0 || number >= 0x80",
      to: "number >= 0x80",
    },
    "number-cut-off": {
      removes: "a number's last byte says that it is the last",
      from: "number == 0 || number >= 0x80",
      to: "number == 0",
    },
    "fulcio-twice": {
      removes: "an extension of Fulcio's arc appears once",
      from: "seen = _markSeen(seen, number, head);",
      to: "seen |= 1 << number;",
    },
    "long-twice": {
      removes: "an extension with a number from 128 on appears once",
      from: "seen = _markSeen(seen, _longNumber(head), head);",
      to: "seen |= 1 << _longNumber(head);",
    },
    "other-twice": {
      removes: "an extension of another arc appears once",
      from: "seenOther = _markSeen(seenOther, number, head);",
      to: "seenOther |= 1 << number;",
    },
    "no-key-usage": {
      removes: "the use of the key is there",
      from: "seenOther & (1 << KEY_USAGE) == 0 || seenOther",
      to: "seenOther",
    },
    "no-purpose": {
      removes: "the purpose is there",
      from: " || seenOther & (1 << EXTENDED_KEY_USAGE) == 0",
    },
    "no-name": {
      removes: "the name is there",
      from: "        if (seenOther & (1 << ALTERNATIVE_NAME) == 0) revert CertificateIdentityNotOneUri();\n",
    },
    "usual-text-of-any-lengths": {
      removes: "both lengths of a usual text are those of the extension",
      from: "Der.word(place) >> 224 == SHORT_TEXT + ((left - 2) << 16) + left - 4;",
      to: "Der.word(place) >> 224 & 0xff00ff00 == SHORT_TEXT;",
    },
    "text-with-more-behind": {
      removes: "nothing follows a text in its extension",
      from: "Der.enterLast(place, next, Der.UTF8_STRING)",
      to: "place + 2",
    },
    "fulcio-critical": {
      removes: "no extension of Fulcio's arc is critical",
      from: "        if (Der.word(place) >> 248 == Der.BOOLEAN) revert CertificateExtensionUnknown(bytes32(head));\n",
    },
    "value-of-any-length": {
      removes: "the value of an extension of Fulcio's arc ends with it",
      from: "return Der.enterLast(place, next, Der.OCTET_STRING);",
      to: "return place + 2;",
    },
    "long-number-padded": { removes: "numbers from 128 on are minimal", from: "first <= 0x80 || second", to: "second" },
    "long-number-cut-off": {
      removes: "a long number's last byte says that it is the last",
      from: "second >= 0x80 || ",
      to: "",
    },
    "long-number-large": { removes: "numbers of Fulcio's arc end at 255", from: " || number > LAST_NUMBER", to: "" },
    "other-arc": {
      removes: "certificate extensions are of their own arc",
      from: "head >> 224 != CERTIFICATE_EXTENSION_ARC || !isUnderstood",
      to: "!isUnderstood",
    },
    "not-understood": {
      removes: "an extension that is not understood is refused",
      from: "head >> 224 != CERTIFICATE_EXTENSION_ARC || !isUnderstood",
      to: "head >> 224 != CERTIFICATE_EXTENSION_ARC",
    },
    "true-of-any-bits": {
      removes: "true is written as ff",
      from: "if (isCritical) place = Der.requireBytes(place, end, 3, BOOLEAN_TRUE);",
      to: "if (isCritical) place += 3;",
    },
    "key-usage": {
      removes: "the key only signs",
      from: "length != 4 || head >> 224 != DIGITAL_SIGNATURE",
      to: "false",
    },
    "key-usage-length": {
      removes: "the use of the key has nothing behind it",
      from: "length != 4 || head",
      to: "head",
    },
    purpose: { removes: "the key only signs code", from: "length != 12 || head >> 160 != CODE_SIGNING", to: "false" },
    "purpose-length": { removes: "there is one purpose", from: "length != 12 || head", to: "head" },
    authority: { removes: "a leaf is no authority", from: "length != 2 || head >> 240 != EMPTY_SEQUENCE", to: "false" },
    "authority-length": { removes: "constraints are empty", from: "length != 2 || head", to: "head" },
    "name-not-critical": {
      removes: "the name is critical",
      from: "!isCritical || Der.word(place)",
      to: "Der.word(place)",
    },
    "second-name": {
      removes: "there is one name",
      from: "                if (next != end) revert CertificateIdentityNotOneUri();\n",
    },
    "any-character": { removes: "a name is printable ASCII", from: "                _requirePrintable(place, end);\n" },
    "empty-name": {
      removes: "a name is not empty",
      from: "        if (place == end) revert CertificateIdentityNotOneUri();\n",
    },
    "high-bit": {
      removes: "a name has no bytes beyond ASCII",
      from: "text & highBits == 0 &&\n",
      to: "true &&\n",
      masked: "one more or 5f more shows such a byte too",
    },
    "control-characters": {
      removes: "a name has no spaces or controls",
      from: "(text + 0x5f * ones) & highBits == highBits &&",
      to: "true &&",
    },
    "delete-character": { removes: "a name has no delete", from: "(text + ones) & highBits == 0;", to: "true;" },
    "issuer-missing": {
      removes: "an identity provider is named",
      from: "        if (seen & (1 << ISSUER) == 0) revert CertificateIssuerAmbiguous();\n",
    },
    "issuers-differ": {
      removes: "both places name one identity provider",
      from: "        if (texts[OLD_ISSUER].keccakOf() != texts[ISSUER].keccakOf()) revert CertificateIssuerAmbiguous();\n",
    },
  }),
  ...mutantsOf("contracts/evidence/RunIdentity.sol", "run-identity", [`${EVIDENCE}/RunIdentity.requireFacts.t.sol`], {
    "any-issuer": {
      removes: "the identity provider is the expected one",
      from: "        if (texts[ISSUER].keccakOf() != oidcIssuerHash) revert ISigstoreVerifier.FactMismatch(ISSUER);\n",
    },
    "any-runner": {
      removes: "the runner is GitHub's own",
      from: '        _require(texts, RUNNER_ENVIRONMENT, "github-hosted");\n',
    },
    "any-trigger": {
      removes: "the run was dispatched",
      from: '        _require(texts, TRIGGER, "workflow_dispatch");\n',
    },
    "any-visibility": { removes: "the repository is public", from: '        _require(texts, VISIBILITY, "public");\n' },
    "any-environment": {
      removes: "the run used no deployment environment",
      from: "CalldataText.unwrap(texts[DEPLOYMENT_ENVIRONMENT]) != 0",
      to: "false",
    },
    "empty-environment": {
      removes: "an empty deployment environment is one too",
      from: "CalldataText.unwrap(texts[DEPLOYMENT_ENVIRONMENT]) != 0",
      to: "texts[DEPLOYMENT_ENVIRONMENT].lengthOf() != 0",
    },
    "any-signer-commit": {
      removes: "the signer's commit is pinned",
      from: "        _require(texts, SIGNER_COMMIT, commit);\n",
    },
    "any-name": {
      removes: "the name is the signer's",
      from: "        if (alternativeName.keccakOf() != signer) revert ISigstoreVerifier.FactMismatch(ALTERNATIVE_NAME);\n",
    },
    "own-workflow-elsewhere": {
      removes: "a workflow that was started itself is at the source's commit",
      from: "            if (facts.sourceCommit != facts.signerCommit) revert ISigstoreVerifier.FactMismatch(SIGNER_COMMIT);\n",
    },
    "own-workflow-of-any-path": {
      removes: "a workflow that was started itself is the pinned one",
      from: "            _requirePath(texts, SIGNER_WORKFLOW, _lastAtSign(texts[SIGNER_WORKFLOW]), facts.signerWorkflow);\n",
    },
    "called-by-branch": {
      removes: "the signer was called by its commit",
      from: "!calldataText(ref, ref + COMMIT_LENGTH).isEqual(commit)",
      to: "false",
    },
    "signer-of-any-path": {
      removes: "the signer is the pinned workflow",
      from: "            _requirePath(texts, SIGNER_WORKFLOW, ref - 1, facts.signerWorkflow);\n",
    },
    "any-caller": {
      removes: "the caller is the pinned workflow",
      from: "if (facts.callerWorkflow != 0) {",
      to: "if (false) {",
    },
    "any-source-commit": {
      removes: "the source's commit is the permit's",
      from: "        _require(texts, SOURCE_COMMIT, commit);\n",
    },
    "any-caller-commit": {
      removes: "the started workflow is at the source's commit",
      from: "        _require(texts, CALLER_COMMIT, commit);\n",
    },
    "any-repository": {
      removes: "the repository is the permit's, by id",
      from: "        _require(texts, SOURCE_REPOSITORY_ID, bytes(Strings.toString(facts.repositoryId)));\n",
    },
    "any-owner": {
      removes: "the owner is the offer's",
      from: "if (facts.sourceOwnerId != 0) _require",
      to: "if (false) _require",
    },
    "no-repository": {
      removes: "a run is of a repository",
      from: "CalldataText.unwrap(texts[SOURCE_REPOSITORY]) == 0",
      to: "false",
    },
    "run-0": { removes: "runs are counted from 1", from: "facts.runId == 0 || ", to: "" },
    "attempt-0": { removes: "attempts are counted from 1", from: " || facts.runAttempt == 0", to: "" },
    "any-attempt": {
      removes: "the attempt is the permit's",
      from: '                "/attempts/",\n                Strings.toString(facts.runAttempt)\n',
      to: '                "/attempts/",\n                Strings.toString(uint256(3))\n',
    },
    "any-run": {
      removes: "the run is the permit's",
      from: "Strings.toString(facts.runId)",
      to: "Strings.toString(uint256(17000000001))",
    },
    "at-sign-in-the-server": {
      removes: "a path begins behind the server",
      from: "atSign < path ||\n",
      to: "false ||\n",
      masked: "the server's name, which is compared whole, holds no at sign",
    },
    "any-server": {
      removes: "a workflow is on GitHub",
      from: "Der.word(start) >> 104 != SERVER ||\n",
      to: "false ||\n",
    },
    "no-at-sign": {
      removes: "a path ends with an at sign",
      from: "Der.word(atSign) >> 248 != AT_SIGN ||\n",
      to: "false ||\n",
    },
    "any-path": {
      removes: "a path is the pinned one",
      from: "sha256(calldataText(path, atSign).toBytes()) != expected",
      to: "false",
    },
  }),
  ...mutantsOf("contracts/evidence/SigstoreVerifier.sol", "attestation-proof", [`${VERIFIER}/verify.t.sol`], {
    "any-run": {
      removes: "the certificate is of the step's run",
      from: "        RunIdentity.requireFacts(leaf, facts, oidcIssuerHash);\n",
    },
    "certificate-window": {
      removes: "the log's time is within the certificate's validity",
      from: "        _requireWithin(logTime, leaf.notBefore, leaf.notAfter);\n",
    },
    "issuer-window": {
      removes: "the log's time is within the authority's validity",
      from: "        _requireWithin(logTime, attestation.issuerValidFrom, attestation.issuerValidUntil);\n",
    },
    "log-window": {
      removes: "the log's time is within the log's validity",
      from: "        _requireWithin(logTime, attestation.log.validFrom, attestation.log.validUntil);\n",
    },
    "statement-signature": {
      removes: "the certificate's key signed the statement",
      from: "        _requireSigned(payload, leaf, attestation);\n",
    },
    "log-promise": { removes: "the log promised the entry", from: "        _requirePromised(payload, attestation);\n" },
    "certificate-signature": {
      removes: "the authority signed the certificate",
      from: "        _requireIssued(leaf, attestation);\n",
    },
    "issuer-by-any-name": {
      removes: "a root is of its name",
      from: "                leaf.issuerNameHash,\n",
      to: "                bytes32(0),\n",
    },
    "first-second": {
      removes: "validity includes its first second",
      from: "logTime < validFrom",
      to: "logTime <= validFrom",
    },
    "last-second": {
      removes: "validity includes its last second",
      from: "logTime > validUntil",
      to: "logTime >= validUntil",
    },
    "never-too-early": { removes: "validity begins", from: "logTime < validFrom || ", to: "" },
    "never-too-late": { removes: "validity ends", from: " || logTime > validUntil", to: "" },
    "never-without-hints": {
      removes: "an attestation without hints is checked by the way without",
      from: "attestation.issuerHints.length == 0",
      to: "false",
    },
    "never-with-hints": {
      removes: "hints are used",
      from: "attestation.issuerHints.length == 0",
      to: "true",
    },
    "short-proof": {
      removes: "a proof that is too short is told as such",
      from: "proof.length < 32 + ATTESTATION_HEAD || ",
      to: "",
    },
    "any-offset": {
      removes: "there is one place for the attestation",
      from: " || uint256(bytes32(proof[:32])) != 32",
      to: "",
    },
    "head-too-short": { removes: "the head of an attestation has 15 words", from: "= 15 * 32;", to: "= 14 * 32;" },
    "read-another-payload": {
      removes: "what is answered is the payload's own hash",
      from: "attested.payloadHash = sha256(payload);",
      to: "attested.payloadHash = keccak256(payload);",
      tests: [`${VERIFIER}/read.t.sol`],
    },
    "read-unsigned": {
      removes: "what is read is attested too",
      from: "(attested.issuerRoot, attested.logRoot) = _requireAttested(payload, leaf, attestation);",
      to: "(attested.issuerRoot, attested.logRoot) = (bytes32(0), bytes32(0));",
      tests: [`${VERIFIER}/read.t.sol`],
    },
  }),
  ...mutantsOf("contracts/evidence/StepStatement.sol", "step-statement", [`${EVIDENCE}/StepStatement.build.t.sol`], {
    "subjects-exchanged": {
      removes: "each digest has its own place",
      from: "Hexadecimal.ofDigest(resultHash)",
      to: "Hexadecimal.ofDigest(bundleHash)",
    },
    "without-type": {
      removes: "what is signed names the payload's type",
      from: '"DSSEv1 28 application/vnd.in-toto+json "',
      to: '"DSSEv1 28 "',
      tests: [`${EVIDENCE}/StepStatement.signedHashOf.t.sol`],
    },
    "without-length": {
      removes: "what is signed names the payload's length",
      from: "                    Strings.toString(payload.length),\n",
      tests: [`${EVIDENCE}/StepStatement.signedHashOf.t.sol`],
    },
  }),
  ...mutantsOf(
    "contracts/evidence/CalldataText.sol",
    "calldata-text",
    [`${EVIDENCE}/CalldataText.calldataText.t.sol`],
    {
      "length-alone": {
        removes: "texts are compared by content",
        from: " && keccakOf(text) == keccak256(other)",
      },
    },
  ),
];
