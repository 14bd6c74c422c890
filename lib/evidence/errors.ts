import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of evidence: trust roots, bundles, leaf certificates, logs, statements, and a trade's equalities. */
export const evidenceErrors = {
  // Trust roots
  TRUSTED_ROOT_MALFORMED: { kind: "invalid", sentence: "The trusted root is not a readable TrustedRoot document." },
  TRUSTED_ROOT_UNDATED: {
    kind: "invalid",
    sentence: "An entry of the trusted root does not say from when it is valid, so it cannot be trusted for any time.",
  },
  TRUSTED_ROOT_CHANGED: {
    kind: "unverified",
    sentence: "The built-in trusted root is not the one that this version was reviewed with.",
  },

  TRUSTED_ROOT_NOT_BUILT_IN: {
    kind: "invalid",
    sentence: "This trusted root is not built in; pass the path of its trusted_root.json.",
  },
  TRUSTED_ROOT_STALE: {
    kind: "unverified",
    sentence: "Nobody has stood by the trusted root for longer than allowed; run pawl trust refresh.",
  },
  TRUSTED_ROOT_AGE_UNKNOWN: {
    kind: "invalid",
    sentence: "A trusted root from a file has no known age; leave out the greatest age, or use a refreshed root.",
  },
  TUF_UNREACHABLE: {
    kind: "backend",
    sentence: "The mirror of trusted roots did not answer; try again, or use the pinned or the last refreshed root.",
  },
  TUF_EXPIRED: {
    kind: "unverified",
    sentence: "The mirror's metadata has expired: it shows an old state, or this machine's clock is wrong.",
  },
  TUF_ROLLED_BACK: {
    kind: "unverified",
    sentence: "The mirror shows an older state than was seen before, or one whose parts do not belong together.",
  },
  TUF_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "The mirror's metadata is not signed by the keys that the last trusted metadata names.",
  },
  TUF_METADATA_INVALID: {
    kind: "unverified",
    sentence: "What the mirror of trusted roots served, or what was kept of it, is not what its metadata says.",
  },
  TUF_NEVER_REFRESHED: {
    kind: "invalid",
    sentence: "No root of this mirror has been kept; run pawl trust refresh first.",
  },

  // Proof on-chain
  PROOF_LOG_MISSING: {
    kind: "unverified",
    sentence: "The bundle is time-stamped and not in a log, so the chain cannot check when it was made.",
  },
  PROOF_LOG_TIME_MISSING: {
    kind: "unverified",
    sentence: "The log does not state a time of its own, as second-generation logs do not; the chain needs one.",
  },
  PROOF_LOG_ENTRY_UNSUPPORTED: {
    kind: "unverified",
    sentence: "The chain reads log entries of kind dsse 0.0.1 only, as GitHub's attestations have.",
  },
  PROOF_CONTENT_UNSUPPORTED: {
    kind: "unverified",
    sentence: "The chain checks signed in-toto statements only.",
  },
  PROOF_ISSUER_UNKNOWN: {
    kind: "unverified",
    sentence: "The certificate was not issued by an authority that the chain can check.",
  },
  PROOF_LOG_UNKNOWN: {
    kind: "unverified",
    sentence: "The entry is in a log that the chain cannot check.",
  },

  // Bundle
  ATTESTATION_TOO_LARGE: { kind: "too-large", sentence: "The attestation bundle is larger than a verifier accepts." },
  ATTESTATION_JSON_MALFORMED: { kind: "invalid", sentence: "The attestation bundle is not JSON." },
  JSON_KEY_REPEATED: {
    kind: "invalid",
    sentence: "A JSON object repeats a key, so two readers could see two different documents.",
  },
  JSON_TOO_MANY_VALUES: { kind: "too-large", sentence: "The JSON text holds more values than a verifier accepts." },
  ATTESTATION_MEDIA_TYPE_UNKNOWN: {
    kind: "unverified",
    sentence: "The bundle's media type is not exactly one of the known Sigstore bundle versions.",
  },
  ATTESTATION_FIELD_INVALID: {
    kind: "unverified",
    sentence: "A field of the bundle is missing, unknown or of the wrong form.",
  },
  ATTESTATION_BASE64_NOT_CANONICAL: {
    kind: "unverified",
    sentence: "A field of the bundle is not canonical base64, so its bytes could be written in more than one way.",
  },
  ATTESTATION_CONTENT_AMBIGUOUS: {
    kind: "unverified",
    sentence: "A bundle holds exactly one content: either a DSSE envelope or a message signature.",
  },
  ATTESTATION_SIGNATURE_COUNT: { kind: "unverified", sentence: "The envelope must carry exactly one signature." },
  ATTESTATION_TOO_MANY_PARTS: {
    kind: "unverified",
    sentence:
      "The bundle carries more log entries, checkpoint signatures, timestamps or certificates than a verifier accepts.",
  },
  ATTESTATION_LOG_ENTRY_REPEATED: {
    kind: "unverified",
    sentence: "The bundle carries the same entry of the same log more than once.",
  },
  ATTESTATION_BARE_KEY: {
    kind: "unverified",
    sentence: "The bundle names a bare public key; only a certificate says which workflow signed.",
  },
  ATTESTATION_KEY_MALFORMED: { kind: "invalid", sentence: "The given key is not a public key in PEM." },
  ATTESTATION_PROOF_MISSING: {
    kind: "unverified",
    sentence: "A log entry comes without an inclusion proof; a promise alone is not accepted.",
  },
  ATTESTATION_NOT_A_STATEMENT: {
    kind: "unverified",
    sentence: "A step is attested by an in-toto statement; this bundle signs a bare artifact.",
  },

  // Leaf certificate
  LEAF_NOT_DER: { kind: "unverified", sentence: "The signing certificate is not strict DER of an X.509 v3 leaf." },
  LEAF_EXTENSIONS_TOO_MANY: {
    kind: "unverified",
    sentence: "The signing certificate carries more extensions than a verifier accepts.",
  },
  LEAF_EXTENSION_REPEATED: { kind: "unverified", sentence: "The signing certificate repeats an extension." },
  LEAF_EXTENSION_UNKNOWN: {
    kind: "unverified",
    sentence: "The signing certificate carries an extension that a verifier does not understand.",
  },
  LEAF_EXTENSION_MALFORMED: {
    kind: "unverified",
    sentence: "An identity extension of the signing certificate is not encoded as Fulcio encodes it.",
  },
  LEAF_ISSUER_MISSING: {
    kind: "unverified",
    sentence: "The signing certificate does not say who vouched for the identity (extension .8).",
  },
  LEAF_ISSUER_AMBIGUOUS: {
    kind: "unverified",
    sentence: "The two issuer extensions of the signing certificate (.1 and .8) differ.",
  },
  LEAF_IDENTITY_NOT_ONE_URI: {
    kind: "unverified",
    sentence: "The signing certificate must name exactly one identity, and it must be a URI.",
  },
  LEAF_USAGE_REFUSED: {
    kind: "unverified",
    sentence: "The signing certificate is not made for digital signatures and code signing alone.",
  },
  LEAF_IS_AUTHORITY: { kind: "unverified", sentence: "The signing certificate is itself a certificate authority." },
  LEAF_LIFETIME_EXCEEDED: { kind: "unverified", sentence: "The signing certificate lives longer than ten minutes." },
  LEAF_KEY_UNSUPPORTED: { kind: "unverified", sentence: "The signing certificate does not hold a P-256 key." },

  // Chain, time, log, signature
  TIMESTAMP_INVALID: {
    kind: "unverified",
    sentence: "No trusted time: the log's or the authority's timestamp is missing, repeated or not trusted.",
  },
  TIMESTAMP_IN_FUTURE: { kind: "unverified", sentence: "A timestamp of the bundle lies in the future." },
  CHAIN_INVALID: {
    kind: "unverified",
    sentence: "The signing certificate does not chain up to this trusted root at the time of signing.",
  },
  TRANSPARENCY_INVALID: {
    kind: "unverified",
    sentence: "The certificate was not shown to have been logged: its SCT is missing or not from a trusted log.",
  },
  LOG_ENTRY_MISSING: { kind: "unverified", sentence: "The bundle has no entry of a trusted transparency log." },
  LOG_ENTRY_UNEXPECTED: {
    kind: "unverified",
    sentence: "The bundle carries a public log entry, which bundles of this instance never do.",
  },
  LOG_INCLUSION_INVALID: {
    kind: "unverified",
    sentence: "The log entry's inclusion proof, checkpoint or promise does not verify.",
  },
  LOG_ENTRY_MISMATCH: { kind: "unverified", sentence: "The log entry is about another signature, content or signer." },
  LOG_PROOF_INCONSISTENT: {
    kind: "unverified",
    sentence: "The log entry's index, tree size or root hash differs from what the log signed.",
  },
  LOG_TIME_UNSIGNED: {
    kind: "unverified",
    sentence: "The log entry states a time that the log did not sign.",
  },
  LOG_KEY_EXPIRED: { kind: "unverified", sentence: "The log's key was not valid at the time of signing." },
  ATTESTATION_SIGNATURE_INVALID: {
    kind: "unverified",
    sentence: "The signature does not match the content under the certificate's key.",
  },

  // Statement and artifact
  STATEMENT_PAYLOAD_TYPE_UNKNOWN: {
    kind: "unverified",
    sentence: "The signed payload is not declared as an in-toto statement.",
  },
  STATEMENT_MALFORMED: { kind: "unverified", sentence: "The signed payload is not a well-formed in-toto statement." },
  STATEMENT_MISMATCH: {
    kind: "unverified",
    sentence: "The signed payload is not the statement that the four files of this step make.",
  },
  ARTIFACT_REQUIRED: {
    kind: "unverified",
    sentence:
      "This bundle signs an artifact's bytes directly; pass the artifact, or its digest, to check the signature.",
  },
  SUBJECT_MISMATCH: { kind: "unverified", sentence: "The attestation is not about this artifact." },
  PREDICATE_CONTRADICTS_CERTIFICATE: {
    kind: "unverified",
    sentence: "The predicate claims another workflow run than the signing certificate; predicates can be forged.",
  },

  // Identity
  ISSUER_MISMATCH: { kind: "unverified", sentence: "Another identity provider vouched for the signer." },
  SIGNER_IDENTITY_MISMATCH: { kind: "unverified", sentence: "Another identity signed than the expected one." },
  SIGNER_WORKFLOW_MISMATCH: { kind: "unverified", sentence: "Another workflow file signed than the pinned one." },
  SIGNER_COMMIT_MISMATCH: { kind: "unverified", sentence: "The workflow that signed was at another commit." },
  SIGNER_UNPINNED: {
    kind: "unverified",
    sentence: "The reusable workflow was called by a name that can move, not by its commit.",
  },
  SOURCE_REPOSITORY_MISMATCH: { kind: "unverified", sentence: "The run happened in another repository." },
  SOURCE_OWNER_MISMATCH: { kind: "unverified", sentence: "The run's repository has another owner." },
  SOURCE_COMMIT_MISMATCH: { kind: "unverified", sentence: "The run happened at another commit." },
  CALLER_WORKFLOW_MISMATCH: { kind: "unverified", sentence: "Another workflow called the pinned one." },
  RUN_MISMATCH: { kind: "unverified", sentence: "The attestation comes from another run or attempt." },
  TRIGGER_MISMATCH: { kind: "unverified", sentence: "The run was not started by workflow_dispatch." },
  RUNNER_ENVIRONMENT_MISMATCH: { kind: "unverified", sentence: "The run was not on a GitHub-hosted runner." },
  VISIBILITY_MISMATCH: { kind: "unverified", sentence: "The run's repository was not public." },
  ENVIRONMENT_UNEXPECTED: { kind: "unverified", sentence: "The run named a deployment environment." },

  // Trade
  LOG_TIME_OUTSIDE_WINDOW: {
    kind: "unverified",
    sentence: "The attestation was logged before the step was opened or after its claim deadline.",
  },
  CLAIM_MALFORMED: { kind: "unverified", sentence: "The claim blob is not twelve words as the protocol writes them." },
  CLAIM_MISMATCH: { kind: "unverified", sentence: "The claim is about another deployment, step, permit or file." },
  PERMIT_TERMS_MISMATCH: { kind: "unverified", sentence: "The permit contradicts the offer's terms." },
  PERMIT_SIGNER_MISMATCH: { kind: "unverified", sentence: "The permit is not signed by the buyer or a delegate." },
  PARENT_MISMATCH: {
    kind: "unverified",
    sentence: "The step does not follow the last accepted claim: its parent commitments differ.",
  },
  CERTIFICATE_MISMATCH: {
    kind: "unverified",
    sentence: "The runner's certificate contradicts the permit, the claim or the signing certificate.",
  },
  ISOLATION_TOO_WEAK: {
    kind: "unverified",
    sentence: "The workload was not kept apart as the policy demands: it had a network.",
  },
  POLICY_RULE_BROKEN: {
    kind: "policy",
    sentence: "The run did not keep to a rule of its policy.",
  },
  COLD_START_REFUSED: {
    kind: "restore",
    sentence: "The step started afresh although it has a parent, and its policy demands that the state is restored.",
  },
  REPLAY_WINDOW_CLOSED: {
    kind: "unverified",
    sentence: "The runner's certificate had expired when it was attested.",
  },
  RESULT_MISMATCH: { kind: "unverified", sentence: "The result is not the one that the run committed to." },
  STATE_BUNDLE_MISMATCH: {
    kind: "unverified",
    sentence: "The state bundle is not the one that the run committed to.",
  },
  NEXT_TOKENS_MISMATCH: {
    kind: "unverified",
    sentence: "The commitments for the next step are not the ones in certificate and claim.",
  },
  TRANSCRIPT_MISMATCH: {
    kind: "unverified",
    sentence: "The transcript is not the one that the run committed to.",
  },
  RECEIPT_MISMATCH: { kind: "unverified", sentence: "The delivery receipt is for other outputs or another permit." },
  RECEIPT_SIGNER_MISMATCH: { kind: "unverified", sentence: "The delivery receipt is not signed by the gateway." },
  OBSERVATION_MISSING: {
    kind: "unverified",
    sentence: "The offer demands an observation of the live run, and there is none.",
  },
  OBSERVATION_CONTRADICTS_RUN: {
    kind: "unverified",
    sentence: "The observation is not about this run, or not of a runner from GitHub's own pool.",
  },
  OBSERVATION_SIGNER_MISMATCH: {
    kind: "unverified",
    sentence: "The observation is not signed by the offer's observer or gateway.",
  },
  FINAL_OBSERVATION_MISSING: {
    kind: "unverified",
    sentence: "The evidence holds no signed look at the run after its end, and this verifier demands one.",
  },
  FINAL_OBSERVATION_CONTRADICTS_RUN: {
    kind: "unverified",
    sentence:
      "After the run had ended, GitHub's API showed something else than this run, alone, on the observed runner.",
  },
  FINAL_OBSERVATION_SIGNER_MISMATCH: {
    kind: "unverified",
    sentence: "The final observation is not signed by the offer's observer or gateway.",
  },
  RATCHET_MISMATCH: {
    kind: "unverified",
    sentence: "The next commitments are not the ones the key schedule gives for these outputs.",
  },
  TRADE_MISMATCH: {
    kind: "unverified",
    sentence: "The capsule states another trade than the chain records.",
  },

  // Report
  REPORT_VERSION_UNKNOWN: {
    kind: "invalid",
    sentence: "The report is of a version that this program does not read; verify the evidence again.",
  },
  VERIFY_CAPSULE_OPTION_UNUSED: {
    kind: "invalid",
    sentence: "This option is about a capsule, its signers or its run; a bundle has one signer, its own, and no trade.",
  },
  VERIFY_OPTION_UNUSED: {
    kind: "invalid",
    sentence: "This option describes the signer of a bundle; a capsule is held against the terms of its own trade.",
  },
  ROOT_OPTION_UNUSED: {
    kind: "invalid",
    sentence: "This option says how a mirror of trusted roots is asked, and none is; add the option it needs.",
  },
  EVIDENCE_FILE_UNREADABLE: { kind: "invalid", sentence: "The file cannot be read; check its path." },
  EVIDENCE_FILE_UNWRITABLE: { kind: "invalid", sentence: "The file cannot be written; check its folder." },
  EVIDENCE_UNREADABLE: {
    kind: "unverified",
    sentence: "This part of the evidence could not be read.",
  },
  VERIFICATION_FAILED: { kind: "unverified", sentence: "The evidence did not pass verification; see the report." },
} as const satisfies ErrorCatalogue;

export const evidenceError = errorsOf(evidenceErrors);
export type EvidenceErrorCode = keyof typeof evidenceErrors;
