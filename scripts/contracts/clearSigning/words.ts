/** How a value is shown: an ERC-7730 format with its parameters. */
export type Shown = {
  readonly label: string;
  readonly format: "raw" | "addressName" | "tokenTicker" | "amount" | "tokenAmount" | "date" | "duration" | "enum";
  /** Where the token of an amount is named: the path of a sibling. */
  readonly token?: string;
  readonly types?: readonly ("wallet" | "eoa" | "contract" | "token")[];
  readonly values?: keyof typeof enums;
};

export const enums = {
  ruling: { "0": "For the seller", "1": "Split the price", "2": "Reject the claim" },
  challenge: { "0": "Missing evidence", "1": "Conduct" },
  runnerTier: { "1": "Pinned code", "2": "Pinned code on an observed runner" },
} as const;

const account = (label: string): Shown => ({ label, format: "addressName", types: ["eoa", "contract"] });
const value = (label: string): Shown => ({ label, format: "raw" });
const date = (label: string): Shown => ({ label, format: "date" });
const duration = (label: string): Shown => ({ label, format: "duration" });
const wei = (label: string): Shown => ({ label, format: "amount" });

/** The label and format of every member, by its name; a name means the same wherever it stands. */
export const words: Readonly<Record<string, Shown>> = {
  seller: account("Seller"),
  token: { label: "Token", format: "tokenTicker" },
  price: { label: "Price per step", format: "tokenAmount", token: "token" },
  maxSteps: value("Most steps"),
  maxPending: value("Most steps waiting for payment"),
  validUntil: date("Until"),
  entitlementTtl: duration("Steps can be opened for"),
  stepTimeout: duration("Time to claim a step"),
  disputeWindow: duration("Time to dispute a claim"),
  proofWindow: duration("Time to prove a claim"),
  arbitrationWindow: duration("Time of the arbiter"),
  conductBond: wei("Bond of a conduct challenge"),
  arbiterFee: wei("Fee of the arbiter"),
  gateway: account("Gateway"),
  verifier: account("Verifier"),
  observer: account("Observer"),
  arbiter: account("Arbiter"),
  signerWorkflow: value("Workflow that signs, SHA-256"),
  signerCommit: value("Commit of the workflow"),
  callerWorkflow: value("Workflow that calls, SHA-256"),
  sourceRepositoryId: value("Repository's number"),
  sourceOwnerId: value("Owner's number"),
  sourceCommit: value("Commit of the source"),
  policyHash: value("Policy, SHA-256"),
  runnerTier: { label: "Runner", format: "enum", values: "runnerTier" },
  provable: value("Evidence can be proven on-chain"),
  salt: value("Salt"),

  buyer: account("Buyer"),
  payer: account("Payer"),
  steps: value("Steps"),
  offerId: value("Offer"),
  entitlement: value("Entitlement"),
  to: account("Pay to"),
  spender: { label: "Paid to", format: "addressName", types: ["contract"] },
  amount: { label: "Amount", format: "tokenAmount", token: "token" },
  deadline: date("Signature valid until"),
  nonce: value("Nonce"),
  sellerShare: { label: "Share of the seller", format: "tokenAmount", token: "terms.token" },
  ruling: { label: "Ruling", format: "enum", values: "ruling" },
  kind: { label: "Challenge", format: "enum", values: "challenge" },

  delegate: account("Delegate"),
  delegate_: account("Delegate"),
  lastStep: value("Last step it can permit"),
  generation: value("Generation"),

  epoch: value("Epoch of permits"),
  step: value("Step"),
  repositoryId: value("Repository's number"),
  runId: value("Run"),
  runAttempt: value("Attempt of the run"),
  inputHash: value("Input, SHA-256"),
  workerKey: value("Key of the run"),
  resultKey: value("Key that can read the result"),
  parentStateCommitment: value("State to continue from"),
  parentNetCommitment: value("Network state to continue from"),
  observationHash: value("Observation of the runner"),

  runKey: value("Run"),
  claimHash: value("Claim"),
  parentHead: value("Continues from"),
  windowEnd: date("Can be disputed until"),
  permitHash: value("Permit"),
  reportHash: value("Report, SHA-256"),
  evidenceHash: value("Evidence, SHA-256"),
  evidenceLocator: value("Evidence is at"),
  statementHash: value("Statement"),
  statementLocator: value("Statement is at"),
  signer: account("Signer"),
};

/** What a call sends along in native money. */
export const VALUE = "@.value";
