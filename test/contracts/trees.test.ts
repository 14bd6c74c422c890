import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Abi } from "viem";
import { describe, expect, it } from "vitest";
import {
  escrowAbi,
  offerRegistryAbi,
  permitConsumerAbi,
  settlementAbi,
  sigstoreVerifierAbi,
  trustRootsAbi,
} from "#lib/chain/generated/abis.ts";
import { parseTree } from "./tree.ts";

/** Every case is written down in a tree before it is tested. The rules are in test/solidity/README.md. */

const contracts: Record<string, Abi> = {
  Escrow: escrowAbi,
  OfferRegistry: offerRegistryAbi,
  PermitConsumer: permitConsumerAbi,
  Settlement: settlementAbi,
  SigstoreVerifier: sigstoreVerifierAbi,
  TrustRoots: trustRootsAbi,
};

describe.each(Object.entries(contracts))("trees of %s", (contract, abi) => {
  const folder = new URL(`../solidity/${contract}/`, import.meta.url);
  const named = async (ending: string) =>
    (await readdir(folder)).filter((file) => file.endsWith(ending)).map((file) => basename(file, ending));
  const read = (file: string) => readFile(new URL(file, folder), "utf8");
  const functions = abi.filter((item) => item.type === "function");

  it("has one for every function that changes state, and views in one or in their own", async () => {
    const trees = await named(".tree");
    const views = parseTree(await read("views.tree"));
    const missing = functions.filter(({ name, stateMutability }) => {
      const isView = stateMutability === "view" || stateMutability === "pure";
      return !trees.includes(name) && !(isView && views.conditions.includes(`when ${name} is asked`));
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("has none for a function that does not exist", async () => {
    const known = [...functions.map(({ name }) => name), "views", "constructor"];
    const functionOf = (tree: string) => tree.split(".")[0] ?? "";
    expect((await named(".tree")).filter((tree) => !known.includes(functionOf(tree)))).toEqual([]);
  });

  it("has one test for every leaf and one leaf for every test", async () => {
    const trees = await named(".tree");
    expect((await named(".t.sol")).sort()).toEqual([...trees].sort());
    for (const name of trees) {
      const tree = parseTree(await read(`${name}.tree`));
      expect(tree.root).toBe(`${contract}::${name}`);
      expect(testsOf(await read(`${name}.t.sol`)).sort(), `${contract}/${name}.t.sol`).toEqual(tree.tests.sort());
    }
  });
});

describe("trees of the libraries of evidence", () => {
  const folder = new URL("../solidity/evidence/", import.meta.url);

  it("have one test for every leaf and one leaf for every test", async () => {
    const files = await readdir(folder);
    const named = (ending: string) =>
      files.filter((file) => file.endsWith(ending)).map((file) => basename(file, ending));
    expect(named(".t.sol").sort()).toEqual(named(".tree").sort());
    for (const name of named(".tree")) {
      const tree = parseTree(await readFile(new URL(`${name}.tree`, folder), "utf8"));
      const [library = "", ...functions] = name.split(".");
      expect(tree.root).toBe(`${library}::${functions.join(".")}`);
      const solidity = await readFile(new URL(`${name}.t.sol`, folder), "utf8");
      expect(testsOf(solidity).sort(), `${name}.t.sol`).toEqual(tree.tests.sort());
    }
  });
});

function testsOf(solidity: string): string[] {
  return [...solidity.matchAll(/^\s*function ((?:test|invariant)\w*)\(/gm)].map(([, name = ""]) => name);
}
