/**
 * Runs `work` at most once at a time for each key: who asks meanwhile gets the answer, or the failure, that is under way.
 *
 * @param work its other arguments must not matter to what it does for a key
 */
export function singleFlight<K, A extends unknown[], T>(
  work: (key: K, ...args: A) => Promise<T>,
): (key: K, ...args: A) => Promise<T> {
  const underWay = new Map<K, Promise<T>>();
  return (key, ...args) => {
    const known = underWay.get(key);
    if (known) return known;
    const started = work(key, ...args).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  };
}
