import { newId } from './ids.ts'
import type { Card } from './payments/card.ts'

/** Cards behind tokens, in memory only: a restart forgets them, and the shopper types the card again. */
export type TokenVault = {
  put(account: string, card: Card): { id: string; expiresAt: number }
  /** The card, while the token is young and unused; it stays until `use`. */
  find(account: string, token: string): Card | null
  use(token: string): void
}

/** More than this many unused tokens at once push out the oldest. */
const maxTokens = 100_000

export function createTokenVault(lifeMs: number, now: () => number): TokenVault {
  const tokens = new Map<string, { account: string; card: Card; expiresAt: number }>()
  const dropOld = () => {
    // A Map keeps the order of insertion and all tokens live equally long, so the oldest are the first.
    for (const [id, { expiresAt }] of tokens) {
      if (expiresAt > now() && tokens.size < maxTokens) break
      tokens.delete(id)
    }
  }
  return {
    put(account, card) {
      dropOld()
      const id = newId('tok', now())
      const expiresAt = now() + lifeMs
      tokens.set(id, { account, card, expiresAt })
      return { id, expiresAt }
    },
    find(account, token) {
      const entry = tokens.get(token)
      return entry && entry.account === account && entry.expiresAt > now() ? entry.card : null
    },
    use: (token) => void tokens.delete(token),
  }
}
