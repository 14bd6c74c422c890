import type { Policy } from "#lib/offers/policy.ts";
import { openIsolation } from "#lib/runner/isolation.ts";

/** What the machine of the tests gives. Not every developer's kernel has namespaces for everybody. */
export const isolation = await openIsolation({ disposable: false, weaker: true });
export const hasNamespaces = isolation.name === "process+network-namespace";
/** The strictest network policy that this machine can keep. */
export const network: Policy["network"] = { mode: hasNamespaces ? "none" : "runner" };

if (!hasNamespaces) console.log("no user namespaces here: the tests of network isolation are skipped");
