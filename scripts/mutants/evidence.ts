import { type Mutant, mutantsOf } from "./mutant.ts";

const STEP = "test/lib/evidence/verifyStep.test.ts";
const FILES = "test/lib/evidence/files.test.ts";
const ATTESTATION = "test/lib/evidence/attestation.test.ts";

/** The equalities that evidence is held to. */
export const evidenceMutants: readonly Mutant[] = [
  ...mutantsOf("lib/evidence/runChecks.ts", "run", [STEP], {
    "signer-workflow": {
      removes: "the pinned file defines the job",
      from: "terms.signerWorkflow, identityOf(signer)",
      to: 'identityOf(signer) ?? "", identityOf(signer)',
    },
    "signer-commit": {
      removes: "the pinned file is at the pinned commit",
      from: '  expectEqual("SIGNER_COMMIT_MISMATCH", "signer commit", commit, facts.signerDigest);\n',
    },
    "signer-by-branch": {
      removes: "topology split: the pinned file is called by its commit",
      from: '  } else expectEqual("SIGNER_UNPINNED", "called by", commit, signer?.ref);\n',
      to: "  }\n",
    },
    "direct-workflow-commit": {
      removes: "topology direct: the started workflow is at the pinned commit",
      from: '    expectEqual("SIGNER_COMMIT_MISMATCH", "workflow commit", commit, facts.buildConfigDigest);\n',
    },
    "direct-source-commit": {
      removes: "topology direct: the source is at the pinned commit",
      from: '    expectEqual("SIGNER_COMMIT_MISMATCH", "source commit", commit, facts.sourceDigest);\n',
    },
    "caller-workflow": {
      removes: "the pinned caller calls",
      from: "terms.callerWorkflow, identityOf(source)",
      to: 'identityOf(source) ?? "", identityOf(source)',
    },
    "permitted-repository": {
      removes: "the run is in the permitted repository",
      from: '    expectEqual("SOURCE_REPOSITORY_MISMATCH", "repository id", permitted, facts.sourceRepositoryId);\n',
    },
    owner: {
      removes: "the pinned owner",
      from: 'expectEqual("SOURCE_OWNER_MISMATCH", "owner id", terms.sourceOwnerId.toString(), facts.ownerId)',
      to: 'expectEqual("SOURCE_OWNER_MISMATCH", "owner id", "", "")',
    },
    "source-commit": {
      removes: "the run is at the permitted commit",
      from: '    expectEqual("SOURCE_COMMIT_MISMATCH", "source commit", permitted, facts.sourceDigest);\n',
    },
    "workflow-commit": {
      removes: "the started workflow is at the permitted commit",
      from: '    expectEqual("SOURCE_COMMIT_MISMATCH", "workflow commit", permitted, facts.buildConfigDigest);\n',
    },
    "run-id": {
      removes: "the permitted run",
      from: '    expectEqual("RUN_MISMATCH", "run id", permit.runId.toString(), run?.runId);\n',
    },
    attempt: {
      removes: "the permitted attempt",
      from: '    expectEqual("RUN_MISMATCH", "run attempt", String(permit.runAttempt), run?.runAttempt);\n',
    },
    trigger: {
      removes: "workflow_dispatch starts the run",
      from: '"trigger", "workflow_dispatch", facts.trigger)',
      to: '"trigger", "", "")',
    },
    "runner-environment": {
      removes: "the runner is GitHub's",
      from: '"runner environment", "github-hosted", facts.runnerEnvironment)',
      to: '"runner environment", "", "")',
    },
    visibility: {
      removes: "the repository is public",
      from: '    expectEqual("VISIBILITY_MISMATCH", "visibility", "public", facts.visibility);\n',
    },
    environment: {
      removes: "no deployment environment",
      from: "if (facts.environment !== null) {",
      to: 'if (facts.environment === "") {',
    },
    "log-time-early": {
      removes: "log time from openedAt - 30 min",
      from: "at < earliest || at >= claimDeadline",
      to: "at >= claimDeadline",
    },
    "log-time-late": {
      removes: "log time before the claim deadline",
      from: "at < earliest || at >= claimDeadline",
      to: "at < earliest",
    },
  }),
  ...mutantsOf("lib/evidence/attestation.ts", "run", [STEP], {
    "address-elsewhere": {
      removes: ".21 begins with .12",
      from: "if (!runInvocationUri.startsWith(",
      to: "if (false && !runInvocationUri.startsWith(",
    },
    "padded-run-id": {
      removes: "run ids in minimal decimal",
      from: "(?<runId>[1-9][0-9]{0,19})",
      to: "0*(?<runId>[1-9][0-9]{0,19})",
    },
    "library-not-asked": {
      removes: "the library judges the whole once more",
      from: "  const sound = !checks.hasFailed();\n",
      to: "  const sound = false;\n",
      tests: [ATTESTATION],
      masked: "the stages refuse all that the library is known to refuse; this is kept against what is not known",
    },
    "two-readings": {
      removes: "both readings of the certificate are the same bytes",
      from: '  checks.run("signing-certificate", () => checkSameReading(entity, leaf));\n',
      to: '  checks.run("signing-certificate", () => entity);\n',
      tests: [ATTESTATION],
      masked: "the strict reader refuses every encoding that the library is known to read as other bytes",
    },
  }),
  ...mutantsOf("lib/evidence/tradeChecks.ts", "trade", [STEP], {
    "permit-of-other-terms": {
      removes: "the permit names gateway, signer commit and policy of the terms",
      from: '  expectFields("PERMIT_TERMS_MISMATCH", { gateway, signerCommit, policyHash }, permit);\n',
    },
    "permit-expired": {
      removes: "the permit was live when the step opened",
      from: "if (BigInt(openedAt) > permit.deadline) {",
      to: "if (false) {",
    },
    "permit-unsigned": {
      removes: "buyer or delegate signed the permit",
      from: 'if (await verify(signer, digest, signature ?? "0x")) return;',
      to: "if (signer && digest) return;",
    },
    "net-parent": {
      removes: "both chains follow the last accepted claim",
      from: "parentNetCommitment: parents.netCommitment }",
      to: "parentNetCommitment: permit.parentNetCommitment }",
    },
    "begins-afresh": {
      removes: "only the first step has no parent",
      from: "if (genesis !== (permit.parentNetCommitment === zeroHash) || genesis !== (permit.step === 1)) {",
      to: "if (false) {",
    },
    "certificate-of-other-source": {
      removes: "the certificate names the run that the signing certificate names",
      from: "      repository: path(facts.sourceRepositoryUri),\n",
    },
    "certificate-of-other-input": {
      removes: "the certificate names the permitted input",
      from: "...{ entitlement, step, policyHash, inputHash, workerKey,",
      to: "...{ entitlement, step, policyHash, workerKey,",
    },
    "certificate-of-other-receipt": {
      removes: "the certificate names the receipt",
      from: "      receiptHash: sha256Hex(parts.receipt),\n",
    },
    "certificate-restored-nothing": {
      removes: "a later step restored its state",
      from: '      restoreMode: parentStateCommitment === zeroHash ? "genesis" : "restored",\n',
    },
    "replay-late": {
      removes: "the certificate was current when it was attested",
      from: "times.find(({ at }) => at > replay.expiresAt)",
      to: "times.find(({ at }) => at < 0)",
    },
    "replay-nonce": {
      removes: "the certificate has a nonce",
      from: "if (late || times.length === 0 || replay.nonce === zeroHash) {",
      to: "if (late || times.length === 0) {",
    },
    "result-form": {
      removes: "the result is sealed where the permit asks for it",
      from: '  expectEqual("RESULT_MISMATCH", "form", form, result.sealed ? "sealed" : "open");\n',
    },
    "state-bundle": {
      removes: "the state bundle is the attested one",
      from: '  if (bundle) expectEqual("STATE_BUNDLE_MISMATCH", "bundleHash", claim.bundleHash, fileHash(bundle));\n',
    },
    "next-tokens-zero": {
      removes: "no step commits to 'no parent'",
      from: "if (commitment === zeroHash) throw",
      to: 'if (commitment === "0x") throw',
    },
    "transcript-root": {
      removes: "the transcript is the committed one",
      from: '  expectEqual("TRANSCRIPT_MISMATCH", "transcriptRoot", claim.transcriptRoot, transcript.root);\n',
    },
    "receipt-by-anyone": {
      removes: "the gateway signed the receipt",
      from: "if (!(await verify(gateway, receiptDigest(receipt, expectation), signature))) {",
      to: "if (false) {",
    },
    "observation-missing": {
      removes: "tier 2: there is an observation",
      from: 'if (bytes === undefined || signature === undefined || observationHash === zeroHash) {\n    throw evidenceError("OBSERVATION_MISSING", { expected: observationHash });',
      to: "if (bytes === undefined || signature === undefined || observationHash === zeroHash) {\n    return;",
    },
    "observation-other": {
      removes: "tier 2: the observation is the permitted one",
      from: '  expectEqual("OBSERVATION_CONTRADICTS_RUN", "observationHash", observationHash, sha256Hex(bytes));\n',
    },
    "observation-other-job": {
      removes: "tier 2: the observed job is the one that signed",
      from: "    checkRunId: run.checkRunId,\n    sha:",
      to: "    sha:",
    },
    "observation-pool": {
      removes: "tier 2: a runner of GitHub's own pool",
      from: "    runnerGroupName: HOSTED_GROUP,\n    labels: policy.runsOn,\n  };",
      to: "    labels: policy.runsOn,\n  };",
    },
    "observation-runner-name": {
      removes: "tier 2: the runner's name is the pool's",
      from: "if (!/^GitHub Actions [0-9]+$/.test(runnerName)) {",
      to: "if (false) {",
    },
    "observation-old": {
      removes: "tier 2: the observation is of the live run",
      from: "if (observedAt < earliest || observedAt > latest) {",
      to: "if (false) {",
    },
    "observation-by-anyone": {
      removes: "tier 2: the observer signed the observation",
      from: "if (!(await verify(signer, digest, signature))) {",
      to: "if (false) {",
    },
    ratchet: {
      removes: "the next commitments are the key schedule's",
      from: '  expectFields("RATCHET_MISMATCH", { nextStateCommitment, nextNetCommitment }, claim);\n',
    },
    "claim-of-other-certificate": {
      removes: "the claim names the certificate",
      from: "      certificateHash: sha256Hex(parts.certificate),\n      resultHash",
      to: "      resultHash",
    },
  }),
  ...mutantsOf("lib/evidence/verify.ts", "verify", [STEP], {
    "payload-not-compared": {
      removes: "the payload is exactly the step's template",
      from: "if (Buffer.compare(expected, content.payload) !== 0) {",
      to: "if (false) {",
    },
    "tier-2-not-applicable": {
      removes: "a tier that demands an observation never ends as not applicable",
      from: "if (terms.runnerTier < 2 && permit.observationHash === zeroHash) {",
      to: "if (permit.observationHash === zeroHash) {",
    },
    "final-look-left-out": {
      removes: "a verifier that demands a look at the ended run is not satisfied by none",
      from: "if (finalObservation === undefined && options.requireFinalObservation) {",
      to: "if (false) {",
    },
    "capsule-believed": {
      removes: "evidence is held against the chain, not against its own statement",
      from: "const stated = expectation ?? trade?.expectation;",
      to: "const stated = trade?.expectation ?? expectation;",
    },
    "chain-record": {
      removes: "the capsule's statement is the chain's record",
      from: 'checks.run("chain-record", () => checkTrade(trade.expectation, expectation));',
      to: 'checks.run("chain-record", () => undefined);',
    },
  }),
  ...mutantsOf("lib/evidence/statement.ts", "statement", [FILES], {
    "subject-order": {
      removes: "the claim is the first subject",
      from: '["pawl-claim", "certificate.json", "result.json", "state.bundle"]',
      to: '["certificate.json", "pawl-claim", "result.json", "state.bundle"]',
    },
    template: {
      removes: "the template, byte for byte",
      from: '"predicate":{"v":1}}`',
      to: '"predicate":{"v": 1}}`',
    },
  }),
  ...mutantsOf("lib/evidence/claim.ts", "claim", [FILES], {
    tag: {
      removes: "a claim begins with its tag",
      from: "if (hex(0) !== STEP_CLAIM_TAG) {",
      to: "if (false) {",
    },
    "dirty-address": {
      removes: "one encoding of an address",
      from: "      .some((byte) => byte !== 0)\n",
      to: "      .some((byte) => byte > 255)\n",
    },
  }),
  ...mutantsOf("lib/evidence/report.ts", "report", [FILES], {
    "verdict-of-some": {
      removes: "the verdict needs every check of its kind",
      from: "    checks.length === definitions.length &&\n",
      to: "",
    },
    "verdict-without-must": {
      removes: "a check that must pass is never not applicable",
      from: '(optional && check.status === "not applicable"',
      to: '(check.status === "not applicable"',
    },
    "verdict-without-facts": {
      removes: "profile and tier say which checks may be left out",
      from: " && mayBeLeftOut(name, facts)",
    },
    "passed-with-a-code": {
      removes: "what did not fail has no code, no values and the list's own words",
      from: "check.code === null && check.expected === null && check.actual === null",
      to: "check.name !== null",
    },
    "passed-in-other-words": {
      removes: "a passed check says what the list says",
      from: "check.sentence === definition?.sentence",
      to: "definition !== undefined",
    },
    "verdict-in-any-order": {
      removes: "each check in its place",
      from: "        check?.name === name &&\n",
      to: "        check !== undefined &&\n",
    },
    "verdict-believed": {
      removes: "a stored verdict follows from its checks",
      from: "report.verdict === verdictOf(report)",
      to: "report.verdict !== undefined",
    },
  }),
  ...mutantsOf("lib/evidence/bundle.ts", "attestation", [ATTESTATION], {
    base64: {
      removes: "one spelling of bytes",
      from: 'value !== "" && Buffer.from(value, "base64").toString("base64") === value',
      to: 'value !== ""',
    },
    "many-checkpoint-signatures": {
      removes: "a checkpoint carries few signatures",
      from: "signatureLines(envelope) <= MAX_PARTS",
      to: "signatureLines(envelope) <= 8192",
    },
    "log-entry-twice": {
      removes: "no log entry is judged twice",
      from: "  refuseRepeated(logEntries);\n",
    },
    "two-signatures": { removes: "one signature", from: "signatures.length === 1", to: "signatures.length >= 1" },
    "two-certificates": {
      removes: "one certificate",
      from: "leaf === undefined || leaves.length !== 1",
      to: "leaf === undefined",
    },
    "media-type": {
      removes: "a known media type",
      from: "if (!MEDIA_TYPES.has(mediaType)) throw",
      to: 'if (mediaType === "") throw',
    },
  }),
  ...mutantsOf("lib/evidence/extensions.ts", "leaf", [ATTESTATION], {
    lifetime: {
      removes: "a leaf lives ten minutes",
      from: "if (lifetime > MAX_LIFETIME_SECONDS || lifetime < 0) {",
      to: "if (lifetime < 0) {",
    },
    "unknown-extension": {
      removes: "what is critical is understood",
      from: "if (critical || !/^[1-9][0-9]*$/.test(number)) throw",
      to: "if (!/^[1-9][0-9]*$/.test(number)) throw",
    },
    "two-issuers": {
      removes: "both issuer extensions agree",
      from: "if (oldIssuer !== null && oldIssuer !== issuer) {",
      to: "if (false) {",
    },
    authority: {
      removes: "a leaf is no authority",
      from: "if (authority !== undefined && (authority.tag !== derTag.boolean || readBoolean(authority))) {",
      to: "if (false) {",
    },
    "second-name": {
      removes: "one name, in one place",
      tests: ["test/lib/evidence/leaf.test.ts"],
      from: ": leaf.hasSubject || extension?.critical !== true",
      to: ": extension?.critical !== true",
    },
  }),
  ...mutantsOf("lib/evidence/sigstore.ts", "sigstore", [ATTESTATION], {
    "unsigned-time": {
      removes: "a log's time is signed",
      from: "if (entry.integratedTime !== null && !entry.hasPromise) {",
      to: "if (false) {",
    },
    "future-time": { removes: "no time in the future", from: "at > now + CLOCK_SKEW_SECONDS", to: "at < 0" },
    "chain-not-verified": {
      removes: "the certificate chains up to the trusted root",
      from: "      verifySigner(entity, material, 0);\n",
    },
    "expired-log-key": {
      removes: "the log's key was valid at that time",
      from: '  if (!valid) throw evidenceError("LOG_KEY_EXPIRED"',
      to: '  if (!valid && logs.length === 0) throw evidenceError("LOG_KEY_EXPIRED"',
    },
  }),
  ...mutantsOf("lib/evidence/logEntry.ts", "log", [ATTESTATION], {
    "other-certificate": {
      removes: "the log entry names the bundle's certificate",
      from: "if (named === undefined || Buffer.compare(named, signer) !== 0) {",
      to: "if (named === undefined) {",
    },
    "other-size": {
      removes: "the proof's size is the checkpoint's",
      from: "if (size !== entry.proof.treeSize.toString()) {",
      to: "if (false) {",
    },
    "other-root": {
      removes: "the proof's root is the checkpoint's",
      from: "if (root !== stated) {",
      to: "if (false) {",
    },
  }),
];
