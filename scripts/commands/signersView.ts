import { styleText } from "node:util";
import type { SignerResult } from "#lib/capsule/signatures.ts";
import { oneLine } from "#lib/capsule/untrusted.ts";

/** Everybody who signed a capsule, and why who is not trusted is not. */
export function printSigners(signers: readonly SignerResult[], hasAllowlist: boolean): void {
  console.log("signers");
  if (signers.length === 0) console.log("  nobody signed this capsule");
  for (const signer of signers) printSigner(signer);
  if (signers.length > 0 && !hasAllowlist) {
    console.log(
      "  No allowlist was given, so nobody is trusted: pass --signers or --signers-host, and --signers-root.",
    );
  }
}

function printSigner({ fingerprint, identity, principal, signature, trusted, code }: SignerResult): void {
  const mark = trusted
    ? styleText("green", "✓")
    : signature === "valid"
      ? styleText("dim", "–")
      : styleText("red", "✗");
  const name = principal ?? (identity ? oneLine(identity.san) : "unknown");
  console.log(`  ${mark} ${name}: signature ${signature}, ${trusted ? "trusted" : `not trusted (${code})`}`);
  console.log(`    ${fingerprint}`);
}
