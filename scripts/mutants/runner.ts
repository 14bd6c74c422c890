import { type Mutant, mutantsOf } from "./mutant.ts";

const STEP = "test/lib/runner/step.test.ts";
const PERMIT_CHECK = "test/lib/runner/permitCheck.test.ts";
const RESTORE = "test/lib/runner/restore.test.ts";
const DELIVERY = "test/lib/runner/delivery.test.ts";
const WORKLOAD = "test/lib/runner/workload.test.ts";
const CHECKOUT = "test/lib/runner/checkout.test.ts";
const ISOLATION = "test/lib/runner/isolation.test.ts";
const PATIENCE = "test/lib/runner/patience.test.ts";

/** What a run checks of a gateway that may lie, and what it keeps from its workload. */
export const runnerMutants: readonly Mutant[] = [
  ...mutantsOf("lib/runner/permitCheck.ts", "runner", [STEP], {
    "permit-for-another-run": {
      removes: "every field that the run knows of itself",
      from: "if (actual !== value) throw runnerError",
      to: 'if (field === "") throw runnerError',
    },
    "permit-without-worker-key": {
      removes: "the permit names this run's key",
      from: "    workerKey: worker.publicKey,\n",
    },
    "permit-without-attempt": {
      removes: "the permit names this attempt",
      from: "    runAttempt: Number(claims.run_attempt),\n",
    },
    "permit-without-signer-commit": {
      removes: "the permit names this workflow's commit",
      from: "signerCommit: `0x",
      to: "signerCommit: permit.signerCommit ?? `0x",
    },
    "policy-of-another-deployment": {
      removes: "the policy names this chain and contract",
      from: "if (policy.chainId !== context.chainId || policy.permitConsumer !== context.permitConsumer) {",
      to: "if (false) {",
      tests: [PERMIT_CHECK],
    },
  }),
  ...mutantsOf("lib/runner/step.ts", "runner", [STEP], {
    "asks-before-it-can-run": {
      removes: "a machine that cannot isolate uses up no permit",
      from: "  const isolation = await dependencies.isolate();\n",
      to: "  const isolation = { name: 'process+network-namespace', command: ['true'] } as const;\n",
    },
    "other-input": {
      removes: "the input is the permitted one",
      from: "if (sha256Hex(caps.input) !== permitted.permit.inputHash) {",
      to: "if (false) {",
    },
    "other-policy": {
      removes: "the policy is the permitted one",
      from: "parsePolicy(policyFile, permitted.permit.policyHash);",
      to: "parsePolicy(policyFile);",
    },
  }),
  ...mutantsOf("lib/runner/capabilities.ts", "runner", [STEP], {
    "envelope-by-anyone": {
      removes: "the policy's gateway signed the capability",
      from: "async (hash, signature) => isSignedBy(policy.gateway, hash, signature),",
      to: "async () => true,",
    },
  }),
  ...mutantsOf("lib/runner/restore.ts", "runner", [RESTORE], {
    "parent-not-committed": {
      removes: "the restored state is the one that the permit commits to",
      from: "if (committed !== permit.parentStateCommitment || committedNet !== permit.parentNetCommitment) {",
      to: "if (false) {",
    },
    "net-not-committed": {
      removes: "the network chain is the one that the permit commits to",
      from: "if (committed !== permit.parentStateCommitment || committedNet !== permit.parentNetCommitment) {",
      to: "if (committed !== permit.parentStateCommitment) {",
    },
    "cold-start": {
      removes: "a later step never starts without its state",
      from: "if (permit.parentStateCommitment === zeroHash) return",
      to: 'if (permit.parentStateCommitment !== "0x") return',
    },
  }),
  ...mutantsOf("lib/runner/delivery.ts", "runner", [STEP], {
    "receipt-for-others": {
      removes: "the receipt names these outputs",
      from: "if (!matches || !(await isSignedBy",
      to: "if (!(await isSignedBy",
      masked: "the signature covers permit and outputs, and a run has one permit",
    },
    "receipt-by-anyone": {
      removes: "the gateway signed the receipt",
      from: "if (!matches || !(await isSignedBy(policy.gateway, receiptDigest(body, domain), signature))) {",
      to: "if (!matches) {",
    },
    "open-result": {
      removes: "a result is sealed where the permit names a key",
      from: "if (permit.resultKey === zeroHash) return",
      tests: [DELIVERY],
      to: 'if (permit.resultKey !== "0x") return',
    },
  }),
  ...mutantsOf("lib/runner/checkout.ts", "checkout", [CHECKOUT], {
    links: {
      removes: "plain files only: no link, no submodule",
      from: "    refuseOtherThanFiles(listing.stdout, workload);\n",
    },
    "configured-by-the-checkout": {
      removes: "the checkout configures no git",
      from: '        HOME: "/nonexistent",',
      to: "        HOME: folder,",
    },
  }),
  ...mutantsOf("lib/runner/isolation.ts", "isolation", [ISOLATION], {
    "shared-users": { removes: "a user namespace hides the job", from: '"--user", "--map-current-user", ', to: "" },
    "shared-network": { removes: "the workload has no network", from: '"--net", ', to: "" },
    "any-machine": {
      removes: "settings change only on a machine for one job",
      from: "      if (!machine.disposable) throw refused;\n",
    },
    weaker: {
      removes: "no isolation is no step",
      from: '    throw runnerError("ISOLATION_UNAVAILABLE", { tried: NAMESPACES.command.join(" ") }, cause);\n',
      to: "    void cause;\n",
    },
  }),
  ...mutantsOf("lib/runner/patience.ts", "patience", [PATIENCE], {
    "backend-final": {
      removes: "a failing backend is asked again",
      from: 'return kind === "backend" || kind',
      to: "return kind",
    },
    "waits-as-told": {
      removes: "the longest pause that a gateway can ask for",
      from: "Math.min(seconds, LONGEST_PAUSE_SECONDS)",
      to: "seconds",
    },
    endless: {
      removes: "patience ends",
      from: " || clock() - from > PATIENCE_SECONDS",
      to: " || clock() - from > 1000 * PATIENCE_SECONDS",
    },
  }),
  ...mutantsOf("lib/runner/workload.ts", "workload", [WORKLOAD], {
    "inherits-the-environment": {
      removes: "the job's tokens are not the workload's",
      from: '      NODE_ENV: "production",\n      PATH: "/usr/bin:/bin",',
      to: '      ...process.env,\n      NODE_ENV: "production",\n      PATH: "/usr/bin:/bin",',
    },
    "reads-everything": {
      removes: "the workload reads its own folders only",
      from: '    "--permission",\n',
      to: '    "--permission",\n    "--allow-fs-read=*",\n',
    },
    "starts-processes": {
      removes: "the workload starts no process",
      from: '    "--permission",\n',
      to: '    "--permission",\n    "--allow-child-process",\n',
    },
    "result-of-any-size": {
      removes: "the result's size and kind",
      from: "if (!info.isFile() || info.size > maxBytes)",
      to: "if (false)",
    },
    "payload-without-canonical-form": {
      removes: "the result can be sealed",
      from: "    canonicalBytes(payload);\n",
    },
    "state-of-any-count": {
      removes: "what is sealed can be restored",
      from: "    if (files.length === maxFiles)",
      to: "    if (files.length < 0)",
    },
    "log-of-any-size": {
      removes: "the cap on the log",
      from: "chunk.subarray(0, room)",
      to: "chunk",
    },
    "state-of-any-size": {
      removes: "the policy's limit on state",
      from: "    if (total > maxBytes) throw",
      to: "    if (total < 0) throw",
    },
  }),
];
