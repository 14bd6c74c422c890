import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { afterAll, expect, it } from "vitest";
import { measureGas } from "./measureGas.ts";
import { createWorld } from "./world.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise any drift fails. */
const file = new URL("../../snapshots/gas.json", import.meta.url);

const worlds: Awaited<ReturnType<typeof createWorld>>[] = [];
afterAll(async () => {
  for (const world of worlds) await world.connection.close();
});

it("costs what the snapshot says", async () => {
  const world = await createWorld();
  worlds.push(world);
  const measured = await measureGas(world);
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1") await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
  expect(measured).toEqual(JSON.parse(await readFile(file, "utf8")));
});

/** EIP-170: what a chain takes. */
const SIZE_LIMIT = 24_576;
const sizeFile = new URL("../../snapshots/size.json", import.meta.url);

it("is as large as the snapshot says, and within the chain's limit", async () => {
  const measured: Record<string, number> = {};
  for (const name of ["OfferRegistry", "Escrow", "PermitConsumer", "Settlement"]) {
    const { deployedBytecode } = await hre.artifacts.readArtifact(name);
    measured[name] = (deployedBytecode.length - 2) / 2;
    expect(measured[name], name).toBeLessThanOrEqual(SIZE_LIMIT);
  }
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1") await writeFile(sizeFile, `${JSON.stringify(measured, null, 2)}\n`);
  expect(measured).toEqual(JSON.parse(await readFile(sizeFile, "utf8")));
});
