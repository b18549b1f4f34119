import type { Random } from '../faults/random.ts'
import type { Payment } from './replay.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const lastsMs = 48 * hour

/** How a competitor tries to have a shop's whole flow blocked: with made-up cards, each from another address. */
export const competitors = {
  /** Again whenever a block would end if it held six times as long each time: 0.5, 3, 18 and 24 h. */
  'few cards, as each block ends': [
    { at: 0, cards: 6 },
    ...[0.5, 3.5, 21.5, 45.5].map((hours, turn) => ({ at: hours * hour + (turn + 1) * 10 * second, cards: 4 })),
  ],
  'six cards every half-hour': Array.from({ length: 96 }, (_, turn) => ({ at: turn * 30 * minute, cards: 6 })),
  'a card every 30 s': Array.from({ length: 5_760 }, (_, turn) => ({ at: turn * 30 * second, cards: 1 })),
} as const satisfies Record<string, readonly { at: number; cards: number }[]>

export type Competitor = keyof typeof competitors

/** Two days of a small shop, with one good payment a minute, each from another address, and of its competitor. */
export function makeShopWithCompetitor(random: Random, competitor: Competitor): Payment[] {
  const shoppers = Array.from({ length: lastsMs / minute }, (_, turn) =>
    pay(random, 'shopper', turn, turn * minute + random.whole(0, 59) * second),
  )
  const cards = competitors[competitor].flatMap(({ at, cards: count }) =>
    Array.from({ length: count }, (_, turn) => at + turn * 500),
  )
  return [...shoppers, ...cards.map((at, turn) => pay(random, 'attacker', turn, at))]
}

function pay(random: Random, who: 'shopper' | 'attacker', turn: number, at: number): Payment {
  return {
    at,
    who,
    flow: 'token',
    address: `${who === 'shopper' ? 45 : 46}.${turn >> 16}.${(turn >> 8) & 255}.${turn & 255}`,
    card: {
      brand: 'visa',
      first6: String(random.whole(400_000, 400_400)),
      last4: String(random.whole(0, 9_999)).padStart(4, '0'),
      exp_month: random.whole(1, 12),
      exp_year: random.whole(2027, 2031),
    },
    amount: who === 'shopper' ? 4_900n : 100n,
    session: null,
    says: who === 'shopper' ? { approved: true } : { declined: 'incorrect_number' },
    answersAfterMs: 400,
    confirmsAfterMs: null,
  }
}
