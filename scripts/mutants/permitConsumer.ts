import { type Mutant, mutantsOf } from "./mutant.ts";
import { solidityTests } from "./solidityTests.ts";

const PERMIT_CONSUMER = solidityTests("PermitConsumer");

/** Who may open a step: row 6, invariants 4 and 5, delegations and their signatures. */
export const permitConsumerMutants: readonly Mutant[] = [
  ...mutantsOf("contracts/PermitConsumer.sol", "permits", PERMIT_CONSUMER, {
    "any-gateway": {
      removes: "row 6: the offer's gateway consumes (invariant 5)",
      from: "        if (msg.sender != terms.gateway) revert NotGateway(msg.sender, terms.gateway);\n",
    },
    "expired-permit": {
      removes: "row 6: t <= deadline",
      from: "        if (block.timestamp > permit.deadline) revert PermitExpired(permit.deadline);\n",
    },
    "deadline-exclusive": {
      removes: "row 6: the deadline is inclusive",
      from: "if (block.timestamp > permit.deadline)",
      to: "if (block.timestamp >= permit.deadline)",
    },
    "other-repository": {
      removes: "row 6: the permit's repository equals the terms'",
      from: "if (terms.sourceRepositoryId != 0 && permit.repositoryId != terms.sourceRepositoryId) {",
      to: "if (false) {",
    },
    "other-commit": {
      removes: "row 6: the permit's commit equals the terms'",
      from: "if (terms.sourceCommit != 0 && permit.sourceCommit != terms.sourceCommit) {",
      to: "if (false) {",
    },
    "tier-2-unobserved": {
      removes: "row 6: tier 2 needs an observation",
      from: "        if (observationHash == 0) revert PermitUnobserved();\n",
    },
    "tier-2-without-observer": {
      removes: "row 6: the observer signed the observation of this run",
      from: "if (!isSignedBy(terms.observer, digest, consumption.observerSignature)) {",
      to: "if (false) {",
    },
    "forged-permit": {
      removes: "row 6: the signer signed exactly this permit (invariant 5)",
      from: "if (!isSignedBy(signer, permitHash, consumption.signature)) {",
      to: "if (false) {",
    },
    "delegate-beyond-lastStep": {
      removes: "a delegate permits up to lastStep",
      from: "if (consumption.permit.step > record.lastStep || block.timestamp >= record.validUntil) {",
      to: "if (block.timestamp >= record.validUntil) {",
    },
    "delegate-beyond-validUntil": {
      removes: "a delegation ends at validUntil, exclusive",
      from: "if (consumption.permit.step > record.lastStep || block.timestamp >= record.validUntil) {",
      to: "if (consumption.permit.step > record.lastStep) {",
    },
    "delegation-expired": {
      removes: "a signed delegation is registered until its deadline",
      from: "        if (block.timestamp > delegation.deadline) revert DelegationExpired(delegation.deadline);\n",
    },
    "delegation-of-another": {
      removes: "a signed delegation is for the entitlement it names",
      from: "if (EntitlementId.unwrap(delegation.entitlement) != EntitlementId.unwrap(id)) {",
      to: "if (false) {",
    },
    "delegation-outdated": {
      removes: "a signed delegation is of the current generation",
      from: "if (delegation.generation != generation) {",
      to: "if (false) {",
    },
    "delegation-forged": {
      removes: "the buyer signed the delegation",
      from: "if (!isSignedBy(buyer, digest, signature)) {",
      to: "if (false) {",
    },
    "delegation-replayed": {
      removes: "a delegation's nonce burns once",
      from: "        if (_burnt[buyer][nonce]) revert DelegationNonceUsed(nonce);\n",
    },
    "revoke-does-nothing": {
      removes: "revocation is immediate",
      from: "        delete _delegates[id][delegate_];\n",
    },
    "revoke-keeps-signature": {
      removes: "revocation burns the signed delegation too",
      from: "        if (!_burnt[msg.sender][nonce]) _burn(msg.sender, nonce);\n",
    },
  }),
  ...mutantsOf("contracts/types/StepPermit.sol", "permits", PERMIT_CONSUMER, {
    "unsigned-input": {
      removes: "the permit binds its input",
      from: "    words[11] = permit.inputHash;\n",
    },
    "unsigned-worker-key": {
      removes: "the permit binds one run's key",
      from: "    words[12] = permit.workerKey;\n",
    },
  }),
];
