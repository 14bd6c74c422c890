import { parentPort } from "node:worker_threads";
import { type Proof, prove } from "./proof.ts";

// One proof after the other; the prover itself uses one core.
parentPort?.on("message", (proof: Proof) => parentPort?.postMessage(prove(proof)));
