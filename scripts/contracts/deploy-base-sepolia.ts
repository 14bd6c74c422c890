import { fileURLToPath } from "node:url";
import { deployToBaseSepolia } from "./deploy.ts";

/** Deploys Pawl to Base Sepolia with PAWL_BASE_SEPOLIA_RPC_URL and PAWL_DEPLOYER_KEY; run again to resume. */
const folder = fileURLToPath(new URL("../../ignition/deployments/base-sepolia", import.meta.url));
process.stdout.write(`${JSON.stringify(await deployToBaseSepolia(folder), null, 2)}\n`);
