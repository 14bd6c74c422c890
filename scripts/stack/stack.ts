import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPublicClient, http } from "viem";
import { z } from "zod";
import type { Deployment } from "#lib/chain/deployment.ts";
import { localKey } from "#lib/config/server.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { acquireLock } from "#lib/store/lock.ts";
import { deployPawl } from "../contracts/deploy.ts";
import { choosePort } from "./ports.ts";
import { type Running, startProcess, waitUntil } from "./processes.ts";
import { roleIndexes } from "./roles.ts";
import { type SandboxReady, sandboxReadySchema } from "./sandboxReady.ts";
import { type SeededOffer, seedOffers } from "./seed.ts";

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type Stack = {
  readonly rpcUrl: string;
  readonly webUrl: string;
  readonly deployment: Deployment;
  readonly sandbox: SandboxReady;
  readonly offers: readonly SeededOffer[];
  readonly folder: string;
  /**
   * Kills the server without warning, as a crash would, and starts it again over the same store.
   *
   * @param changes.relayer false: the server signs claims, and wallets submit them
   */
  restartServer(changes?: { readonly relayer: boolean }): Promise<void>;
  /** Ends every process, the last started first. */
  stop(): Promise<void>;
};

export type StackOptions = {
  /** Everything the stack writes. Whatever an earlier start left in it is removed. */
  readonly folder: string;
  /** `market` is the whole Next app; `headless` serves the same HTTP protocol without pages. */
  readonly server: "market" | "headless";
  readonly ports?: { readonly chain: number; readonly sandbox: number; readonly web: number };
  readonly report: (line: string) => void;
  /** Stops the start-up; what is already running is ended. */
  readonly signal?: AbortSignal;
};

const DEFAULT_PORTS = { chain: 8545, sandbox: 8546, web: 3000 };
const HOST = "127.0.0.1";

/**
 * Brings up a whole market on this machine: chain, contracts, sandbox, server, offers. The chain keeps nothing over a
 * restart, so the store and the deployment start anew with it.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, report } = options;
  const running: Running[] = [];
  const unlock = acquireLock(
    `${folder}.lock`,
    (owner) => new Error(`a market already runs with the state in ${folder} (process ${owner}); stop it first`),
  );
  const stop = async () => {
    for (const process of running.splice(0).reverse()) await process.stop();
    unlock();
  };
  const check = () => options.signal?.throwIfAborted();
  try {
    if (existsSync(folder)) {
      report("starting anew: the local chain keeps nothing, so store, sandbox and deployment are reset with it");
      await rm(folder, { recursive: true, force: true });
    }
    const logs = join(folder, "logs");
    await mkdir(logs, { recursive: true });
    const ports = await movedPorts(options.ports ?? DEFAULT_PORTS, report);
    const start = (name: string, args: readonly string[], env: Record<string, string> = {}) => {
      const logFile = join(logs, `${name}.log`);
      const process = startProcess({ name, args, env: { ...inherited(), ...env }, cwd: projectRoot, logFile });
      running.push(process);
      return { process, logFile };
    };

    report("starting the local chain");
    const rpcUrl = `http://${HOST}:${ports.chain}`;
    const hardhat = join(dirname(createRequire(import.meta.url).resolve("hardhat/package.json")), "dist/src/cli.js");
    const chain = start("chain", [
      hardhat,
      "node",
      "--network",
      "node",
      "--hostname",
      HOST,
      "--port",
      String(ports.chain),
    ]);
    const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) });
    await waitUntil(chain.process, chain.logFile, 60, () => client.getChainId().then(Boolean, () => false));
    check();

    report("starting the sandbox for GitHub and Sigstore");
    const sandboxProcess = start("sandbox", [
      "scripts/sandbox.ts",
      "--state",
      join(folder, "sandbox"),
      "--port",
      String(ports.sandbox),
    ]);

    // The chain gets the sandbox's authority and log as its roots of evidence, so the sandbox comes first.
    const sandbox = await readReady(sandboxProcess);
    check();

    report("compiling and deploying the contracts");
    const deploymentFolder = join(folder, "deployment");
    const roots = coveredRoots(parseTrustedRoot(await readFile(sandbox.trustedRootFile)));
    const deployment = await deployPawl({
      rpcUrl,
      folder: deploymentFolder,
      roots,
      oidcIssuer: sandbox.oidcIssuer,
    });
    check();

    const webUrl = `http://${HOST}:${ports.web}`;
    await writeFile(join(folder, "kek"), `0x${randomBytes(32).toString("hex")}`, { mode: 0o600 });
    const env = {
      PAWL_MODE: "local",
      PAWL_RPC_URL: rpcUrl,
      PAWL_DEPLOYMENT: join(deploymentFolder, "deployment.json"),
      PAWL_STATE_DIR: join(folder, "store"),
      PAWL_PUBLIC_URL: webUrl,
      PAWL_GATEWAY_KEY: localKey(roleIndexes.gateway),
      PAWL_VERIFIER_KEY: localKey(roleIndexes.verifier),
      PAWL_RELAYER_KEY: localKey(roleIndexes.relayer),
      PAWL_KEK: await readFile(join(folder, "kek"), "utf8"),
      PAWL_OIDC_ISSUER: sandbox.oidcIssuer,
      PAWL_OIDC_JWKS_URL: sandbox.jwksUrl,
      PAWL_GITHUB_API_URL: sandbox.apiUrl,
      PAWL_GITHUB_TOKEN: sandbox.token,
      PAWL_TRUST_ROOT: sandbox.trustedRootFile,
      PAWL_TRUST_PROFILE: "sandbox",
    };
    report(options.server === "market" ? "starting gateway, indexer and market" : "starting gateway and indexer");
    const serverArgs =
      options.server === "market"
        ? [createRequire(import.meta.url).resolve("next/dist/bin/next"), "start", "-H", HOST, "-p", String(ports.web)]
        : ["scripts/server.ts", String(ports.web)];
    const startServer = async ({ relayer } = { relayer: true }) => {
      const server = start("server", serverArgs, relayer ? env : { ...env, PAWL_RELAYER_KEY: "" });
      await waitUntil(server.process, server.logFile, 60, async () => (await healthOf(webUrl)) !== undefined);
      return server;
    };
    let server = await startServer();
    check();

    report("publishing three offers");
    const offers = await seedOffers({ rpcUrl, deployment, sandbox });
    const seededBlock = Number(await client.getBlockNumber({ cacheTime: 0 }));
    // The pages follow the chain a moment behind; who opens the market now expects the offers in it.
    await waitUntil(server.process, server.logFile, 60, async () => {
      const health = await healthOf(webUrl);
      return (health?.indexedBlock ?? -1) >= seededBlock;
    });
    const restartServer = async (changes?: { readonly relayer: boolean }) => {
      running.splice(running.indexOf(server.process), 1);
      await server.process.kill();
      server = await startServer(changes);
    };
    return { rpcUrl, webUrl, deployment, sandbox, offers, folder, restartServer, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

const healthSchema = z.object({ ok: z.literal(true), indexedBlock: z.int().nullable() });

/** Undefined while the server does not answer. */
async function healthOf(webUrl: string): Promise<z.infer<typeof healthSchema> | undefined> {
  const response = await fetch(`${webUrl}/v1/health`).catch(() => undefined);
  return response?.ok ? healthSchema.parse(await response.json()) : undefined;
}

async function movedPorts(wanted: typeof DEFAULT_PORTS, report: (line: string) => void) {
  const chosen = { ...wanted };
  const promised: number[] = [];
  for (const name of ["chain", "sandbox", "web"] as const) {
    chosen[name] = await choosePort(wanted[name], promised);
    promised.push(chosen[name]);
    if (wanted[name] !== 0 && chosen[name] !== wanted[name]) {
      report(`port ${wanted[name]} is busy, so the ${name} uses ${chosen[name]}`);
    }
  }
  return chosen;
}

async function readReady({ process, logFile }: { process: Running; logFile: string }): Promise<SandboxReady> {
  let ready: SandboxReady | undefined;
  await waitUntil(process, logFile, 60, async () => {
    const lines = (await readFile(logFile, "utf8").catch(() => "")).split("\n").slice(0, -1);
    const line = lines.find((text) => text.startsWith("{"));
    if (line) ready = sandboxReadySchema.parse(JSON.parse(line));
    return ready !== undefined;
  });
  if (!ready) throw new Error("the sandbox said nothing");
  return ready;
}

/** What children need of this process's environment: nothing that configures Pawl. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TMPDIR", "USER", "LD_LIBRARY_PATH"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
