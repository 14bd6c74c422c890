import { type Address, getAddress, zeroAddress } from "viem";
import type { Deployment } from "#lib/chain/deployment.ts";
import { escrowAbi, offerRegistryAbi, permitConsumerAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { calls, internalCalls, type Statement } from "./calls.ts";
import { type Message, messages } from "./messages.ts";
import { enums, type Shown, VALUE, words } from "./words.ts";

/** A set of contracts that wallets shall know, and the Permit2 it uses; 0 where none. */
export type KnownDeployment = Deployment & { readonly permit2: Address };

type Parameter = { readonly name?: string; readonly type: string; readonly components?: readonly Parameter[] };
type Field = {
  readonly path: string;
  readonly label: string;
  readonly format: Shown["format"];
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly visible?: "optional" | "never" | { readonly mustBe: readonly string[] };
};
type Format = { readonly intent: string; readonly interpolatedIntent?: string; readonly fields: readonly Field[] };

/** An ERC-7730 file, version 2. */
export type Descriptor = {
  readonly $schema: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly display: { readonly formats: Readonly<Record<string, Format>> };
};

const SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json";
const OWNER = "Pawl";

const CONTRACTS = [
  { name: "OfferRegistry", abi: offerRegistryAbi, at: "offerRegistry" },
  { name: "Escrow", abi: escrowAbi, at: "escrow" },
  { name: "PermitConsumer", abi: permitConsumerAbi, at: "permitConsumer" },
  { name: "Settlement", abi: settlementAbi, at: "settlement" },
] as const;

/**
 * Every descriptor by its file name.
 *
 * @param deployments where the contracts are; with none, a descriptor matches no transaction
 * @throws when a function, parameter or member has no words, or words are left over
 */
export function descriptors(deployments: readonly KnownDeployment[]): Map<string, Descriptor> {
  const files = new Map<string, Descriptor>();
  for (const { name, abi, at } of CONTRACTS) {
    const places = deployments.map((deployment) => ({
      chainId: deployment.chainId,
      address: getAddress(deployment[at]),
    }));
    files.set(`calldata-Pawl${name}.json`, {
      ...head(name, { contract: { deployments: places } }),
      display: { formats: callFormats(name, abi) },
    });
    const typed = messages[name];
    if (typed === undefined) continue;
    files.set(`eip712-Pawl${name}.json`, {
      ...head(name, { eip712: { domain: { name: `Pawl ${name}`, version: "1" }, deployments: places } }),
      display: { formats: messageFormats(typed, []) },
    });
  }
  const withPermit2 = deployments.filter(({ permit2 }) => permit2 !== zeroAddress);
  const places = withPermit2.map(({ chainId, permit2 }) => ({ chainId, address: getAddress(permit2) }));
  files.set("eip712-PawlPermit2.json", {
    ...head("Permit2", { eip712: { domain: { name: "Permit2" }, deployments: places } }),
    display: {
      formats: messageFormats(
        messages.Permit2 ?? [],
        withPermit2.map(({ escrow }) => getAddress(escrow)),
      ),
    },
  });
  return files;
}

/** The text of a file: JSON with short lists on one line, as the repository formats it. */
export function descriptorText(descriptor: Descriptor): string {
  const text = JSON.stringify(descriptor, null, 2);
  const lists = /\[\n\s+((?:"[^"]*",\n\s+)*"[^"]*")\n\s+\]/g;
  return `${text.replace(lists, (_, items: string) => `[${items.replace(/,\n\s+/g, ", ")}]`)}\n`;
}

function head(contractName: string, context: Descriptor["context"]) {
  return { $schema: SCHEMA, context, metadata: { owner: OWNER, contractName, enums } };
}

function callFormats(contract: string, abi: readonly unknown[]): Record<string, Format> {
  const described = new Map(Object.entries(calls[contract] ?? {}));
  const internal = new Set(Object.keys(internalCalls[contract] ?? {}));
  const formats: Record<string, Format> = {};
  for (const item of abi as readonly AbiFunction[]) {
    if (item.type !== "function" || item.stateMutability === "view" || item.stateMutability === "pure") continue;
    if (internal.delete(item.name)) continue;
    const statement = described.get(item.name);
    if (statement === undefined) throw new Error(`${contract}.${item.name} has no words`);
    described.delete(item.name);
    const paths = [...item.inputs.flatMap((input) => pathsOf(input, ""))];
    if (item.stateMutability === "payable") paths.push(VALUE);
    formats[`${item.name}(${item.inputs.map(declarationOf).join(",")})`] = formatOf(item.name, statement, paths);
  }
  const left = [...described.keys(), ...internal];
  if (left.length > 0) throw new Error(`${contract} has no ${left.join(", ")}`);
  return formats;
}

type AbiFunction = {
  readonly type: string;
  readonly name: string;
  readonly stateMutability: string;
  readonly inputs: readonly Parameter[];
};

/** A parameter as ERC-7730 keys write it: `tuple(address seller,uint96 price) terms`. */
function declarationOf({ name = "", type, components }: Parameter): string {
  const inner = components === undefined ? "" : `(${components.map(declarationOf).join(",")})`;
  return `${type.replace("tuple", `tuple${inner}`)} ${name}`;
}

function pathsOf({ name = "", type, components }: Parameter, prefix: string): string[] {
  const path = `${prefix}${name}${type.endsWith("[]") ? ".[]" : ""}`;
  return components === undefined ? [path] : components.flatMap((member) => pathsOf(member, `${path}.`));
}

function messageFormats(typed: readonly Message[], spenders: readonly Address[]): Record<string, Format> {
  return Object.fromEntries(
    typed.map((message) => {
      const format = formatOf(message.primaryType, message, membersOf(message, message.primaryType, ""));
      const fields = format.fields.map((field) =>
        // Known escrows need no look at an address: the wallet refuses any other.
        field.path === "spender" && spenders.length > 0 ? { ...field, visible: { mustBe: spenders } } : field,
      );
      return [encodeType(message), { ...format, fields }];
    }),
  );
}

function membersOf({ types }: Message, struct: string, prefix: string): string[] {
  return (types[struct] ?? []).flatMap(({ name, type }) =>
    type in types ? membersOf({ types } as Message, type, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

/** EIP-712's `encodeType`: the primary struct, then the others in alphabetical order. */
export function encodeType({ primaryType, types }: Pick<Message, "primaryType" | "types">): string {
  const others = Object.keys(types).filter((name) => name !== primaryType);
  return [primaryType, ...others.sort()]
    .map((name) => `${name}(${(types[name] ?? []).map((member) => `${member.type} ${member.name}`).join(",")})`)
    .join("");
}

/** The format of one call or message. @throws when a path has no words, or words have no path */
function formatOf(what: string, statement: Statement, paths: readonly string[]): Format {
  const left = new Set(paths);
  const shows = statement.shows.map((entry) => (typeof entry === "string" ? ([entry, undefined] as const) : entry));
  const fields: Field[] = [];
  for (const [path, label] of shows) {
    if (!left.delete(path)) throw new Error(`${what} has no ${path}`);
    fields.push(fieldOf(path, label));
  }
  for (const prefix of sorted(statement.details ?? [])) {
    for (const path of take(left, prefix, what)) fields.push({ ...fieldOf(path), visible: "optional" });
  }
  for (const prefix of sorted(Object.keys(statement.hides ?? {}))) {
    for (const path of take(left, prefix, what)) fields.push({ ...fieldOf(path), visible: "never" });
  }
  if (left.size > 0) throw new Error(`${what} says nothing of ${[...left].join(", ")}`);
  const { intent, sentence } = statement;
  return { intent, ...(sentence === undefined ? {} : { interpolatedIntent: sentence }), fields };
}

/** Members before the structs that hold them, so that a struct means what is left of it. */
function sorted(prefixes: readonly string[]): string[] {
  return [...prefixes].sort((one, other) => other.split(".").length - one.split(".").length);
}

function take(left: Set<string>, prefix: string, what: string): string[] {
  const taken = [...left].filter((path) => path === prefix || path.startsWith(`${prefix}.`));
  if (taken.length === 0) throw new Error(`${what} has no ${prefix}`);
  for (const path of taken) left.delete(path);
  return taken;
}

function fieldOf(path: string, label?: string): Field {
  const parts = path.split(".");
  const name = parts.at(-1) ?? "";
  const shown: Shown = path === VALUE ? { label: "Native money you send", format: "amount" } : (words[name] ?? UNSEEN);
  return { path, label: label ?? shown.label, format: shown.format, ...paramsOf(shown, parts.slice(0, -1)) };
}

/** Bytes that are never shown need a label all the same. */
const UNSEEN: Shown = { label: "Data", format: "raw" };

function paramsOf(shown: Shown, parents: readonly string[]): Pick<Field, "params"> {
  const { format, token, types, values } = shown;
  if (format === "addressName") return { params: { types } };
  if (format === "date") return { params: { encoding: "timestamp" } };
  if (format === "enum") return { params: { $ref: `$.metadata.enums.${values}` } };
  if (format === "tokenAmount" && token !== undefined) {
    const tokenPath = token.includes(".") ? token : [...parents, token].join(".");
    return { params: { tokenPath, nativeCurrencyAddress: zeroAddress } };
  }
  return {};
}
