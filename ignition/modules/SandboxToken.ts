import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Play money for local deployments. */
export default buildModule("SandboxToken", (m) => ({ sandboxToken: m.contract("SandboxToken") }));
