import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Address, getAddress, parseAbiItem, toFunctionSelector, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { escrowAbi, offerRegistryAbi, permitConsumerAbi, settlementAbi } from "#lib/chain/generated/abis.ts";
import { calls, internalCalls } from "../../scripts/contracts/clearSigning/calls.ts";
import {
  type Descriptor,
  descriptors,
  descriptorText,
  encodeType,
} from "../../scripts/contracts/clearSigning/descriptors.ts";
import { messages } from "../../scripts/contracts/clearSigning/messages.ts";

type Parameter = { readonly name?: string; readonly type: string; readonly components?: readonly Parameter[] };
type Fn = Parameter & {
  readonly name: string;
  readonly stateMutability?: string;
  readonly inputs: readonly Parameter[];
};

const abis = {
  OfferRegistry: offerRegistryAbi,
  Escrow: escrowAbi,
  PermitConsumer: permitConsumerAbi,
  Settlement: settlementAbi,
} as const;
const files = descriptors([]);
const fileOf = (name: string): Descriptor => {
  const file = files.get(name);
  if (file === undefined) throw new Error(`no ${name}`);
  return file;
};
const formatsOf = (name: string) => Object.entries(fileOf(name).display.formats);
const everyFormat = [...files.values()].flatMap(({ display }) => Object.entries(display.formats));

/** Paths of all values of a parameter, with their types, in the notation of ERC-7730. */
function leaves({ name, type, components }: Parameter, prefix = ""): [string, string][] {
  const path = `${prefix}${name}${type.endsWith("[]") ? ".[]" : ""}`;
  return components ? components.flatMap((member) => leaves(member, `${path}.`)) : [[path, type]];
}

/** The functions that somebody's wallet may call: all that change state and are open to others than Pawl. */
const open = Object.entries(abis).map(([contract, abi]) => {
  const internal = Object.keys(internalCalls[contract] ?? {});
  const functions = (abi as readonly Fn[]).filter(
    ({ type, name, stateMutability }) =>
      type === "function" && !internal.includes(name) && stateMutability !== "view" && stateMutability !== "pure",
  );
  return { contract, functions };
});

describe("calls", () => {
  it.each(open)("of $contract all have words, under the selectors of the contract", ({ contract, functions }) => {
    const keys = formatsOf(`calldata-Pawl${contract}.json`).map(([key]) =>
      toFunctionSelector(parseAbiItem(`function ${key.replaceAll("tuple(", "(")}`) as never),
    );
    expect(keys.sort()).toEqual(functions.map((fn) => toFunctionSelector(fn as never)).sort());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(open)("of $contract account for every parameter once", ({ contract, functions }) => {
    for (const fn of functions) {
      const [, format] =
        formatsOf(`calldata-Pawl${contract}.json`).find(([key]) => key.startsWith(`${fn.name}(`)) ?? [];
      const expected = fn.inputs.flatMap((input) => leaves(input)).map(([path]) => path);
      if (fn.stateMutability === "payable") expected.push("@.value");
      expect(format?.fields.map(({ path }) => path).sort(), fn.name).toEqual(expected.sort());
    }
  });

  it.each(open)("of $contract format addresses, money and times by what they are", ({ contract, functions }) => {
    for (const fn of functions) {
      const [, format] =
        formatsOf(`calldata-Pawl${contract}.json`).find(([key]) => key.startsWith(`${fn.name}(`)) ?? [];
      const types = new Map(fn.inputs.flatMap((input) => leaves(input)));
      for (const { path, format: shown, params } of format?.fields ?? []) {
        const type = types.get(path);
        const name = path.split(".").at(-1) ?? "";
        if (type === "address") expect(["addressName", "tokenTicker"], `${fn.name} ${path}`).toContain(shown);
        if (/price|sellerShare/.test(name)) {
          expect(shown, `${fn.name} ${path}`).toBe("tokenAmount");
          expect(types.get(String(params?.tokenPath)), `${fn.name} ${path}`).toBe("address");
          expect(params).toMatchObject({ nativeCurrencyAddress: zeroAddress });
        }
        if (/Bond|Fee|value/.test(name)) expect(shown, `${fn.name} ${path}`).toBe("amount");
        if (/deadline|validUntil|windowEnd/.test(name)) expect(shown, `${fn.name} ${path}`).toBe("date");
        if (/Ttl|Timeout|Window$/.test(name)) expect(shown, `${fn.name} ${path}`).toBe("duration");
      }
    }
  });

  it("never hide where money goes, how much it is, or what is sent along", () => {
    for (const [key, { fields }] of everyFormat) {
      for (const { path, visible } of fields) {
        if (/(^|\.)(to|amount|delegate_?|lastStep|sellerShare|ruling|steps)$|^@/.test(path)) {
          expect(visible, `${key} ${path}`).toBeUndefined();
        }
      }
    }
  });

  it("that are left out are those that only Pawl's contracts can make", async () => {
    for (const [contract, names] of Object.entries(internalCalls)) {
      const source = await readFile(new URL(`../../contracts/${contract}.sol`, import.meta.url), "utf8");
      for (const name of Object.keys(names)) {
        expect(source, name).toMatch(new RegExp(`function ${name}\\([^{]*\\bonly\\((settlement|permitConsumer)\\)`));
      }
    }
  });
});

describe("messages", () => {
  it("have the types that the contracts hash", async () => {
    const folder = new URL("../../contracts/types/", import.meta.url);
    const sources = await Promise.all((await readdir(folder)).map((name) => readFile(new URL(name, folder), "utf8")));
    // Adjacent string literals are one.
    const literals = sources.join("\n").replace(/"\s+"/g, "");
    for (const file of ["eip712-PawlPermitConsumer.json", "eip712-PawlSettlement.json"]) {
      for (const [type] of formatsOf(file)) {
        if (/^(Step|Result)Request\(/.test(type)) continue; // Signed for the gateway, not for a contract.
        expect(literals).toContain(`"${type}"`);
      }
    }
    const permit2 = await readFile(new URL("../../contracts/sandbox/SandboxPermit2.sol", import.meta.url), "utf8");
    const stub = /"(PermitWitnessTransferFrom\(.*?,)"/.exec(permit2)?.[1] ?? "";
    for (const witness of ["Purchase", "TopUp"] as const) {
      const own = new RegExp(`"(${witness}\\(.*?\\))"`).exec(literals)?.[1] ?? "";
      const others = [own, "TokenPermissions(address token,uint256 amount)"].sort().join("");
      expect(formatsOf("eip712-PawlPermit2.json").map(([type]) => type)).toContain(
        `${stub}${witness} witness)${others}`,
      );
    }
  });

  it("account for every member once", () => {
    for (const { primaryType, types, ...statement } of Object.values(messages).flat()) {
      const key = encodeType({ primaryType, types });
      const [, format] = everyFormat.find(([type]) => type === key) ?? [];
      const members = (struct: string, prefix: string): string[] =>
        (types[struct] ?? []).flatMap(({ name, type }) =>
          type in types ? members(type, `${prefix}${name}.`) : [`${prefix}${name}`],
        );
      expect(format?.fields.map(({ path }) => path).sort(), key).toEqual(members(primaryType, "").sort());
      expect(format?.intent).toBe(statement.intent);
    }
  });
});

describe("words", () => {
  it("are words: no names from the source, no more than a line", () => {
    for (const [, { intent, fields }] of everyFormat) {
      for (const text of [intent, ...fields.map(({ label }) => label)]) {
        expect(text).toMatch(/^[A-Z][^_{}]{1,44}$/);
        expect(text).not.toMatch(/[a-z][A-Z]/);
      }
    }
  });

  it("in a sentence name only values that are shown", () => {
    for (const [key, { interpolatedIntent = "", fields }] of everyFormat) {
      const shown = fields.filter(({ visible }) => visible === undefined).map(({ path }) => path);
      for (const [, path] of interpolatedIntent.matchAll(/\{(.*?)\}/g)) expect(shown, key).toContain(path);
    }
  });

  it("give a reason for everything that is not shown", () => {
    for (const { hides = {} } of [...Object.values(calls).flatMap(Object.values), ...Object.values(messages).flat()]) {
      for (const [path, reason] of Object.entries(hides as Record<string, string>)) {
        expect(reason, path).toMatch(/^[A-Z].{10,}\.$/);
      }
    }
  });
});

describe("files", () => {
  it("in the repository are those that are generated", async () => {
    const folder = fileURLToPath(new URL("../../clear-signing", import.meta.url));
    expect((await readdir(folder)).filter((name) => name.endsWith(".json")).sort()).toEqual([...files.keys()].sort());
    for (const [name, descriptor] of files) {
      expect(await readFile(`${folder}/${name}`, "utf8"), name).toBe(descriptorText(descriptor));
    }
  });

  it("of a deployment match its contracts and its chain, and no spender but its escrow", () => {
    const at = (digit: string) => `0x${digit.repeat(40)}` as Address;
    const deployed = descriptors([
      {
        chainId: 84_532,
        startBlock: 1,
        offerRegistry: at("a"),
        escrow: at("b"),
        permitConsumer: at("c"),
        settlement: at("d"),
        permit2: at("e"),
      },
    ]);
    const place = (digit: string) => [{ chainId: 84_532, address: getAddress(at(digit)) }];
    expect(deployed.get("calldata-PawlEscrow.json")?.context).toEqual({ contract: { deployments: place("b") } });
    expect(deployed.get("eip712-PawlSettlement.json")?.context).toEqual({
      eip712: { domain: { name: "Pawl Settlement", version: "1" }, deployments: place("d") },
    });
    const permit2 = deployed.get("eip712-PawlPermit2.json");
    expect(permit2?.context).toEqual({ eip712: { domain: { name: "Permit2" }, deployments: place("e") } });
    for (const { fields } of Object.values(permit2?.display.formats ?? {})) {
      expect(fields.find(({ path }) => path === "spender")?.visible).toEqual({ mustBe: [getAddress(at("b"))] });
    }
  });

  it("of a deployment without Permit2 match nothing of Permit2", () => {
    const at = `0x${"a".repeat(40)}` as const;
    const roles = { offerRegistry: at, escrow: at, permitConsumer: at, settlement: at };
    const deployed = descriptors([{ chainId: 1, startBlock: 1, ...roles, permit2: zeroAddress }]);
    expect(deployed.get("eip712-PawlPermit2.json")?.context).toMatchObject({ eip712: { deployments: [] } });
  });
});
