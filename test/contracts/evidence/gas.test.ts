import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { expect, it } from "vitest";
import { TRANSACTION_GAS_CAP } from "./local.ts";
import { measureOnchain } from "./measureOnchain.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise any drift fails. */
const file = new URL("../../../snapshots/onchain.json", import.meta.url);
const CODE_SIZE_LIMIT = 24_576;

it("costs what the snapshot says, and each transaction fits the cap", async () => {
  const gas = await measureOnchain();
  expect(BigInt(gas.registerIssuerLargest)).toBeLessThan(TRANSACTION_GAS_CAP);
  const { deployedBytecode } = await hre.artifacts.readArtifact("P384");
  const size = { P384: (deployedBytecode.length - 2) / 2 };
  expect(size.P384).toBeLessThanOrEqual(CODE_SIZE_LIMIT);
  const measured = { gas, size };
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1") await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
  expect(measured).toEqual(JSON.parse(await readFile(file, "utf8")));
}, 60_000);
