import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { configVariable, defineConfig } from "hardhat/config";
import type { SolidityCompilerConfig } from "hardhat/types/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

// The compiler comes from the npm package, by path, so that a build needs no download.
const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

// Tests are compiled by the old pipeline and without optimizer, which is fast and moves no reading of the clock.
const testCompiler = {
  version: "0.8.37",
  path: soljson,
  settings: { optimizer: { enabled: false }, evmVersion: "osaka" },
};

/**
 * Files are compiled together if their settings are one object, and each override is resolved to its own. Tests of one
 * folder share theirs: all of them apart take four times as long, all of them together would be compiled on every edit.
 */
const testsCompiledByFolder: HardhatPlugin = {
  id: "pawl:tests-compiled-by-folder",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (userConfig, resolveConfigurationVariable, next) => {
          const config = await next(userConfig, resolveConfigurationVariable);
          for (const { overrides } of Object.values(config.solidity.profiles)) {
            const settings = new Map<string, SolidityCompilerConfig>();
            for (const [file, own] of Object.entries(overrides)) {
              const shared = settings.get(dirname(file)) ?? own;
              settings.set(dirname(file), shared);
              overrides[file] = shared;
            }
          }
          return config;
        },
      }),
    }),
  },
};

/** The same chance every time, unless a deep run chooses another. */
const SEED = process.env.PAWL_SEED ? `0x${BigInt(process.env.PAWL_SEED).toString(16)}` : "0x5061776c";

function chainOfTests(runs: { readonly fuzz: number; readonly invariant: number }) {
  return {
    fuzz: { runs: runs.fuzz, maxTestRejects: 100 * runs.fuzz, seed: SEED },
    invariant: { runs: runs.invariant, depth: 64, failOnRevert: false },
  };
}

/**
 * Arithmetic that is written out in assembly is compiled by the old pipeline: the new one runs the npm compiler out of
 * memory, and would gain nothing where every operation is spelled.
 */
const arithmeticCompiler = {
  version: "0.8.37",
  path: soljson,
  settings: {
    optimizer: { enabled: true, runs: 1_000_000 },
    evmVersion: "osaka",
    metadata: { bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["userdoc", "devdoc"] } },
  },
};

function filesOf<Settings>(pattern: string, settings: Settings): Record<string, Settings> {
  return Object.fromEntries(globSync(pattern, { cwd: import.meta.dirname }).map((file) => [file, settings]));
}

/** The same bytecode under every profile: Hardhat's own `production` cannot compile these contracts. */
const compilation = {
  compilers: [
    {
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
  ],
  overrides: {
    ...filesOf("test/solidity/**/*.sol", testCompiler),
    ...filesOf("contracts/{evidence/arithmetic,test/evidence}/*.sol", arithmeticCompiler),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxViem, testsCompiledByFolder],
  solidity: {
    // Tests have settings of their own below, and create the contracts from the artifacts of this build.
    splitTestsCompilation: true,
    profiles: { default: compilation, production: compilation },
  },
  paths: { tests: { solidity: "test/solidity" } },
  test: {
    solidity: {
      profiles: {
        default: chainOfTests({ fuzz: 256, invariant: 256 }),
        deep: chainOfTests({ fuzz: 10_000, invariant: 25_600 }),
      },
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
