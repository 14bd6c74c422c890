import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { afterAll, expect, it } from "vitest";
import { type GasFigures, measureGas } from "./measureGas.ts";
import { createWorld } from "./world.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise any drift fails. */
const file = new URL("../../snapshots/gas.json", import.meta.url);
const docs = new URL("../../docs/contracts.md", import.meta.url);
const TABLE = /<!-- gas:begin -->[\s\S]*<!-- gas:end -->/;

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

  const page = await readFile(docs, "utf8");
  const table = gasTable(measured);
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1")
    await writeFile(
      docs,
      page.replace(TABLE, () => table),
    );
  expect(TABLE.exec(await readFile(docs, "utf8"))?.[0]).toBe(table);
});

/** The table of docs/contracts.md, with the marks around it. */
function gasTable({ gas, gasFirst }: GasFigures): string {
  const rows = Object.entries(gas).map(([move, steady]) => {
    const first = gasFirst[move as keyof GasFigures["gasFirst"]];
    return `| ${move} | ${steady.toLocaleString("en-US")} | ${first.toLocaleString("en-US")} |`;
  });
  return ["<!-- gas:begin -->", "| move | steady | first |", "|---|---|---|", ...rows, "<!-- gas:end -->"].join("\n");
}

/** EIP-170: what a chain takes. */
const SIZE_LIMIT = 24_576;
const sizeFile = new URL("../../snapshots/size.json", import.meta.url);

it("is as large as the snapshot says, and within the chain's limit", async () => {
  const measured: Record<string, number> = {};
  for (const name of ["OfferRegistry", "Escrow", "PermitConsumer", "Settlement", "TrustRoots"]) {
    const { deployedBytecode } = await hre.artifacts.readArtifact(name);
    measured[name] = (deployedBytecode.length - 2) / 2;
    expect(measured[name], name).toBeLessThanOrEqual(SIZE_LIMIT);
  }
  if (process.env.PAWL_UPDATE_SNAPSHOTS === "1") await writeFile(sizeFile, `${JSON.stringify(measured, null, 2)}\n`);
  expect(measured).toEqual(JSON.parse(await readFile(sizeFile, "utf8")));
});
