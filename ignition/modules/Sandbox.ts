import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Play money for local deployments, and a stand-in for the Permit2 that public chains have. */
export default buildModule("Sandbox", (m) => ({
  sandboxToken: m.contract("SandboxToken"),
  permit2: m.contract("SandboxPermit2"),
}));
