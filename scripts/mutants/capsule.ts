import { type Mutant, mutantsOf } from "./mutant.ts";

const CAPSULE = "test/lib/capsule/capsule.test.ts";
const FILE = "test/lib/capsule/capsuleFile.test.ts";
const SIGNERS = "test/lib/capsule/signers.test.ts";
const WELL_KNOWN = "test/lib/capsule/wellKnown.test.ts";
const UNTRUSTED = "test/lib/capsule/untrusted.test.ts";
const COMMAND = "test/scripts/commands/capsule.test.ts";
const REPORT = "test/lib/evidence/capsuleChecks.test.ts";

/** What a capsule holds, who signed it, and who of them is trusted. */
export const capsuleMutants: readonly Mutant[] = [
  ...mutantsOf("lib/capsule/manifest.ts", "capsule", [CAPSULE], {
    "other-content": {
      removes: "each file is as the manifest lists it",
      from: "if (file.sha256 !== sha256 || file.size !== size) {",
      to: "if (file.size !== size) {",
    },
    unlisted: {
      removes: "the manifest lists every file",
      from: "if (!listed.has(name))\n",
      to: 'if (name === "")\n',
    },
    absent: {
      removes: "every listed file is there",
      from: 'if (!file) throw capsuleError("CAPSULE_FILE_MISSING", { name });',
      to: "if (!file) continue;",
    },
    "any-version": {
      removes: "the manifest is of this version",
      from: "if (v !== VERSION) throw",
      to: "if (v === 0) throw",
    },
    unsorted: {
      removes: "the manifest is sorted and repeats nothing",
      from: "if (previous !== undefined && previous >= name) {",
      to: 'if (previous === "") {',
    },
  }),
  ...mutantsOf("lib/capsule/manifest.ts", "skill", [CAPSULE], {
    "for-evidence": {
      removes: "no skill is signed by whoever signs evidence",
      from: "(name) => name !== EVIDENCE_NAMESPACE",
      to: '(name) => name !== ""',
    },
  }),
  ...mutantsOf("lib/capsule/capsule.ts", "capsule", [CAPSULE], {
    "unknown-file": {
      removes: "known files only",
      from: 'if (!isCapsuleFile(name)) throw capsuleError("CAPSULE_FILE_UNKNOWN", { name });',
      tests: [CAPSULE, FILE],
    },
    "half-sealed": {
      removes: "a sealed part is whole",
      from: "if (content.has(DECRYPTION) !== content.has(SEALED_CONTENT)) {",
      to: "if (false) {",
    },
    "any-part-size": {
      removes: "the limit on a part",
      from: "if (maxBytes !== undefined && size > maxBytes)\n",
      to: "if (maxBytes === size + 0.5)\n",
    },
  }),
  ...mutantsOf("lib/capsule/layout.ts", "capsule", [CAPSULE], {
    "decryption-as-skill": {
      removes: "how to decrypt is never a skill",
      from: "/^(?!decryption$)[a-z0-9]",
      to: "/^[a-z0-9]",
    },
  }),
  ...mutantsOf("lib/capsule/sealed.ts", "sealed", [CAPSULE], {
    "any-step": {
      removes: "a sealed part opens as part of its own step",
      from: 'concat([label("capsule-sealed"), canonicalBytes(anchors)])',
      to: 'concat([label("capsule-sealed"), canonicalBytes(anchors).subarray(0, 0)])',
    },
  }),
  ...mutantsOf("lib/capsule/skills.ts", "skill", [CAPSULE], {
    "declared-is-enough": {
      removes: "a signed skill was signed by somebody trusted",
      from: 'tier: signedBy.length > 0 ? "signed" : "unsigned"',
      to: "tier: skill.tier",
    },
    "beside-invalid": {
      removes: "every signature beside a skill's is valid",
      from: 'checked.every(({ signature }) => signature === "valid")',
      to: "checked.length > 0",
    },
    "undeclared-tier": {
      removes: "a skill that calls itself unsigned is",
      from: 'skill.tier === "signed" && isIntact',
      to: "isIntact",
    },
    "any-namespace": {
      removes: "who signs a skill is trusted for its namespace",
      from: "judgeSigners(checked, skill.namespace, trust)",
      to: 'judgeSigners(checked, "evidence", trust)',
    },
    "other-metadata": {
      removes: "a skill is the one that the manifest declares",
      from: "if (metadata.id !== skill.id || metadata.namespace !== skill.namespace) {",
      to: "if (false) {",
    },
    unframed: {
      removes: "the text of an unsigned skill is framed",
      from: 'return tier === "signed" ? skill.text',
      to: "return tier !== undefined ? skill.text",
    },
  }),
  ...mutantsOf("lib/capsule/keys.ts", "signer", [SIGNERS], {
    "two-spellings": {
      removes: "a P-256 signature has one spelling",
      from: "  if (Buffer.compare(withSmallerS(signature), signature) !== 0) return false;\n",
    },
    "key-spelling": {
      removes: "a key has one spelling",
      from: 'if (spelling !== undefined && Buffer.from(spki).toString("base64") !== spelling) {',
      to: 'if (spelling === "") {',
    },
    "secret-as-public": {
      removes: "a private key is not taken for a root key",
      from: 'if (!pem.includes("-----BEGIN PUBLIC KEY-----"))\n',
      to: 'if (pem === "")\n',
    },
  }),
  ...mutantsOf("lib/capsule/dsse.ts", "signer", [SIGNERS], {
    "one-domain": {
      removes: "a signature names what kind of document it is over",
      from: "return concat([stringToBytes(",
      to: "return concat([new Uint8Array(0) ?? stringToBytes(",
    },
    "any-payload-type": {
      removes: "an envelope is of the expected type",
      from: "if (payloadType !== type) throw",
      to: 'if (payloadType === "") throw',
    },
    "key-id-believed": {
      removes: "a key's signature is verified",
      from: 'isSignedBy(key, message, new Uint8Array(Buffer.from(sig, "base64")))',
      to: 'sig !== "" && message.length > 0',
    },
  }),
  ...mutantsOf("lib/capsule/signatures.ts", "signer", [SIGNERS, CAPSULE], {
    believed: {
      removes: "a signature is over this manifest",
      from: "if (!isSignedBy(key, preAuthEncoding(payloadTypes.manifest, manifest), bytesOf(signature.signature))) {",
      to: "if (signature.signature.length === 0) {",
    },
    "trusted-without-list": {
      removes: "without an allowlist nobody is trusted",
      from: '? "CAPSULE_ALLOWLIST_MISSING"',
      to: "? null",
    },
    "trusted-unlisted": {
      removes: "only listed signers are trusted",
      from: '? "CAPSULE_SIGNER_UNKNOWN"',
      to: "? null",
    },
    "many-identities": {
      removes: "few signatures are by identities",
      from: "if (identities > MAX_IDENTITIES) {",
      to: "if (identities < 0) {",
    },
    repeated: {
      removes: "signatures are sorted and name each signer once",
      from: "if (fingerprint <= previous) throw",
      to: 'if (fingerprint === "0x") throw',
    },
    "unchecked-is-valid": {
      removes: "an identity that nobody checked is not valid",
      from: 'return refused("CAPSULE_IDENTITY_UNCHECKED", "unchecked");',
      to: 'return refused("CAPSULE_IDENTITY_UNCHECKED", "valid");',
    },
  }),
  ...mutantsOf("lib/capsule/allowlist.ts", "allowlist", [SIGNERS], {
    unsigned: { removes: "a root signed the list", from: "if (!root) throw", to: "if (!root && trust.now < 0) throw" },
    "other-host": {
      removes: "the list is of the expected host",
      from: "if (trust.host !== undefined && host !== trust.host) {",
      to: "if (false) {",
    },
    "seen-of-another": {
      removes: "what was seen is of the same host",
      from: "if (seen && seen.host !== host) {",
      to: "if (false) {",
    },
    "from-the-future": {
      removes: "the list is issued",
      from: "if (trust.now < issuedAt) throw",
      to: "if (trust.now < 0) throw",
    },
    expired: {
      removes: "the list has not expired",
      from: "if (trust.now >= expiresAt) throw",
      to: "if (trust.now < 0) throw",
    },
    "rolled-back": { removes: "no older list is taken", from: "issuedAt < seen.issuedAt", to: "issuedAt < 0" },
    equivocated: {
      removes: "no other list of the same time is taken",
      from: "digest !== seen.digest",
      to: "digest === host",
    },
    revoked: {
      removes: "a revoked signer is not trusted",
      from: "signedAt === undefined || signedAt >= revokedAt",
      to: "signedAt === revokedAt - 0.5",
    },
    "not-yet": {
      removes: "a signer is trusted from a time on",
      from: "if (at < notBefore) return",
      to: "if (at < 0) return",
    },
    "no-longer": {
      removes: "a signer is trusted until a time",
      from: "if (at >= notAfter) return",
      to: "if (at < 0) return",
    },
    "any-namespace": {
      removes: "a signer is trusted for its namespaces",
      from: "namespaces.includes(wanted)",
      to: 'wanted !== ""',
    },
    ambiguous: {
      removes: "a signer stands in a list once",
      from: "if (index.has(key)) throw",
      to: 'if (key === "") throw',
    },
  }),
  ...mutantsOf("lib/capsule/wellKnown.ts", "signers-host", [WELL_KNOWN], {
    "plain-http": { removes: "https only", from: "if (!isSafe) throw", to: "if (!url) throw" },
    redirected: {
      removes: "no redirect is followed",
      from: '      redirect: "error",\n',
      to: '      redirect: "manual",\n',
      masked: "An answer that redirects is no list, so its status is refused as well.",
    },
    "any-size": { removes: "the limit on a list", from: "if (total > MAX_ALLOWLIST_BYTES) {", to: "if (total < 0) {" },
    "dns-ignored": {
      removes: "DNS names this list",
      from: 'throw capsuleError("ALLOWLIST_DNS_MISMATCH", { name,',
      to: 'return "absent"; capsuleError("ALLOWLIST_DNS_MISMATCH", { name,',
    },
    "dns-switched-off": {
      removes: "a DNS that fails is no absence",
      from: 'if (code === "ENODATA" || code === "ENOTFOUND") return "absent";',
      to: 'if (code !== "") return "absent";',
    },
    "dns-optional": {
      removes: "a required record is required",
      from: 'if (options.requireDns && dns !== "matched") {',
      to: "if (false) {",
    },
  }),
  ...mutantsOf("scripts/commands/capsule.ts", "capsule-command", [COMMAND], {
    "built-in-root": {
      removes: "identities are verified against the stated root",
      from: "const { trust, origin } = await trustOf(options, now);",
      to: "const { trust, origin } = await trustOf({ ...options, trustedRoot: undefined } as never, now);",
    },
  }),
  ...mutantsOf("scripts/commands/signerTrust.ts", "signers-host", [COMMAND], {
    "file-of-any-host": {
      removes: "a file's list is that of the stated host",
      from: "const host = signersHost === undefined ? undefined : hostOf(signersHost);",
      to: 'const host = signersHost === "" ? hostOf(signers) : undefined;',
    },
  }),
  ...mutantsOf("lib/capsule/http.ts", "signers-host", [WELL_KNOWN], {
    "serves-anything": { removes: "only a list is served", from: "    readAllowlist(bytes);\n" },
    "path-told": {
      removes: "an error tells no path of the server",
      from: '?? "unreadable"',
      to: "?? String(cause)",
    },
  }),
  ...mutantsOf("lib/capsule/untrusted.ts", "untrusted", [UNTRUSTED], {
    "forged-mark": { removes: "a text cannot write a mark", from: "\\u2800⟨]/gu", to: "\\u2800]/gu" },
    invisible: { removes: "what no reader sees is shown", from: "\\p{Default_Ignorable_Code_Point}" },
    unprefixed: { removes: "no line of a text stands at the margin", from: "=> `| $", to: "=> `$" },
    "second-line": {
      removes: "text outside declared fields stays on one line",
      from: "visibleText(text).replace(/[\\n\\t]/g, markOf)",
      to: "visibleText(text)",
    },
    "field-unframed": {
      removes: "declared fields are framed",
      from: "if (!untrusted.has(field)) return",
      to: "if (untrusted.size >= 0) return",
    },
  }),
  ...mutantsOf("lib/capsule/capsuleFile.ts", "capsule-file", [FILE], {
    overwrites: {
      removes: "nothing is overwritten",
      from: "if (isTaken) throw",
      to: "if (isTaken && target === path) throw",
    },
    "leaves-parts": {
      removes: "nothing half-made stays",
      from: "    await rm(partial, { recursive: true, force: true });\n",
    },
    "any-kind": {
      removes: "regular files only",
      from: "if (!(await handle.stat()).isFile()) {",
      to: "if (handle.fd < 0) {",
    },
    unfinished: { removes: "an archive on disk is whole", from: "    reader.finish();\n" },
  }),
  ...mutantsOf("lib/evidence/capsuleChecks.ts", "capsule-report", [REPORT], {
    "other-anchors": {
      removes: "the manifest names the files' own step",
      from: "if (actual !== expected) throw",
      to: 'if (actual === "") throw',
    },
    "namespace-chosen": {
      removes: "what a signer must be trusted for is not the capsule's to choose",
      from: "capsule.signatures, EVIDENCE_NAMESPACE,",
      to: "capsule.signatures, capsule.manifest.namespace,",
    },
    "any-namespace": {
      removes: "the manifest calls the capsule evidence",
      from: "if (namespace !== EVIDENCE_NAMESPACE) {",
      to: "if (false) {",
    },
    "signers-of-anybody": {
      removes: "a server verifies no signers that nobody asked for",
      from: "if (leaveSigners && principals.length === 0) {",
      to: "if (false) {",
    },
    "invalid-passes": {
      removes: "an invalid signature fails",
      from: "  if (!bad) return;\n",
      to: "  if (!bad || bad.code) return;\n",
    },
    "principal-missing": {
      removes: "an expected principal signed",
      from: "if (missing === undefined) return;",
      to: "if (trusted.length < 9) return;",
    },
  }),
  ...mutantsOf("lib/evidence/capsuleIdentity.ts", "capsule-report", [REPORT], {
    "failed-attestation": {
      removes: "the bundle passed",
      from: 'if (report.verdict !== "passed")\n',
      to: 'if (report.kind === "step")\n',
    },
  }),
  ...mutantsOf("lib/evidence/report.ts", "capsule-report", [REPORT], {
    "signers-ignored": {
      removes: "no verdict passes beside an invalid signature",
      from: 'return complete && signed ? "passed"',
      to: 'return complete ? "passed"',
    },
    "trust-believed": {
      removes: "only a valid signature of a named principal is trusted",
      from: "(!signer.trusted || isTrustworthy(signer))",
      to: "true",
    },
    "any-version": {
      removes: "a report is of this version",
      from: "  if (v !== VERSION) throw",
      to: "  if (v === 0) throw",
    },
  }),
];
