import { format } from "prettier";
import { p384CurveSource, p384FieldDoubleSource } from "./p384CurveSource.ts";
import { sha384Source } from "./sha384Source.ts";

/** Contracts that are generated, because every step of their arithmetic is written out. */
export const evidenceSources: readonly { readonly path: string; readonly content: () => Promise<string> }[] = [
  { path: "contracts/evidence/arithmetic/Sha384.sol", content: () => formatted(sha384Source()) },
  { path: "contracts/evidence/arithmetic/P384Curve.sol", content: () => formatted(p384CurveSource()) },
  { path: "contracts/test/evidence/P384FieldDouble.sol", content: () => formatted(p384FieldDoubleSource()) },
];

/** As .prettierrc.json says for Solidity. */
function formatted(source: string): Promise<string> {
  return format(source, { parser: "slang", plugins: ["prettier-plugin-solidity"], printWidth: 120, tabWidth: 4 });
}
