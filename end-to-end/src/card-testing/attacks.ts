import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Flow } from '@fincore/payment-service/abuse/rules'
import type { Random } from '../faults/random.ts'
import type { Payment } from './replay.ts'

/** An attack: how the attacker hides, and what the banks say. */
export type Attack = {
  flow: Flow
  /** How many addresses; `none`: the merchant sends no `customer_ip`. */
  addresses: 'one' | 'many' | 'none'
  bins: 'one' | 'many'
  /** `telling`: as banks answer to numbers that were made up or are old; `generic`: one that says no more than no. */
  declines: 'telling' | 'generic'
  /** Of the cards, how many are good. */
  approvedShare: number
  amount: bigint
  /** How many tries are under way at once. */
  parallel: number
}

const answersAfterMs = 400
/** An attacker's script sends the next at once; a page must be loaded and filled in first. */
const everyMs = { token: 410, raw_card: 410, hosted: 1_500 } as const satisfies Record<Flow, number>
/** Hosted: the attacker takes another session after so many. */
const triesPerSession = 50

/** What banks say to lists of cards; whole numbers out of a hundred. */
const declines: Record<Attack['declines'], Partial<Record<DeclineCode, number>>> = {
  telling: {
    incorrect_number: 30,
    incorrect_cvc: 20,
    expired_card: 12,
    do_not_honor: 22,
    card_declined: 8,
    lost_card: 3,
    stolen_card: 3,
    insufficient_funds: 2,
  },
  generic: { card_declined: 100 },
}

/** Ten thousand cards, each tried once, as quickly as `parallel` allows. */
export function makeAttack(attack: Attack, random: Random, cards = 10_000, from = 0): Payment[] {
  return Array.from({ length: cards }, (_, index) => ({
    at: from + Math.floor(index / attack.parallel) * everyMs[attack.flow],
    who: 'attacker',
    flow: attack.flow,
    address: attack.addresses === 'none' ? null : attack.addresses === 'one' ? '198.51.100.7' : addressOf(index),
    card: {
      brand: 'visa',
      first6: attack.bins === 'one' ? '453201' : String(400_000 + ((index * 7_919) % 99_991)),
      last4: String(random.whole(0, 9_999)).padStart(4, '0'),
      exp_month: random.whole(1, 12),
      exp_year: random.whole(2027, 2031),
    },
    amount: attack.amount,
    session: attack.flow === 'hosted' ? Math.floor(index / triesPerSession) : null,
    says: random.chance(attack.approvedShare)
      ? { approved: true }
      : { declined: random.weighted(declines[attack.declines] as Record<DeclineCode, number>) },
    answersAfterMs,
    confirmsAfterMs: null,
  }))
}

function addressOf(index: number): string {
  return `45.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
}
