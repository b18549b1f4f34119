import type { Flow } from '@fincore/payment-service/abuse/rules'
import { noSettings } from '@fincore/payment-service/abuse/settings'
import { createRandom } from '../faults/random.ts'
import { type Attack, makeAttack } from './attacks.ts'
import { type Competitor, makeShopWithCompetitor } from './competitor.ts'
import { makeHonestDay } from './honest-day.ts'
import { replay } from './replay.ts'

/** An attack may cost the PSP so many calls. */
export const mostCalls = 20

export const flows: readonly Flow[] = ['token', 'raw_card', 'hosted']
/** How an attacker hides. */
export const disguises = {
  'one address': { addresses: 'one', bins: 'many' },
  'many addresses, one BIN': { addresses: 'many', bins: 'one' },
  'many addresses, many BINs': { addresses: 'many', bins: 'many' },
  'no `customer_ip`': { addresses: 'none', bins: 'many' },
} as const satisfies Record<string, Pick<Attack, 'addresses' | 'bins'>>
/** What the banks say, and to which amounts: the easiest to see first. */
export const kinds = {
  'small payments, telling declines': { declines: 'telling', amount: 100n },
  'small payments, “declined” alone': { declines: 'generic', amount: 100n },
  'usual payments, telling declines': { declines: 'telling', amount: 4_900n },
  'usual payments, “declined” alone': { declines: 'generic', amount: 4_900n },
} as const satisfies Record<string, Pick<Attack, 'declines' | 'amount'>>

/** `median` and `worst`: calls until the attack was stopped; `inAll`: the most of a whole attack. */
export type AttackFigures = { median: number; worst: number; inAll: number; blockedBy: string[] }

/** Replays an attack with several seeds; one card in fifty is good, if nothing else is said. */
export async function measureAttack(
  attack: Omit<Attack, 'approvedShare' | 'parallel'> & Partial<Attack>,
  seeds: readonly number[],
  cards?: number,
  settings = noSettings,
): Promise<AttackFigures> {
  const runs: { calls: number; inAll: number; rules: string[] }[] = []
  for (const seed of seeds) {
    const payments = makeAttack({ approvedShare: 0.02, parallel: 1, ...attack }, createRandom(seed), cards)
    const { calls, callsUntilStopped, blocks } = await replay(payments, settings)
    runs.push({ calls: callsUntilStopped, inAll: calls.attacker, rules: blocks.map(({ rule }) => rule) })
  }
  const sorted = runs.map(({ calls }) => calls).toSorted((a, b) => a - b)
  return {
    median: sorted[sorted.length >> 1] ?? 0,
    worst: sorted.at(-1) ?? 0,
    inAll: Math.max(...runs.map(({ inAll }) => inAll)),
    blockedBy: [...new Set(runs.flatMap(({ rules }) => rules))].toSorted(),
  }
}

export type DayFigures = { payments: number; declinedShare: number; refused: number; blocks: string[] }

/** Replays an honest day. */
export async function measureHonestDay(seed: number, payments?: number): Promise<DayFigures> {
  const day = makeHonestDay(createRandom(seed), payments)
  const { refused, blocks } = await replay(day)
  const shoppers = day.filter(({ who }) => who === 'shopper')
  return {
    payments: day.length,
    declinedShare: shoppers.filter(({ says }) => 'declined' in says).length / shoppers.length,
    refused: refused.shopper + refused.billing,
    blocks: blocks.map(({ rule }) => rule),
  }
}

/** An attack in the middle of an honest day: what it costs the PSP, and the shop. */
export async function measureMixedDay(
  attack: Omit<Attack, 'approvedShare' | 'parallel'>,
  seed: number,
): Promise<{ calls: number; refusedShoppers: number; shoppers: number }> {
  const day = makeHonestDay(createRandom(seed))
  const at = 10 * 3_600_000
  const attackers = makeAttack({ approvedShare: 0.02, parallel: 1, ...attack }, createRandom(seed + 1), 10_000, at)
  const { calls, refused } = await replay([...day, ...attackers])
  return { calls: calls.attacker, refusedShoppers: refused.shopper, shoppers: calls.shopper + refused.shopper }
}

export type CompetitorFigures = {
  calls: number
  cards: number
  refusedShoppers: number
  shoppers: number
  blocks: number
}

/** A competitor who wants a shop closed: what it costs the shop, and the PSP. */
export async function measureCompetitor(competitor: Competitor, seed = 1): Promise<CompetitorFigures> {
  const { calls, refused, blocks } = await replay(makeShopWithCompetitor(createRandom(seed), competitor))
  return {
    calls: calls.attacker,
    cards: calls.attacker + refused.attacker,
    refusedShoppers: refused.shopper,
    shoppers: calls.shopper + refused.shopper,
    blocks: blocks.length,
  }
}
