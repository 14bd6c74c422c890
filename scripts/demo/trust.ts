import type { Stack } from "../stack/stack.ts";

/** The flags that make the command line trust this stack's sandbox. */
export function trustArguments({ sandbox }: Stack): readonly string[] {
  return ["--trusted-root", sandbox.trustedRootFile, "--profile", "sandbox", "--issuer", sandbox.oidcIssuer];
}
