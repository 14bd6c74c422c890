import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import hre from "hardhat";
import { decodeRevert } from "#lib/chain/revert.ts";
import { address } from "#lib/core/encoding.ts";
import { coveredRoots } from "#lib/evidence/onchain/roots.ts";
import { productionRoot } from "#lib/evidence/trustedRoot.ts";
import { figures } from "../../ignition/parameters/figures.ts";
import { deployPublic } from "./deploy.ts";

/**
 * Deploys Pawl to Base Sepolia with PAWL_BASE_SEPOLIA_RPC_URL and PAWL_DEPLOYER_KEY; run again to resume.
 *
 * node scripts/contracts/deploy-base-sepolia.ts [--dry-run] [--governor ADDRESS] [--guardian ADDRESS]
 *   [--token ADDRESS --token-holder ADDRESS] [--role NAME=ADDRESS]...
 *
 * Governor and guardian of the roots of evidence are those of the parameters' file unless they are given.
 */
const BASE_SEPOLIA = 84_532;
const { values } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    governor: { type: "string" },
    guardian: { type: "string" },
    token: { type: "string" },
    "token-holder": { type: "string" },
    role: { type: "string", multiple: true, default: [] },
  },
});
if ((values.token === undefined) !== (values["token-holder"] === undefined)) {
  throw new Error("--token and --token-holder go together: somebody's tokens are moved, in simulation only");
}
const { evidence, ...others } = figures.baseSepolia;
const connection = await hre.network.create("baseSepolia");
try {
  const deployment = await deployPublic(connection.provider, {
    chainId: BASE_SEPOLIA,
    figures: {
      ...others,
      evidence: {
        ...evidence,
        ...(values.governor === undefined ? {} : { governor: address.parse(values.governor) }),
        ...(values.guardian === undefined ? {} : { guardian: address.parse(values.guardian) }),
      },
    },
    roots: coveredRoots(productionRoot()),
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
