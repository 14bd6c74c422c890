import { readFile } from "node:fs/promises";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { chainError } from "#lib/chain/errors.ts";
import { bytes32 } from "#lib/core/encoding.ts";

/**
 * The account that a command sends with: from a file, or from an environment variable; never from an argument, which
 * other processes and the shell's history can read.
 *
 * @param file 0x and 64 hex digits
 * @throws SIGNING_KEY_MISSING, SIGNING_KEY_INVALID
 */
export async function signingAccount(file: string | undefined, variable: string): Promise<PrivateKeyAccount> {
  const text = file === undefined ? process.env[variable] : await keyIn(file);
  if (!text) throw chainError("SIGNING_KEY_MISSING", { variable });
  const key = bytes32.safeParse(text.trim());
  if (!key.success) throw chainError("SIGNING_KEY_INVALID", { from: file ?? variable });
  try {
    return privateKeyToAccount(key.data);
  } catch {
    // The cause would quote the key.
    throw chainError("SIGNING_KEY_INVALID", { from: file ?? variable });
  }
}

async function keyIn(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw chainError("SIGNING_KEY_MISSING", { file }, cause);
  }
}
