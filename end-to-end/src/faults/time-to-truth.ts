import type { Evidence, Movement } from './invariants/evidence.ts'
import type { Outage } from './kills.ts'

export type Times = { count: number; median: number; p99: number; max: number }

/**
 * From the PSP's first possible answer to FinCore's record of it, in milliseconds: from the movement at the PSP, or from
 * the end of the outage that it fell into, to the event that told it. Whatever FinCore did meanwhile counts, its own
 * deaths too.
 */
export function measureTimes(evidence: Evidence, outages: readonly Outage[]): { all: Times; inDoubt: Times } {
  const lookedUp = new Set(evidence.attempts.filter(({ lookups }) => lookups > 0).map(({ id }) => id))
  const all: number[] = []
  const inDoubt: number[] = []
  for (const movement of evidence.truth) {
    // An automatic capture is told with its authorization.
    if (movement.kind === 'capture' && movement.own_reference === movement.reference) continue
    const told = findTold(evidence, movement)
    if (told === null) continue
    const ms = Math.max(0, told - firstPossibleAnswer(movement.at, outages))
    all.push(ms)
    if (lookedUp.has(movement.own_reference)) inDoubt.push(ms)
  }
  return { all: summarize(all), inDoubt: summarize(inDoubt) }
}

/** A PSP that dies just after it has acted could not answer. */
const answerTakesMs = 100

function firstPossibleAnswer(movedAt: number, outages: readonly Outage[]): number {
  let at = movedAt
  for (const { from, until } of outages) if (at > from - answerTakesMs && at < until) at = until
  return at
}

const toldBy: Readonly<Record<Movement['kind'], readonly string[]>> = {
  authorization: ['authorized', 'captured'],
  capture: ['captured'],
  cancellation: ['canceled'],
  refund: ['succeeded'],
}

function findTold(evidence: Evidence, movement: Movement): number | null {
  const attempt = evidence.attempts.find(({ id }) => id === movement.own_reference)
  const charge = evidence.charges.find(({ psp_reference }) => psp_reference === movement.payment)
  const about = movement.kind === 'refund' ? attempt?.refund_id : charge?.id
  const told = evidence.events.find(
    ({ object_id, object }) => object_id === about && toldBy[movement.kind].includes(String(object.status)),
  )
  return told?.created_at ?? null
}

function summarize(values: number[]): Times {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}
