import { setTimeout as sleep } from 'node:timers/promises'
import type { Violation } from '../faults/invariants/evidence.ts'
import { type Asked, isCharge, type Journal } from '../faults/journal.ts'

/** So many charges at least are acknowledged while the standby hears nothing: a loss that cannot be overlooked by luck. */
const leastUnheard = 5
/** On a machine with much else to do. A primary waits for no asynchronous standby, however long that is silent. */
const withinMs = 180_000

/**
 * The charges that were first asked for after one moment and acknowledged before another, both in the journal's
 * milliseconds. A repeat under its key belongs to the first request, whose record may be older.
 */
export function listUnheard(asked: readonly Asked[], from: number, until: number): string[] {
  const older = new Set(asked.filter(({ startedAt }) => startedAt < from).map(({ key }) => key))
  const charges = asked.filter((one) => isCharge(one) && one.endedAt < until && !older.has(one.key))
  return [...new Set(charges.map(({ body }) => String(body?.id)))]
}

/**
 * Waits until enough charges were asked for and acknowledged since a moment.
 * @throws Error after 180 s: then nothing would be lost, and nothing shown.
 */
export async function waitForUnheard(journal: Journal, from: number): Promise<void> {
  for (const until = performance.now() + withinMs; performance.now() < until; await sleep(50))
    if (listUnheard(journal.asked, from, journal.now()).length >= leastUnheard) return
  throw new Error(
    `Not ${leastUnheard} charges were acknowledged within ${withinMs / 1_000} s while the standby heard nothing`,
  )
}

/** Of charges that no standby heard of, those whose loss the judge did not notice. */
export function findUnnoticed(unheard: readonly string[], violations: readonly Violation[]): string[] {
  const lost = new Set(violations.filter(({ harm }) => harm === 'lost').map(({ about }) => about))
  return unheard
    .filter((id) => !lost.has(id))
    .map((id) => `${id} was acknowledged while the standby heard nothing, and was not called lost`)
}
