import pino from "pino";

/** The one logger: JSON lines. Fields that could carry a secret are removed by name before anything is written. */
export type Log = Pick<pino.Logger, "debug" | "info" | "warn" | "error">;

const SECRET_FIELDS = ["token", "authorization", "privateKey", "key", "secret", "signature", "kek", "mac"];

/** @param destination standard output unless a test gives another */
export function createLog(
  level: "debug" | "info" | "warn" | "error" | "silent",
  destination: pino.DestinationStream = pino.destination(1),
): Log {
  const options = {
    level,
    base: null,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: "[removed]" },
  };
  return pino(options, destination);
}
