import type { CommittedTables } from './database/database.ts'
import type { SimulatedPsp } from './psp.ts'

/**
 * How long each attempt that the PSP acted on took from the PSP's first possible answer to its settled record, in
 * milliseconds: the first possible one is when a look-up would have shown how it ended, and the PSP was not away.
 */
export function measureTruth(tables: CommittedTables, psp: SimulatedPsp, awayUntil: number): number[] {
  const { payments, operations, seenSince } = psp.ledger
  const things = new Map([...payments.values(), ...operations.values()].map((thing) => [thing.reference, thing]))
  return [...tables.attempts].flatMap((attempt) => {
    const thing = things.get(attempt.id)
    if (thing === undefined || attempt.settled_at === null) return []
    return [Math.max(0, attempt.settled_at.getTime() - Math.max(seenSince(thing), awayUntil))]
  })
}
