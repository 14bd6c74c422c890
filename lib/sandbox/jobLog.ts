import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

const MAX_LOG_BYTES = 16_777_216;

export type JobLog = {
  readonly line: (text: string) => void;
  /** Raw output of a process; cut into lines. */
  readonly chunk: (bytes: Buffer) => void;
  /** From here on this text is replaced by `***`. */
  readonly mask: (secret: string) => void;
};

/** The log of a job: one line each with its time, secrets masked, cut off where it would fill the disk. */
export function openJobLog(file: string): JobLog {
  mkdirSync(dirname(file), { recursive: true });
  const secrets: string[] = [];
  let written = 0;
  let unfinished = "";
  const line = (text: string) => {
    if (written > MAX_LOG_BYTES) return;
    const masked = secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
    const entry = `${new Date().toISOString()} ${masked}\n`;
    written += entry.length;
    appendFileSync(file, written > MAX_LOG_BYTES ? "The log is cut off here: it is too long.\n" : entry);
  };
  return {
    line: (text) => {
      if (unfinished !== "") line(unfinished);
      unfinished = "";
      line(text);
    },
    chunk: (bytes) => {
      const lines = (unfinished + bytes.toString("utf8")).split("\n");
      unfinished = lines.pop() ?? "";
      for (const complete of lines) line(complete);
    },
    mask: (secret) => {
      secrets.push(secret);
    },
  };
}
