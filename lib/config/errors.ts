import { type ErrorCatalogue, errorsOf } from "../core/error.ts";

/** Failures of configuration, found before anything starts. */
export const configErrors = {
  CONFIG_INVALID: { kind: "invalid", sentence: "An environment variable is missing or malformed; see .env.example." },
  CONFIG_UNSAFE: {
    kind: "invalid",
    sentence: "Production mode refuses this setting because it belongs to the sandbox or is known to everyone.",
  },
} as const satisfies ErrorCatalogue;

export const configError = errorsOf(configErrors);
