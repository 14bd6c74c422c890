import { type Mutant, mutantsOf } from "./mutant.ts";

const DECISION = "test/lib/settlement/watch/decision.test.ts";
const WATCHER = "test/lib/settlement/watch/watcher.test.ts";
const JOURNAL = "test/lib/settlement/watch/journal.test.ts";
const SOURCE = "test/lib/settlement/watch/capsuleSource.test.ts";
const TRACE = "test/lib/settlement/watch/trace.test.ts";
const FOLLOW = "test/lib/settlement/watch/follow.test.ts";
const CONDUCT = "test/lib/settlement/watch/conduct.test.ts";
const COMMAND = "test/scripts/commands/watch.test.ts";
const LOGS = "test/lib/chain/logs.test.ts";

/** The buyer's guard: what it may do, what it may lose, and what it remembers. */
export const watchMutants: readonly Mutant[] = [
  ...mutantsOf("lib/settlement/watch/decision.ts", "watch", [DECISION], {
    "twice-in-flight": {
      removes: "one challenge of a claim in flight at most",
      from: '  if (inFlight.has("challenge")) return { do: "await", action: "challenge" };\n',
    },
    unbudgeted: {
      removes: "no risk beyond the budget",
      from: "  const broken = brokenLimit(exposure, price, limits.budget);",
      to: "  const broken = brokenLimit({ total: 0n, day: 0n }, 0n, limits.budget) && brokenLimit(exposure, price, limits.budget);",
    },
    "for-ever": {
      removes: "challenges that blocks take without effect come to an end",
      from: '  if (failedSends >= MOST_SENDS) return alarm("challenges fail", reason);\n',
    },
    "conduct-as-evidence": {
      removes: "what no proof looks at is never challenged as evidence",
      from: 'return outcome.proofFails ? challenge(situation, { check, code }) : alarm("conduct", { check, code });',
      to: "return challenge(situation, { check, code });",
    },
    "missing-of-others": {
      removes: "missing evidence of another's entitlement is never challenged",
      from: 'return facts.own ? challenge(situation, reason) : alarm("evidence missing elsewhere", reason);',
      to: "return challenge(situation, reason);",
    },
    "missing-at-once": {
      removes: "missing evidence is challenged late, after a late look",
      from: '  if (look.at < late) return { do: "wait", for: "evidence", until: next };\n',
    },
    "not-looked-late": {
      removes: "one more look when the late part begins",
      from: "return at < late ? Math.min(next, late) : next;",
      to: "return next;",
    },
    "unjudged-is-missing": {
      removes: "what this side could not judge is no ground",
      from: '  if (outcome.status === "unjudged") return alarm("not judged", reason);\n',
    },
    unprovable: {
      removes: "offers that are not provable are not challenged",
      from: '    if (!facts.provable) return alarm("offer not provable", { check, code });\n',
    },
    "unprovable-missing": {
      removes: "nor for missing evidence",
      from: '  if (!facts.provable) return alarm("offer not provable", reason);\n',
    },
    "proven-challenged": {
      removes: "a proven claim is left alone",
      from: 'if (facts.proven || facts.evidence === "answered") {',
      to: "if (false) {",
    },
    "proven-unseen": {
      removes: "a proof does not keep the guard from looking at conduct",
      from: 'return byConduct(situation) ?? { do: "nothing", because: "proven" };',
      to: 'return { do: "nothing", because: "proven" };',
    },
    "window-over": {
      removes: "no challenge at the window's end",
      from: "if (now >= facts.windowEnd)",
      to: "if (now > facts.windowEnd)",
    },
    "reject-early": {
      removes: "no rejection before the proof's time is over",
      from: "if (now < proofEnd)",
      to: "if (now < proofEnd - 1)",
    },
    "reject-anybody's": {
      removes: "others' disputes are theirs",
      from: 'return ours || facts.own ? acting("reject", situation) : { do: "nothing", because: "over" };',
      to: 'return acting("reject", situation);',
    },
    "reclaim-another's": {
      removes: "only a bond of one's own is reclaimed",
      from: "facts.challenge?.ours ? acting",
      to: "facts.challenge ? acting",
    },
    "late-outside": {
      removes: "the late part is at least as long as asked",
      from: "Math.min(share, windowEnd - lateSeconds)",
      to: "share",
    },
  }),
  ...mutantsOf("lib/settlement/watch/budget.ts", "watch-budget", [DECISION], {
    "no-total": { removes: "the total budget", from: '  if (exposure.total + price > budget.total) return "total";\n' },
    "no-day": {
      removes: "the budget of a day",
      from: '  if (exposure.day + price > budget.perDay) return "perDay";\n',
    },
    "short-day": { removes: "a day has its length", from: "if (at > now - DAY)", to: "if (at >= now)" },
  }),
  ...mutantsOf("lib/settlement/watch/grounds.ts", "watch-grounds", [WATCHER], {
    "every-check": {
      removes: "only checks that a proof repeats count against a claim",
      from: "proofFails: decisive !== undefined };",
      to: "proofFails: true };",
    },
  }),
  ...mutantsOf("lib/settlement/watch/journal.ts", "watch-journal", [JOURNAL], {
    "fee-of-one-nonce": {
      removes: "the fees of every nonce count",
      from: "fees: fees.reduce((sum, fee) => sum + fee, 0n)",
      to: "fees: most(fees)",
    },
    "lost-bond-forgotten": {
      removes: "a bond that a proof took stays counted",
      from: "closed ? closed.bond : open",
      to: "closed ? 0n : open",
    },
    "stays-closed": {
      removes: "a claim that the chain shows anew is open again",
      from: "const { closed: _reopened, ...known }",
      to: "const { ...known }",
    },
  }),
  ...mutantsOf("lib/settlement/watch/journal.ts", "watch-lives", [TRACE], {
    "open-bond-forgotten": {
      removes: "a bond counts while it is at risk",
      from: "closed ? closed.bond : open",
      to: "closed ? closed.bond : 0n",
    },
  }),
  ...mutantsOf("lib/settlement/watch/journalFile.ts", "watch-journal", [JOURNAL], {
    "foreign-file": {
      removes: "a journal belongs to one chain, deployment and key",
      from: '    if (record.is === "journal") requireSame(header, record);\n',
    },
    "torn-line": {
      removes: "a line that a crash cut off is taken away",
      from: "  if (whole < content.length) ftruncateSync(file, whole);\n",
    },
    "two-beginnings": {
      removes: "a journal has one beginning",
      from: '    if ((line === 1) !== (record.is === "journal")) throw watchError("WATCH_JOURNAL_BROKEN", { line });\n',
    },
    "remembered-unwritten": {
      removes: "only what is on disk is remembered",
      from: "        write(file, record);\n        remember(record);\n",
      to: "        remember(record);\n        write(file, record);\n",
    },
    "read-by-all": { removes: "the journal is its owner's", from: ', "a+", 0o600)', to: ', "a+", 0o644)' },
  }),
  ...mutantsOf("lib/settlement/watch/capsuleSource.ts", "watch-source", [SOURCE], {
    "any-bytes": {
      removes: "only the approved bytes are evidence",
      from: "if (hash === claim.evidenceHash) return bytes;",
      to: "if (hash) return bytes;",
    },
    "any-scheme": {
      removes: "a stranger's text leads to https, or to a service that was named",
      from: 'return url.protocol === "https:" || isService ? [url.href] : [];',
      to: "return [url.href];",
    },
    "any-service-scheme": { removes: "only http of a service", from: 'url.protocol === "http:" && ', to: "" },
    "with-password": {
      removes: "no credentials in an address",
      from: ' || url.username !== "" || url.password !== ""',
    },
    redirected: { removes: "no redirect", from: ', redirect: "error" }', to: " }" },
    endless: { removes: "a cap on what is read", from: "      if (length > MAX_CAPSULE_BYTES) return undefined;\n" },
  }),
  ...mutantsOf("lib/settlement/watch/judge.ts", "watch-judge", [WATCHER], {
    "another-claim": {
      removes: "a capsule of another claim is no evidence of this one",
      from: '  if (actual !== expected) throw watchError("WATCH_CAPSULE_OTHER_CLAIM", { expected, actual });\n',
    },
    "endpoint-as-evidence": {
      removes: "an endpoint that fails says nothing about the evidence",
      from: "    if (chainFailure !== undefined) throw chainFailure;\n",
    },
  }),
  ...mutantsOf("lib/settlement/watch/conduct.ts", "watch-conduct", [CONDUCT], {
    "any-refusal": {
      removes: "only a run that is gone is gone",
      from: ' && typeof status === "number" && GONE.includes(status)',
    },
  }),
  ...mutantsOf("lib/settlement/watch/send.ts", "watch-send", [WATCHER], {
    "sent-before-recorded": {
      removes: "a transaction is recorded before it is sent",
      from: "      journal.append(attempt);\n      await broadcast(attempt, at);\n      return { hash: attempt.hash, replaced: false };",
      to: "      await broadcast(attempt, at);\n      journal.append(attempt);\n      return { hash: attempt.hash, replaced: false };",
    },
    "replaced-elsewhere": {
      removes: "a replacement has the nonce of what it replaces",
      from: "await prepare(task, at, last.nonce, same);",
      to: "await prepare(task, at, last.nonce + 1, same);",
    },
    "one-nonce-for-all": {
      removes: "each transaction has a nonce of its own",
      from: "      while (taken.has(nonce)) nonce++;\n",
    },
    "budget-at-once": {
      removes: "claims that are challenged at once share the budget",
      from: '    if (action === "challenge") requireBudget(attempt);\n',
    },
  }),
  ...mutantsOf("lib/settlement/watch/follow.ts", "watch-follow", [FOLLOW], {
    "budget-made-whole": {
      removes: "bonds that the journal does not know count",
      from: "        if (isAddressEqual(args.challenger, watcher)) await adopt(args.runKey, args.bond, blockNumber);\n",
    },
    "no-overlap": {
      removes: "the newest blocks are read again",
      from: "await mark(Math.min(to, head - OVERLAP));",
      to: "await mark(to);",
    },
    "forked-mark": {
      removes: "a mark on another fork is none",
      from: "return (await hashOf(scanned.block)) === scanned.hash ? scanned.block + 1 : deployment.startBlock;",
      to: "return scanned.block + 1;",
    },
    "other-targets": { removes: "a mark is of its targets", from: " || scanned.scope !== scope", to: "" },
  }),
  ...mutantsOf("lib/settlement/watch/watcher.ts", "watch-loop", [WATCHER], {
    "closed-too-early": {
      removes: "what the chain decided lies deep before it is taken for final",
      from: "    if (facts.pending || facts.challenge?.ours) return;\n",
    },
    "lost-as-returned": {
      removes: "a bond that was lost is recorded as lost",
      from: 'challenge?.ours === true && (facts.evidence === "answered" || facts.proven)',
      to: "challenge === null",
    },
    "no-funds-silent": {
      removes: "an account that is too poor is an alarm",
      from: '      if (error.code === "CHAIN_FUNDS_INSUFFICIENT") return alarmed("no funds", why, claim);\n',
    },
    "budget-silent": {
      removes: "a budget that is used up between two claims of one pass is an alarm",
      from: 'if (error.code === "WATCH_BUDGET_SPENT") {',
      to: "if (error === undefined) {",
    },
  }),
  ...mutantsOf("lib/chain/logs.ts", "logs", [LOGS], {
    "newer-half-only": {
      removes: "both halves of a range are read",
      from: "return [...older, ...(await readAllLogs(",
      to: "return [...(await readAllLogs(",
    },
  }),
  ...mutantsOf("scripts/commands/signingKey.ts", "signing-key", [COMMAND], {
    "key-quoted": {
      removes: "a key is never quoted",
      from: '    throw chainError("SIGNING_KEY_INVALID", { from: file ?? variable });\n  }\n}',
      to: '    throw chainError("SIGNING_KEY_INVALID", { from: text });\n  }\n}',
    },
  }),
  ...mutantsOf("scripts/commands/watch.ts", "watch-command", [COMMAND], {
    "other-chain": {
      removes: "the endpoint serves the deployment's chain",
      from: "    await requireChain(client, deployment.chainId);\n",
    },
    "spent-and-well": {
      removes: "a budget that is used up has an exit code of its own",
      from: '  if (alarms.some((alarm) => spent.includes(alarm))) return watchError("WATCH_BUDGET_SPENT").exitCode;\n',
    },
    "signal-unheard": {
      removes: "SIGINT ends it in order",
      from: "process.once(name, stop)",
      to: "process.once(name, () => undefined)",
    },
  }),
  ...mutantsOf("scripts/commands/watchText.ts", "watch-command", [COMMAND], {
    obeyed: {
      removes: "what strangers wrote is printed unobeyed",
      from: "printable(outcome.code)}), look",
      to: "outcome.code}), look",
    },
  }),
];
