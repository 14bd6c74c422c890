import { concat, getAbiItem, type Hex, type PublicClient, sha256 } from "viem";
import type { Deployment } from "../../chain/deployment.ts";
import { p384Abi, trustRootsAbi } from "../../chain/generated/abis.ts";
import { type LogRange, readAllLogs } from "../../chain/logs.ts";
import { type IssuerKey, issuerRootId, type LogKey, logRootId } from "./roots.ts";

export type Evidence = NonNullable<Deployment["evidence"]>;

/** What `TrustRoots` knows of a root, unix seconds; `revokedFrom` is 0 while it is not revoked. */
export type RootRecord = { readonly queuedAt: number; readonly activeAt: number; readonly revokedFrom: number };

/** The roots that a chain was told of, with the keys that its events name. Whether each counts depends on the step. */
export type QueuedRoots = {
  readonly issuers: readonly (IssuerKey & { readonly record: RootRecord })[];
  readonly logs: readonly (LogKey & { readonly record: RootRecord })[];
};

/** SubjectPublicKeyInfo of an uncompressed point on P-256, up to the coordinates. */
const P256_KEY_INFO: Hex = "0x3059301306072a8648ce3d020106082a8648ce3d03010703420004";

/**
 * Reads every authority and log from the chain's events, and what became of each. An authority whose key nobody began to
 * register is left out: nothing could be checked under it.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED
 */
export async function readQueuedRoots(
  client: PublicClient,
  deployment: Pick<Deployment, "startBlock">,
  evidence: Evidence,
): Promise<QueuedRoots> {
  const toBlock = await client.getBlockNumber({ cacheTime: 0 });
  const all = <T>(read: (range: LogRange) => Promise<readonly T[]>) =>
    readAllLogs({ fromBlock: BigInt(deployment.startBlock), toBlock }, read);
  const { trustRoots: address, p384 } = evidence;
  const event = {
    issuer: getAbiItem({ abi: trustRootsAbi, name: "IssuerQueued" }),
    log: getAbiItem({ abi: trustRootsAbi, name: "LogQueued" }),
    key: getAbiItem({ abi: p384Abi, name: "KeyBegun" }),
  };
  const [issuers, logs, keys] = await Promise.all([
    all((range) => client.getLogs({ address, event: event.issuer, strict: true, ...range })),
    all((range) => client.getLogs({ address, event: event.log, strict: true, ...range })),
    all((range) => client.getLogs({ address: p384, event: event.key, strict: true, ...range })),
  ]);
  const keyOf = new Map(keys.map(({ args }) => [args.keyId, args.key]));
  const recordOf = (id: Hex): Promise<RootRecord> =>
    client.readContract({ address, abi: trustRootsAbi, functionName: "rootOf", args: [id] });
  return {
    issuers: (
      await Promise.all(
        issuers.map(async ({ args: { issuer } }) => {
          const key = keyOf.get(issuer.keyId);
          if (key === undefined) return [];
          const { nameHash, validFrom, validUntil } = issuer;
          const found: IssuerKey = { key, nameHash, validFrom, validUntil };
          return [{ ...found, record: await recordOf(issuerRootId(found)) }];
        }),
      )
    ).flat(),
    logs: await Promise.all(
      logs.map(async ({ args: { log } }) => {
        const { x, y, validFrom, validUntil } = log;
        const found: LogKey = { x, y, logId: logIdOf(x, y), validFrom, validUntil };
        return { ...found, record: await recordOf(logRootId(found)) };
      }),
    ),
  };
}

/** Whether a root counts now, for a step and an attestation. The rule is the contract's. */
export function counts(
  { queuedAt, activeAt, revokedFrom }: RootRecord,
  at: { readonly now: number; readonly openedAt: number; readonly logTime: number },
): boolean {
  return queuedAt < at.openedAt && activeAt <= at.now && (revokedFrom === 0 || at.logTime < revokedFrom);
}

/** As entries of the log name it. */
function logIdOf(x: Hex, y: Hex): Hex {
  return sha256(concat([P256_KEY_INFO, x, y]));
}
