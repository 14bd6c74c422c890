import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { verifyStep } from "#lib/evidence/verify.ts";
import { verifyAttestation } from "#lib/evidence/verifyAttestation.ts";
import { attestedAt, mintStep, trust, trustedRootJson } from "../../test/lib/evidence/step.fixture.ts";
import { projectRoot } from "../stack/stack.ts";
import { hostileInputs } from "./hostileInputs.ts";

const ROUNDS = 200;
const WARM_UP = 40;
const THREADS = 2;
const THREAD_SECONDS = 3;
const COLD_STARTS = 9;

export type VerifyFigures = {
  /** A whole report of a bundle, of a step's capsule, and the library alone on the same bundle, in turns. */
  readonly bundleP50Ms: number;
  readonly bundleP95Ms: number;
  readonly capsuleP50Ms: number;
  readonly bareP50Ms: number;
  /** Bundle reports per second, on two threads. */
  readonly perSecond: number;
  /** `pawl verify` of a bundle, from the process's start to its end; median, with its compiled code kept. */
  readonly coldCliMs: number;
  /** The most that any hostile bundle costs. */
  readonly worstInputMs: number;
  readonly worstInputMb: number;
};

export async function measureVerify(report: (line: string) => void = () => undefined): Promise<VerifyFigures> {
  const { parts, expectation } = await mintStep();
  const bare = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(JSON.stringify(trustedRootJson)))));
  const text = Buffer.from(parts.bundle).toString("utf8");
  const passed = ({ verdict }: { readonly verdict: string }) => {
    if (verdict !== "passed") throw new Error("the benchmark's own evidence does not verify");
  };
  const times = await inTurns({
    bare: async () => void bare.verify(toSignedEntity(bundleFromJSON(JSON.parse(text)))),
    bundle: async () => passed(verifyAttestation({ bundle: parts.bundle }, { trust }, attestedAt)),
    capsule: async () => passed(await verifyStep(parts, expectation, trust, { now: attestedAt })),
  });
  report("verification on two threads");
  const perSecond = await onThreads(parts.bundle);
  report("the command, cold");
  const coldCliMs = coldStarts(parts.bundle);
  report("hostile bundles");
  const worst = worstInputs();
  return {
    bundleP50Ms: quantile(times.bundle, 0.5),
    bundleP95Ms: quantile(times.bundle, 0.95),
    capsuleP50Ms: quantile(times.capsule, 0.5),
    bareP50Ms: quantile(times.bare, 0.5),
    perSecond,
    coldCliMs,
    worstInputMs: Math.max(...worst.map(({ ms }) => ms)),
    worstInputMb: Math.max(...worst.map(({ mb }) => mb)),
  };
}

/** Works take turns, so that whatever else the machine does falls on all of them alike. */
async function inTurns<N extends string>(
  works: Readonly<Record<N, () => Promise<void>>>,
): Promise<Record<N, number[]>> {
  const names = Object.keys(works) as N[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const name of names) {
      const from = performance.now();
      await works[name]();
      if (round >= WARM_UP) times[name].push(performance.now() - from);
    }
  }
  return times;
}

async function onThreads(bundle: Uint8Array): Promise<number> {
  const counts = await Promise.all(
    Array.from(
      { length: THREADS },
      () =>
        new Promise<number>((resolve, reject) => {
          const workerData = { bundle, trustedRoot: trustedRootJson, issuer: trust.issuer, now: attestedAt };
          const worker = new Worker(new URL("./verifyWorker.ts", import.meta.url), {
            workerData: { ...workerData, seconds: THREAD_SECONDS },
          });
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    ),
  );
  return Math.round(counts.reduce((sum, count) => sum + count, 0) / THREAD_SECONDS);
}

function coldStarts(bundle: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "pawl-bench-"));
  try {
    const [file, root] = [join(folder, "bundle.json"), join(folder, "trusted_root.json")];
    writeFileSync(file, bundle);
    writeFileSync(root, JSON.stringify(trustedRootJson));
    const command = [join(projectRoot, "scripts/pawl.mjs"), "verify", file];
    const args = [...command, "--trusted-root", root, "--profile", "sandbox", "--issuer", trust.issuer];
    const times = Array.from({ length: COLD_STARTS + 1 }, () => {
      const from = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`pawl verify failed: ${stderr}`);
      return performance.now() - from;
    });
    // The first start compiles what the others find compiled.
    return quantile(times.slice(1), 0.5);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Time and peak memory of each hostile bundle, each in a process of its own. */
export function worstInputs(): readonly { readonly name: string; readonly ms: number; readonly mb: number }[] {
  const { trustedRoot, inputs } = hostileInputs();
  const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
  const warm = base64(inputs["a leaf of 64 extensions"] ?? "");
  return Object.entries(inputs).map(([name, bundle]) => {
    const input = JSON.stringify({ trustedRoot: base64(JSON.stringify(trustedRoot)), warm, bundle: base64(bundle) });
    const script = fileURLToPath(new URL("./worstInput.ts", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [script], { input, encoding: "utf8" });
    if (stdout === "") throw new Error(`${name}: ${stderr}`);
    const { ms, mb } = JSON.parse(stdout);
    return { name, ms: rounded(ms), mb: rounded(mb) };
  });
}

function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return rounded(sorted[Math.floor(sorted.length * part)] ?? Number.NaN);
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
