import { type ErrorCatalogue, errorsOf } from "#lib/core/error.ts";

/** Why a deployment to a public chain is refused before anything is sent. */
export const deployErrors = {
  DEPLOY_CHAIN_WRONG: { kind: "invalid", sentence: "The endpoint is another chain than the deployment is for." },
  DEPLOY_BOUND_CHANGED: {
    kind: "invalid",
    sentence: "A bound of the parameters is not the protocol's. Public deployments have the production figures.",
  },
  DEPLOY_ADDRESS_TAKEN: {
    kind: "conflict",
    sentence: "There is code where a contract would be created. Deploy from another account.",
  },
  DEPLOY_FUNDS_INSUFFICIENT: {
    kind: "conflict",
    sentence: "The deployer's balance does not cover the estimated cost with its reserve. Fund the account.",
  },
  DEPLOY_PERMIT2_UNFIT: {
    kind: "invalid",
    sentence: "The address of Permit2 has no code, or does not answer as Permit2 of this chain.",
  },
  DEPLOY_GOVERNANCE_UNFIT: {
    kind: "invalid",
    sentence:
      "Governor and guardian of the roots must be two different accounts, and the governor a contract that takes several people to act.",
  },
  DEPLOY_ROOT_DELAY_TOO_SHORT: {
    kind: "invalid",
    sentence: "Roots of evidence must wait for at least 48 hours, so that whoever watches can object.",
  },
  DEPLOY_ROOTS_MISSING: {
    kind: "invalid",
    sentence: "The trusted root has no authority or no log that can be checked on-chain now. Nothing could be proven.",
  },
  DEPLOY_TOKEN_UNFIT: {
    kind: "invalid",
    sentence: "The token has no code, no decimals, or moves another amount than it is asked to. It cannot be used.",
  },
  DEPLOY_ROLE_UNFIT: {
    kind: "invalid",
    sentence: "A role is the zero address, a precompile or one of the contracts: nobody could sign for it.",
  },
} as const satisfies ErrorCatalogue;

export const deployError = errorsOf(deployErrors);
