import { type Mutant, mutantsOf } from "./mutant.ts";

const TREES = "test/solidity/TrustRoots";
const ATTACKS = "test/solidity/attacks/Roots.t.sol";
const INVARIANT = "test/solidity/invariants/Roots.t.sol";

/** Roots of evidence: nothing counts that was not public before, and nothing that was revoked. */
export const trustRootsMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/evidence/TrustRoots.sol", "roots", [`${TREES}/verify.t.sol`], {
    "anybody-appends": {
      removes: "only the governor appends",
      from: "        if (msg.sender != governor) revert NotGovernor(msg.sender, governor);\n",
      tests: [`${TREES}/queueIssuer.t.sol`],
    },
    "anybody-revokes": {
      removes: "only the guardian revokes",
      from: "        if (msg.sender != guardian) revert NotGuardian(msg.sender, guardian);\n",
      tests: [`${TREES}/revoke.t.sol`],
    },
    "no-delay": {
      removes: "what is appended waits for the delay",
      from: "return uint40(block.timestamp) + delay;",
      to: "return uint40(block.timestamp);",
      tests: [`${TREES}/queueLog.t.sol`],
    },
    "never-active": {
      removes: "a root counts from the second at which its delay is over, and not before",
      from: "        if (block.timestamp < root.activeAt) revert RootNotActive(id, root.activeAt);\n",
      tests: [`${TREES}/requireCounts.t.sol`],
    },
    "active-a-second-late": {
      removes: "the second at which the delay is over belongs to the root",
      from: "block.timestamp < root.activeAt)",
      to: "block.timestamp <= root.activeAt)",
      tests: [`${TREES}/requireCounts.t.sol`],
    },
    "queued-in-flight": {
      removes: "a root counts for no step that was open before it was queued",
      from: "        if (root.queuedAt >= openedAt) revert RootTooYoung(id, root.queuedAt, openedAt);\n",
      tests: [ATTACKS],
    },
    "queued-in-the-same-second": {
      removes: "a root queued in the second of the opening does not count",
      from: "root.queuedAt >= openedAt",
      to: "root.queuedAt > openedAt",
      tests: [`${TREES}/requireCounts.t.sol`],
    },
    "unknown-root": {
      removes: "a root that nobody queued does not count",
      from: "        RootRecord memory root = _roots[id];\n        if (root.queuedAt == 0) revert RootUnknown(id);\n",
      to: "        RootRecord memory root = _roots[id];\n",
      tests: [INVARIANT],
    },
    "revocation-ignored": {
      removes: "a revoked root does not count",
      from: "        if (root.revokedFrom != 0 && logTime >= root.revokedFrom) revert RootRevokedAt(id, root.revokedFrom, logTime);\n",
      tests: [INVARIANT],
    },
    "revoked-a-second-late": {
      removes: "the second of the revocation belongs to it",
      from: "logTime >= root.revokedFrom",
      to: "logTime > root.revokedFrom",
      tests: [`${TREES}/requireCounts.t.sol`],
    },
    "revoked-absolutely": {
      removes: "evidence from before the revocation counts still",
      from: "root.revokedFrom != 0 && logTime >= root.revokedFrom",
      to: "root.revokedFrom != 0",
      tests: [ATTACKS],
    },
    "verifier-unchecked": {
      removes: "the verifier itself must count",
      from: "        _requireCounts(verifierRootIdOf(verifier), openedAt, uint64(block.timestamp));\n",
    },
    "verifier-tells-the-time": {
      removes: "a revoked verifier does not help itself by an earlier time",
      from: "openedAt, uint64(block.timestamp));",
      to: "openedAt, 0);",
      tests: [ATTACKS],
    },
    "roots-unchecked": {
      removes: "every root that the proof stands on must count",
      from: "        for (uint256 i; i < roots.length; ++i) _requireCounts(roots[i], openedAt, logTime);\n",
    },
    "all-roots-but-the-first": {
      removes: "the first root must count too",
      from: "for (uint256 i; i < roots.length; ++i) _requireCounts(roots[i]",
      to: "for (uint256 i = 1; i < roots.length; ++i) _requireCounts(roots[i]",
    },
    "roots-by-the-clock": {
      removes: "keys are held against the time at which the evidence was logged",
      from: "_requireCounts(roots[i], openedAt, logTime);",
      to: "_requireCounts(roots[i], openedAt, uint64(block.timestamp));",
    },
    "no-roots": {
      removes: "a proof stands on a root",
      from: "        if (roots.length == 0) revert ProofWithoutRoots(verifier);\n",
    },
    "run-never-opened": {
      removes: "a run that was never opened is told as such",
      from: "        if (openedAt == 0) revert RunNeverOpened();\n",
    },
    "short-proof": {
      removes: "a proof that names nobody is told as such",
      from: "        if (proof.length < 32) revert ProofNamesNoVerifier();\n",
    },
    "dirty-verifier": {
      removes: "a verifier's word has nothing but an address in it",
      from: "        if (word > type(uint160).max) revert ProofNamesNoVerifier();\n",
    },
    "proof-with-its-verifier": {
      removes: "the verifier reads what follows its address",
      from: "verify(facts, proof[32:])",
      to: "verify(facts, proof)",
    },
    "queued-again": {
      removes: "a revocation cannot be undone by queueing again",
      from: "        if (_roots[id].queuedAt != 0) revert RootAlreadyQueued(id);\n",
      tests: [`${TREES}/queueVerifier.t.sol`],
    },
    "verifier-without-code": {
      removes: "a verifier has code",
      from: "_queue(id, activeAt, verifier.code.length != 0);",
      to: "_queue(id, activeAt, true);",
      tests: [`${TREES}/queueVerifier.t.sol`],
    },
    "issuer-of-no-time": {
      removes: "an issuer's validity begins before it ends",
      from: "_queue(id, activeAt, issuer.validFrom <= issuer.validUntil);",
      to: "_queue(id, activeAt, true);",
      tests: [`${TREES}/queueIssuer.t.sol`],
    },
    "log-of-no-time": {
      removes: "a log's validity begins before it ends",
      from: "_queue(id, activeAt, log.validFrom <= log.validUntil);",
      to: "_queue(id, activeAt, true);",
      tests: [`${TREES}/queueLog.t.sol`],
    },
    "begins-with-a-delay": {
      removes: "what it is created with counts at once",
      from: "        uint40 activeAt = uint40(block.timestamp);\n",
      to: "        uint40 activeAt = uint40(block.timestamp) + delay_;\n",
      tests: [`${TREES}/constructor.t.sol`],
    },
    "revoked-long-ago": {
      removes: "a revocation reaches back 48 hours at most",
      from: "effectiveFrom < earliest || ",
      tests: [`${TREES}/revoke.t.sol`],
    },
    "revoked-in-the-future": {
      removes: "a revocation takes effect now at the latest",
      from: " || effectiveFrom > latest",
      tests: [`${TREES}/revoke.t.sol`],
    },
    "revoked-anew": {
      removes: "a second revocation only moves the moment back, so that a guardian cannot save stakes for ever",
      from: "        if (revokedFrom != 0 && effectiveFrom >= revokedFrom) revert RootAlreadyRevoked(id, revokedFrom);\n",
      tests: [`${TREES}/revoke.t.sol`],
    },
    "unknown-revoked": {
      removes: "only a known root is revoked",
      from: "        uint40 revokedFrom = root.revokedFrom;\n        if (root.queuedAt == 0) revert RootUnknown(id);\n",
      to: "        uint40 revokedFrom = root.revokedFrom;\n",
      tests: [`${TREES}/revoke.t.sol`],
    },
    "revocation-forgotten": {
      removes: "the ledger hears of a revocation, and punishes nobody for what became impossible",
      from: "        _lastRevocation = uint40(block.timestamp);\n",
      tests: [ATTACKS],
    },
    "revocation-remembered-by-effect": {
      removes: "what excuses is when the root was revoked, not as of when",
      from: "_lastRevocation = uint40(block.timestamp);",
      to: "_lastRevocation = effectiveFrom;",
      tests: [`${TREES}/rootRevokedSince.t.sol`],
    },
    "excused-from-the-beginning": {
      removes: "where nothing was revoked, nobody is excused",
      from: "last != 0 && last >= time",
      to: "last >= time",
      tests: [`${TREES}/rootRevokedSince.t.sol`],
    },
    "excused-a-second-late": {
      removes: "a revocation in the second of the opening excuses",
      from: "last >= time",
      to: "last > time",
      tests: [`${TREES}/rootRevokedSince.t.sol`],
    },
  }),
  ...mutantsOf("contracts/types/Roots.sol", "root-ids", [`${TREES}/queueIssuer.t.sol`], {
    "issuer-and-log-alike": {
      removes: "no two kinds of root share an id",
      from: 'ISSUER_ROOT = keccak256("Pawl issuer root")',
      to: 'ISSUER_ROOT = keccak256("Pawl log root")',
    },
    "id-without-validity": {
      removes: "an id is the hash of everything about the root",
      from: "keccak256(abi.encode(ISSUER_ROOT, issuer))",
      to: "keccak256(abi.encode(ISSUER_ROOT, issuer.keyId, issuer.nameHash))",
    },
  }),
  ...mutantsOf("lib/evidence/onchain/roots.ts", "covered-roots", ["test/lib/evidence/roots.test.ts"], {
    "another-curve": {
      removes: "only authorities on P-384 are covered",
      from: " || !keyInfo?.startsWith(P384_KEY_INFO)",
      to: " || !keyInfo",
    },
    "another-log": {
      removes: "only logs on P-256 are covered",
      from: 'crv !== "P-256" || ',
    },
    "longer-than-the-certificate": {
      removes: "an authority is valid while its certificate is",
      from: "Math.min(seconds(validFor.end), seconds(certificate.notAfter))",
      to: "seconds(validFor.end)",
    },
    "earlier-than-the-root": {
      removes: "an authority is valid from when root and certificate both say so",
      from: "Math.max(seconds(validFor.start), seconds(certificate.notBefore))",
      to: "seconds(certificate.notBefore)",
    },
    "expired-roots": {
      removes: "what has expired is left out",
      from: "validUntil < at;",
      to: "validUntil < 0;",
    },
  }),
  ...mutantsOf("scripts/contracts/deploy-preflight.ts", "deploy-roots", ["test/contracts/deploy.test.ts"], {
    "governor-of-one-key": {
      removes: "the governor of a public chain is a contract",
      from: "isContract && isApart",
      to: "isApart",
    },
    "governor-by-delegation": {
      removes: "an account that acts by a contract is one key all the same",
      from: " && !code.startsWith(DELEGATED)",
    },
    "governor-is-guardian": {
      removes: "governor and guardian are two",
      from: " && !isAddressEqual(governor, guardian)",
    },
    "delay-of-hours": {
      removes: "roots wait for 48 hours on a public chain",
      from: "delay >= expected",
      to: "true",
    },
    "nothing-provable": {
      removes: "there is an authority and a log from the beginning",
      from: "issuers.length > 0 && logs.length > 0",
      to: "true",
    },
  }),
];
