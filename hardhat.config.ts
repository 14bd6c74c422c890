import { createRequire } from "node:module";
import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { configVariable, defineConfig } from "hardhat/config";

// The compiler comes from the npm package, by path, so that a build needs no download.
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

export default defineConfig({
  plugins: [hardhatToolboxViem],
  solidity: {
    version: "0.8.37",
    path: soljson,
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      evmVersion: "osaka",
      metadata: { bytecodeHash: "none" },
      // NatSpec is input of lib/chain/generated: errors are shown to people with their own sentence.
      outputSelection: { "*": { "*": ["userdoc", "devdoc"] } },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    // `hardhat node` serves this one. Interval mining keeps confirmations coming.
    node: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      chainId: 31337,
      mining: { auto: true, interval: 1000 },
      // Otherwise every transaction would push the chain one second ahead of the clock.
      allowBlocksWithSameTimestamp: true,
    },
    localhost: { type: "http", chainType: "l1", url: process.env.PAWL_RPC_URL ?? "http://127.0.0.1:8545" },
    baseSepolia: {
      type: "http",
      chainType: "op",
      url: configVariable("PAWL_BASE_SEPOLIA_RPC_URL"),
      accounts: [configVariable("PAWL_DEPLOYER_KEY")],
    },
  },
});
