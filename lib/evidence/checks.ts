/**
 * The checks of a verification, in the order in which reports show them. `sentence` is what a passed check means. An
 * optional check may be not applicable, and its place in the report then says why; every other one must pass.
 */
export type CheckDefinition = { readonly name: string; readonly sentence: string; readonly optional: boolean };

const must = <N extends string>(name: N, sentence: string) => ({ name, sentence, optional: false }) as const;
const may = <N extends string>(name: N, sentence: string) => ({ name, sentence, optional: true }) as const;

/** What holds for every bundle, whatever it is evidence of. */
const bundleChecks = [
  must("bundle", "The bundle is well-formed and unambiguous."),
  must("signing-certificate", "The signing certificate is a short-lived code-signing leaf with one identity."),
  must("signing-time", "The time of signing is vouched for by a trusted log or timestamp authority."),
  must("certificate-chain", "The signing certificate chains up to the trusted root and was valid at that time."),
  may("certificate-log", "The signing certificate was published in a trusted certificate log."),
  may("transparency-log", "The signature is in a trusted transparency log, by proof, and by promise where it has one."),
  must("signature", "The signature is by the certificate's key over exactly this content."),
] as const;

export const attestationChecks = [
  ...bundleChecks,
  may("statement", "The signed payload is a well-formed in-toto statement."),
  may("artifact", "The attestation is about the given artifact."),
  may("predicate", "The predicate names the run that the certificate names."),
  must("issuer", "The expected identity provider vouched for the signer."),
  may("identity", "The expected identity signed."),
  may("signer-workflow", "The expected workflow file signed."),
  may("signer-commit", "The workflow that signed was at the expected commit."),
  may("source-repository", "The run happened in the expected repository."),
] as const satisfies readonly CheckDefinition[];

export const stepChecks = [
  ...bundleChecks,
  must("issuer", "GitHub's identity provider, as this trust policy names it, vouched for the run."),
  must("signer-workflow", "The pinned workflow file defined the job that signed."),
  must("signer-commit", "That file was at the pinned commit, and was called by it."),
  may("caller-workflow", "The expected workflow started the run."),
  must("source-repository", "The run happened in the permitted repository."),
  may("source-owner", "The repository belongs to the pinned owner."),
  must("source-commit", "The run happened at the permitted commit."),
  must("run", "The attestation comes from the permitted run and attempt."),
  must("trigger", "The run was started by workflow_dispatch."),
  must("runner-environment", "The run was on a GitHub-hosted runner."),
  must("visibility", "The repository was public and no deployment environment was involved."),
  must("log-time", "The attestation was made while the step was open."),
  must("permit", "The permit agrees with the offer's terms."),
  may("permit-signature", "The buyer, or a delegate, signed the permit."),
  must("parents", "The step follows the last accepted claim."),
  must("policy", "The policy is the one that the offer pins, and names this deployment."),
  must("certificate", "The runner's certificate agrees with permit, claim and signing certificate."),
  must("policy-rules", "The run kept to every rule of its policy."),
  must("replay", "The runner's certificate was current when it was attested."),
  must("result", "The result is the one that was attested."),
  must("state-bundle", "The state bundle is the one that was attested."),
  must("next-tokens", "The commitments for the next step are consistent."),
  may("transcript", "The transcript is unbroken and is the one that was committed to."),
  must("receipt", "The gateway acknowledged that it holds result and state bundle."),
  may("observation", "GitHub's API showed the job on a runner of GitHub's own pool, as the observer signed."),
  may(
    "final-observation",
    "After it had ended, GitHub's API still showed the run as it was observed, and no other job.",
  ),
  must("claim", "The claim is about this step, permit and evidence."),
  must("statement", "The signed payload is exactly this step's statement."),
  may("ratchet", "The next commitments are the ones that the key schedule gives."),
  may("capsule-anchors", "The capsule's manifest names the step that its files are about."),
  may("capsule-signatures", "Every signature of the capsule is valid."),
  may("capsule-signers", "Every expected principal signed the capsule and is trusted to."),
  may("chain-record", "What the evidence was held against is what the chain records."),
] as const satisfies readonly CheckDefinition[];

export type AttestationCheck = (typeof attestationChecks)[number];
export type StepCheck = (typeof stepChecks)[number];
