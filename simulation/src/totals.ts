import type { EpisodeResult } from './episode.ts'
import type { Harm } from './invariants.ts'

/** The sums of many episodes; plain data, because they come from worker threads. */
export type Totals = {
  payments: number
  episodes: number
  movements: number
  events: number
  errors: number
  steps: number
  faults: Record<string, number>
  harms: Partial<Record<Harm, number>>
  /** Times to truth by their length: how many were so many milliseconds, up to the longest; for the percentiles. */
  truth: Record<number, number>
  failed: number[]
}

export function startTotals(): Totals {
  return {
    payments: 0,
    episodes: 0,
    movements: 0,
    events: 0,
    errors: 0,
    steps: 0,
    faults: {},
    harms: {},
    truth: {},
    failed: [],
  }
}

export function addEpisode(totals: Totals, episode: number, payments: number, result: EpisodeResult): void {
  const { counts, faults, violations, timesToTruth } = result
  totals.payments += payments
  totals.episodes++
  totals.movements += counts.movements
  totals.events += counts.events
  totals.errors += counts.errors
  totals.steps += counts.steps
  for (const [kind, count] of faults) totals.faults[kind] = (totals.faults[kind] ?? 0) + count
  for (const { harm } of violations) totals.harms[harm] = (totals.harms[harm] ?? 0) + 1
  for (const ms of timesToTruth) {
    const rounded = roundTime(ms)
    totals.truth[rounded] = (totals.truth[rounded] ?? 0) + 1
  }
  if (violations.length > 0) totals.failed.push(episode)
}

export function addTotals(totals: Totals, more: Totals): void {
  for (const name of ['payments', 'episodes', 'movements', 'events', 'errors', 'steps'] as const) {
    totals[name] += more[name]
  }
  for (const part of ['faults', 'harms', 'truth'] as const) {
    const sums: Record<string, number> = totals[part]
    for (const [kind, count] of Object.entries(more[part])) sums[kind] = (sums[kind] ?? 0) + count
  }
  totals.failed.push(...more.failed)
}

/** Two digits are enough: a hundredth of a second says nothing of a minute. */
function roundTime(ms: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, ms))) - 1)
  return Math.round(ms / unit) * unit
}

/** The least time within which a part of all times lies. */
export function percentile(truth: Totals['truth'], part: number): number {
  const times = Object.entries(truth).map(([ms, count]) => ({ ms: Number(ms), count }))
  times.sort((one, other) => one.ms - other.ms)
  let left = part * times.reduce((sum, { count }) => sum + count, 0)
  for (const { ms, count } of times) {
    left -= count
    if (left <= 0) return ms
  }
  return times.at(-1)?.ms ?? 0
}
