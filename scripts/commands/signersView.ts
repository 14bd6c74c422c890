import { styleText } from "node:util";
import type { SignerResult } from "#lib/capsule/signatures.ts";
import { printable } from "#lib/core/printable.ts";

/** Everybody who signed a capsule, and why who is not trusted is not. */
export function signerLines(signers: readonly SignerResult[], hasAllowlist: boolean): readonly string[] {
  return [
    styleText("bold", "Signers: whose capsule is it?"),
    ...(signers.length === 0 ? ["  nobody signed this capsule"] : signers.flatMap(linesOf)),
    ...(signers.length > 0 && !hasAllowlist
      ? ["  No allowlist was given, so nobody is trusted: pass --signers or --signers-host, and --signers-root."]
      : []),
    "",
  ];
}

function linesOf({ fingerprint, identity, principal, signature, trusted, code }: SignerResult): readonly string[] {
  const valid = signature === "valid" ? styleText("dim", "–") : styleText("red", "✗");
  const mark = trusted ? styleText("green", "✓") : valid;
  const name = (principal && printable(principal)) ?? (identity ? printable(identity.san) : "unknown");
  return [
    `${mark} ${name}: signature ${signature}, ${trusted ? "trusted" : `not trusted (${code})`}`,
    `  ${fingerprint}`,
  ];
}
