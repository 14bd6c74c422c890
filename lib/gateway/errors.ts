import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Refusals of the capability gateway. */
export const gatewayErrors = {
  TOKEN_INVALID: {
    kind: "unauthorised",
    sentence: "The OIDC token is not a valid, current token of the expected issuer and algorithm.",
  },
  TOKEN_AUDIENCE_MISMATCH: {
    kind: "unauthorised",
    sentence: "The OIDC token was made for another chain, contract, entitlement, step, worker key or permit.",
  },
  TOKEN_REPLAYED: {
    kind: "unauthorised",
    sentence: "This OIDC token was already used; a run fetches a new one for each call.",
  },
  RUN_IDENTITY_MISMATCH: {
    kind: "forbidden",
    sentence: "The run is not the one that the offer pins: a field of its identity differs.",
  },
  RUN_CHANGED: { kind: "forbidden", sentence: "The release token belongs to another run than the ask." },
  WRONG_DEPLOYMENT: {
    kind: "invalid",
    sentence: "The request names another chain or contract than this gateway serves.",
  },
  ENTITLEMENT_OVER: { kind: "conflict", sentence: "The entitlement has expired; only a refund is left." },
  OFFER_OF_ANOTHER_GATEWAY: { kind: "forbidden", sentence: "The offer names another gateway." },
  STEP_CANNOT_OPEN: {
    kind: "conflict",
    sentence: "This step cannot open now: steps open strictly in order, one at a time, and within what was bought.",
  },
  STEP_NOT_REQUESTED: {
    kind: "conflict",
    sentence: "The buyer has not asked for this step; no input is on record for it.",
  },
  STEP_REQUEST_CONFLICT: {
    kind: "conflict",
    sentence: "This input was already requested with another result key; give the input a new salt and sign again.",
  },
  DISPATCH_REFUSED: {
    kind: "backend",
    sentence: "GitHub refused to start the workflow, so nothing runs; send the request again once it can.",
  },
  DISPATCH_UNKNOWN: {
    kind: "conflict",
    sentence:
      "The workflow was started for this request, or may have been, and its run does not show. Send the request again to look once more; to start another run, give the input a new salt and sign again.",
  },
  INPUT_MISMATCH: { kind: "invalid", sentence: "The input bytes do not hash to the value that was signed." },
  SIGNATURE_INVALID: { kind: "unauthorised", sentence: "The signature is not the buyer's." },
  SIGNATURE_EXPIRED: { kind: "unauthorised", sentence: "The signed request is past its deadline; sign again." },
  ASK_UNKNOWN: { kind: "missing", sentence: "No run has asked under this id." },
  POLL_UNAUTHENTICATED: {
    kind: "unauthorised",
    sentence: "The poll is not authenticated by the secret that was sealed to the run, or its clock is off.",
  },
  PERMIT_MISMATCH: {
    kind: "invalid",
    sentence: "The permit differs from the run that asked; it would not let this run take the step.",
  },
  ASK_EXPIRED: {
    kind: "conflict",
    sentence: "The run has waited for a permit as long as the policy allows, and ends. Request the step again.",
  },
  PERMIT_ALREADY_GIVEN: { kind: "conflict", sentence: "This run already holds another permit." },
  PERMIT_MISSING: { kind: "conflict", sentence: "The buyer has not permitted this run yet." },
  PERMIT_TIMEOUT: {
    kind: "conflict",
    sentence: "The permit's deadline passed before the run proved that it is alive.",
  },
  OBSERVATION_CHANGED: {
    kind: "policy",
    sentence: "GitHub's API does not show the run as it did when it asked, so the step is not opened.",
  },
  RELEASE_NOT_SAFE: { kind: "conflict", sentence: "The consumption is not yet in a safe block; poll again." },
  RELEASE_CLOSED: {
    kind: "conflict",
    sentence: "The run is no longer open on-chain, so nothing can be released to it.",
  },
  RATCHET_LINK_MISSING: {
    kind: "backend",
    sentence: "The gateway has no key material for the parent of this step.",
  },
  CUSTODY_UNREADABLE: {
    kind: "backend",
    sentence: "Stored secrets do not open with this key-encryption key.",
  },
  DELIVERY_MISMATCH: {
    kind: "invalid",
    sentence: "The delivered bytes are not the announced ones: their length or their hash differs.",
  },
  DELIVERY_INCOMPLETE: {
    kind: "invalid",
    sentence: "The delivery broke off, took too long, or was sent again before it had arrived.",
  },
  DELIVERY_CONFLICT: { kind: "conflict", sentence: "Other outputs were already delivered for this permit." },
  DELIVERY_REFUSED: { kind: "policy", sentence: "The delivered outputs exceed a limit of the policy." },
  CONTENT_UNKNOWN: { kind: "missing", sentence: "The gateway's store holds no content with this hash." },
  CONTENT_CORRUPT: { kind: "backend", sentence: "Stored content no longer hashes to its name." },
  GATEWAY_UNREACHABLE: { kind: "backend", sentence: "The gateway does not answer, or not in its protocol." },
} as const satisfies ErrorCatalogue;

export const gatewayError = errorsOf(gatewayErrors);
