import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, type RandomBytes, systemClock, systemRandom } from "../core/effects.ts";
import { sandboxError } from "./errors.ts";
import { createJobRunner } from "./job.ts";
import { createOidcIssuer, type OidcIssuer } from "./oidc.ts";
import {
  createRepositories,
  publishTradeRepositories,
  type Repositories,
  type TradeRepositories,
} from "./repositories.ts";
import { createRestApi } from "./rest.ts";
import { openRunStore } from "./runs.ts";
import { listen } from "./server.ts";
import { createSandboxSigstore, type SandboxSigstore, type TrustedRootJson } from "./sigstore.ts";

export type SandboxOptions = {
  /** Keys, logs, repositories, runs. A restart with the same folder goes on where it stopped. */
  readonly stateDir: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly host: "127.0.0.1";
  /** The tree whose workflow, programs and command line the sandbox uses. */
  readonly projectRoot: string;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  /** `iss` of tokens and certificates. */
  readonly oidcIssuer?: string;
  /** How long the API shows a job as queued although it runs. */
  readonly apiLagMilliseconds?: number;
  readonly millisecondsPerMinute?: number;
  /** This machine gives workloads no namespaces; jobs then run those whose policy leaves the network open. */
  readonly weakerIsolation?: boolean;
};

export type Sandbox = {
  readonly url: string;
  /** Base of the REST API, as `https://api.github.com` is in production. */
  readonly apiUrl: string;
  readonly oidcIssuer: string;
  readonly jwksUrl: string;
  readonly trustedRoot: TrustedRootJson;
  /** The same, as a file. */
  readonly trustedRootFile: string;
  readonly repositories: TradeRepositories;
  /** Token with Actions: write. */
  readonly token: string;
  /** Token with Actions: read. */
  readonly readToken: string;
  /** Low-level doors for tests. */
  readonly doors: {
    readonly repositories: Repositories;
    readonly oidc: OidcIssuer;
    readonly sigstore: SandboxSigstore;
  };
  readonly stop: () => Promise<void>;
};

/**
 * Starts GitHub and Sigstore on one machine.
 *
 * @throws SANDBOX_NOT_LOOPBACK, SANDBOX_STATE_BROKEN, SANDBOX_GIT_FAILED
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  // Typed, and checked again: a JavaScript caller or a cast must not open this to a network.
  if (options.host !== "127.0.0.1") throw sandboxError("SANDBOX_NOT_LOOPBACK", { host: String(options.host) });
  const { clock = systemClock, random = systemRandom } = options;
  const stateDir = resolve(options.stateDir);
  const projectRoot = resolve(options.projectRoot);
  const gitFolder = join(stateDir, "git");
  mkdirSync(stateDir, { recursive: true });

  const sigstore = createSandboxSigstore({ clock, random, state: join(stateDir, "sigstore") });
  const oidc = createOidcIssuer({
    clock,
    random,
    state: join(stateDir, "oidc"),
    ...(options.oidcIssuer !== undefined && { issuer: options.oidcIssuer }),
  });
  const repositories = createRepositories(gitFolder);
  const trade = publishTradeRepositories(repositories, projectRoot);
  const store = openRunStore(join(stateDir, "runs"), clock);
  const writeToken = storedToken(join(stateDir, "token"), random);
  const readToken = storedToken(join(stateDir, "read-token"), random);
  const trustedRootFile = join(stateDir, "trusted_root.json");
  writeFileSync(trustedRootFile, `${JSON.stringify(sigstore.trustedRoot, null, 2)}\n`);

  const server = await listen(options.host, options.port);
  const runner = createJobRunner({
    store,
    repositories,
    oidc,
    sigstore,
    clock,
    random,
    url: server.url,
    gitFolder,
    binFolder: writeBin(join(stateDir, "bin"), projectRoot),
    projectRoot,
    weakerIsolation: options.weakerIsolation ?? false,
    apiLagMilliseconds: options.apiLagMilliseconds ?? 400,
    millisecondsPerMinute: options.millisecondsPerMinute ?? 60_000,
  });
  const rest = createRestApi({ store, repositories, runner, clock, random, url: server.url, writeToken, readToken });
  server.serve({ oidc, rest });

  return {
    url: server.url,
    apiUrl: `${server.url}/api/v3`,
    oidcIssuer: oidc.issuer,
    jwksUrl: `${server.url}/oidc/.well-known/jwks`,
    trustedRoot: sigstore.trustedRoot,
    trustedRootFile,
    repositories: trade,
    token: writeToken,
    readToken,
    doors: { repositories, oidc, sigstore },
    async stop() {
      await runner.stop();
      await server.close();
    },
  };
}

function storedToken(file: string, random: RandomBytes): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const token = `ghs_${Buffer.from(random(27)).toString("base64url")}`;
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

/** Commands that stand before the system's in a job: `npx pawl` and `pawl` run the local tree, nothing is fetched. */
function writeBin(folder: string, projectRoot: string): string {
  mkdirSync(folder, { recursive: true });
  const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`;
  const pawl = `exec ${quoted(process.execPath)} ${quoted(join(projectRoot, "scripts/pawl.mjs"))} "$@"\n`;
  writeFileSync(join(folder, "pawl"), `#!/bin/sh\n${pawl}`, { mode: 0o755 });
  const onlyPawl = 'if [ "$1" != pawl ]; then echo "the sandbox runs npx for pawl only" >&2; exit 127; fi\nshift\n';
  writeFileSync(join(folder, "npx"), `#!/bin/sh\n${onlyPawl}${pawl}`, { mode: 0o755 });
  return folder;
}
