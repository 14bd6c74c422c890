import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, stripVTControlCharacters } from "node:util";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { deploymentBytes } from "#lib/chain/deployment.ts";
import { localKey } from "#lib/config/server.ts";
import { watchCommand } from "../../../scripts/commands/watch.ts";
import { eventLines } from "../../../scripts/commands/watchText.ts";
import { projectRoot } from "../../../scripts/stack/stack.ts";
import { trust, trustedRootJson } from "../../lib/evidence/step.fixture.ts";
import { createWatchWorld, SERVICE, type WatchWorld } from "../../lib/settlement/watch/watch.fixture.ts";

/**
 * pawl watch
 * ├── is refused without anything to watch, without a key, with a key or an amount that is none
 * ├── --once: exit code 0 when nothing needs anybody, 3 for a person, 4 for what could not be seen, 6 for the budget
 * ├── writes one JSON object a line for machines, and for people what happened, unobeyed
 * └── as a service: ends with 0 on SIGINT, and leaves a journal that opens
 */

const KEY = localKey(7);
const ENOUGH = String(10n ** 18n);
const folder = mkdtempSync(join(tmpdir(), "pawl-watch-command-"));
let world: WatchWorld;
let offer: Awaited<ReturnType<WatchWorld["publish"]>>;
let server: Server;
let url: string;
let whenAsked = (): void => undefined;

/** One server in front of both: the chain's JSON-RPC, and the service that has the capsules. */
beforeAll(async () => {
  world = await createWatchWorld();
  offer = await world.publish();
  writeFileSync(join(folder, "deployment.json"), deploymentBytes(world.deployment));
  writeFileSync(join(folder, "root.json"), JSON.stringify(trustedRootJson));
  server = createServer(async (request, response) => {
    if (request.method === "GET") {
      whenAsked();
      const bytes = world.served.get(`${SERVICE}${request.url}`);
      response.writeHead(bytes ? 200 : 404).end(bytes ? Buffer.from(bytes) : "no");
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const { provider } = world.w.connection;
    const answer = await provider.request({ method, params }).then(
      (result) => ({ result }),
      (thrown) => ({ error: { code: thrown.code ?? -32_603, message: thrown.message, data: thrown.data } }),
    );
    response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
});
afterEach(() => {
  whenAsked = (): void => undefined;
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true });
  await world.close();
});

let folders = 0;
function options(budget = ENOUGH): readonly string[] {
  return [
    ...["--rpc", url, "--deployment", join(folder, "deployment.json"), "--state", join(folder, `state-${++folders}`)],
    ...["--gateway", url, "--budget", budget],
    ...["--trusted-root", join(folder, "root.json"), "--profile", "sandbox", "--issuer", trust.issuer],
  ];
}

async function watch(...args: readonly string[]) {
  vi.stubEnv("PAWL_WATCH_KEY", process.env.PAWL_WATCH_KEY ?? KEY);
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const program = new Command("pawl").exitOverride().configureOutput({ writeErr: () => undefined });
  watchCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["watch", ...args], { from: "user" });
  return { lines: lines.map(stripVTControlCharacters), exitCode: process.exitCode ?? 0 };
}
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("pawl watch is refused", () => {
  const id = `0x${"1".repeat(64)}`;

  it("without anything to watch", async () => {
    await expect(watch(...options(), "--once")).rejects.toEqual(code("WATCH_NOTHING_NAMED"));
  });

  it("without a key, and with one that is none", async () => {
    vi.stubEnv("PAWL_WATCH_KEY", "");
    await expect(watch(...options(), "--own", id, "--once")).rejects.toEqual(code("SIGNING_KEY_MISSING"));
    const missing = ["--key-file", join(folder, "none")];
    await expect(watch(...options(), "--own", id, "--once", ...missing)).rejects.toEqual(code("SIGNING_KEY_MISSING"));
    for (const bad of ["0x12", KEY.slice(2), `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`]) {
      writeFileSync(join(folder, "key"), bad);
      const refused = watch(...options(), "--own", id, "--once", "--key-file", join(folder, "key"));
      await expect(refused).rejects.toEqual(code("SIGNING_KEY_INVALID"));
      const error = await refused.catch((thrown: unknown) => thrown);
      expect(inspect(error, { depth: 9 })).not.toContain(bad);
    }
  });

  it("with what is no id, address, amount, share or URL", async () => {
    for (const bad of [
      ["--own", "0x12"],
      ["--buyer", id],
      ["--budget", "-1"],
      ["--budget", "0.5"],
      ["--late", "0"],
      ["--late", "101"],
      ["--every", "0"],
      ["--gateway", "file:///etc/passwd"],
    ]) {
      await expect(watch(...options(), "--own", id, ...bad)).rejects.toEqual(code("commander.invalidArgument"));
    }
  });

  it("on another chain than the deployment's", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, deploymentBytes({ ...world.deployment, chainId: 84_532 }));
    await expect(watch(...options(), "--own", id, "--deployment", other)).rejects.toEqual(code("CHAIN_ID_MISMATCH"));
  });
});

describe("pawl watch --once", () => {
  it("ends with 0 when every claim's evidence holds", async () => {
    const entitlement = await world.buy(offer);
    await world.claim(offer, entitlement);
    const { lines, exitCode } = await watch(...options(), "--own", entitlement.id, "--once");
    expect(lines[1]).toContain("its evidence holds");
    expect(lines.at(-1)).toBe("1 open claims, 0 transactions in flight, 0 alarms, 0 failures, 0 wei at risk or lost");
    expect(exitCode).toBe(0);
  });

  it("challenges, and ends with 0, because nobody is needed; the key comes from a file", async () => {
    const entitlement = await world.buy(offer);
    const claim = await world.falseClaim(offer, entitlement);
    writeFileSync(join(folder, "key"), `${KEY}\n`);
    vi.stubEnv("PAWL_WATCH_KEY", "not looked at");
    const key = ["--key-file", join(folder, "key")];
    const { lines, exitCode } = await watch(...options(), "--own", entitlement.id, "--once", "--json", ...key);
    const events = lines.map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(["claim", "evidence", "signed", "pass"]);
    expect(events[2]).toMatchObject({ action: "challenge", reason: { check: "claim", code: "CLAIM_MISMATCH" } });
    expect(JSON.stringify(lines)).not.toContain(KEY.slice(2));
    expect(exitCode).toBe(0);
    expect(await world.challengesOf(claim)).toEqual([{ challenger: world.watcherAddress, bond: 10n ** 17n }]);
  });

  it("ends with 6 when the budget keeps a claim from being challenged", async () => {
    const entitlement = await world.buy(offer);
    const claim = await world.falseClaim(offer, entitlement);
    const { lines, exitCode } = await watch(...options("0"), "--own", entitlement.id, "--once");
    expect(lines.join("\n")).toContain("ALARM");
    expect(lines.join("\n")).toContain("THE BUDGET IS USED UP");
    expect(exitCode).toBe(6);
    expect(await world.challengesOf(claim)).toEqual([]);
  });

  it("ends with 3 when a claim needs a person", async () => {
    const unprovable = await world.publish({ provable: false });
    const entitlement = await world.buy(unprovable);
    await world.falseClaim(unprovable, entitlement);
    expect((await watch(...options(), "--own", entitlement.id, "--once")).exitCode).toBe(3);
  });

  it("ends with 4 when something could not be looked at", async () => {
    const entitlement = await world.buy(offer);
    await world.claim(offer, entitlement);
    const root = join(folder, "fleeting.json");
    writeFileSync(root, JSON.stringify(trustedRootJson));
    // What is trusted is read for every verdict; it is gone when the evidence has come.
    whenAsked = () => rmSync(root, { force: true });
    const { lines, exitCode } = await watch(...options(), "--own", entitlement.id, "--once", "--trusted-root", root);
    expect(lines[1]).toContain("could not be judged (TRUSTED_ROOT_NOT_BUILT_IN)");
    expect(exitCode).toBe(4);
  });

  it("knows nothing of an entitlement that nobody bought", async () => {
    const { exitCode } = await watch(...options(), "--own", `0x${"9".repeat(64)}`, "--once");
    expect(exitCode).toBe(0);
  });

  it("refuses at once a root whose age it was to know and cannot", async () => {
    const aged = watch(...options(), "--own", `0x${"9".repeat(64)}`, "--once", "--max-root-age", "1");
    await expect(aged).rejects.toEqual(code("TRUSTED_ROOT_AGE_UNKNOWN"));
  });
});

describe("pawl watch as a service", () => {
  it("ends with 6 when it was told to stop at the end of its budget", async () => {
    const entitlement = await world.buy(offer);
    await world.falseClaim(offer, entitlement);
    const stopped = watch(...options("0"), "--own", entitlement.id, "--stop-when-spent");
    await expect(stopped).rejects.toMatchObject({ code: "WATCH_BUDGET_SPENT", exitCode: 6 });
  });

  it("ends with 0 on SIGINT, and leaves a journal that opens", async () => {
    const entitlement = await world.buy(offer);
    const claim = await world.falseClaim(offer, entitlement);
    const given = options();
    const child = spawn(process.execPath, ["scripts/pawl.mjs", "watch", ...given, "--own", entitlement.id, "--json"], {
      cwd: projectRoot,
      env: { ...process.env, PAWL_WATCH_KEY: KEY },
    });
    let output = "";
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    for await (const chunk of child.stdout) {
      output += chunk;
      // A pass has gone through: the watcher is waiting for the next one.
      if (output.includes('"event":"pass"') && !child.killed) child.kill("SIGINT");
    }
    expect(await ended).toBe(0);
    expect(await world.challengesOf(claim)).toHaveLength(1);
    const state = given[given.indexOf("--state") + 1] ?? "";
    expect(readFileSync(join(state, "journal.jsonl"), "utf8").endsWith("\n")).toBe(true);
    const again = world.watch({ own: [entitlement.id] }, { folder: state });
    await again.pass();
    expect(await world.challengesOf(claim)).toHaveLength(1);
    again.close();
  });
});

describe("what is printed for a person", () => {
  it("is on one line and not obeyed, whatever a stranger wrote", () => {
    const claim = {
      ...{ entitlement: `0x${"1".repeat(64)}`, step: 1, runKey: "0x", claimHash: "0x", parentHead: "0x" },
      ...{
        permitHash: "0x",
        evidenceHash: "0x",
        evidenceLocator: "\u001b[2J",
        windowEnd: 2 ** 40,
        block: 1,
        blockHash: "0x",
      },
    } as never;
    const look = { at: 0, tries: 1, outcome: { status: "missing", code: "A\u001b[2J\nB" } } as const;
    expect(eventLines({ event: "evidence", claim, look })).toEqual([
      "step 1 of 0x1111111111111111…: its evidence is not there (A\\u{1b}[2J\\u{a}B), look 1",
    ]);
    expect(eventLines({ event: "claim", claim, own: true })[0]).toContain("to be challenged before");
  });
});
