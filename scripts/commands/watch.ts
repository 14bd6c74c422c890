import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createPublicClient, type Hex, http, type PublicClient } from "viem";
import { chainOf, requireChain } from "#lib/chain/clients.ts";
import { parseDeployment } from "#lib/chain/deployment.ts";
import { systemClock } from "#lib/core/effects.ts";
import { address, bytes32, decimal } from "#lib/core/encoding.ts";
import { type TrustProfile, thresholds } from "#lib/evidence/trustedRoot.ts";
import { createGitHubClient } from "#lib/github/client.ts";
import { observeThrough } from "#lib/settlement/watch/conduct.ts";
import type { Alarm } from "#lib/settlement/watch/decision.ts";
import { watchError } from "#lib/settlement/watch/errors.ts";
import { openJournal } from "#lib/settlement/watch/journalFile.ts";
import { createJudge } from "#lib/settlement/watch/judge.ts";
import { createWatcher, type WatchEvent, type Watcher, type WatchSummary } from "#lib/settlement/watch/watcher.ts";
import { readEvidence } from "./files.ts";
import { checkRootOptions, type RootOptions, rootOptions, trustOf } from "./roots.ts";
import { signingAccount } from "./signingKey.ts";
import { eventJson, eventLines, summaryJson, summaryLine } from "./watchText.ts";

type WatchOptions = RootOptions & {
  readonly rpc: string;
  readonly deployment: string;
  readonly state: string;
  readonly gateway?: readonly string[];
  readonly buyer?: readonly Hex[];
  readonly own?: readonly Hex[];
  readonly entitlement?: readonly Hex[];
  readonly keyFile?: string;
  readonly budget: bigint;
  readonly budgetPerDay?: bigint;
  readonly late: number;
  readonly lateSeconds: number;
  readonly every: number;
  readonly githubApi: string;
  readonly profile?: TrustProfile;
  readonly issuer?: string;
  readonly once?: boolean;
  readonly stopWhenSpent?: boolean;
  readonly json?: boolean;
};

/** How long `--once` waits for blocks to take what it sent. */
const ONCE_SECONDS = 120;
const spent: readonly Alarm[] = ["budget total", "budget of the day", "no funds"];

/** `pawl watch`: the buyer's guard. Challenges claims whose evidence fails, or is missing until late in the window. */
export function watchCommand(program: Command): void {
  const command = program
    .command("watch")
    .description("Guard a buyer's claims: verify each one's evidence, and challenge it within a budget where it fails.")
    .addOption(new Option("--rpc <url>", "JSON-RPC endpoint of the chain").env("PAWL_RPC_URL").makeOptionMandatory())
    .addOption(
      new Option("--deployment <file>", "file with the contracts' addresses")
        .env("PAWL_DEPLOYMENT")
        .makeOptionMandatory(),
    )
    .requiredOption("--state <folder>", "where the journal is kept; one watcher, one key, one folder (required)")
    .requiredOption(
      "--budget <wei>",
      "the most that may ever be lost, bonds and fees; 0 only looks (required)",
      parseWei,
    )
    .option(
      "--budget-per-day <wei>",
      "the most that may be put at risk in 24 hours; the whole budget unless said",
      parseWei,
    )
    .option("--buyer <address...>", "watch what these buyers have and will buy, as their own", each(address))
    .option("--own <id...>", "watch these entitlements, as the buyer's own", each(bytes32))
    .option("--entitlement <id...>", "watch others' entitlements: never challenged for missing evidence", each(bytes32))
    .option("--gateway <url...>", "servers to ask for capsules, beside where a claim says", parseService)
    .option(
      "--key-file <file>",
      "the key that pays bonds, 0x and 64 hex digits; or PAWL_WATCH_KEY. Nothing else may use it",
    )
    .addOption(
      new Option("--late <percent>", "the last part of a window, in which missing evidence is challenged")
        .argParser(parsePercent)
        .default(0.25, "25"),
    )
    .option("--late-seconds <n>", "that part is at least so long", parseSeconds, 600)
    .option("--every <seconds>", "how often to look", parseSeconds, 15)
    .option(
      "--github-api <url>",
      "GitHub's REST API; with GITHUB_TOKEN runs are looked for again",
      "https://api.github.com",
    )
    .addOption(new Option("--profile <name>", "what evidence the instance gives").choices(Object.keys(thresholds)))
    .option("--issuer <url>", "identity provider that must have vouched for the signer")
    .option("--once", "look once, wait until what was sent is in a block, and end: for cron")
    .option("--stop-when-spent", "end with exit code 6 when the budget keeps a claim from being challenged")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing needs you, 3 a claim needs a person, 4 not everything could be looked at, 6 the budget is used up.`,
    );
  rootOptions(command).action(async (options: WatchOptions) => {
    checkRootOptions(options);
    const targets = {
      buyers: options.buyer ?? [],
      own: options.own ?? [],
      foreign: options.entitlement ?? [],
    };
    if (Object.values(targets).every(({ length }) => length === 0)) throw watchError("WATCH_NOTHING_NAMED");
    const account = await signingAccount(options.keyFile, "PAWL_WATCH_KEY");
    const deployment = parseDeployment(await readEvidence(options.deployment));
    const chain = chainOf(deployment.chainId, options.rpc);
    const client: PublicClient = createPublicClient({ chain, transport: http(options.rpc), cacheTime: 0 });
    await requireChain(client, deployment.chainId);
    // A root that cannot be had at all is known at the start, not at the first claim.
    await trustOf(options, systemClock());

    const watcherAddress = address.parse(account.address);
    const journal = openJournal(options.state, {
      chainId: deployment.chainId,
      settlement: deployment.settlement,
      watcher: watcherAddress,
    });
    const stop = stopOnSignal();
    try {
      const token = process.env.GITHUB_TOKEN;
      const github = token ? createGitHubClient({ apiUrl: options.githubApi, token }) : undefined;
      const watcher = createWatcher({
        client,
        account,
        deployment,
        journal,
        targets,
        limits: {
          budget: { total: options.budget, perDay: options.budgetPerDay ?? options.budget },
          lateShare: options.late,
          lateSeconds: options.lateSeconds,
        },
        judge: createJudge({
          client,
          deployment,
          source: { services: options.gateway ?? [], fetch },
          trust: async () => (await trustOf(options, systemClock())).trust,
        }),
        observe: github && observeThrough(github, systemClock),
        report: (event) => print(event, options),
        clock: systemClock,
      });
      if (options.once) await watchOnce(watcher, options, stop.signal);
      else await watchOn(watcher, options, stop.signal, watcherAddress);
    } finally {
      stop.ignore();
      journal.close();
    }
  });
}

async function watchOn(watcher: Watcher, options: WatchOptions, signal: AbortSignal, account: Hex): Promise<void> {
  if (!options.json) console.log(`watching; bonds are paid by ${account}`);
  await watcher.run({
    signal,
    everyMilliseconds: options.every * 1000,
    pause: (milliseconds) => pause(milliseconds, signal),
    after: (summary) => {
      if (options.json) console.log(summaryJson(summary));
      if (options.stopWhenSpent && summary.alarms.some((alarm) => spent.includes(alarm))) {
        throw watchError("WATCH_BUDGET_SPENT", { atRiskOrLost: summary.exposure.total, budget: options.budget });
      }
    },
  });
  if (!options.json) console.log("stopped; the journal is complete");
}

async function watchOnce(watcher: Watcher, options: WatchOptions, signal: AbortSignal): Promise<void> {
  let summary = await watcher.pass(signal);
  for (let waited = 0; summary.inFlight > 0 && waited < ONCE_SECONDS && !signal.aborted; waited += 2) {
    await pause(2000, signal);
    summary = await watcher.pass(signal);
  }
  console.log(options.json ? summaryJson(summary) : summaryLine(summary));
  process.exitCode = exitCodeOf(summary);
}

function exitCodeOf({ alarms, failures }: WatchSummary): number {
  if (alarms.some((alarm) => spent.includes(alarm))) return watchError("WATCH_BUDGET_SPENT").exitCode;
  if (alarms.some((alarm) => alarm !== "not judged")) return watchError("WATCH_ATTENTION_NEEDED").exitCode;
  return alarms.length + failures > 0 ? watchError("WATCH_PASS_INCOMPLETE").exitCode : 0;
}

function print(event: WatchEvent, { json }: Pick<WatchOptions, "json">): void {
  if (json) console.log(eventJson(event));
  else for (const line of eventLines(event)) console.log(line);
}

/** The first signal lets the pass that runs come to its end; a second one ends the process. */
function stopOnSignal() {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, stop);
  return {
    signal: controller.signal,
    ignore: () => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.removeListener(name, stop);
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((thrown: unknown) => {
    if (!signal.aborted) throw thrown;
  });
}

/** An option that is repeated, each value of one form. */
function each(schema: typeof address | typeof bytes32) {
  return (text: string, before: readonly Hex[] = []): readonly Hex[] => {
    const parsed = schema.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError("Expected 0x and 40 hex digits of an address, 64 of an id.");
    return [...new Set([...before, parsed.data])];
  };
}

function parseService(text: string, before: readonly string[] = []): readonly string[] {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) throw new InvalidArgumentError("Expected a URL.");
  return [...before, text];
}

function parseWei(text: string): bigint {
  if (!decimal.safeParse(text).success) throw new InvalidArgumentError("Expected a whole number of wei.");
  return BigInt(text);
}

function parsePercent(text: string): number {
  const percent = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(percent >= 1 && percent <= 100)) throw new InvalidArgumentError("Expected a number from 1 to 100.");
  return percent / 100;
}

function parseSeconds(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError("Expected a number of seconds from 1 on.");
  return Number(text);
}
