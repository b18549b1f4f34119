import { LRUCache } from 'lru-cache'

/** What was read of the database and is remembered by a key, for a while. */
export type Cached<T extends object> = {
  read(key: string): Promise<T>
  drop(key: string): void
  dropAll(): void
}

/**
 * How long something is remembered at most: should the announcement of a change be lost, it is seen after this. That is
 * also how soon a revocation must hold (the card relay remembers an admit no longer either).
 */
export const lifetimeMs = 5_000
export const maxEntries = 10_000

/**
 * Remembers what `load` gives, so that no query stands on the path of a charge.
 *
 * @param servesStale what is older than its time is given once more while it is loaded anew, so that only the first
 *   reading of a key, and the first after a drop, waits. Not for what must end in time, such as a right.
 */
export function createCached<T extends object>(
  load: (key: string) => Promise<T>,
  { ttl = lifetimeMs, servesStale = false } = {},
): Cached<T> {
  const cache = new LRUCache<string, T>({
    max: maxEntries,
    ttl,
    fetchMethod: load,
    ignoreFetchAbort: true,
    allowStale: servesStale,
  })
  return {
    // fetch() answers undefined only when the entry was dropped while it was being loaded: read past the cache.
    read: async (key) => (await cache.fetch(key)) ?? load(key),
    drop: (key) => void cache.delete(key),
    dropAll: () => cache.clear(),
  }
}
