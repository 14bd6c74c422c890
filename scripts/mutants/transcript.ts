import { type Mutant, mutantsOf } from "./mutant.ts";

const LOG = "test/lib/transcript/log.test.ts";
const MERKLE = "test/lib/transcript/merkle.test.ts";
const NOTE = "test/lib/transcript/note.test.ts";
const TRUST = "test/lib/transcript/trust.test.ts";
const STORE = "test/lib/transcript/artifactStore.test.ts";
const COMPARE = "test/lib/transcript/compare.test.ts";
const COMMAND = "test/scripts/commands/transcript.test.ts";

/** Logs of runs: their chain, proofs, notes, exports, chains of runs, artifacts. */
export const transcriptMutants: readonly Mutant[] = [
  ...mutantsOf("lib/transcript/reader.ts", "transcript", [LOG], {
    "any-place": { removes: "each event names its place", from: "if (event.index !== index) {", to: "if (false) {" },
    unlinked: { removes: "each event names the one before", from: "if (event.prev !== prev) {", to: "if (false) {" },
    reopened: {
      removes: "nothing follows the closing event",
      from: "if (last?.type === CLOSING_EVENT) {",
      to: "if (false) {",
    },
    "cut-off": { removes: "every line ends", from: "    if (pending > 0) {\n", to: "    if (false) {\n" },
    "any-count": { removes: "the limit on events", from: "if (index >= limits.maxEvents)", to: "if (false)" },
    "any-size": { removes: "the limit on bytes", from: "if (bytes > limits.maxBytes)", to: "if (false)" },
    "any-line": { removes: "the limit on a line", from: "if (pending > limits.maxLineBytes) {", to: "if (false) {" },
    "shared-buffer": {
      removes: "the beginning of a line survives its buffer",
      from: "hold(chunk.slice(start))",
      to: "hold(chunk.subarray(start))",
    },
  }),
  ...mutantsOf("lib/transcript/line.ts", "transcript-line", [LOG], {
    "half-pairs": {
      removes: "no half surrogate pair",
      from: '!text.includes("\\\\ud") && ',
      to: "",
    },
    unsorted: { removes: "keys in canonical order", from: "key <= before", to: "key < 0 + before.slice(0, 0)" },
    "any-depth": { removes: "the limit on nesting", from: "if (depth > MAX_DEPTH)", to: "if (depth > 1e6)" },
    "not-compared": {
      removes: "one form of every value",
      from: "JSON.stringify(value) === text) return true;",
      to: "text.length > 0) return true;",
    },
  }),
  ...mutantsOf("lib/transcript/writer.ts", "transcript-writer", [LOG], {
    reopened: {
      removes: "nothing is written after the closing event",
      from: "closed = type === CLOSING_EVENT",
      to: "closed = false",
    },
    unlimited: {
      removes: "no line that the reader would refuse",
      from: "line.length > limits.maxLineBytes ||",
      to: "",
    },
  }),
  ...mutantsOf("lib/transcript/merkle.ts", "merkle", [MERKLE], {
    "leaf-as-node": {
      removes: "a leaf cannot pass for a node",
      from: "const LEAF = 0;",
      to: "const LEAF = 1;",
    },
    "long-path": {
      removes: "no path longer than the tree is high",
      from: '    if (last === 0) throw transcriptError("PROOF_MALFORMED", { index,',
      to: '    if (last < 0) throw transcriptError("PROOF_MALFORMED", { index,',
    },
    "short-path": {
      removes: "no path shorter than the tree is high",
      from: '  if (last !== 0) throw transcriptError("PROOF_MALFORMED", { index,',
      to: '  if (last < 0) throw transcriptError("PROOF_MALFORMED", { index,',
    },
    "long-continuation": {
      removes: "no proof of continuation longer than the trees are high",
      from: '    if (last === 0) throw transcriptError("PROOF_MALFORMED", { first:',
      to: '    if (last < 0) throw transcriptError("PROOF_MALFORMED", { first:',
    },
    "any-past": {
      removes: "the earlier root is the known one",
      from: "  requireEqual(first.root, older);\n",
    },
    "any-present": { removes: "the later root is the known one", from: "  requireEqual(second.root, newer);\n" },
    "equal-sizes": { removes: "logs of one size are one log", from: "    requireEqual(first.root, second.root);\n" },
    "any-sizes": { removes: "sizes that can be", from: "if (!possible || ", to: "if (" },
    uncounted: {
      removes: "the fingerprint commits to the number of events",
      from: "uint(count, 64), treeRoot",
      to: "treeRoot",
      tests: [LOG],
    },
  }),
  ...mutantsOf("lib/transcript/note.ts", "note", [NOTE], {
    "any-id": { removes: "a verifier key's id is that of the key", from: "if (key.id !== id)", to: "if (false)" },
    "false-beside-true": {
      removes: "a false signature of a known key spoils the note",
      from: "for (const { signature } of made) {",
      to: "for (const { signature } of made.slice(0, 1)) {",
    },
    "any-type": {
      removes: "a witness's key makes no plain signatures",
      from: "key.type !== keyTypes.note || ",
      to: "",
    },
    nobody: { removes: "a note needs a signature", from: "if (signers.length === 0)", to: "if (false)" },
    "same-name": { removes: "a signature is of a name and an id", from: "signature.name === name && ", to: "" },
    "control-characters": {
      removes: "no control characters",
      from: " || /[\\u0000-\\u0009\\u000b-\\u001f]/.test(text)",
      to: "",
    },
    "many-signatures": {
      removes: "the limit on signatures",
      from: "if (lines.length > MAX_SIGNATURES)",
      to: "if (false)",
    },
  }),
  ...mutantsOf("lib/transcript/checkpoint.ts", "checkpoint", [NOTE], {
    "leading-zero": { removes: "one spelling of a size", from: "/^(?:0|[1-9][0-9]{0,15})$/", to: "/^[0-9]{1,16}$/" },
    extensions: { removes: "no extension lines", from: ' || rest.length !== 1 || rest[0] !== ""', to: "" },
  }),
  ...mutantsOf("lib/transcript/witness.ts", "witness", [NOTE, TRUST], {
    threshold: {
      removes: "as many witnesses as the policy demands",
      from: "if (cosigned.length < policy.threshold) {",
      to: "if (false) {",
    },
    "one-key-twice": { removes: "one key is one witness", from: " || keys.size !== witnesses.length", to: "" },
    "no-threshold": { removes: "a threshold of at least one", from: "threshold >= 1 && ", to: "" },
    future: {
      removes: "no cosignature of the future",
      from: "if (at > now + CLOCK_SKEW_SECONDS) {",
      to: "if (false) {",
    },
    "time-unsigned": { removes: "the time is signed", from: "time \u0024{at}\\n", to: "time\\n" },
  }),
  ...mutantsOf("lib/transcript/keyring.ts", "keyring", [TRUST], {
    "any-fingerprint": { removes: "a fingerprint is that of its key", from: "actual !== fingerprint || ", to: "" },
    twice: { removes: "a key stands in it once", from: " || seen.has(actual)", to: "" },
    "before-its-time": { removes: "no key before its time", from: "at >= notBefore && ", to: "" },
    "after-its-time": { removes: "no key after its time", from: "(notAfter === null || at <= notAfter)", to: "true" },
  }),
  ...mutantsOf("lib/transcript/dsse.ts", "dsse", [TRUST], {
    unsigned: { removes: "the signature matches", from: "!isSignature(sig, message, key.publicKey)", to: "false" },
    stranger: { removes: "a key of the keyring signed", from: "if (signers.length === 0) {", to: "if (false) {" },
  }),
  ...mutantsOf("lib/transcript/export.ts", "export", [TRUST], {
    "any-type": {
      removes: "an export and nothing else was signed",
      from: "if (envelope.payloadType !== EXPORT_TYPE) {",
      to: "if (false) {",
    },
    "any-size": {
      removes: "the checkpoint is of the stated size",
      from: '  requireSame("checkpoint\'s size", count, checkpoint.count);\n',
    },
    "any-root": {
      removes: "the root is that of the checkpoint",
      from: '  requireSame("root", root, fingerprint(count, hashBytes(checkpoint.treeRoot)));\n',
    },
    "any-opening": {
      removes: "the first event is the log's",
      from: '  requireSame("opening event", checkpoint.treeRoot, bytesToHex(proven));\n',
    },
    "any-origin": {
      removes: "one origin, one log",
      from: '  requireSame("origin", originOf(name, leaf), checkpoint.origin);\n',
    },
    "any-note": {
      removes: "the note is about this log",
      from: '  requireSame("checkpoint", statement.checkpoint, note.text);\n',
    },
    "own-clock": {
      removes: "the signer's clock is not believed",
      from: "trust.witnesses.threshold) : trust.now",
      to: "trust.witnesses.threshold) : statement.signedAt",
    },
    "one-witness": {
      removes: "one witness's clock is not believed",
      from: "times[threshold - 1] ??",
      to: "times[0] ??",
    },
    expired: { removes: "the key was valid", from: "if (valid.length === 0) {", to: "if (false) {" },
    "other-log": {
      removes: "it is the log in hand",
      from: "(transcript.root !== root || transcript.count !== count)",
      to: "false",
    },
  }),
  ...mutantsOf("lib/transcript/chain.ts", "chain", [TRUST, COMPARE], {
    empty: { removes: "a chain has a run", from: "if (links.length === 0)", to: "if (false)" },
    twice: { removes: "a run stands in it once", from: "if (places.size !== links.length || ", to: "if (" },
    missing: { removes: "what a run needs is there", from: "if (at === undefined) throw", to: "if (at === -2) throw" },
    order: { removes: "what a run needs is before it", from: "if (at >= place)", to: "if (at > 1e9)" },
    fork: {
      removes: "each run follows the one before",
      from: "if (before === undefined || dependsOn.includes(before)) continue;",
      to: "continue;",
    },
    circle: { removes: "no circle", from: "if (removed < links.length)", to: "if (removed < 0)" },
  }),
  ...mutantsOf("lib/transcript/artifactStore.ts", "store", [STORE, TRUST], {
    "unread-hash": { removes: "bytes are hashed when they are read", from: "if (actual !== name)", to: "if (false)" },
    "any-name": { removes: "names are hashes", from: "if (!NAME.test(name))", to: "if (false)" },
    "taken-name": {
      removes: "what lies under a name is what was written",
      from: "if (!written) await read(name);",
      to: "if (!written) return name;",
    },
    links: {
      removes: "no link is followed",
      from: "constants.O_RDONLY | constants.O_NOFOLLOW | ",
      to: "constants.O_RDONLY | ",
    },
    "write-limit": { removes: "the limit on writing", from: "if (bytes.length > maxBytes)", to: "if (false)" },
    "read-limit": { removes: "the limit on reading", from: "if (status.size > maxBytes)", to: "if (false)" },
  }),
  ...mutantsOf("lib/transcript/artifacts.ts", "artifacts", [TRUST], {
    "any-state": {
      removes: "a snapshot is the one that was committed to",
      from: "if (actual !== data.stateHash) {",
      to: "if (false) {",
    },
    "any-moment": {
      removes: "a snapshot is of its place in the log",
      from: "if (after !== event.index) {",
      to: "if (false) {",
    },
    "any-length": {
      removes: "an artifact has the stated length",
      from: "if (length !== data.bytes) {",
      to: "if (false) {",
    },
  }),
  ...mutantsOf("lib/transcript/event.ts", "untrusted-fields", [COMMAND], {
    unreadable: {
      removes: "all is untrusted where nobody can read what is",
      from: "if (!listed.success) return fields;",
      to: "if (!listed.success) return [];",
    },
    listed: {
      removes: "a listed field is untrusted",
      from: "(path) => path === field || ",
      to: "(path) => path === field && ",
    },
  }),
  ...mutantsOf("scripts/commands/transcriptWords.ts", "terminal", [COMMAND], {
    "untrusted-in-sentence": {
      removes: "no sentence carries a stranger's words",
      from: 'untrusted.map((name) => [name, "[below]"])',
      to: 'untrusted.slice(0, 0).map((name) => [name, "[below]"])',
    },
    "untrusted-in-fields": {
      removes: "a stranger's text is framed in a terminal",
      from: ".filter(([name]) => !untrusted.has(name))",
      to: '.filter(([name]) => name !== "")',
    },
    "untrusted-in-json": {
      removes: "a stranger's text is framed as JSON",
      from: "projectData(event.data, untrustedFieldsOf(event),",
      to: "projectData(event.data, [],",
    },
    "untrusted-in-change": {
      removes: "a stranger's text is framed where runs are compared",
      from: "  if (untrusted) {",
      to: "  if (false) {",
    },
    "untrusted-in-difference": {
      removes: "a stranger's text is framed where runs are compared as JSON",
      from: "if (!change.untrusted) return change;",
      to: 'if (change.field !== "") return change;',
    },
    raw: {
      removes: "nothing of a log steers the terminal",
      from: "/[\\p{C}\\p{Zl}\\p{Zp}]/gu",
      to: "/[\\u0000]/gu",
    },
  }),
  ...mutantsOf("scripts/commands/transcript.ts", "transcript-command", [COMMAND], {
    "any-expected": {
      removes: "the fingerprint is the expected one",
      from: "if (options.expected !== undefined && options.expected !== summary.root) {",
      to: "if (false) {",
    },
  }),
];
