import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CapsuleParts } from "#lib/capsule/capsule.ts";
import { systemRandom } from "#lib/core/effects.ts";
import { sha256Hex } from "#lib/core/hash.ts";
import { parseObservation } from "#lib/evidence/observation.ts";
import { verdictOf } from "#lib/evidence/report.ts";
import { parseResult } from "#lib/evidence/result.ts";
import { checkRootAge } from "#lib/evidence/trust.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { verifyStep } from "#lib/evidence/verify.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { parsePolicy } from "#lib/offers/policy.ts";
import type { IdentityClaims } from "#lib/sandbox/claims.ts";
import { raw, text } from "#lib/sandbox/leaf.ts";
import { type AttestOverrides, createSandboxSigstore, type SigstoreBundle } from "#lib/sandbox/sigstore.ts";
import { createTimestampAuthority } from "#lib/sandbox/timestampAuthority.ts";
import { tried } from "../../properties.ts";
import { claimsOfStep } from "../sandbox/claims.fixture.ts";
import {
  attestedAt,
  failures,
  flip,
  mintStep,
  rewrite,
  type StepChanges,
  trust,
  verifyChanged,
} from "./step.fixture.ts";

/**
 * What a paranoid verifier refuses, row by row. An alternative is either shown here, or names the case elsewhere that
 * shows it, which then must exist.
 */
type Shown = { readonly shows: () => Promise<unknown> | unknown; readonly failed: readonly string[] };
type Elsewhere = { readonly file: string; readonly text: string };
type Alternatives = Readonly<Record<string, Shown | Elsewhere>>;

const DAY = 86_400;
const now = 1_790_000_000;
let clock = now;
const sigstore = createSandboxSigstore({ clock: () => clock, random: systemRandom });
const stamps = createTimestampAuthority({ notBefore: now - DAY, start: now - DAY });
const closed = createTimestampAuthority({ notBefore: now - DAY, start: now - DAY, end: now - 60 });
const unborn = createTimestampAuthority({ notBefore: now + 60, start: now - DAY });
const foreign = createTimestampAuthority({ notBefore: now - DAY, start: now - DAY });
const authorities = [stamps, closed, unborn].map(({ entry }) => entry);
const honestRoot = { ...sigstore.trustedRoot, timestampAuthorities: authorities };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const policyUnder = (root: unknown) =>
  ({
    profile: "public-good",
    root: parseTrustedRoot(bytes(root)),
    issuer: claimsOfStep().iss,
    serverUrl: "https://github.com",
  }) as const;
const honest = policyUnder(honestRoot);

const statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "a", digest: { sha256: "1".repeat(64) } }],
  predicateType: "https://example.org/predicate",
};
const attest = (overrides: AttestOverrides = {}, payload: unknown = statement, at = now): SigstoreBundle => {
  clock = at;
  return sigstore.attest({ payload: bytes(payload), claims: claimsOfStep(), overrides });
};

type Mutable = ReturnType<typeof JSON.parse>;
const changed = (change: (bundle: Mutable) => void, bundle: unknown = attest()): unknown => {
  // Through text, so that what was one object in two places is two.
  const copy: Mutable = JSON.parse(JSON.stringify(bundle));
  change(copy);
  return copy;
};

/** A bundle as the second generation of logs gives it: no time and no promise of the log, times from authorities. */
function stamped(timestamps: (signature: Uint8Array) => readonly Uint8Array[]): unknown {
  return changed(
    (b) => {
      const [entry] = b.verificationMaterial.tlogEntries;
      entry.integratedTime = "0";
      entry.logIndex = entry.inclusionProof.logIndex;
      const signature = Buffer.from(b.dsseEnvelope.signatures[0].sig, "base64");
      b.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: timestamps(signature).map((stamp) => ({
          signedTimestamp: Buffer.from(stamp).toString("base64"),
        })),
      };
    },
    attest({ log: { promise: "none" } }),
  );
}

const bundleFails = (
  bundle: () => unknown,
  failed: readonly string[],
  options: { readonly root?: unknown; readonly san?: string; readonly at?: number } = {},
): Shown => ({
  failed,
  shows: () =>
    failures(
      verifyAttestation(
        { bundle: bytes(bundle()) },
        {
          trust: options.root === undefined ? honest : policyUnder(options.root),
          ...(options.san !== undefined && { identity: { san: options.san } }),
        },
        options.at ?? now + 60,
      ),
    ),
});
const stepFails = (changes: StepChanges, failed: readonly string[]): Shown => ({
  failed: [...failed].sort(),
  shows: async () => [...failures(await verifyChanged(changes))].sort(),
});
const in_ =
  (file: string) =>
  (title: string): Elsewhere => ({ file, text: title });
const step = in_("test/lib/evidence/verifyStep.test.ts");
const bundle = in_("test/lib/evidence/attestation.test.ts");
const real = in_("test/external/bundles.test.ts");
const suite = in_("test/external/conformance.test.ts");
const mirror = in_("test/lib/evidence/tufRoot.test.ts");

const identity = (changes: Partial<IdentityClaims>): StepChanges => ({
  identity: (claims) => ({ ...claims, ...changes }),
});
const extension = (number: number, value: ReturnType<typeof text>["value"]): AttestOverrides => ({
  extensions: (all) => all.map((e) => (e.oid.endsWith(`57264.1.${number}`) ? { ...e, value } : e)),
});
const without = (number: number): AttestOverrides => ({
  extensions: (all) => all.filter((e) => !e.oid.endsWith(`57264.1.${number}`)),
});
const highBits = (value: string) => Buffer.from(value, "latin1").map((byte) => byte | 0x80);
const san = `https://github.com/${claimsOfStep().job_workflow_ref}`;
const BEACON = "sigstore-conformance/extremely-dangerous-public-oidc-beacon";
const beaconFile = `${BEACON}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main`;

const critical = (part: keyof CapsuleParts, field: string): StepChanges => ({
  parts: (parts) => ({
    ...parts,
    [part]: rewrite(parts[part] ?? new Uint8Array(), (document) => Object.assign(document, { [field]: 1 })),
  }),
});

const rows: Readonly<Record<string, Alternatives>> = {
  "1 the certificate decides, not what the predicate says": {
    "a real bundle of a forged predicate": real('"bcr-MODULE-wrong-signer"'),
    "a predicate of another run": bundle('"a provenance of another run"'),
  },
  "2 an identity that anybody can have": {
    "for an offer": stepFails(
      {
        identity: (claims) => ({
          ...claims,
          job_workflow_ref: beaconFile,
          workflow_ref: beaconFile,
          repository: BEACON,
          repository_id: "577923880",
        }),
      },
      [
        "caller-workflow: CALLER_WORKFLOW_MISMATCH",
        "certificate: CERTIFICATE_MISMATCH",
        "observation: OBSERVATION_CONTRADICTS_RUN",
        "signer-commit: SIGNER_COMMIT_MISMATCH",
        "signer-workflow: SIGNER_WORKFLOW_MISMATCH",
        "source-repository: SOURCE_REPOSITORY_MISMATCH",
      ],
    ),
  },
  "3 an issuer that only looks right": {
    "with a slug of its own": step('"another issuer"'),
    "that begins with the right one": real("GITHUB_ACTIONS_ISSUER}/octo"),
    "with a slash at the end": step('"an issuer with a slash at the end"'),
    "with high bits that fold to ASCII": bundleFails(
      () =>
        attest(
          extension(8, Buffer.concat([Uint8Array.of(0x0c, claimsOfStep().iss.length), highBits(claimsOfStep().iss)])),
        ),
      ["signing-certificate: LEAF_EXTENSION_MALFORMED"],
    ),
    "with high bits in the older extension": bundleFails(
      () => attest(extension(1, highBits(claimsOfStep().iss))),
      ["signing-certificate: LEAF_EXTENSION_MALFORMED"],
    ),
    "in letters that look the same": bundleFails(() => {
      const look = claimsOfStep().iss.replace("o", "\u043e");
      return attest({
        extensions: (all) =>
          all.map((e) => (/57264\.1\.1$/.test(e.oid) ? raw(1, look) : /57264\.1\.8$/.test(e.oid) ? text(8, look) : e)),
      });
    }, ["issuer: ISSUER_MISMATCH"]),
  },
  "4 the issuer's newer extension": {
    "is missing, as in a release attestation": real('"gh-release-attestation-no-oidc-v03"'),
    "is missing, and only the older one is there": bundle('"no .8"'),
    "differs from the older one": bundle('".1 differing from .8"'),
  },
  "5 extensions that two readers read differently": {
    repeated: bundle('"an extension twice"'),
    "of another string type": bundle('".8 as IA5String"'),
    "with bytes after the string": bundle('".15 with bytes after it"'),
    "with a length that is too long": bundle('".15 with a length that is not minimal"'),
  },
  "6 the right name of another repository": {
    "by its repository id": step('"another repository id"'),
    "by its owner id": step('"another owner id"'),
    "in a fork where the commit resolves": stepFails(
      { identity: (c) => ({ ...c, repository_id: "810000009", repository_owner_id: "9200009" }) },
      ["source-owner: SOURCE_OWNER_MISMATCH", "source-repository: SOURCE_REPOSITORY_MISMATCH"],
    ),
    "the pinned file in a fork": step('"the right file in a fork"'),
  },
  "7 a signer's name in part": {
    "its end": bundleFails(() => attest(), ["identity: SIGNER_IDENTITY_MISMATCH"], { san: san.slice(8) }),
    "its beginning": bundleFails(() => attest(), ["identity: SIGNER_IDENTITY_MISMATCH"], { san: san.slice(0, -1) }),
    "with a dot for any letter": bundleFails(() => attest(), ["identity: SIGNER_IDENTITY_MISMATCH"], {
      san: san.replace("pawl", "p.wl"),
    }),
    "nothing of it": bundleFails(() => attest(), ["identity: SIGNER_IDENTITY_MISMATCH"], { san: "" }),
    "two names": bundle('"two alternative names"'),
    "an e-mail address": bundle('"an e-mail address"'),
  },
  "8 one of the two workflows": {
    "the caller is another": step('"the right workflow called by another one"'),
    "the called one is another": step('"another workflow file at the right commit"'),
    "the called one is at another commit": step('"the right file at another commit"'),
    "the started one is at another commit": step('"another commit of the started workflow"'),
  },
  "9 a ref that is no commit": {
    "the ref is right and the commit is not": step('"direct: the source at another commit than the workflow in it"'),
    "a branch named like a tag or commit": step('"a branch named like the commit"'),
    "a commit in upper case": stepFails(identity({ sha: "A".repeat(40) }), [
      "certificate: CERTIFICATE_MISMATCH",
      "source-commit: SOURCE_COMMIT_MISMATCH",
    ]),
    "a shortened commit": stepFails(identity({ sha: claimsOfStep().sha.slice(0, 12) }), [
      "certificate: CERTIFICATE_MISMATCH",
      "source-commit: SOURCE_COMMIT_MISMATCH",
    ]),
    "a signer's commit in upper case": stepFails(identity({ job_workflow_sha: "A".repeat(40) }), [
      "certificate: CERTIFICATE_MISMATCH",
      "observation: OBSERVATION_CONTRADICTS_RUN",
      "signer-commit: SIGNER_COMMIT_MISMATCH",
    ]),
  },
  "10 another trigger than the offer's": {
    "of four kinds": step('"pull_request_target", "workflow_run", "schedule", "push"'),
    none: stepFails({ attest: without(20) }, ["trigger: TRIGGER_MISMATCH"]),
  },
  "11 a runner that is not GitHub's": {
    "self-hosted or unknown": step('"self-hosted", "", "github-hosted "'),
    "not named": stepFails({ attest: without(11) }, ["runner-environment: RUNNER_ENVIRONMENT_MISMATCH"]),
    "tier 2 without an observation": step('"no observation at tier 2"'),
  },
  "12 another run": {
    "the attempt is another": step('"another attempt"'),
    "it is in another repository": step('"a run in another repository"'),
    "an environment that nobody asked for": step('"a deployment environment"'),
    "it is not named": stepFails({ attest: without(21) }, ["run: RUN_MISMATCH"]),
  },
  "13 the same run settled twice": {
    "as is, by its run key on the chain": in_("contracts/Escrow.sol")("revert RunUsed(opening.runKey)"),
    "re-encoded: other bytes, the same claim": {
      failed: ["same claim, other bytes"],
      shows: async () => {
        const { parts, expectation } = await mintStep();
        const spaced = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(parts.bundle).toString()), null, 1));
        return sameClaim(parts, { ...parts, bundle: spaced }, expectation);
      },
    },
    "with another log index beside the same proof": bundle('"another log index"'),
  },
  "14 evidence from outside its window": {
    "older than the step": step('"evidence older than the step"'),
    "finished after its deadline": step('"evidence logged at the claim deadline"'),
    "under a permit that had expired": step('"a permit that had expired when the step was opened"'),
  },
  "15 keys and certificates outside their validity": {
    "an expired leaf": bundle('"a leaf that had expired"'),
    "a leaf of the future": bundle('"a leaf of the future"'),
    "a leaf that lives too long": bundle('"a lifetime of eleven minutes"'),
    "an expired intermediate": bundleFails(
      () => attest({}, statement, now + 3_660 * DAY),
      ["certificate-chain: CHAIN_INVALID"],
      { at: now + 3_660 * DAY },
    ),
    "an authority that the root no longer trusted": bundleFails(() => attest(), ["certificate-chain: CHAIN_INVALID"], {
      root: ended("certificateAuthorities", (entry) => entry),
    }),
    "a log key that had expired": bundleFails(() => attest(), ["transparency-log: LOG_KEY_EXPIRED"], {
      root: ended("tlogs", (entry) => entry.publicKey),
    }),
    "a log key of the future": bundleFails(() => attest(), ["transparency-log: LOG_KEY_EXPIRED"], {
      root: changed((root) => {
        root.tlogs[0].publicKey.validFor.start = iso(now + 3_600);
      }, honestRoot),
    }),
    "a certificate log key that had expired": bundleFails(() => attest(), ["certificate-log: TRANSPARENCY_INVALID"], {
      root: ended("ctlogs", (entry) => entry.publicKey),
    }),
    "an entry of the root without a start": bundle("is refused where an entry does not say from when it holds"),
  },
  "16 a time that nobody vouches for": {
    "a log's time without its promise": bundle('"no promise for its time"'),
    "no time at all": bundleFails(() => stamped(() => []), ["signing-time: TIMESTAMP_INVALID"]),
    "a timestamp for another signature": bundleFails(
      () => stamped(() => [stamps.stamp(Buffer.from("another"), now)]),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "a timestamp by an authority that the root does not know": bundleFails(
      () => stamped((signature) => [foreign.stamp(signature, now)]),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "a timestamp by an authority that the root no longer trusted": bundleFails(
      () => stamped((signature) => [closed.stamp(signature, now)]),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "a timestamp from before its authority's certificate": bundleFails(
      () => stamped((signature) => [unborn.stamp(signature, now)]),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "the same timestamp twice": bundleFails(
      () => stamped((signature) => Array.from({ length: 2 }, () => stamps.stamp(signature, now))),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "a good timestamp beside a stranger's": bundleFails(
      () => stamped((signature) => [stamps.stamp(signature, now), foreign.stamp(signature, now)]),
      ["signing-time: TIMESTAMP_INVALID"],
    ),
    "a timestamp outside the leaf's life": bundleFails(
      () => stamped((signature) => [stamps.stamp(signature, now + 1_200)]),
      ["certificate-chain: CHAIN_INVALID"],
      { at: now + 3_600 },
    ),
    "a timestamp of the future": bundleFails(
      () => stamped((signature) => [stamps.stamp(signature, now + 590)]),
      ["signing-time: TIMESTAMP_IN_FUTURE"],
    ),
    "an honest timestamp, which passes": bundleFails(() => stamped((signature) => [stamps.stamp(signature, now)]), []),
  },
  "17 another subject": {
    "subjects are absent": bundleFails(
      () => attest({}, { ...statement, subject: undefined }),
      ["statement: STATEMENT_MALFORMED"],
    ),
    "the digest is another": bundle('"another subject"'),
    "the algorithm is another": bundle('"the digest under another algorithm"'),
    "there are none": bundle('"no subjects"'),
    "a decoy stands first": step('"a decoy subject first"'),
    "more digests than a subject can have": bundleFails(
      () =>
        attest(
          {},
          {
            ...statement,
            subject: [
              { name: "a", digest: Object.fromEntries([..."123456789"].map((n) => [`a${n}`, "00".repeat(32)])) },
            ],
          },
        ),
      ["statement: STATEMENT_MALFORMED"],
    ),
  },
  "18 another type": {
    "of the statement": step('"another statement type"'),
    "of the predicate": step('"another predicate type"'),
    "of the payload": step('"a payload of another type"'),
    "of the payload, in letters that fold to the right ones": bundle("j\\u017fon"),
  },
  "19 JSON that two readers read differently": {
    "with a repeated key": step('"a repeated key"'),
    "that is not canonical": step('"white space"'),
    "that is not JSON": bundle('"not JSON"'),
    "with __proto__": bundle("'{\"__proto__\":{},'"),
    "with more values than are read": bundleFails(
      () => changed((b) => Object.assign(b, { extra: Array.from({ length: 4_096 }, () => 0) })),
      ["bundle: JSON_TOO_MANY_VALUES"],
    ),
    "with more values in the payload than are read": bundleFails(
      () => attest({}, { ...statement, predicate: Array.from({ length: 8_192 }, () => 0) }),
      ["statement: JSON_TOO_MANY_VALUES"],
    ),
  },
  "20 a hash off by one bit": {
    "the certificate's": stepFails({ claim: (c) => ({ ...c, certificateHash: flip(c.certificateHash) }) }, [
      "claim: CLAIM_MISMATCH",
    ]),
    "the claim blob's": stepFails(
      {
        statement: (payload) => {
          const [first] = /[0-9a-f]{64}/.exec(Buffer.from(payload).toString()) ?? [""];
          return Buffer.from(
            Buffer.from(payload)
              .toString()
              .replace(first, flip(`0x${first}`).slice(2)),
          );
        },
      },
      ["statement: STATEMENT_MISMATCH"],
    ),
    "the policy's": stepFails({ permit: (p) => ({ ...p, policyHash: flip(p.policyHash) }) }, [
      "permit: PERMIT_TERMS_MISMATCH",
    ]),
    "the result's": stepFails({ claim: (c) => ({ ...c, resultHash: flip(c.resultHash) }) }, [
      "certificate: CERTIFICATE_MISMATCH",
      "claim: CLAIM_MISMATCH",
      "receipt: RECEIPT_MISMATCH",
      "result: RESULT_MISMATCH",
    ]),
    "any other": step("any single flipped bit of any file"),
  },
  "21 what a strict reader does not know": {
    ...Object.fromEntries(
      (["certificate", "nextTokens", "receipt", "trade"] as const).map((part) => [
        `a critical field in ${part}`,
        {
          failed: ["CRITICAL_FIELD_UNKNOWN"],
          shows: async () => codesAbout(await verifyChanged(critical(part, "critical_x")), part),
        } satisfies Shown,
      ]),
    ),
    ...Object.fromEntries(
      (["certificate", "nextTokens", "receipt", "trade"] as const).map((part) => [
        `an unknown field in ${part}`,
        {
          failed: ["SCHEMA_MISMATCH"],
          shows: async () => codesAbout(await verifyChanged(critical(part, "extra")), part),
        } satisfies Shown,
      ]),
    ),
    // These three are told by their hashes first; this is what their readers say of one that somebody did commit to.
    ...Object.fromEntries(
      (["policy", "result", "observation"] as const).map((part) => [
        `a critical field in ${part}`,
        {
          failed: ["CRITICAL_FIELD_UNKNOWN"],
          shows: async () => {
            const { parts } = await mintStep();
            const file = rewrite(parts[part] ?? new Uint8Array(), (d) => Object.assign(d, { critical_x: 1 }));
            const read = {
              policy: () => parsePolicy(file, sha256Hex(file)),
              result: () => parseResult(file, 65_536),
              observation: () => parseObservation(file),
            };
            return [codeThrown(read[part])];
          },
        } satisfies Shown,
      ]),
    ),
    "a critical field deep inside": step('"an unknown critical field deep in the certificate"'),
    "replay without a nonce": step('"a certificate with an empty nonce"'),
    "replay that never expires": stepFails(
      {
        parts: (p) => ({
          ...p,
          certificate: rewrite(p.certificate, (c) => Object.assign(Object(c.replay), { expiresAt: 0 })),
        }),
      },
      [
        "certificate: SCHEMA_MISMATCH",
        "claim: CLAIM_MISMATCH",
        "observation: OBSERVATION_MISSING",
        "statement: STATEMENT_MISMATCH",
      ],
    ),
    "no replay at all": step('"a certificate without replay protection"'),
  },
  "22 a step out of its chain": {
    "another parent": step('"a parent that is not the last accepted claim\'s"'),
    "another network parent": step('"a network parent that is not the last accepted claim\'s"'),
    "skipped or repeated": step('"a claim of another step"'),
    "begun afresh": step('"a later step that begins afresh"'),
    "another step's evidence": step("the evidence of one step presented for another"),
  },
  "23 another structure": {
    "media type 9.9": bundle('"media type 9.9"'),
    "a media type with a suffix": bundle('"a media type with a suffix"'),
    "v0.1 without a proof": bundle('"v0.1 without a proof"'),
    "both contents": bundle('"both contents"'),
    "no content": bundle('"no content"'),
    "two signatures": bundle('"two signatures"'),
    "a message signature as evidence": step("a bundle that signs a bare artifact"),
    "a bare key as evidence": bundle('"a bare public key"'),
    "a bare key as evidence, in a real bundle": suite(
      "accepts no bundle with a bare key where an identity is asked for",
    ),
  },
  "24 another log entry": {
    unrelated: bundle('"an unrelated log entry besides its own"'),
    swapped: bundle('"the log entry of another bundle"'),
    repeated: bundle('"its log entry twice"'),
    "another index": bundle('"another log index"'),
    "another tree size": bundle('"another tree size"'),
    "another root hash": bundle('"another root hash"'),
  },
  "25 too much, or written in two ways": {
    "base64 with bits left over": bundle('"base64 with bits left over"'),
    "over the size cap": bundle('"a bundle over the size cap"'),
    "nine timestamps": bundle('"nine timestamps"'),
    "nine log entries": bundle('"nine log entries"'),
    "nine subjects": bundle('"nine subjects"'),
    "a timestamp of more than is read": bundleFails(
      () => stamped(() => [new Uint8Array(7_700)]),
      ["bundle: ATTESTATION_FIELD_INVALID"],
    ),
    "a leaf of more extensions than are read": bundleFails(
      () => attest({ extensions: (all) => [...all, ...Array.from({ length: 64 }, (_, n) => raw(100 + n, "x"))] }),
      ["signing-certificate: LEAF_EXTENSIONS_TOO_MANY"],
    ),
  },
  "26 a certificate that is unfit": {
    "no SCT": bundle('"no SCT"'),
    "an SCT by another key": bundle('"an SCT by a stranger"'),
    "another extended key usage": bundle('"extended key usage for servers"'),
    "another key usage": bundle('"key usage for certificates"'),
    "CA:TRUE": bundle('"CA:TRUE"'),
  },
  "27 another instance": {
    "staging and private bundles under the production root, and the reverse": real(
      'others = (["production", "github", "staging"] as const)',
    ),
    "a sandbox's under the production root": in_("test/scripts/commands/verify.test.ts")(
      "refuses the same bundle under the built-in root",
    ),
    "a private one on the public profile, and the reverse": real("refuses a private bundle on the public profile"),
  },
  "28 a root out of date": {
    stale: {
      failed: ["TRUSTED_ROOT_STALE"],
      shows: () => [codeThrown(() => checkRootAge(now - 31 * DAY, 30 * DAY, now))],
    },
    "of the future": {
      failed: ["TRUSTED_ROOT_STALE"],
      shows: () => [codeThrown(() => checkRootAge(now + 301, DAY, now))],
    },
    "of unknown age": {
      failed: ["TRUSTED_ROOT_AGE_UNKNOWN"],
      shows: () => [codeThrown(() => checkRootAge(null, DAY, now))],
    },
    "as old as is allowed, which passes": {
      failed: ["no error"],
      shows: () => [codeThrown(() => checkRootAge(now - DAY, DAY, now))],
    },
    "rolled back": mirror("cannot go back: not the timestamp, not the snapshot, not the targets"),
  },
  "29 no evidence": {
    "no checks of either kind": {
      failed: ["failed", "failed"],
      shows: () =>
        (["step", "attestation"] as const).map((kind) => verdictOf({ kind, checks: [], signers: [], facts: {} })),
    },
    "no bytes": bundleFails(() => undefined, ["bundle: ATTESTATION_JSON_MALFORMED"]),
  },
};

describe("refused", () => {
  for (const [row, alternatives] of Object.entries(rows)) {
    describe(row, () => {
      for (const [name, alternative] of Object.entries(alternatives)) {
        if ("shows" in alternative) {
          it(name, async () => expect(await alternative.shows()).toEqual(alternative.failed));
        } else {
          it(`${name} (in ${alternative.file})`, () => {
            expect(readFileSync(join(process.cwd(), alternative.file), "utf8")).toContain(alternative.text);
          });
        }
      }
    });
  }

  it("covers all rows, in order", () => {
    expect(Object.keys(rows).map((row) => Number.parseInt(row, 10))).toEqual(
      Array.from({ length: 29 }, (_, index) => index + 1),
    );
  });
});

describe("whatever is done to evidence", () => {
  const hostile: readonly unknown[] = [
    null,
    0,
    -1,
    1e308,
    "",
    "0",
    "AAAA",
    "\ud800",
    "__proto__",
    [],
    {},
    [[]],
    true,
    "9".repeat(400),
    { rawBytes: "" },
    "1.2.3",
  ];
  const edit = fc.record({
    at: fc.nat(),
    how: fc.constantFrom("replace", "delete", "repeat", "swap"),
    value: fc.constantFrom(...hostile),
    other: fc.nat(),
  });

  it("answers with typed failures and never hangs", async () => {
    const { parts, expectation } = await mintStep({ finalObservation: (f) => f });
    const documents = (Object.keys(parts) as (keyof CapsuleParts)[]).filter((part) => parts[part]?.[0] === 0x7b);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("bundle" as const, ...documents),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async (part, edits) => {
          const document = documentOf(part, parts[part] ?? new Uint8Array());
          for (const one of edits) mutate(document, one);
          const changedPart = part === "transcript" ? linesOf(document) : bytes(document);
          const reports = [
            await verifyStep({ ...parts, [part]: changedPart }, expectation, trust, { now: attestedAt }),
            ...(part === "bundle" ? [verifyAttestation({ bundle: changedPart }, { trust }, attestedAt)] : []),
          ];
          for (const report of reports) {
            expect(failures(report).join()).not.toContain("EVIDENCE_UNREADABLE");
            expect(report.verdict).toBe(failures(report).length === 0 ? "passed" : "failed");
          }
        },
      ),
      tried("no mutation of evidence has an untyped answer", 150),
    );
  });
});

/** Changes one place of a document, chosen by number among all of them. */
function mutate(
  document: unknown,
  {
    at,
    how,
    value,
    other,
  }: { readonly at: number; readonly how: string; readonly value: unknown; readonly other: number },
): void {
  const places: [container: Mutable, key: string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push([node, key]);
      walk(child);
    }
  };
  walk(document);
  const [place, second] = [places[at % places.length], places[other % places.length]];
  if (!place || !second) return;
  const [container, key] = place;
  if (how === "replace") container[key] = structuredClone(value);
  else if (how === "delete") delete container[key];
  else if (how === "repeat" && Array.isArray(container)) container.push(structuredClone(container[Number(key)]));
  else container[key] = structuredClone(second[0][second[1]]);
}

/** A transcript is an event per line; every other part is one document. */
function documentOf(part: keyof CapsuleParts, file: Uint8Array): unknown {
  const text = Buffer.from(file).toString("utf8");
  return JSON.parse(part === "transcript" ? `[${text.trimEnd().split("\n").join(",")}]` : text);
}

function linesOf(document: unknown): Uint8Array {
  const events: readonly unknown[] = Array.isArray(document) ? document : [document];
  return Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

async function sameClaim(one: CapsuleParts, two: CapsuleParts, expectation: Parameters<typeof verifyStep>[1]) {
  const [a, b] = await Promise.all(
    [one, two].map((parts) => verifyStep(parts, expectation, trust, { now: attestedAt })),
  );
  const same = a?.verdict === "passed" && b?.verdict === "passed" && a.hashes.claim === b.hashes.claim;
  return [same && a.hashes.attestation !== b.hashes.attestation ? "same claim, other bytes" : "no"];
}

function codesAbout(report: Awaited<ReturnType<typeof verifyStep>>, part: keyof CapsuleParts): readonly string[] {
  const check = { nextTokens: "next-tokens", trade: "chain-record" }[part as string] ?? part;
  return report.checks.flatMap(({ name, code }) => (name === check && code !== null ? [code] : []));
}

function codeThrown(work: () => void): string {
  try {
    work();
    return "no error";
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "untyped";
  }
}

/** The root with every entry of a list ended before the attestation. */
function ended(list: "certificateAuthorities" | "tlogs" | "ctlogs", dated: (entry: Mutable) => Mutable): unknown {
  return changed((root) => {
    for (const entry of root[list]) dated(entry).validFor.end = iso(now - 60);
  }, honestRoot);
}

function iso(at: number): string {
  return new Date(at * 1000).toISOString();
}
