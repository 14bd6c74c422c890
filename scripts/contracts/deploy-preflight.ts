import {
  type Address,
  encodeAbiParameters,
  formatEther,
  getContractAddress,
  keccak256,
  type PublicClient,
  parseAbi,
  stringToHex,
  zeroAddress,
} from "viem";
import type { PawlError } from "#lib/core/error.ts";
import type { Figures } from "../../ignition/parameters/figures.ts";
import { production } from "../../ignition/parameters/production.ts";
import { probeToken } from "./deploy-token-probe.ts";
import { deployError, type deployErrors } from "./errors.ts";

/** One line of the table: what was looked at, and what was found. */
export type Check = { readonly name: string; readonly found: string; readonly refusal?: PawlError };

export type Preflight = {
  readonly client: PublicClient;
  readonly chainId: number;
  readonly deployer: Address;
  readonly figures: Figures;
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
const CONTRACTS = ["OfferRegistry", "PermitConsumer", "Settlement", "Escrow"] as const;
/** A rollup charges for data on its parent chain too, and prices move until the last transaction. */
const RESERVE = 3n;
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

  const contracts = await predicted(client, deployer, begun);
  for (const [name, address] of contracts) {
    const isTaken = begun === undefined && (await client.getCode({ address })) !== undefined;
    yield verdict(`${name} will be at`, address, !isTaken, "DEPLOY_ADDRESS_TAKEN", { name, address });
  }

  const gas = await options.gas();
  const balance = await client.getBalance({ address: deployer });
  const { maxFeePerGas } = await client.estimateFeesPerGas();
  const cost = gas * maxFeePerGas * RESERVE;
  const price = `${formatEther(balance)} of ${formatEther(cost)} needed at most (${gas} gas, with reserve)`;
  yield verdict(`balance of ${deployer}`, price, balance >= cost, "DEPLOY_FUNDS_INSUFFICIENT", { balance, cost });

  yield await permit2(client, chainId, figures.permit2);

  const { evidenceVerifier } = figures;
  const isThere =
    evidenceVerifier === zeroAddress || (await client.getCode({ address: evidenceVerifier })) !== undefined;
  yield verdict(
    "evidence verifier",
    evidenceVerifier === zeroAddress ? "none: provable offers are refused" : evidenceVerifier,
    isThere,
    "DEPLOY_VERIFIER_MISSING",
    { evidenceVerifier },
  );

  if (token !== undefined) {
    const { fits, found } = await probeToken(client, token.address, token.holder);
    yield verdict(`token ${token.address}`, found, fits, "DEPLOY_TOKEN_UNFIT", { token: token.address, found });
  }

  for (const [role, address] of Object.entries(roles)) {
    const isOwn = contracts.some(([, own]) => own.toLowerCase() === address.toLowerCase());
    const isFit = BigInt(address) > LAST_RESERVED && !isOwn;
    yield verdict(`role ${role}`, address, isFit, "DEPLOY_ROLE_UNFIT", { role, address });
  }
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
