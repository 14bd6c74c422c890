import { bytesToHex, type Hex } from "viem";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { transcriptError } from "./errors.ts";
import { hashBytes } from "./merkle.ts";

/** A statement about a log's state, as c2sp.org/tlog-checkpoint writes it: the text of a signed note. */
export type Checkpoint = {
  /** Names the log, over all its states. */
  readonly origin: string;
  readonly count: number;
  /** Root of the RFC 6962 tree, not the fingerprint: other tools know nothing of the latter. */
  readonly treeRoot: Hex;
};

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** The text, with its final line feed. @throws CHECKPOINT_MALFORMED */
export function checkpointText({ origin, count, treeRoot }: Checkpoint): string {
  const text = `${origin}\n${count}\n${encodeBase64(hashBytes(treeRoot))}\n`;
  parseCheckpoint(text);
  return text;
}

/**
 * Reads a note's text. Extension lines are refused: nothing here writes them and no log monitor can audit them.
 *
 * @throws CHECKPOINT_MALFORMED
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  const hash = decodeBase64(root);
  const count = SIZE.test(size) ? Number(size) : Number.NaN;
  if (origin === "" || !Number.isSafeInteger(count) || hash?.length !== 32 || rest.length !== 1 || rest[0] !== "") {
    throw transcriptError("CHECKPOINT_MALFORMED", { origin, size });
  }
  return { origin, count, treeRoot: bytesToHex(hash) };
}
