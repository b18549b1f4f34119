import { LRUCache } from 'lru-cache'
import type { CardShown } from '../psp-gateway/port.ts'
import { freeRepeats } from './rules.ts'

export type SeenCards = {
  /** A card was declined. @returns whether it counts: a shopper’s second and third try does not. */
  decline(merchantId: string, card: CardShown | null, nowMs: number): boolean
  /** A card was approved: whatever went before was its shopper’s. @returns whether it counts, as it does once. */
  approve(merchantId: string, card: CardShown | null, nowMs: number): boolean
}

/** A card is known so long after its last decline, or after the approval that counted, and so many are. */
const knownMs = 3_600_000
const most = 20_000

/**
 * Remembers the cards that were declined or approved lately, by what may be shown of them, so that each counts once.
 * Approvals too: otherwise one good card of the attacker's own, paid with between the others, hides any number of them.
 */
export function createSeenCards(): SeenCards {
  const approvedAt = new LRUCache<string, number>({ max: most })
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
    approve(merchantId, card, nowMs) {
      if (card === null) return true
      cards.delete(nameOf(merchantId, card))
      // Without its date where there is enough else: not every bank looks at it, and an attacker types others.
      const name = nameOf(merchantId, card.first6 === null ? card : { ...card, exp_month: 0, exp_year: 0 })
      const before = approvedAt.get(name)
      if (before !== undefined && nowMs - before <= knownMs) return false
      approvedAt.set(name, nowMs)
      return true
    },
  }
}

/** First six and last four digits and the date: for one merchant and within an hour, it hardly ever names two cards. */
function nameOf(merchantId: string, { brand, first6, last4, exp_month, exp_year }: CardShown): string {
  return `${merchantId} ${first6 ?? brand} ${last4} ${exp_month} ${exp_year}`
}
