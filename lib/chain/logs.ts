import { BaseError, HttpRequestError, type PublicClient, RpcError } from "viem";
import type { Deployment } from "./deployment.ts";
import { decodeRevert } from "./revert.ts";

export type LogRange = { readonly fromBlock: bigint; readonly toBlock: bigint | "latest" };

/** Narrower than any provider's limit: one that refuses this refuses for another reason. */
const NARROWEST = 500n;
/** A body or an answer that is too large is refused in HTTP by some providers. */
const TOO_LARGE_STATUS = [400, 413];

/**
 * The newest log that `read` finds since the deployment. The whole range is asked for at once; where the provider
 * refuses that, the search goes back from the head in ranges that are halved until it accepts one.
 *
 * @param read all matching logs of one range, oldest first
 * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED
 */
export async function findLastLog<T>(
  client: Pick<PublicClient, "getBlockNumber">,
  deployment: Pick<Deployment, "startBlock">,
  read: (range: LogRange) => Promise<readonly T[]>,
): Promise<T | undefined> {
  const start = BigInt(deployment.startBlock);
  try {
    return (await read({ fromBlock: start, toBlock: "latest" })).at(-1);
  } catch (thrown) {
    if (!mayBeTooWide(thrown)) throw decodeRevert(thrown);
  }
  try {
    return await searchBack(start, await client.getBlockNumber({ cacheTime: 0 }), read);
  } catch (thrown) {
    throw decodeRevert(thrown);
  }
}

/**
 * All logs that `read` finds in a range. It is asked for at once, and in halves where the provider refuses that.
 *
 * @param read all matching logs of one range, oldest first
 * @returns oldest first
 * @throws CHAIN_UNREACHABLE, CHAIN_CALL_FAILED
 */
export async function readAllLogs<T>(
  range: { readonly fromBlock: bigint; readonly toBlock: bigint },
  read: (range: LogRange) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const { fromBlock, toBlock } = range;
  try {
    return await read(range);
  } catch (thrown) {
    const width = toBlock - fromBlock + 1n;
    if (width <= NARROWEST || !mayBeTooWide(thrown)) throw decodeRevert(thrown);
    const middle = fromBlock + width / 2n;
    const older = await readAllLogs({ fromBlock, toBlock: middle - 1n }, read);
    return [...older, ...(await readAllLogs({ fromBlock: middle, toBlock }, read))];
  }
}

async function searchBack<T>(
  start: bigint,
  head: bigint,
  read: (range: LogRange) => Promise<readonly T[]>,
): Promise<T | undefined> {
  let width = (head - start) / 2n + 1n;
  let toBlock = head;
  while (toBlock >= start) {
    const fromBlock = toBlock - width + 1n > start ? toBlock - width + 1n : start;
    try {
      const last = (await read({ fromBlock, toBlock })).at(-1);
      if (last !== undefined) return last;
      toBlock = fromBlock - 1n;
    } catch (thrown) {
      if (width <= NARROWEST || !mayBeTooWide(thrown)) throw thrown;
      width /= 2n;
    }
  }
  return undefined;
}

/** Providers have no common code for a range they do not serve; an endpoint that is down never says so in JSON-RPC. */
function mayBeTooWide(thrown: unknown): boolean {
  if (!(thrown instanceof BaseError)) return false;
  const isRefusal = (error: unknown) =>
    error instanceof RpcError || (error instanceof HttpRequestError && TOO_LARGE_STATUS.includes(error.status ?? 0));
  return thrown.walk(isRefusal) !== null;
}
