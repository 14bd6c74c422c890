import { readFile } from "node:fs/promises";
import { createRemoteJWKSet } from "jose";
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  hexToBytes,
  http,
  nonceManager,
  type PublicClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { signerRoutes } from "../capsule/http.ts";
import { type Deployment, parseDeployment } from "../chain/deployment.ts";
import type { Transactor } from "../chain/transact.ts";
import { refuseSandboxRoot, type ServerConfig } from "../config/server.ts";
import { systemClock, systemRandom } from "../core/effects.ts";
import { createRouter, jsonResponse, type Route } from "../core/http.ts";
import { createLog, type Log } from "../core/log.ts";
import { observationBytes } from "../evidence/observation.ts";
import { loadTrust } from "../evidence/trust.ts";
import type { AskFacts } from "../gateway/ask.ts";
import { createConsumer } from "../gateway/consume.ts";
import { createCustody } from "../gateway/custody.ts";
import type { DigestSigner, ObserveEnd, ObserveRun } from "../gateway/dependencies.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { gatewayRoutes } from "../gateway/http.ts";
import { createRatchet } from "../gateway/ratchet.ts";
import { createTokenVerifier } from "../gateway/token.ts";
import { createGitHubClient, type GitHubClient } from "../github/client.ts";
import { dispatchThrough, findRunThrough } from "../github/dispatch.ts";
import { observeEnd, observeRun, type RunToObserve } from "../github/observe.ts";
import { createIndexer } from "../market/indexer.ts";
import { createMarket, type Market } from "../market/market.ts";
import { type Claims, createClaims } from "../settlement/claims.ts";
import { claimRoutes } from "../settlement/http.ts";
import { type Database, openStore } from "../store/store.ts";
import { createRateLimiter, type RateLimiter, rateLimited } from "./rateLimit.ts";

/** The server, put together from one configuration: store, gateway, settlement, indexer and their HTTP protocol. */
export type Service = {
  readonly config: ServerConfig;
  readonly deployment: Deployment;
  readonly client: PublicClient;
  readonly db: Database;
  readonly log: Log;
  readonly gateway: Gateway;
  readonly claims: Claims;
  readonly market: Market;
  /** For what pages ask of the chain and of the verifier, apart from the runs' own requests. */
  readonly pageLimit: RateLimiter;
  /** The whole HTTP protocol, `/v1/...`. */
  handle(request: Request): Promise<Response>;
  close(): Promise<void>;
};

/** @param migrationsFolder where the committed SQL migrations lie */
export async function startService(config: ServerConfig, migrationsFolder: string): Promise<Service> {
  const log = createLog(config.PAWL_LOG_LEVEL);
  const deployment = parseDeployment(new Uint8Array(await readFile(config.PAWL_DEPLOYMENT)));
  const chain = defineChain({
    id: deployment.chainId,
    name: `chain ${deployment.chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [config.PAWL_RPC_URL] } },
  });
  const transport = http(config.PAWL_RPC_URL);
  const client: PublicClient = createPublicClient({ chain, transport, pollingInterval: 500 });
  const transactor = (key: Hex): Transactor => ({
    client,
    wallet: createWalletClient({ chain, transport, account: privateKeyToAccount(key, { nonceManager }) }),
  });
  const digestSigner = (key: Hex): DigestSigner => {
    const account = privateKeyToAccount(key);
    return { address: account.address, signDigest: (hash) => account.sign({ hash }) };
  };
  const github = createGitHubClient({ apiUrl: config.PAWL_GITHUB_API_URL, token: config.PAWL_GITHUB_TOKEN });
  if (config.PAWL_TRUST_ROOT !== "production") refuseSandboxRoot(config, await readFile(config.PAWL_TRUST_ROOT));
  const trust = await loadTrust({
    root: config.PAWL_TRUST_ROOT,
    profile: config.PAWL_TRUST_PROFILE,
    issuer: config.PAWL_OIDC_ISSUER,
  });
  const location = config.DATABASE_URL ? { url: config.DATABASE_URL } : { folder: config.PAWL_STATE_DIR };
  const store = await openStore(location, migrationsFolder);
  const { db } = store;
  const custody = createCustody(hexToBytes(config.PAWL_KEK), systemRandom);
  const ratchet = createRatchet({ db, custody, random: systemRandom });
  const gateway = createGateway({
    db,
    client,
    deployment,
    publicUrl: config.PAWL_PUBLIC_URL,
    custody,
    ratchet,
    verifyToken: createTokenVerifier({
      issuer: config.PAWL_OIDC_ISSUER,
      keys: createRemoteJWKSet(new URL(config.PAWL_OIDC_JWKS_URL)),
      clock: systemClock,
    }),
    observe: observeThrough(github),
    observeEnd: observeEndThrough(github),
    dispatch: dispatchThrough(github),
    findRun: findRunThrough(github),
    consume: createConsumer(transactor(config.PAWL_GATEWAY_KEY), deployment),
    signer: digestSigner(config.PAWL_GATEWAY_KEY),
    releaseTag: config.PAWL_RELEASE_TAG,
    clock: systemClock,
    random: systemRandom,
  });
  const claims = createClaims({
    db,
    client,
    deployment,
    github,
    gateway,
    ratchet,
    trust,
    verifier: digestSigner(config.PAWL_VERIFIER_KEY),
    relayer: config.PAWL_RELAYER_KEY ? transactor(config.PAWL_RELAYER_KEY) : undefined,
    clock: systemClock,
  });
  const indexer = createIndexer({
    db,
    client,
    deployment,
    clock: systemClock,
    report: (failure) => log.warn({ code: failure.code, values: failure.values, err: failure.cause }, failure.message),
  });
  const market = createMarket({ db, clock: systemClock });
  const stop = new AbortController();
  const indexing = indexer.run(stop.signal);
  const route = createRouter(
    [
      ...gatewayRoutes(gateway),
      ...claimRoutes(claims),
      ...signerRoutes(config.PAWL_CAPSULE_SIGNERS),
      healthRoute(market),
    ],
    ({ error, cause, path }) => {
      if (error.kind === "backend") log.error({ code: error.code, path, err: cause }, error.message);
      else log.info({ code: error.code, path, values: error.values }, error.message);
    },
  );
  const handle = rateLimited(route, createRateLimiter(config.PAWL_TRUSTED_PROXIES));
  return {
    config,
    deployment,
    client,
    db,
    log,
    gateway,
    claims,
    market,
    handle,
    pageLimit: createRateLimiter(config.PAWL_TRUSTED_PROXIES),
    close: async () => {
      stop.abort();
      await indexing;
      await store.close();
    },
  };
}

/** Says that the server is up, and how far the market has read: its pages show nothing newer. */
function healthRoute(market: Market): Route {
  const handler = async () => {
    const progress = await market.progress();
    return jsonResponse({ ok: true, indexedBlock: progress?.blockNumber ?? null });
  };
  return { method: "GET", path: "/v1/health", handler };
}

function observeThrough(github: GitHubClient): ObserveRun {
  return async ({ facts, runsOn }) =>
    observationBytes(await observeRun(runToObserve(facts, runsOn), { client: github, clock: systemClock }));
}

function observeEndThrough(github: GitHubClient): ObserveEnd {
  return ({ facts, runsOn }) => observeEnd(runToObserve(facts, runsOn), { client: github, clock: systemClock });
}

function runToObserve(facts: AskFacts, runsOn: string): RunToObserve {
  const called = facts.jobWorkflowRef !== facts.workflowRef;
  return {
    repository: facts.repository,
    repositoryId: facts.repositoryId,
    runId: facts.runId,
    runAttempt: facts.runAttempt,
    checkRunId: facts.checkRunId,
    sha: facts.sha,
    event: facts.event,
    workflowPath: facts.workflowRef.split("@")[0]?.split("/").slice(2).join("/") ?? "",
    calledCommit: called ? facts.jobWorkflowSha : null,
    runsOn,
  };
}
