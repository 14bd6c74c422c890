import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { abiSource } from "./abi-source.ts";

/** Writes `lib/chain/generated/abis.ts`. Run after `hardhat build`. */
const target = fileURLToPath(new URL("../../lib/chain/generated/abis.ts", import.meta.url));
await mkdir(dirname(target), { recursive: true });
await writeFile(target, await abiSource(fileURLToPath(new URL("../../artifacts", import.meta.url))));
