import { createCipheriv, randomBytes } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { stringToBytes } from "viem";
import { hpkeSeal, workerKeyPair } from "#lib/capability/hpke.ts";
import { systemClock, systemRandom } from "#lib/core/effects.ts";
import { statementBytes } from "#lib/evidence/statement.ts";
import { parseTrustedRoot } from "#lib/evidence/trustedRoot.ts";
import { verifyAttestation } from "#lib/evidence/verify.ts";
import { createSandboxSigstore } from "#lib/sandbox/sigstore.ts";
import { type BundleContext, openBundle, sealBundle } from "#lib/state/bundle.ts";
import { measureGas } from "../../test/contracts/measureGas.ts";
import { createWorld } from "../../test/contracts/world.ts";
import { claimsOfStep } from "../../test/lib/sandbox/claims.fixture.ts";
import { onchainFigures } from "./onchain.ts";

export type Figures = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Gas is exact; times are medians over several runs, in milliseconds unless the name says otherwise. */
export async function measure(report: (line: string) => void): Promise<Figures> {
  report("gas of every move, on an in-process chain");
  const { gas, gasFirst } = await measureGas(await createWorld());
  report("evidence on-chain");
  const onchain = await onchainFigures();
  report("verification");
  const verify = await measureVerification();
  report("sealing");
  return { gas, gasFirst, onchain, verify, seal: await measureSealing() };
}

async function measureVerification(): Promise<Record<string, number>> {
  const sigstore = await createSandboxSigstore({ clock: systemClock, random: systemRandom });
  const hash = `0x${"11".repeat(32)}` as const;
  const payload = statementBytes({ claimHash: hash, certificateHash: hash, resultHash: hash, bundleHash: hash });
  const json = await sigstore.attest({ payload, claims: claimsOfStep() });
  const bytes = stringToBytes(JSON.stringify(json));
  const rootBytes = stringToBytes(JSON.stringify(sigstore.trustedRoot));
  const trust = {
    profile: "sandbox",
    root: parseTrustedRoot(rootBytes),
    issuer: claimsOfStep().iss,
    serverUrl: "https://github.com",
  } as const;
  const bare = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(JSON.stringify(sigstore.trustedRoot)))));
  const pawl = await median(40, async () => {
    const { verdict } = verifyAttestation({ bundle: bytes }, { trust }, systemClock());
    if (verdict !== "passed") throw new Error("the benchmark's own bundle does not verify");
  });
  const library = await median(40, async () => {
    bare.verify(toSignedEntity(bundleFromJSON(JSON.parse(JSON.stringify(json)))));
  });
  return { "pawl verify, warm": pawl, "@sigstore/verify alone, warm": library };
}

async function measureSealing(): Promise<Record<string, number>> {
  const mebibytes = 16;
  const plain = new Uint8Array(randomBytes(mebibytes * 1_048_576));
  const key = systemRandom(32);
  const context: BundleContext = {
    context: { chainId: 1, permitConsumer: `0x${"11".repeat(20)}`, entitlement: `0x${"22".repeat(32)}` },
    step: 1,
    policyHash: `0x${"33".repeat(32)}`,
    permitHash: `0x${"44".repeat(32)}`,
    parentBundleHash: `0x${"00".repeat(32)}`,
  };
  const files = [{ name: "state", bytes: plain }];
  const { bytes } = await sealBundle(files, key, context, systemRandom);
  const perSecond = (milliseconds: number) => Math.round(mebibytes / (milliseconds / 1000));
  const seal = await median(5, async () => {
    await sealBundle(files, key, context, systemRandom);
  });
  const open = await median(5, async () => {
    await openBundle(bytes, key, context, { maxFiles: 1, maxBytes: plain.length });
  });
  const raw = await median(5, async () => {
    const cipher = createCipheriv("chacha20-poly1305", key, randomBytes(12), { authTagLength: 16 });
    cipher.update(plain);
    cipher.final();
  });
  const worker = await workerKeyPair(systemRandom(32));
  const hpke = await median(40, async () => {
    await hpkeSeal(worker.publicKey, systemRandom(97), systemRandom(64));
  });
  return {
    "state bundle sealed, MiB/s": perSecond(seal),
    "state bundle opened, MiB/s": perSecond(open),
    "node:crypto chacha20-poly1305 alone, MiB/s": perSecond(raw),
    "capability sealed": hpke,
  };
}

async function median(runs: number, work: () => Promise<void>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return Number((times[Math.floor(times.length / 2)] ?? 0).toFixed(2));
}
