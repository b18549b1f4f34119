import { LRUCache } from 'lru-cache'
import { probing } from './rules.ts'
import type { TryFacts } from './tally.ts'

type Place = Pick<TryFacts, 'merchantId' | 'flow' | 'address' | 'bin'>

export type GoodShoppers = {
  /** Whether the last card from there was approved lately, by address or by first six digits. */
  has(place: Place, nowMs: number): boolean
  approve(place: Place, nowMs: number): void
  /** A card was declined there: its shopper is not known to be good until the next approval. */
  decline(place: Place): void
}

const most = 50_000

/** Remembers, in memory, where cards were good before a flow was blocked. */
export function createGoodShoppers(): GoodShoppers {
  const approvedAt = new LRUCache<string, number>({ max: most })
  return {
    has: (place, nowMs) =>
      namesOf(place).some((name) => nowMs - (approvedAt.get(name) ?? Number.NEGATIVE_INFINITY) < probing.goodForMs),
    approve(place, nowMs) {
      for (const name of namesOf(place)) approvedAt.set(name, nowMs)
    },
    decline(place) {
      for (const name of namesOf(place)) approvedAt.delete(name)
    },
  }
}

/** A card's first six digits are known in time at the card relay alone. */
function namesOf({ merchantId, flow, address, bin }: Place): string[] {
  return Object.entries({ address, bin: flow === 'raw_card' ? bin : null }).flatMap(([subject, value]) =>
    value === null ? [] : [`${merchantId} ${flow} ${subject} ${value}`],
  )
}
