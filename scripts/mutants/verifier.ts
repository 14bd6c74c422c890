import { type Mutant, mutantsOf } from "./mutant.ts";

const ATTESTATION = "test/lib/evidence/attestation.test.ts";
const NEGATIVE = "test/lib/evidence/negative.test.ts";
const STEP = "test/lib/evidence/verifyStep.test.ts";
const TUF = "test/lib/evidence/tufRoot.test.ts";
const AUTHORITIES = "test/lib/evidence/authorities.test.ts";
const COMMAND = "test/scripts/commands/verify.test.ts";

/** The verifier's caps, its trusted roots, what it remembers, and the run looked at again. */
export const verifierMutants: readonly Mutant[] = [
  ...mutantsOf("lib/evidence/sigstore.ts", "judged", [ATTESTATION], {
    "accepted-unasked": {
      removes: "only what the library accepts skips the stages",
      from: "return { ...bundle, accepted: false };",
      to: "return { ...bundle, accepted: true };",
    },
    "log-entry-unread": {
      removes: "what the library leaves open about a log entry is looked at also where it accepts the whole",
      from: "    checkLogEntry(entry, signer);\n",
    },
  }),
  ...mutantsOf("lib/evidence/authorities.ts", "authorities", [AUTHORITIES], {
    "one-verdict-for-all": {
      removes: "what is remembered is of one pair",
      from: "verdicts.get(issuer) ?? verify(issuer)",
      to: "[...verdicts.values()][0] ?? verify(issuer)",
    },
  }),
  ...mutantsOf("lib/evidence/jsonText.ts", "caps", [NEGATIVE], {
    values: { removes: "a cap on values", from: "if (values > maxValues) throw", to: "if (values < 0) throw" },
  }),
  ...mutantsOf("lib/evidence/leaf.ts", "caps", [NEGATIVE], {
    extensions: {
      removes: "a cap on extensions",
      from: "if (elements.length > MAX_EXTENSIONS) {",
      to: "if (false) {",
    },
  }),
  ...mutantsOf("lib/evidence/inToto.ts", "caps", [NEGATIVE], {
    digests: {
      removes: "a cap on digests of a subject",
      from: "Object.keys(value).length <= MAX_DIGESTS",
      to: "Object.keys(value).length >= 0",
    },
  }),
  ...mutantsOf("lib/evidence/bundle.ts", "caps", [ATTESTATION], {
    "root-in-chain": {
      removes: "a bundle brings no root",
      from: 'if (names.subject === names.issuer) throw evidenceError("ATTESTATION_FIELD_INVALID", { field, problem: "a root" });',
    },
    "no-checkpoint": {
      removes: "a proof has a checkpoint",
      from: 'if (!inclusion?.checkpoint) throw evidenceError("ATTESTATION_PROOF_MISSING");',
      to: "if (!inclusion?.checkpoint) return Object.create(null);",
    },
  }),
  ...mutantsOf("lib/evidence/trust.ts", "root-age", [NEGATIVE], {
    stale: { removes: "a root has a greatest age", from: "age > maxAgeSeconds ||", to: "" },
    future: { removes: "a root is not of the future", from: " || age < -CLOCK_SKEW_SECONDS", to: "" },
    unknown: {
      removes: "a root of unknown age is no fresh one",
      from: 'if (stoodByAt === null) throw evidenceError("TRUSTED_ROOT_AGE_UNKNOWN");',
      to: "if (stoodByAt === null) return;",
    },
  }),
  ...mutantsOf("lib/evidence/tufRoot.ts", "tuf", [TUF], {
    "other-mirror": {
      removes: "a kept root is of the mirror that is asked for",
      from: 'if (record.mirror !== mirror) throw new TypeError("it is another mirror\'s");',
    },
    "kept-unread": {
      removes: "only a root that can be read is kept",
      from: "  const root = parseTrustedRoot(bytes);\n",
      to: '  const root = { hash: "0x" as const, material: parseTrustedRoot.prototype };\n',
    },
  }),
  ...mutantsOf("scripts/commands/roots.ts", "roots", [COMMAND], {
    "pinned-for-a-lie": {
      removes: "only silence is answered with the pinned root",
      from: ' || error?.code !== "TUF_UNREACHABLE"',
    },
    "older-root": {
      removes: "the newer of pinned and kept root stands in",
      from: "kept === undefined || kept.refreshedAt <= PRODUCTION_ROOT_REVIEWED_AT",
      to: "kept === undefined || error !== undefined",
    },
    "kept-too-old": {
      removes: "a kept root that is older than the pinned one does not stand in",
      from: " || kept.refreshedAt <= PRODUCTION_ROOT_REVIEWED_AT",
    },
    "broken-kept-root": {
      removes: "a broken kept root is not passed over",
      from: 'if (findPawlError(thrown)?.code === "TUF_NEVER_REFRESHED") return undefined;',
      to: "if (findPawlError(thrown)) return undefined;",
    },
    "pinned-unasked": {
      removes: "the pinned root stands in only on request",
      from: "!options.pinnedIfUnreachable || ",
    },
  }),
  ...mutantsOf("scripts/conformance.ts", "conformance", ["test/scripts/conformance.test.ts"], {
    "verdict-ignored": {
      removes: "a report that does not pass is refused, also without a failed check",
      from: 'codes.length === 0 ? [evidenceError("VERIFICATION_FAILED").code] : codes',
      to: "codes",
    },
  }),
  ...mutantsOf("lib/core/printable.ts", "printable", [COMMAND, "test/lib/core/printable.test.ts"], {
    "control-characters": {
      removes: "evidence cannot move the terminal's cursor",
      from: "const UNSEEN = /[\\p{Cc}\\p{Cf}",
      to: "const UNSEEN = /[",
    },
    "json-as-it-is": {
      removes: "nor does JSON that is printed",
      from: ".map((line) => line.replace(UNSEEN, escaped))",
      to: ".map((line) => escaped && line)",
    },
  }),
  ...mutantsOf("scripts/commands/errorText.ts", "error-text", ["test/scripts/commands/errorText.test.ts"], {
    "value-as-it-is": {
      removes: "an error's values are printed unobeyed",
      from: "printable(String(value))",
      to: "String(value)",
    },
  }),
  ...mutantsOf("lib/evidence/tradeChecks.ts", "final", [STEP], {
    "second-job": { removes: "the attempt has one job", from: "      totalJobs: 1,\n" },
    "hidden-job": { removes: "all jobs are shown", from: '  expectEqual(code, "jobs", 1, facts.jobs.length);\n' },
    unfinished: { removes: "the job had ended", from: '      status: "completed",\n' },
    failed: { removes: "the job succeeded", from: '      conclusion: "success",\n' },
    "other-runner": {
      removes: "the runner is the certificate's",
      from: "      runnerName: certificate.runner.name,\n",
    },
    "too-early": {
      removes: "it was observed after the end",
      from: "if (outside || facts.observedAt < job.completedAt) {",
      to: "if (outside) {",
    },
    "outside-the-job": {
      removes: "the attestation was made while the job ran",
      from: "if (outside || facts.observedAt",
      to: "if (facts.observedAt",
    },
  }),
];
