import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { expect, it } from "vitest";
import { TRANSACTION_GAS_CAP } from "./local.ts";
import { measureOnchain } from "./measureOnchain.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise any drift fails. */
const file = new URL("../../../snapshots/onchain.json", import.meta.url);
const CODE_SIZE_LIMIT = 24_576;

it("costs what the snapshot says, and each transaction fits the cap", async () => {
  const refresh = process.env.PAWL_UPDATE_SNAPSHOTS === "1";
  const gas = await measureOnchain({ refresh });
  for (const most of [gas.registerIssuerLargest, gas.deployLargest, gas.claimWithProofLongFirst]) {
    expect(BigInt(most)).toBeLessThan(TRANSACTION_GAS_CAP);
  }
  // What a claim is promised to cost at most.
  expect(Math.max(gas.claimWithProof, gas.claimWithProofLong, gas.prove)).toBeLessThanOrEqual(1_000_000);
  const size: Record<string, number> = {};
  for (const name of ["P384", "Sha384Hasher", "SigstoreVerifier"]) {
    const { deployedBytecode } = await hre.artifacts.readArtifact(name);
    size[name] = (deployedBytecode.length - 2) / 2;
    expect(size[name], name).toBeLessThanOrEqual(CODE_SIZE_LIMIT);
  }
  const measured = { gas, size };
  if (refresh) await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
  expect(measured).toEqual(JSON.parse(await readFile(file, "utf8")));
}, 60_000);
