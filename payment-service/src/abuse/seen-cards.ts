import { LRUCache } from 'lru-cache'
import type { CardShown } from '../psp-gateway/port.ts'
import { freeRepeats } from './rules.ts'

export type SeenCards = {
  /** A card was declined. @returns whether it counts: a shopper’s second and third try does not. */
  decline(merchantId: string, card: CardShown | null, nowMs: number): boolean
  /** A card was approved: whatever went before was its shopper’s. */
  approve(merchantId: string, card: CardShown | null): void
}

/** A card is known so long after its last decline, and so many are. */
const knownMs = 3_600_000
const most = 20_000

/** Remembers the cards that were declined lately, by what may be shown of them, so that each counts once. */
export function createSeenCards(): SeenCards {
  const cards = new LRUCache<string, { declines: number; at: number }>({ max: most })
  return {
    decline(merchantId, card, nowMs) {
      // Nothing is known of it, so it may be any.
      if (card === null) return true
      const name = nameOf(merchantId, card)
      const known = cards.get(name)
      const declines = known === undefined || nowMs - known.at > knownMs ? 1 : known.declines + 1
      cards.set(name, { declines, at: nowMs })
      return declines === 1 || declines > 1 + freeRepeats
    },
    approve(merchantId, card) {
      if (card !== null) cards.delete(nameOf(merchantId, card))
    },
  }
}

/** First six and last four digits and the date: for one merchant and within an hour, it hardly ever names two cards. */
function nameOf(merchantId: string, { brand, first6, last4, exp_month, exp_year }: CardShown): string {
  return `${merchantId} ${first6 ?? brand} ${last4} ${exp_month} ${exp_year}`
}
