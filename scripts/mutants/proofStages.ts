import { type Mutant, mutantsOf } from "./mutant.ts";

const STAGES = "test/lib/settlement/proofStages.test.ts";
const BOND = "test/lib/settlement/evidenceBond.test.ts";

/** What a proof's stages say, and the bond that a demand for proof costs. */
export const proofStagesMutants: readonly Mutant[] = [
  ...mutantsOf("lib/settlement/evidenceBond.ts", "bond", [BOND], {
    "base-fee-zero": {
      removes: "the bond is asked for at the price that a transaction would pay",
      from: "{ ...call, account, gas: GAS, ...fees }",
      to: "call",
    },
    "no-answer-as-bond": {
      removes: "an address that is no settlement names no bond",
      from: "if (answer.data?.length !== 66)",
      to: "if (false)",
    },
  }),
  ...mutantsOf("lib/settlement/stages/attestation.ts", "proof-stages", [STAGES], {
    "another-permit": {
      removes: "the claim names the permit that opened the step",
      from: "claim.permitHash !== opened.permitHash || named !== opened.permitHash",
      to: "false",
    },
    "claim-unattested": {
      removes: "the rebuilt claim is the first thing attested",
      from: "answer !== sha256Hex(parts.claim) || answer !== attested",
      to: "false",
    },
    "statement-unread": {
      removes: "the rebuilt statement is the one that the evidence carries",
      from: "if (payload === prepared.payload) return",
      to: "if (true) return",
    },
    "every-refusal-later": {
      removes: "what the contract refuses about the certificate fails the certificate's stage",
      from: "refusal === undefined || AFTER_CERTIFICATE.has(refusal.code)",
      to: "true",
    },
    "certificate-blamed": {
      removes: "what the contract refuses later does not fail the certificate's stage",
      from: " || AFTER_CERTIFICATE.has(refusal.code)",
      to: "",
    },
    "signature-unasked": {
      removes: "the chain's answer on the run's signature counts",
      from: 'return answer\n    ? holds("signature"',
      to: 'return digest\n    ? holds("signature"',
    },
    "promise-unasked": {
      removes: "the chain's answer on the log's promise counts",
      from: "if (!answer) return fails",
      to: "if (false) return fails",
    },
    "windows-unread": {
      removes: "the log's time is inside every window",
      from: "time < from || time > until",
      to: "false",
    },
    "authority-unasked": {
      removes: "the contract's answer on the authority's signature counts",
      from: "return verified.answer",
      to: "return verified",
    },
  }),
  ...mutantsOf("lib/settlement/stages/identity.ts", "proof-lines", [STAGES], {
    "signer-by-branch": {
      removes: "a workflow that was called is named by its commit",
      from: "isPath(at(9), facts.signerWorkflow) && signerRef",
      to: "isPath(at(9), facts.signerWorkflow)",
    },
  }),
  ...mutantsOf("lib/settlement/stages/ask.ts", "proof-ask", [STAGES], {
    "anything-is-one": { removes: "only a 1 from the precompile counts", from: "answer === word(1n)", to: "true" },
  }),
  ...mutantsOf("lib/settlement/stages/ledger.ts", "proof-ledger", [STAGES], {
    "root-unasked": {
      removes: "a root that does not count fails the stage",
      from: "return refused?.refusal ? fails",
      to: "return false ? fails",
    },
    "too-early": {
      removes: "evidence is logged while the step is open",
      from: "logTime < from || logTime >= until",
      to: "false",
    },
    "proven-forgotten": {
      removes: "what was proven is told apart from what is too late",
      from: "if (isProven || prepare.refusal === null)",
      to: "if (prepare.refusal === null)",
    },
  }),
  ...mutantsOf("lib/settlement/stages/stage.ts", "proof-stage", [STAGES], {
    "silence-as-refusal": {
      removes: "a chain that does not answer has refused nothing",
      from: '  if (refusal.code === "CHAIN_UNREACHABLE") throw refusal;\n',
      masked: "roots are read first, and their reader does not answer either",
    },
  }),
  ...mutantsOf("lib/settlement/proofStages.ts", "proof-kept", [STAGES], {
    "one-for-all": {
      removes: "what is kept is kept for one evidence",
      from: "      subject.evidenceHash,\n",
    },
    "failures-kept": {
      removes: "what fails is asked again",
      from: 'stages.every(({ outcome }) => outcome === "holds")',
      to: "true",
    },
  }),
];
