import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import hre from "hardhat";
import { decodeRevert } from "#lib/chain/revert.ts";
import { address } from "#lib/core/encoding.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import { deployPublic } from "./deploy.ts";

/**
 * Deploys Pawl to Base Sepolia with PAWL_BASE_SEPOLIA_RPC_URL and PAWL_DEPLOYER_KEY; run again to resume.
 *
 * node scripts/contracts/deploy-base-sepolia.ts [--dry-run] [--token ADDRESS --token-holder ADDRESS] [--role NAME=ADDRESS]...
 */
const BASE_SEPOLIA = 84_532;
const { values } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    token: { type: "string" },
    "token-holder": { type: "string" },
    role: { type: "string", multiple: true, default: [] },
  },
});
if ((values.token === undefined) !== (values["token-holder"] === undefined)) {
  throw new Error("--token and --token-holder go together: somebody's tokens are moved, in simulation only");
}
const connection = await hre.network.create("baseSepolia");
try {
  const deployment = await deployPublic(connection.provider, {
    chainId: BASE_SEPOLIA,
    figures: figures.baseSepolia,
    folder: fileURLToPath(new URL("../../ignition/deployments/base-sepolia", import.meta.url)),
    isDryRun: values["dry-run"],
    print: console.error,
    roles: Object.fromEntries(
      values.role.map((role) => {
        const [name = "", at = ""] = role.split("=");
        return [name, address.parse(at)];
      }),
    ),
    ...(values.token === undefined
      ? {}
      : { token: { address: address.parse(values.token), holder: address.parse(values["token-holder"]) } }),
  });
  if (deployment !== undefined) console.log(JSON.stringify(deployment, null, 2));
} catch (thrown) {
  const refusal = decodeRevert(thrown);
  console.error(JSON.stringify(refusal));
  if (refusal.code === "CHAIN_CALL_FAILED") console.error(thrown);
  process.exitCode = refusal.exitCode;
} finally {
  await connection.close();
}
