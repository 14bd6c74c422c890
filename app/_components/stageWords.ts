import type { StageName } from "#lib/settlement/stages/stage.ts";

/** What each stage of a proof asks, and the attack that it answers. */
export const stageWords: Readonly<Record<StageName, { readonly title: string; readonly why: string }>> = {
  claim: {
    title: "The claim is what was attested",
    why: "The contract writes the claim down again, with its own address, chain and buyer in it, and hashes that. So no attestation can be copied to another purchase, contract or chain.",
  },
  statement: {
    title: "The statement has no room for anything else",
    why: "Four digests are put into a fixed text. The contract builds that text itself and never parses one, so nothing can hide in it that two readers would read differently.",
  },
  certificate: {
    title: "The certificate names this very run",
    why: "Every line of the run's certificate is walked, and compared with what the step was sold with. A look-alike repository, another commit or a second attempt differs in one of them.",
  },
  signature: {
    title: "The run signed the statement",
    why: "The key in the certificate was made by the run and existed for minutes. Whoever has the certificate, which is public, still cannot sign another statement with it.",
  },
  log: {
    title: "A public log saw it in time",
    why: "The log's entry is rebuilt from this certificate and this signature, so its signed promise can be about nothing else. Its time shows that the key was used while it was valid, not found later.",
  },
  authority: {
    title: "The authority signed the certificate",
    why: "Only the certificate authority could have said which run made the key, and it asks GitHub. Without this anybody could write a certificate with the right words in it.",
  },
  roots: {
    title: "The keys are trusted for this step",
    why: "Verifier, authority and log must have been announced before the step opened. So nobody can add a key of his own later and prove a step with it that ran under other rules.",
  },
  whole: {
    title: "All of it in one call",
    why: "The stages above are questions about parts. This is the call that the payment depends on, with nothing prepared by this page but the proof itself.",
  },
  settlement: {
    title: "What the money does",
    why: "A proof counts once, for the run that the permit opened the step for, and only if it was logged while the step was open.",
  },
};

/** Where a line of a certificate stands, as its issuer numbers them. */
export function extensionWords(extension: number): string {
  return extension === 0 ? "name" : `.${extension}`;
}

export const rootWords = {
  verifier: "Verifier contract",
  authority: "Certificate authority",
  log: "Transparency log",
} as const;
