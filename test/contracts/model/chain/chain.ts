import {
  type Abi,
  type Address,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  isHex,
  numberToHex,
  toFunctionSelector,
} from "viem";
import {
  escrowAbi,
  offerRegistryAbi,
  permitConsumerAbi,
  sandboxTokenAbi,
  settlementAbi,
} from "#lib/chain/generated/abis.ts";
import { figures } from "../../../../ignition/parameters/figures.ts";
import { addressOf, createWorld, MIN_BOND } from "../../world.ts";
import type { Action, Call } from "../action.ts";
import type { Refusal, RefusalValue } from "../refusal.ts";
import { type State, type TokenState, UNLIMITED } from "../state.ts";
import { type Account, ESCROW, NATIVE_MONEY } from "../terms.ts";
import { transactionOf } from "./calls.ts";
import { type Fact, factsOf, wordOf } from "./facts.ts";
import { commitOf, createNames, keyOf, type Names } from "./names.ts";

/** The real contracts, and a way to do to them what is done to the model, and to see whether they agree. */

const GAS = 12_000_000;
const POCKET = 10n ** 24n;

/** Who is there, and what he is. */
export type Cast = {
  readonly people: readonly Account[];
  /** Contracts that sign with their owner's key. */
  readonly accounts: Readonly<Record<Account, { readonly owner: Account; readonly refusesMoney: boolean }>>;
  readonly playMoney: string;
  readonly hostileToken: string;
  /** Who has tokens and lets the escrow and Permit2 take them. */
  readonly payers: readonly Account[];
};

export type Chain = Awaited<ReturnType<typeof createChain>>;

export async function createChain(cast: Cast) {
  const world = await createWorld();
  const { provider } = world.connection;
  const { deployment } = world;
  const request = (method: string, ...params: unknown[]) => provider.request({ method, params });

  const hostile = await world.deployDouble("HostileToken");
  const permit2 = (await world.client.readContract({
    address: deployment.escrow,
    abi: escrowAbi,
    functionName: "permit2",
  })) as Address;
  const { sandboxToken } = deployment;
  if (sandboxToken === undefined) throw new Error("the deployment has no play money");
  const places: Record<string, Address> = {
    [cast.playMoney]: sandboxToken,
    [cast.hostileToken]: hostile.address,
    Permit2: permit2,
    "the permit consumer": deployment.permitConsumer,
    "the settlement": deployment.settlement,
  };
  for (const [account, { owner, refusesMoney }] of Object.entries(cast.accounts)) {
    const contract = await world.deployDouble("SmartAccount", [keyOf(owner).address]);
    if (refusesMoney) await contract.write("deployer", "setRefusesMoney", [true]);
    places[account] = contract.address;
  }
  const placeOf = (account: Account): Address => places[account] ?? keyOf(account).address;

  const everybody = [...cast.people, ...Object.keys(cast.accounts)];
  for (const account of [...everybody, "the permit consumer", "the settlement"]) {
    await request("hardhat_impersonateAccount", placeOf(account));
    await request("hardhat_setBalance", placeOf(account), numberToHex(POCKET));
  }
  // Gas costs nothing, so that pockets can be compared.
  await request("hardhat_setNextBlockBaseFeePerGas", "0x0");
  const send = (from: Address, to: Address, data: Hex, { value = 0n, gasPrice = 0n } = {}) =>
    request("eth_sendTransaction", {
      from,
      to,
      data,
      gas: numberToHex(GAS),
      value: numberToHex(value),
      gasPrice: numberToHex(gasPrice),
    });
  const tokenCall = (functionName: "mint" | "approve", to: Address, amount: bigint) =>
    encodeFunctionData({ abi: sandboxTokenAbi, functionName, args: [to, amount] });
  for (const token of [sandboxToken, hostile.address]) {
    for (const payer of cast.payers) {
      await send(addressOf("deployer"), token, tokenCall("mint", placeOf(payer), POCKET));
      await send(placeOf(payer), token, tokenCall("approve", deployment.escrow, UNLIMITED));
      await send(placeOf(payer), token, tokenCall("approve", permit2, UNLIMITED));
    }
  }

  const pockets = (owners: readonly Account[]) => ({
    ...Object.fromEntries(everybody.map((account) => [account, 0n])),
    ...Object.fromEntries(owners.map((account) => [account, POCKET])),
    [ESCROW]: 0n,
  });
  const allowances = () => Object.fromEntries(cast.payers.map((payer) => [payer, UNLIMITED]));
  const erc20 = (permitsUsed: TokenState["permitsUsed"]): TokenState => ({
    mood: "honest",
    balances: pockets(cast.payers),
    allowances: allowances(),
    permit2Allowances: allowances(),
    permitsUsed,
  });
  const genesis: State = {
    figures: { ...figures.local, minBond: MIN_BOND },
    offers: {},
    entitlements: {},
    runs: {},
    challenges: [],
    proven: {},
    burntNonces: [],
    permit2Nonces: [],
    stakes: {},
    credits: {},
    earnings: {},
    tokens: {
      [NATIVE_MONEY]: {
        mood: "honest",
        balances: pockets(everybody),
        allowances: {},
        permit2Allowances: {},
        permitsUsed: undefined,
      },
      [cast.playMoney]: erc20({}),
      [cast.hostileToken]: erc20(undefined),
    },
    contracts: cast.accounts,
    rootRevokedAt: undefined,
  };

  async function read({ to, data }: Fact): Promise<string> {
    const answer =
      data === undefined
        ? wordOf(BigInt((await request("eth_getBalance", to, "latest")) as Hex))
        : await request("eth_call", { to, data }, "latest");
    return String(answer);
  }

  /** One sequence of actions, from the deployment on. What it did is undone by `end`. */
  async function begin() {
    const snapshot = await request("evm_snapshot");
    const names = createNames(world, places);
    let baseFeeBefore = 0n;
    let expectedBefore = new Map<string, string>();

    /** Does it for real. Returns how the outcome differs from what the model says. */
    async function perform(state: State, call: Call, action: Action, refusal: Refusal | undefined) {
      const { to, abi, functionName, args } = await transactionOf(world, names, call, action, hostile);
      const data = encodeFunctionData({ abi, functionName, args: [...args] });
      const from = placeOf(call.by);
      await request("evm_setNextBlockTimestamp", numberToHex(call.at));
      if (call.baseFee !== baseFeeBefore) {
        await request("hardhat_setNextBlockBaseFeePerGas", numberToHex(call.baseFee));
      }
      const gasIsFree = call.baseFee === 0n;
      const before = gasIsFree ? 0n : BigInt((await request("eth_getBalance", from, "latest")) as Hex);
      const problem = await send(from, to, data, { value: call.value, gasPrice: call.baseFee }).then(
        () => (refusal === undefined ? undefined : `went through, and the model says ${refusal.name}`),
        (thrown: unknown) => differenceOf(thrown, refusal, state, action, names),
      );
      if (!gasIsFree) {
        // Gas is given back.
        const spent = refusal === undefined ? call.value : 0n;
        await request("hardhat_setBalance", from, numberToHex(before - spent));
      }
      // A fee of nothing stays so; any other would change from block to block.
      baseFeeBefore = gasIsFree ? 0n : -1n;
      return problem;
    }

    /** Compares what can have changed, or everything. Returns every difference in a sentence. */
    async function compare(state: State, { everything = false } = {}): Promise<readonly string[]> {
      const facts = factsOf(state, names, deployment);
      const expected = new Map(facts.map((fact) => [fact.what, textOf(fact)]));
      const worthReading = facts.filter(
        ({ what }) => everything || ALWAYS.test(what) || expected.get(what) !== expectedBefore.get(what),
      );
      expectedBefore = expected;
      const answers = await Promise.all(worthReading.map(read));
      return worthReading.flatMap((fact, index) => differencesIn(fact, answers[index] ?? "0x"));
    }

    async function end() {
      await request("evm_revert", snapshot);
    }
    return { perform, compare, end };
  }

  const now = await world.now();
  return { genesis, now, begin, close: () => world.connection.close() };

  function differenceOf(
    thrown: unknown,
    refusal: Refusal | undefined,
    state: State,
    action: Action,
    names: Names,
  ): string | undefined {
    const data = revertDataOf(thrown);
    if (data === undefined) throw thrown;
    const { errorName, args = [], abiItem } = decodeErrorResult({ abi: errors(), data });
    const inputs = abiItem.type === "error" ? abiItem.inputs : [];
    const actual = inputs.map(({ name, type }, index) => [name ?? "", type, args[index]] as const);
    const said = `${errorName}(${actual.map(([name, , value]) => `${name}: ${value}`).join(", ")})`;
    if (refusal === undefined) return `was refused with ${said}, and the model allows it`;
    if (errorName !== refusal.name) return `was refused with ${said}, and the model says ${refusal.name}`;
    const wrong = actual.filter(([name, type, value]) => {
      const expected = refusal.values[name];
      if (type === "bytes") return (PERMIT2_REFUSALS.get(selectorOf(value)) ?? "the token's own") !== expected;
      return expected === undefined || realValue(expected, type, state, action, names) !== comparable(value);
    });
    if (wrong.length === 0 && inputs.length === Object.keys(refusal.values).length) return undefined;
    const values = JSON.stringify(refusal.values, (_, value) => (typeof value === "bigint" ? String(value) : value));
    return `was refused with ${said}, and the model says ${values}`;
  }

  function errors(): Abi {
    return [...escrowAbi, ...offerRegistryAbi, ...permitConsumerAbi, ...settlementAbi, ...world.evidence.abi];
  }
}

/** What any action could touch, and is read after each. */
const ALWAYS = /^(record of .* for |head of |bonds held)|in escrow's pocket$/;

function textOf({ answer }: Fact): string {
  return answer.map(([, value]) => value).join();
}

function differencesIn({ what, answer }: Fact, actual: string): readonly string[] {
  const words = actual.slice(2).match(/.{64}/g) ?? [];
  return answer.flatMap(([name, expected], index) => {
    const word = `0x${words[index] ?? ""}`;
    if (expected === undefined || wordOf(expected).toLowerCase() === word) return [];
    const shown = typeof expected === "string" ? word : BigInt(word === "0x" ? 0 : word);
    return [`${what}${name && `, ${name}`}: the chain says ${shown}, the model ${expected}`];
  });
}

/** Every other reason of Permit2 is a token's. */
const PERMIT2_REFUSALS = new Map(
  ["SignatureExpired(uint256)", "InvalidNonce()", "InvalidSigner()"].map((error) => [
    toFunctionSelector(error),
    error.replace(/\(.*/, ""),
  ]),
);

/** The node wraps the bytes once more where it cannot tell the error. */
function revertDataOf(thrown: unknown): Hex | undefined {
  const data = typeof thrown === "object" && thrown !== null && "data" in thrown ? thrown.data : undefined;
  if (isHex(data)) return data.length < 10 ? undefined : data;
  return data === undefined ? undefined : revertDataOf(data);
}

const selectorOf = (data: unknown): Hex => String(data).slice(0, 10) as Hex;

function comparable(value: unknown): string {
  return String(value).toLowerCase();
}

function realValue(value: RefusalValue, type: string, state: State, action: Action, names: Names): string {
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (type === "address") return comparable(names.tokenOf(value));
    if (type === "bytes32") return comparable(names.hashOf(value));
    return type === "bytes20" ? comparable(commitOf(value)) : comparable(value);
  }
  if ("length" in value) {
    const maxPending = "offer" in action ? action.offer.terms.maxPending : 1;
    return String(value.map((step) => 1 << (step % maxPending)).reduce((sum, bit) => sum | bit, 0));
  }
  return comparable(names.headIn(state, value));
}
