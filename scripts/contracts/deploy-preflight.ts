import {
  type Address,
  encodeAbiParameters,
  formatEther,
  getContractAddress,
  isAddressEqual,
  keccak256,
  type PublicClient,
  parseAbi,
  size,
  stringToHex,
  zeroAddress,
} from "viem";
import type { PawlError } from "#lib/core/error.ts";
import { type CoveredRoots, issuerRootId, logRootId, NEVER } from "#lib/evidence/onchain/roots.ts";
import type { Figures } from "../../ignition/parameters/figures.ts";
import { MIN_ROOT_DELAY, production } from "../../ignition/parameters/production.ts";
import { probeToken } from "./deploy-token-probe.ts";
import { deployError, type deployErrors } from "./errors.ts";

/** One line of the table: what was looked at, and what was found. */
export type Check = { readonly name: string; readonly found: string; readonly refusal?: PawlError };

export type Preflight = {
  readonly client: PublicClient;
  readonly chainId: number;
  readonly deployer: Address;
  readonly figures: Figures;
  /** Roots of evidence that will count from the beginning. */
  readonly roots: CoveredRoots;
  /** Gas of the whole deployment, as rehearsed. */
  readonly gas: () => Promise<bigint>;
  /** The escrow's address of a deployment that was begun before: some of the contracts may be there already. */
  readonly begun?: Address;
  /** A token that offers will be priced in, and somebody who has some. */
  readonly token?: { readonly address: Address; readonly holder: Address };
  /** Accounts that offers will name. */
  readonly roles?: Readonly<Record<string, Address>>;
};

/** Contracts in the order of their creation. */
const CONTRACTS = [
  "P384",
  "Sha384Hasher",
  "SigstoreVerifier",
  "TrustRoots",
  "OfferRegistry",
  "PermitConsumer",
  "Settlement",
  "Escrow",
] as const;
/** A rollup charges for data on its parent chain too, and prices move until the last transaction. */
const RESERVE = 3n;
/** What the code of an account begins with that lets a contract act for its key (EIP-7702). */
const DELEGATED = "0xef0100";
/** Precompiles are below; P-256 is at 0x100. */
const LAST_RESERVED = 0xffffn;

/**
 * Everything that can be known before the first transaction, in the order of the table. Ends with the first refusal.
 * Reads the chain, sends nothing.
 */
export async function* preflight(options: Preflight): AsyncGenerator<Check> {
  for await (const check of checks(options)) {
    yield check;
    if (check.refusal !== undefined) return;
  }
}

async function* checks(options: Preflight): AsyncGenerator<Check> {
  const { client, chainId, deployer, figures, begun, token, roles = {} } = options;
  const actual = await client.getChainId();
  yield verdict("chain", String(actual), actual === chainId, "DEPLOY_CHAIN_WRONG", { expected: chainId });

  for (const [name, found, expected] of bounds(figures)) {
    yield verdict(name, String(found), found === expected, "DEPLOY_BOUND_CHANGED", { name, found, expected });
  }

  yield* governance(client, figures.evidence);
  yield* evidenceRoots(options.roots);

  const contracts = await predicted(client, deployer, begun);
  for (const [name, address] of contracts) {
    const isTaken = begun === undefined && (await client.getCode({ address })) !== undefined;
    yield verdict(`${name} will be at`, address, !isTaken, "DEPLOY_ADDRESS_TAKEN", { name, address });
  }

  yield await permit2(client, chainId, figures.permit2);

  if (token !== undefined) {
    const { fits, found } = await probeToken(client, token.address, token.holder);
    yield verdict(`token ${token.address}`, found, fits, "DEPLOY_TOKEN_UNFIT", { token: token.address, found });
  }

  for (const [role, address] of Object.entries(roles)) {
    const isOwn = contracts.some(([, own]) => own.toLowerCase() === address.toLowerCase());
    const isFit = BigInt(address) > LAST_RESERVED && !isOwn;
    yield verdict(`role ${role}`, address, isFit, "DEPLOY_ROLE_UNFIT", { role, address });
  }

  // Last, because the rehearsal takes longest.
  const gas = await options.gas();
  const balance = await client.getBalance({ address: deployer });
  const { maxFeePerGas } = await client.estimateFeesPerGas();
  const cost = gas * maxFeePerGas * RESERVE;
  const price = `${formatEther(balance)} of ${formatEther(cost)} needed at most (${gas} gas, with reserve)`;
  yield verdict(`balance of ${deployer}`, price, balance >= cost, "DEPLOY_FUNDS_INSUFFICIENT", { balance, cost });
}

/** Who may change what evidence stands on. A governor that is one key is one theft away from any verifier. */
async function* governance(client: PublicClient, { governor, guardian, delay }: Figures["evidence"]) {
  const code = (await client.getCode({ address: governor })) ?? "0x";
  const isContract = code !== "0x" && !code.startsWith(DELEGATED);
  const isApart =
    BigInt(governor) > LAST_RESERVED && BigInt(guardian) > LAST_RESERVED && !isAddressEqual(governor, guardian);
  const values = { governor, guardian, code: size(code) };
  yield verdict("governor of roots", governor, isContract && isApart, "DEPLOY_GOVERNANCE_UNFIT", values);
  yield verdict("guardian of roots", guardian, isApart, "DEPLOY_GOVERNANCE_UNFIT", values);
  const expected = MIN_ROOT_DELAY;
  yield verdict("delay of roots", `${delay} s`, delay >= expected, "DEPLOY_ROOT_DELAY_TOO_SHORT", { delay, expected });
}

function* evidenceRoots({ issuers, logs, leftOut }: CoveredRoots): Generator<Check> {
  const isEnough = issuers.length > 0 && logs.length > 0;
  const values = { issuers: issuers.length, logs: logs.length };
  const found = `${issuers.length} of authorities, ${logs.length} of logs`;
  yield verdict("roots of evidence", found, isEnough, "DEPLOY_ROOTS_MISSING", values);
  for (const issuer of issuers) yield { name: "authority", found: `${issuerRootId(issuer)}  ${validityOf(issuer)}` };
  for (const log of logs) yield { name: "log", found: `${logRootId(log)}  ${validityOf(log)}` };
  for (const name of leftOut) yield { name: "left out", found: name };
}

function validityOf({ validFrom, validUntil }: { readonly validFrom: number; readonly validUntil: number }): string {
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  return `from ${day(validFrom)} ${validUntil === NEVER ? "on" : `to ${day(validUntil)}`}`;
}

/** Bounds of the parameters beside those of the protocol. */
function bounds({ limits, minBond, proofGas }: Figures): [string, number | bigint, number | bigint][] {
  const names = Object.keys(production.limits) as (keyof Figures["limits"])[];
  return [
    ...names.map((name): [string, number | bigint, number | bigint] => [name, limits[name], production.limits[name]]),
    ["minBond", minBond, production.minBond],
    ["proofGas", proofGas, production.proofGas],
  ];
}

async function predicted(client: PublicClient, deployer: Address, begun: Address | undefined) {
  if (begun !== undefined) return [["Escrow", begun] as const];
  const nonce = BigInt(await client.getTransactionCount({ address: deployer }));
  return CONTRACTS.map(
    (name, index) => [name, getContractAddress({ from: deployer, nonce: nonce + BigInt(index) })] as const,
  );
}

async function permit2(client: PublicClient, chainId: number, address: Address): Promise<Check> {
  if (address === zeroAddress) return { name: "Permit2", found: "none: payments through it are refused" };
  const separator = await client
    .readContract({
      address,
      abi: parseAbi(["function DOMAIN_SEPARATOR() view returns (bytes32)"]),
      functionName: "DOMAIN_SEPARATOR",
    })
    .catch(() => undefined);
  const expected = keccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "bytes32" }, { type: "uint256" }, { type: "address" }],
      [
        keccak256(stringToHex("EIP712Domain(string name,uint256 chainId,address verifyingContract)")),
        keccak256(stringToHex("Permit2")),
        BigInt(chainId),
        address,
      ],
    ),
  );
  return verdict("Permit2", address, separator === expected, "DEPLOY_PERMIT2_UNFIT", { address, separator, expected });
}

function verdict(
  name: string,
  found: string,
  isOk: boolean,
  code: keyof typeof deployErrors,
  values: Readonly<Record<string, string | number | bigint | undefined>>,
): Check {
  return isOk ? { name, found } : { name, found, refusal: deployError(code, values) };
}

/** A line of the table. */
export function checkLine({ name, found, refusal }: Check): string {
  return `${refusal === undefined ? "ok     " : "refused"}  ${name.padEnd(26)}  ${found}`;
}
