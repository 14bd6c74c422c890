import { type Mutant, mutantsOf } from "./mutant.ts";

const TOKEN = "test/lib/gateway/token.test.ts";
const IDENTITY = "test/lib/gateway/runIdentity.test.ts";
const GATEWAY = "test/lib/gateway/gateway.test.ts";
/** Its parts, each of which takes seconds. */
const REQUEST = "^a step request";
const ASK = "^an ask";
const PERMIT = "^a permit";
const RELEASE = "^the release";
const DELIVERY = "^a delivery";

/** Who a run is, when keys are released to it, and where they lie until then. */
export const gatewayMutants: readonly Mutant[] = [
  ...mutantsOf("lib/gateway/token.ts", "token", [TOKEN], {
    "any-issuer": { removes: "the one issuer, exactly", from: "        issuer: options.issuer,\n" },
    "any-audience": {
      removes: "the audience of this ask or release",
      from: "        audience,\n        algorithms",
      to: "        algorithms",
    },
    "any-age": { removes: "a token's own age", from: "        maxTokenAge: MAX_AGE_SECONDS - MAX_AHEAD_SECONDS,\n" },
    "expiry-with-tolerance": {
      removes: "a token's expiry, to the second",
      from: "if (c.exp <= now) throw",
      to: "if (c.exp < 0) throw",
    },
    "any-length": {
      removes: "the size cap before anything is parsed",
      from: "if (token.length > MAX_TOKEN_BYTES)",
      to: "if (token.length > MAX_TOKEN_BYTES * MAX_TOKEN_BYTES)",
      masked: "a string of that length without dots is refused as no token; the cap only saves the work",
    },
    "padded-run-id": { removes: "ids in minimal decimal", from: "  run_id: decimal,\n", to: "  run_id: z.string(),\n" },
  }),
  ...mutantsOf("lib/gateway/runIdentity.ts", "identity", [IDENTITY], {
    "signer-workflow": {
      removes: "the pinned workflow defines the job",
      from: '  expect("job_workflow_ref", workflowIdentity(signer.path), terms.signerWorkflow);\n',
    },
    "signer-commit": {
      removes: "the pinned workflow is at the pinned commit",
      from: 'expect("job_workflow_sha", ',
      to: 'void ("job_workflow_sha", ',
    },
    "signer-by-tag": {
      removes: "a called workflow is called by its commit",
      from: 'expect("job_workflow_ref", `0x',
      to: 'void ("job_workflow_ref", `0x',
    },
    "caller-workflow": {
      removes: "the pinned caller calls",
      from: '    expect("workflow_ref", workflowIdentity(caller.path), terms.callerWorkflow);\n',
    },
    "repository-id": {
      removes: "the repository, by id",
      from: 'expect("repository_id", facts.repositoryId, terms.sourceRepositoryId.toString());',
      to: 'expect("repository_id", facts.repositoryId, facts.repositoryId);',
    },
    "owner-id": {
      removes: "the owner, by id",
      from: 'expect("repository_owner_id", facts.ownerId, terms.sourceOwnerId.toString());',
      to: 'expect("repository_owner_id", facts.ownerId, facts.ownerId);',
    },
    "source-commit": {
      removes: "the pinned source commit",
      from: 'expect("sha", `0x',
      to: 'void ("sha", `0x',
    },
    "workflow-commit": {
      removes: "workflow and source are at one commit",
      from: '  expect("workflow_sha", facts.workflowSha, facts.sha);\n',
    },
    trigger: {
      removes: "workflow_dispatch starts the run",
      from: '  expect("event_name", facts.event, "workflow_dispatch");\n',
    },
    runner: {
      removes: "the runner is GitHub's",
      from: '  expect("runner_environment", facts.runnerEnvironment, "github-hosted");\n',
    },
    visibility: {
      removes: "the repository is public",
      from: '  expect("repository_visibility", facts.visibility, "public");\n',
    },
  }),
  ...mutantsOf("lib/gateway/asks.ts", "ask", [GATEWAY], {
    "token-replay": {
      only: ASK,
      removes: "a token serves once",
      from: '    if (inserted.length === 0) throw gatewayError("TOKEN_REPLAYED", { jti });\n',
    },
    "release-token-replay": {
      only: RELEASE,
      removes: "the second token serves once as well",
      from: "      await spendToken(jti, expiresAt);\n    },\n",
      to: "    },\n",
    },
    "any-run": {
      only: ASK,
      removes: "the run is the one that the offer pins",
      from: "      checkRunIdentity(offer.terms, facts);\n",
    },
    "out-of-order": {
      only: ASK,
      removes: "a run asks for the step that can open next",
      from: "      await entitlements.nextStep(entitlement, step);\n      const inputHash",
      to: "      const inputHash",
    },
    "other-deployment": {
      only: ASK,
      removes: "an ask names this chain and contract",
      from: "if (chainId !== deployment.chainId || permitConsumer !== deployment.permitConsumer.toLowerCase()) {",
      to: "if (false) {",
    },
    "one-purpose-for-all-asks": {
      only: ASK,
      removes: "a poll secret is bound to its ask",
      from: "return `poll ",
      to: "return askId.slice(0, 2) || `poll ",
    },
    "permit-of-another-run": {
      only: PERMIT,
      removes: "every field of the permit is the run's that asked",
      from: "if (permit[field] !== expected[field]) {",
      to: "if (false) {",
    },
    "permit-that-lasts": {
      only: PERMIT,
      removes: "a permit lives no longer than the policy's wait",
      from: "if (permit.deadline > expected.deadline) {",
      to: "if (false) {",
    },
    "permit-twice": {
      only: PERMIT,
      removes: "one permit for each ask",
      from: "  if (row.permitHash !== hash) {",
      to: "  if (false) {",
    },
    "permit-over-another": {
      only: PERMIT,
      removes: "a permit that came in meanwhile is not written over",
      from: ".where(and(eq(asks.id, askId), isNull(asks.permitHash)))",
      to: ".where(eq(asks.id, askId))",
    },
    "permit-not-simulated": {
      only: PERMIT,
      removes: "the contract accepts the permit before it is kept",
      from: "        .simulate();\n",
      to: ";\n",
    },
    "another-run-is-alive": {
      only: RELEASE,
      removes: "the second token is the same run's, attempt's and job's",
      from: "if (facts[field] !== row.facts[field]) {",
      to: "if (false) {",
    },
    "another-job-is-alive": {
      only: RELEASE,
      removes: "the second token is the same job's",
      from: '["repositoryId", "runId", "runAttempt", "checkRunId"] as const',
      to: '["repositoryId", "runId", "runAttempt"] as const',
    },
    "any-delivery": {
      only: DELIVERY,
      removes: "a delivery proves the poll secret",
      from: "      checkRunMac(announced, announcedMac(secretOf(row), askId, announced.at, announced), clock());\n",
    },
  }),
  ...mutantsOf("lib/gateway/observation.ts", "observation", ["test/lib/gateway/observation.test.ts"], {
    "none-at-end": {
      removes: "tier 2: the run is looked at again after its end",
      from: "return runnerTier >= OBSERVED_TIER && isAddressEqual",
      to: "return runnerTier > OBSERVED_TIER && isAddressEqual",
    },
    "for-another-observer": {
      removes: "nobody signs in the place of an observer whose key he does not hold",
      from: "  if (!observesEnd(terms, signer.address)) return undefined;\n",
    },
  }),
  ...mutantsOf("lib/gateway/observation.ts", "observation", [GATEWAY], {
    "none-at-ask": {
      only: ASK,
      removes: "tier 2: the run is observed before it is admitted",
      from: "if (terms.runnerTier < OBSERVED_TIER) return undefined;\n  const bytes",
      to: "if (terms.runnerTier <= OBSERVED_TIER) return undefined;\n  const bytes",
    },
    "none-at-release": {
      only: RELEASE,
      removes: "tier 2: the run is observed again before its step opens",
      from: "if (terms.runnerTier < OBSERVED_TIER) return;",
      to: "if (terms.runnerTier <= OBSERVED_TIER) return;",
    },
    "another-machine": {
      only: RELEASE,
      removes: "tier 2: both observations show the same run",
      from: "if (!OF_THE_MOMENT.has(field) && actual !== expected) {",
      to: "if (false) {",
    },
  }),
  ...mutantsOf("lib/gateway/bodies.ts", "body", ["test/lib/gateway/bodies.test.ts"], {
    "any-length": {
      removes: "a body is as long as announced",
      from: "if (total !== announced.bytes) {",
      to: "if (false) {",
    },
    "any-hash": {
      removes: "a body is the announced one",
      from: "if (actual !== announced.hash) {",
      to: "if (false) {",
    },
    "all-at-once": {
      removes: "few bodies are read at once",
      from: "if (free > 0) free--;",
      to: "free--;\n    if (free > 0) free++;",
    },
    "many-of-one-sender": { removes: "a sender has one body read", from: "    reading.get(sender)?.abort();\n" },
  }),
  ...mutantsOf("lib/gateway/runMac.ts", "poll", [GATEWAY], {
    forged: { only: RELEASE, removes: "a poll proves the poll secret", from: "if (!same || Math", to: "if (Math" },
    late: {
      only: RELEASE,
      removes: "a poll is of now",
      from: "if (!same || Math.abs(now - proof.at) > MAX_CLOCK_DIFFERENCE_SECONDS) {",
      to: "if (!same) {",
    },
    "other-body": {
      only: DELIVERY,
      removes: "a delivery's MAC covers its bytes",
      from: "uint(bytes, 64), hexToBytes(hash)));",
      to: "uint(bytes, 64)));",
    },
  }),
  ...mutantsOf("lib/gateway/custody.ts", "custody", [GATEWAY], {
    "moved-secret": {
      only: ASK,
      removes: "a wrapped secret is bound to what it is for",
      from: `nonce).setAAD(stringToBytes(purpose));
      return new Uint8Array(Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
    },
    unwrap(wrapped, purpose) {
      try {
        const nonce = wrapped.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv("aes-256-gcm", keyEncryptionKey, nonce).setAAD(stringToBytes(purpose));`,
      to: `nonce);
      return new Uint8Array(Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
    },
    unwrap(wrapped, purpose) {
      try {
        const nonce = wrapped.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv("aes-256-gcm", keyEncryptionKey, nonce);`,
    },
  }),
  ...mutantsOf("lib/gateway/release.ts", "release", [GATEWAY], {
    "without-life": {
      only: RELEASE,
      removes: "the permit is consumed only for a run that is alive",
      from: "      await asks.proveAlive(row, request.token, releaseAudience(context, row.step, row.workerKey, hash));\n",
    },
    "without-poll-secret": {
      only: RELEASE,
      removes: "only the run that asked polls",
      from: "      const row = await asks.authenticate(askId, poll);\n",
      to: '      const row = await asks.find(askId);\n      if (poll.at < 0) return { status: "waiting" };\n',
    },
    "before-safe": {
      only: RELEASE,
      removes: "keys are released at the safe tag",
      from: "    return safe;\n",
      to: "    return latest;\n",
    },
    "after-the-deadline": {
      only: RELEASE,
      removes: "nothing is released for a run that was voided or claimed since",
      from: '    if (!latest) throw gatewayError("RELEASE_CLOSED"',
      to: '    if (!latest && !safe && opening.step < 0) throw gatewayError("RELEASE_CLOSED"',
    },
    "for-another-opening": {
      only: RELEASE,
      removes: "the opening is of exactly this run by exactly this permit",
      from: "return opening?.runKey === runKeyOf(permit) && opening.permitHash === row.permitHash ? opening : undefined;",
      to: "return opening;",
    },
    "past-the-permit": {
      only: RELEASE,
      removes: "an expired permit is not sent",
      from: '    if (clock() > permit.deadline) throw gatewayError("PERMIT_TIMEOUT", { deadline: permit.deadline });\n    const identity',
      to: "    const identity",
    },
    "race-with-itself": {
      only: RELEASE,
      removes: "one consumption at a time for each ask",
      from: "      const running = underWay.get(askId) ?? consume(row, permit);\n",
      to: "      const running = consume(row, permit);\n",
    },
  }),
  ...mutantsOf("lib/gateway/deliveries.ts", "delivery", [GATEWAY], {
    "after-the-deadline": {
      only: DELIVERY,
      removes: "a delivery is for an open step",
      from: "if (opening?.permitHash !== hash || !(await readIsOpen(client, deployment, { entitlement, ...opening }))) {",
      to: "if (opening?.permitHash !== hash) {",
    },
    "of-any-size": {
      tests: ["test/lib/gateway/http.test.ts"],
      removes: "a delivery is no larger than the policy allows",
      from: "if (announced.bytes > most) throw",
      to: "if (announced.bytes < 0) throw",
    },
    "second-outputs": {
      only: DELIVERY,
      removes: "one set of outputs for each permit",
      from: "if (!kept || kept.resultHash !== outputs.resultHash || kept.bundleHash !== outputs.bundleHash) {",
      to: "if (!kept) {",
    },
    "result-for-anyone": {
      only: DELIVERY,
      removes: "the result goes to the buyer",
      from: "if (!(await client.verifyHash({ address: buyer, hash: digest, signature }))) {",
      to: "if (false) {",
    },
    "result-forever": {
      only: DELIVERY,
      removes: "a request for a result expires",
      from: '      if (now > deadline) throw gatewayError("SIGNATURE_EXPIRED", { deadline, now });\n',
    },
  }),
  ...mutantsOf("lib/gateway/requests.ts", "request", [GATEWAY], {
    forged: {
      only: REQUEST,
      removes: "the buyer requests the step",
      from: "if (!(await client.verifyHash({ address: identity.buyer, hash: digest, signature }))) {",
      to: "if (false) {",
    },
    "any-deadline": {
      only: REQUEST,
      removes: "a request lives an hour at most",
      from: "if (now > deadline || deadline > now + MAX_REQUEST_LIFETIME_SECONDS) {",
      to: "if (now > deadline) {",
    },
    "other-input": {
      only: REQUEST,
      removes: "the input is the signed one",
      from: "if (sha256Hex(input) !== inputHash) {",
      to: "if (false) {",
    },
    "any-step": {
      only: REQUEST,
      removes: "nothing is dispatched for a step that cannot open",
      from: "      await entitlements.nextStep(entitlement, step);\n",
    },
    replayed: {
      only: REQUEST,
      removes: "one signed request starts one run",
      from: "        .onConflictDoNothing()\n",
      to: "        .onConflictDoUpdate({ target: [stepRequests.entitlement, stepRequests.step, stepRequests.inputHash], set: { requestedAt: now } })\n",
    },
    "blindly-again": {
      only: REQUEST,
      removes: "a run that is not known is looked up, never started again",
      from: "      return lookUp(earlier);\n",
      to: '      return start(earlier, file ?? "", terms.sourceCommit.slice(2));\n',
    },
    "freed-without-a-no": {
      only: REQUEST,
      removes: "only GitHub's refusal lets the same request dispatch again",
      from: 'if (findPawlError(thrown)?.code !== "DISPATCH_REFUSED") return',
      to: 'if (findPawlError(thrown)?.code === "INTERNAL") return',
    },
    "never-freed": {
      only: REQUEST,
      removes: "a refused dispatch can be repeated",
      from: "      await db.delete(stepRequests).where(placeOf(row));\n",
    },
    "other-result-key": {
      only: REQUEST,
      removes: "an input is requested with one result key",
      from: "if (earlier.resultKey !== resultKey) throw",
      to: 'if (earlier.resultKey === "0x") throw',
    },
    "input-of-another-run": {
      only: ASK,
      removes: "a run works on the input that it was started for",
      from: "rows.find((each) => each.runId === runId) ?? rows[0]",
      to: "rows[0]",
    },
  }),
  ...mutantsOf("lib/gateway/content.ts", "content", ["test/lib/store/store.test.ts"], {
    "damaged-store": {
      removes: "bytes are hashed again on the way out",
      from: '      if (sha256Hex(row.bytes) !== hash) throw gatewayError("CONTENT_CORRUPT", { hash });\n',
    },
  }),
];
