import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { afterAll, expect, it } from "vitest";
import { z } from "zod";
import { measureGas } from "./measureGas.ts";
import { createWorld } from "./world.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise a drift beyond calldata noise fails. */
const file = new URL("../../snapshots/gas.json", import.meta.url);
/** Random hashes have more or fewer zero bytes, each 12 gas apart; 80 words of them differ by no more than this. */
const NOISE = 400;

const worlds: Awaited<ReturnType<typeof createWorld>>[] = [];
afterAll(async () => {
  for (const world of worlds) await world.connection.close();
});

it("costs what the snapshot says", async () => {
  const world = await createWorld();
  worlds.push(world);
  const measured = await measureGas(world);
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1") await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
  const snapshot = z.record(z.string(), z.int()).parse(JSON.parse(await readFile(file, "utf8")));
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot));
  for (const [name, gas] of Object.entries(measured)) {
    expect(Math.abs(gas - (snapshot[name] ?? 0)), `${name}: ${gas}, snapshot ${snapshot[name]}`).toBeLessThanOrEqual(
      NOISE,
    );
  }
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
