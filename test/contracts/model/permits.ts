import type { ActionOf, Call } from "./action.ts";
import { type Consumption, delegationName, isSignedBy, observationName, permitName } from "./messages.ts";
import { existing } from "./purchases.ts";
import { refuse } from "./refusal.ts";
import {
  type Delegation,
  type Entitlement,
  entitlementName,
  epochOf,
  isChallenged,
  openRunOf,
  pendingSteps,
  positionOf,
  runName,
  runOf,
  type State,
  samePlace,
  takenSteps,
} from "./state.ts";
import { type Account, NOBODY, type Offer } from "./terms.ts";

/** Rows 6 and 7, and who may sign permits. */

const OBSERVED_TIER = 2;

export function consume(state: State, call: Call, { offer, consumption }: ActionOf<"consume">): void {
  requireGateway(call, offer);
  consumeOne(state, call, offer, consumption);
}

/** One after the other; if one is refused, all are. */
export function consumeBatch(state: State, call: Call, { offer, consumptions }: ActionOf<"consumeBatch">): void {
  requireGateway(call, offer);
  for (const consumption of consumptions) consumeOne(state, call, offer, consumption);
}

function requireGateway(call: Call, { terms: { gateway } }: Offer): void {
  if (call.by !== gateway) refuse("NotGateway", { caller: call.by, gateway });
}

/** Row 6. First everything that the permit says, then everything that the ledger says. */
function consumeOne(state: State, call: Call, offer: Offer, consumption: Consumption): void {
  const { terms } = offer;
  const { permit, buyer, salt } = consumption;
  if (call.at > permit.deadline) refuse("PermitExpired", { deadline: permit.deadline });
  if (terms.sourceRepository !== 0 && permit.repository !== terms.sourceRepository) {
    refuse("PermitRepositoryMismatch", { expected: terms.sourceRepository, actual: permit.repository });
  }
  if (terms.sourceCommit !== "" && permit.commit !== terms.sourceCommit) {
    refuse("PermitCommitMismatch", { expected: terms.sourceCommit, actual: permit.commit });
  }
  const run = runName(terms.gateway, permit);
  if (terms.runnerTier >= OBSERVED_TIER) requireObservation(state, offer, consumption, run);
  const name = entitlementName(offer.name, buyer, salt);
  const delegation = requireSigner(state, call, consumption, name);

  const entitlement = existing(state, name);
  if (consumption.stale !== undefined && !samePlace(positionOf(state, entitlement), permit.parent)) {
    voidOpenStep(state, call, name, { ...consumption.stale, parent: permit.parent });
  }
  if (permit.epoch !== epochOf(entitlement)) {
    refuse("EpochOutdated", { epoch: permit.epoch, current: epochOf(entitlement) });
  }
  if (delegation !== undefined && delegation.rejections !== entitlement.rejections) {
    refuse("DelegationOutdated", { generation: delegation.rejections, current: entitlement.rejections });
  }
  if (call.at >= entitlement.expiresAt) refuse("EntitlementExpired", { expiresAt: entitlement.expiresAt });
  const next = takenSteps(entitlement).length + 1;
  if (permit.step !== next) refuse("StepNotNext", { step: permit.step, expected: next });
  if (next > entitlement.steps.length) refuse("StepNotBought", { step: next, bought: entitlement.steps.length });
  requireRoom(state, entitlement);
  const place = positionOf(state, entitlement);
  if (!samePlace(place, permit.parent)) refuse("PermitParentMismatch", { expected: place, actual: permit.parent });
  if (state.runs[run] !== undefined) refuse("RunUsed", { runKey: run });

  entitlement.steps[next - 1] = { status: "open", run };
  state.runs[run] = {
    name: run,
    onGitHub: { repository: permit.repository, run: permit.run, attempt: permit.attempt },
    entitlement: name,
    step: next,
    permit: permitName(permit, name),
    parent: permit.parent,
    openedAt: call.at,
    claimDeadline: call.at + terms.stepTimeout,
    status: "open",
    claimed: undefined,
  };
}

function requireObservation(state: State, offer: Offer, consumption: Consumption, run: string): void {
  const { observer } = offer.terms;
  const { observation } = consumption.permit;
  if (observation === "") refuse("PermitUnobserved");
  if (observer === NOBODY) return;
  if (!isSignedBy(state, consumption.observerSignature, observer, observationName(run, observation))) {
    refuse("ObserverSignatureInvalid", { observer, observationHash: observation });
  }
}

/** The buyer, or somebody with a delegation, which is returned. */
function requireSigner(
  state: State,
  call: Call,
  { buyer, signer, signature, permit }: Consumption,
  entitlement: string,
): Delegation | undefined {
  let delegation: Delegation | undefined;
  if (signer !== buyer) {
    delegation = state.entitlements[entitlement]?.delegations[signer];
    if (delegation === undefined || permit.step > delegation.lastStep || call.at >= delegation.validUntil) {
      refuse("SignerNotAllowed", { signer, step: permit.step });
    }
  }
  const over = permitName(permit, entitlement);
  if (!isSignedBy(state, signature, signer, over)) refuse("PermitSignatureInvalid", { signer, permitHash: over });
  return delegation;
}

/** At most so many steps wait for payment, and none is opened while one of them is in doubt. */
function requireRoom(state: State, entitlement: Entitlement): void {
  const { maxPending } = entitlement.offer.terms;
  const pending = pendingSteps(entitlement).map((step) => runOf(state, step.run));
  if (pending.length >= maxPending) refuse("TooManyPending", { pending: pending.length, maxPending });
  const challenged = pending.filter(isChallenged).map(({ step }) => step);
  if (challenged.length > 0) refuse("ChallengePending", { challenged });
}

/** Row 7: who was given a step and did not claim it in time loses it. */
export function timeout(state: State, call: Call, { entitlement, ...reference }: ActionOf<"timeout">): void {
  voidOpenStep(state, call, entitlement, reference);
}

function voidOpenStep(
  state: State,
  call: Call,
  entitlementId: string,
  { run: name, permit, parent }: Pick<ActionOf<"timeout">, "run" | "permit" | "parent">,
): void {
  const entitlement = state.entitlements[entitlementId];
  const run = entitlement && openRunOf(state, entitlement);
  if (run?.name !== name || run.permit !== permit || !samePlace(run.parent, parent)) {
    refuse("StepNotOpen", { runKey: name });
  }
  if (call.at < run.claimDeadline) refuse("StepNotTimedOut", { claimDeadline: run.claimDeadline });
  run.status = "void";
  existing(state, entitlementId).steps[run.step - 1] = { status: "unopened" };
}

// ---------------------------------------------------------------- delegation

export function delegate(state: State, call: Call, action: ActionOf<"delegate">): void {
  const entitlement = existing(state, entitlementName(action.offer.name, call.by, action.salt));
  const { rejections } = entitlement;
  register(call, entitlement, action.delegate, {
    lastStep: action.lastStep,
    validUntil: action.validUntil,
    rejections,
  });
}

export function delegateBySignature(state: State, call: Call, action: ActionOf<"delegateBySignature">): void {
  const { buyer, message, signature } = action;
  const name = entitlementName(action.offer.name, buyer, action.salt);
  if (message.entitlement !== name) refuse("DelegationMismatch", { expected: name, actual: message.entitlement });
  if (call.at > message.deadline) refuse("DelegationExpired", { deadline: message.deadline });
  const entitlement = existing(state, name);
  const { rejections } = entitlement;
  if (message.rejections !== rejections) {
    refuse("DelegationOutdated", { generation: message.rejections, current: rejections });
  }
  if (!isSignedBy(state, signature, buyer, delegationName(message))) refuse("DelegationSignatureInvalid", { buyer });
  burn(state, buyer, message.nonce);
  register(call, entitlement, message.delegate, {
    lastStep: message.lastStep,
    validUntil: message.validUntil,
    rejections,
  });
}

/** Ends a delegation, and the signature that could register it again. */
export function revokeDelegate(state: State, call: Call, action: ActionOf<"revokeDelegate">): void {
  const entitlement = state.entitlements[entitlementName(action.offer.name, call.by, action.salt)];
  if (entitlement !== undefined) delete entitlement.delegations[action.delegate];
  if (!isBurnt(state, call.by, action.nonce)) burn(state, call.by, action.nonce);
}

export function burnDelegationNonce(state: State, call: Call, { nonce }: ActionOf<"burnDelegationNonce">): void {
  burn(state, call.by, nonce);
}

export function isBurnt(state: State, buyer: Account, nonce: string): boolean {
  return state.burntNonces.some((burnt) => burnt.buyer === buyer && burnt.nonce === nonce);
}

function burn(state: State, buyer: Account, nonce: string): void {
  if (isBurnt(state, buyer, nonce)) refuse("DelegationNonceUsed", { nonce });
  state.burntNonces.push({ buyer, nonce });
}

function register(call: Call, entitlement: Entitlement, to: Account, delegation: Delegation): void {
  if (to === NOBODY || to === entitlement.buyer || delegation.validUntil <= call.at) {
    refuse("DelegationInvalid", { delegate: to, validUntil: delegation.validUntil });
  }
  entitlement.delegations[to] = delegation;
}
