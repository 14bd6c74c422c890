import { readFile, writeFile } from "node:fs/promises";
import hre from "hardhat";
import { expect, it } from "vitest";
import { TRANSACTION_GAS_CAP } from "./local.ts";
import { measureOnchain, type OnchainFigures } from "./measureOnchain.ts";

/** `PAWL_UPDATE_SNAPSHOTS=1` writes what was measured; otherwise any drift fails. */
const file = new URL("../../../snapshots/onchain.json", import.meta.url);
const docs = new URL("../../../docs/onchain-evidence.md", import.meta.url);
const TABLES = /<!-- gas:begin -->[\s\S]*<!-- gas:end -->/;
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

  const page = await readFile(docs, "utf8");
  const tables = tablesOf(gas);
  if (refresh)
    await writeFile(
      docs,
      page.replace(TABLES, () => tables),
    );
  expect(TABLES.exec(await readFile(docs, "utf8"))?.[0]).toBe(tables);
}, 60_000);

/** The tables of docs/onchain-evidence.md, with the marks around them. */
function tablesOf(gas: OnchainFigures): string {
  const number = (value: number) => value.toLocaleString("en-US");
  const rows = (entries: readonly (readonly [string, ...number[]])[]) =>
    entries.map(([what, ...figures]) => `| ${what} | ${figures.map(number).join("; ")} |`);
  const bytes = number(gas.certificateBytes);
  const blocks = Math.ceil((gas.certificateBytes - CERTIFICATE_FRAME + SHA384_PADDING) / 128);
  return [
    "<!-- gas:begin -->",
    "| | gas |",
    "|---|---|",
    ...rows([
      [`\`claimWithProof\`, a step of Pawl's own workflow (certificate of ${bytes} bytes)`, gas.claimWithProof],
      ["the same, first claim of an entitlement", gas.claimWithProofFirst],
      ["with a certificate of 1,860 bytes, as of a public attestation of 2024", gas.claimWithProofLong],
      ["the same, first claim of an entitlement", gas.claimWithProofLongFirst],
      ["`prove`", gas.prove],
      [
        "registration of an authority's key, five transactions; the largest",
        gas.registerIssuer,
        gas.registerIssuerLargest,
      ],
      ["deployment of all, once per chain; the largest transaction", gas.deploy, gas.deployLargest],
    ]),
    "",
    `| of which (certificate of ${bytes} bytes) | gas |`,
    "|---|---|",
    ...rows([
      [`SHA-384 of the certificate, ${blocks} blocks of ${number(gas.sha384PerBlock)}`, blocks * gas.sha384PerBlock],
      ["P-384 by slopes", gas.p384VerifyHinted],
      [`calldata, ${number(gas.calldataBytes)} bytes, of which about 5,100 are slopes`, gas.calldata],
      ["rebuilding the log's entry, and its signature", gas.set],
      ["walking the certificate", gas.der],
      ["holding it against the step", gas.identity],
      ["rebuilding the statement, and its signature", gas.dsse],
    ]),
    "",
    "The rest is the roots (14,000), the ledger's writes and events, and passing eight kilobytes from contract to contract.",
    "<!-- gas:end -->",
  ].join("\n");
}

/** Of a certificate: what stands around its signed part. */
const CERTIFICATE_FRAME = 122;
/** One bit and the length. */
const SHA384_PADDING = 17;
