import { createRandom } from '../faults/random.ts'
import { type Attack, makeAttack } from './attacks.ts'
import { makeHonestDay } from './honest-day.ts'
import { replay } from './replay.ts'

/** An attack may cost the PSP so many calls. */
export const mostCalls = 20

export type AttackFigures = { attack: Attack; runs: number; median: number; worst: number; blockedBy: string[] }

/** Replays an attack with several seeds. */
export async function measureAttack(attack: Attack, seeds: readonly number[], cards: number): Promise<AttackFigures> {
  const runs: { calls: number; rule: string }[] = []
  for (const seed of seeds) {
    const { calls, blocks } = await replay(makeAttack(attack, createRandom(seed), cards))
    runs.push({ calls: calls.attacker, rule: blocks.at(-1)?.rule ?? 'none' })
  }
  const sorted = runs.map(({ calls }) => calls).toSorted((a, b) => a - b)
  return {
    attack,
    runs: runs.length,
    median: sorted[sorted.length >> 1] ?? 0,
    worst: sorted.at(-1) ?? 0,
    blockedBy: [...new Set(runs.map(({ rule }) => rule))].toSorted(),
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
