import { z } from "zod";

/** What the sandbox prints when it is ready. */
export const sandboxReadySchema = z.object({
  url: z.url(),
  apiUrl: z.url(),
  oidcIssuer: z.url(),
  jwksUrl: z.url(),
  trustedRootFile: z.string(),
  /** What this machine gives workloads. */
  isolation: z.enum(["process", "process+network-namespace"]),
  token: z.string(),
  readToken: z.string(),
  repositories: z.object({
    signer: z.object({ commit: z.string(), workflow: z.string() }),
    caller: z.object({ commit: z.string(), workflow: z.string(), id: z.int(), ownerId: z.int() }),
    workloads: z.object({
      fullName: z.string(),
      commit: z.string(),
      entries: z.object({ digest: z.string(), ledger: z.string(), plot: z.string() }),
    }),
  }),
});
export type SandboxReady = z.output<typeof sandboxReadySchema>;
