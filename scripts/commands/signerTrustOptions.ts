import { type Command, InvalidArgumentError } from "commander";

/** Where an allowlist comes from, and whose word it is: options that every command over signers shares. */
export type SignerTrustOptions = {
  readonly signers?: string;
  readonly signersHost?: string;
  readonly signersRoot?: readonly string[];
  readonly signersState?: string;
  readonly principal?: readonly string[];
};

export function signerTrustOptions(command: Command): Command {
  return command
    .option("--signers <file>", "signed allowlist (capsule-signers.json) of who is trusted to sign capsules")
    .option(
      "--signers-host <host>",
      "whose allowlist it must be; without --signers it is fetched from there",
      parseHost,
    )
    .option("--signers-root <pem...>", "root keys of that host, public, in PEM; got from elsewhere than the host")
    .option("--signers-state <folder>", "remembers the newest list of each host here, and refuses older ones")
    .option("--principal <name...>", "who must have signed, as the allowlist names them");
}

function parseHost(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a host.");
  return text;
}
