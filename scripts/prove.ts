import { Worker } from "node:worker_threads";
import { differences, editsUnseen } from "./prove/correspondence.ts";
import { type Defect, defects } from "./prove/defects.ts";
import type { Proof, ProofResult } from "./prove/proof.ts";
import { defective, proofs, proofText } from "./prove/sources.ts";

/**
 * Proves the escrow's bookkeeping with the model checker inside the compiler, and proves the prover with defects that it
 * has to find. test/smt/README.md says what is proven, and what is not.
 */
const WORKERS = 2;

const changed = [...differences(proofText("Ledger.sol")), ...editsUnseen(proofText("Ledger.sol"))];
for (const difference of changed) console.error(`differs  ${difference}`);
if (changed.length > 0) process.exit(1);

type Job = { readonly proof: Proof; readonly defect?: Defect };
const jobs: Job[] = [
  ...proofs().map((proof) => ({ proof })),
  ...defects.map((defect) => ({ proof: defective(defect), defect })),
];
const started = performance.now();
let failed = 0;
let proved = 0;

async function work(queue: Job[]): Promise<void> {
  const worker = new Worker(new URL("./prove/worker.ts", import.meta.url));
  try {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) report(job, await run(worker, job.proof));
  } finally {
    await worker.terminate();
  }
}

function run(worker: Worker, proof: Proof): Promise<ProofResult> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (result: ProofResult) => {
      worker.off("error", reject);
      resolve(result);
    });
    worker.postMessage(proof);
  });
}

function report({ proof, defect }: Job, { targets, seconds }: ProofResult): void {
  const took = `${seconds.toFixed(1).padStart(5)} s`;
  if (defect !== undefined) {
    const broken = targets.find(({ outcome, counterexample }) => outcome === "violated" && counterexample !== "");
    console.log(`${broken === undefined ? "MISSED " : "refuted"} ${took}  ${defect.name}`);
    if (broken === undefined) failed++;
    else console.log(`                  ${broken.line}: ${broken.counterexample}`);
    return;
  }
  // No target at all would mean that nothing was asked.
  if (targets.length === 0) failed++;
  for (const { line, outcome, counterexample } of targets) {
    console.log(`${outcome.padEnd(8)}${took}  ${proof.contract}  ${line}`);
    if (outcome === "proved") proved++;
    else {
      failed++;
      console.log(`                  ${counterexample}`);
    }
  }
}

await Promise.all(Array.from({ length: WORKERS }, () => work(jobs)));
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`${proved} targets proved, ${defects.length} defects tried, ${failed} failed, in ${seconds} s`);
if (failed > 0) process.exit(1);
