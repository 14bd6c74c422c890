import { type Mutant, mutantsOf } from "./mutant.ts";

const ARCHIVE = "test/lib/state/archive.test.ts";
const BUNDLE = "test/lib/state/bundle.test.ts";
const ENVELOPE = "test/lib/capability/envelope.test.ts";
const SCHEDULE = "test/lib/capability/keySchedule.test.ts";

/** Archives, sealed bundles, and the keys and envelopes of the ratchet. */
export const stateMutants: readonly Mutant[] = [
  ...mutantsOf("lib/state/archive.ts", "archive", [ARCHIVE, BUNDLE], {
    "any-name": { removes: "names are plain relative paths", from: "!NAME.test(name) || ", to: "" },
    "hidden-name": {
      removes: "no segment begins with a dot",
      from: "const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;",
      to: "const NAME = /^[A-Za-z0-9._-]+(?:\\/[A-Za-z0-9._-]+)*$/;",
    },
    "case-collision": { removes: "no two names in one case", from: "name.toLowerCase()", to: "name" },
    "file-under-folder": {
      removes: "no file stands where a folder stands",
      from: 'if (this.#folders.has(folded)) throw refused("is a file and a folder");',
      to: "",
    },
    "folder-under-file": {
      removes: "no folder stands where a file stands",
      from: 'if (this.#files.has(folder)) throw refused("is a file and a folder");',
      to: "",
    },
    links: {
      removes: "plain files only",
      from: "if (type !== PLAIN_FILE) throw",
      to: "if (type === PLAIN_FILE + name) throw",
    },
    "any-count": { removes: "the limit on files", from: "this.#files > maxFiles || ", to: "" },
    "any-amount": { removes: "the limit on bytes", from: " || this.#bytes > maxBytes) {", to: ") {" },
    "any-size": {
      removes: "one spelling of a size",
      from: "if (!SIZE.test(sizeField)) throw",
      to: 'if (sizeField === "") throw',
    },
    "any-checksum": {
      removes: "a header has the right checksum",
      from: "if (checksum !== checksumOf(header)) throw",
      to: "if (checksum === -1) throw",
    },
    "any-header": {
      removes: "a header is the one that would be written",
      from: "if (!header.equals(archiveHeader(name, size))) throw",
      to: 'if (name === "") throw',
    },
    "any-padding": {
      removes: "padding and end are zeros",
      from: "else if (piece.some((byte) => byte !== 0)) throw",
      to: "else if (piece.length < 0) throw",
    },
    "any-order": {
      removes: "one order of files",
      from: "if (this.#previous !== undefined && !isBefore(this.#previous, name, last)) throw",
      to: "if (this.#previous === name) throw",
    },
    "anything-after": {
      removes: "nothing follows the end",
      from: 'if (this.#isOver()) throw this.#unexpected("bytes after the end");',
      to: "if (this.#isOver()) return;",
    },
    "cut-short": {
      removes: "an archive is whole",
      from: "    if (!this.#isOver()) {\n      throw",
      to: "    if (this.#missing < 0) {\n      throw",
    },
    unsorted: {
      removes: "files are sorted when they are packed",
      from: "[...files].sort((a, b) => (isBefore(a.name, b.name, last) ? -1 : 1))",
      to: "[...files]",
    },
  }),
  ...mutantsOf("lib/state/bundle.ts", "bundle", [BUNDLE], {
    "any-context": {
      removes: "the header's context is step, permit, policy and parent",
      from: "if (!equal(ctx, contextHash(bundle))) {",
      to: "if (false) {",
    },
    "context-without-parent": {
      removes: "the context holds the parent's bundle",
      from: "    hexToBytes(parentBundleHash),\n",
    },
    "context-without-permit": { removes: "the context holds the permit", from: "    hexToBytes(permitHash),\n" },
    "key-not-committed": {
      removes: "a bundle commits to its key",
      from: "if (!equal(commit, keys.commit))",
      to: "if (commit.length !== keys.commit.length)",
    },
    "key-of-any-context": { removes: "the file key is derived from the context", from: "    ctx,\n  ]);", to: "  ]);" },
    "chunks-in-any-order": {
      removes: "a chunk's nonce holds its place",
      from: "concat([uint(counter, 88), uint(last ? 1 : 0, 8)])",
      to: "concat([uint(0 * counter, 88), uint(last ? 1 : 0, 8)])",
    },
    "last-chunk-like-any": {
      removes: "a chunk's nonce says whether it is the last",
      from: "concat([uint(counter, 88), uint(last ? 1 : 0, 8)])",
      to: "concat([uint(counter, 88), uint(last ? 0 : 0, 8)])",
    },
    "any-padding": {
      removes: "padding is zeros, up to the PADMÉ size and no further",
      from: "if (padme(end) !== plaintext.length || plaintext.subarray(end).some((byte) => byte !== 0)) {",
      to: "if (false) {",
    },
    "no-padding": {
      removes: "the size hides in its PADMÉ class",
      from: "  return Math.ceil(length / (mask + 1)) * (mask + 1);\n",
      to: "  return length + 0 * mask;\n",
    },
  }),
  ...mutantsOf("lib/capability/envelope.ts", "envelope", [ENVELOPE], {
    "other-header": {
      removes: "every field of the header is the expected one",
      from: "if (actual !== value) throw capabilityError",
      to: 'if (field === "") throw capabilityError',
    },
    unsigned: {
      removes: "the gateway signed the envelope",
      from: "if (!(await verify(envelopeDigest(envelope.header, enc, ct), envelope.signature))) {",
      to: "if (false) {",
    },
    "signature-without-content": {
      removes: "the signature covers the sealed bytes",
      from: "ctHash: sha256Hex(ct) }",
      to: "ctHash: sha256Hex(ct.subarray(ct.length)) }",
    },
    "info-without-permit": {
      removes: "the seal is bound to the permit",
      from: 'concat([label("hpke"), stepContextBytes(context, step, kind), hexToBytes(permitHash)])',
      to: 'concat([label("hpke"), stepContextBytes(context, step, kind)])',
    },
    "header-not-authenticated": {
      removes: "the seal covers the header",
      from: "return hpkeOpen(privateKey, { enc, ct }, envelopeInfo(envelope.header), canonicalBytes(envelope.header));",
      to: "return hpkeOpen(privateKey, { enc, ct }, envelopeInfo(envelope.header));",
    },
  }),
  ...mutantsOf("lib/capability/keySchedule.ts", "ratchet", [SCHEDULE], {
    "share-of-any-permit": {
      removes: "a step's share follows from its permit",
      from: "hkdfExtract(hexToBytes(permitHash), healKey)",
      to: "hkdfExtract(new Uint8Array(hexToBytes(permitHash).length), healKey)",
    },
    "keys-without-parent": {
      removes: "a step's keys need the parent's chain key",
      from: "const key = hkdfExtract(share, parentChainKey);",
      to: "const key = hkdfExtract(share, share);",
    },
    "chain-without-outputs": {
      removes: "the chain key follows the outputs",
      from: "hkdfExtract(outputs, next)",
      to: "hkdfExtract(next, next)",
    },
    "outputs-without-result": {
      removes: "the outputs hold the result",
      from: "hexToBytes(permitHash), hexToBytes(resultHash), hexToBytes(bundleHash)",
      to: "hexToBytes(permitHash), hexToBytes(bundleHash)",
    },
    "commitment-without-bundle": {
      removes: "the state commitment holds the bundle",
      from: "      hexToBytes(bundleHash),\n      sealCommitment",
      to: "      sealCommitment",
    },
    "release-audience-without-permit": {
      removes: "the second token is for this permit",
      from: "concat([hexToBytes(workerKey), hexToBytes(permitHash)])",
      to: "concat([hexToBytes(workerKey)])",
    },
  }),
  ...mutantsOf("lib/permits/stepContext.ts", "ratchet", [SCHEDULE], {
    "one-context-for-all-kinds": {
      removes: "state, network and input keys are apart",
      from: "    uint(kind, 8),\n",
      to: "    uint(0 * kind, 8),\n",
    },
    "one-context-for-all-steps": {
      removes: "each step's keys are apart",
      from: "    uint(step, 64),\n",
      to: "    uint(0 * step, 64),\n",
    },
  }),
];
