import type { Charge, Evidence, Refund, Session, Violation } from './evidence.ts'

/** I6: every change has its event, sequences have no gap, and every event reaches its endpoint at least once. */
export function checkEvents(evidence: Evidence): Violation[] {
  const found: Violation[] = []
  const broken = (about: string, what: string) => void found.push({ invariant: 'I6', harm: 'other', about, what })
  const byObject = Map.groupBy(evidence.events, ({ object_id }) => object_id)

  for (const row of [...evidence.charges, ...evidence.refunds, ...evidence.sessions]) {
    const events = (byObject.get(row.id) ?? []).toSorted((a, b) => a.sequence - b.sequence)
    const sequences = events.map(({ sequence }) => sequence)
    const expected = Array.from({ length: row.sequence }, (_, index) => index + 1)
    if (sequences.join() !== expected.join())
      broken(row.id, `it changed ${row.sequence} times, and has the events ${sequences.join(', ') || 'none'}`)
    const last = events.at(-1)
    if (last === undefined && isToldOf(row)) broken(row.id, `it is ${row.status}, and no event says so`)
    if (last !== undefined && last.object.status !== row.status)
      broken(row.id, `it is ${row.status}, and its last event says ${last.object.status}`)
  }
  const received = new Set(evidence.received.map(({ id }) => id))
  const deliveries = Map.groupBy(evidence.deliveries, ({ event_id }) => event_id)
  for (const { id, object_id, sequence, type } of evidence.events) {
    const own = deliveries.get(id) ?? []
    for (const endpoint of evidence.endpoints) {
      const delivery = own.find(({ endpoint_id }) => endpoint_id === endpoint)
      if (delivery === undefined) broken(object_id, `its event ${sequence} (${type}) is not to be delivered`)
      else if (delivery.state !== 'delivered')
        broken(object_id, `its event ${sequence} (${type}) is ${delivery.state} after ${delivery.tries} tries`)
    }
    if (!received.has(id)) broken(object_id, `its event ${sequence} (${type}) never arrived`)
  }
  // What arrived is what happened: nothing was told that is not in the books.
  const known = new Map(evidence.events.map(({ id, object }) => [id, String(object.status)]))
  for (const { id, type, object } of evidence.received) {
    if (!known.has(id))
      broken(String(object.id), `the merchant was told ${type} (${id}), of which FinCore knows nothing`)
    else if (known.get(id) !== String(object.status))
      broken(String(object.id), `the merchant was told ${object.status} by ${id}, and FinCore keeps ${known.get(id)}`)
  }
  return found
}

/**
 * A charge that is still being processed, and an open session, have nothing to tell yet; nor has a session that the PSP
 * refused to make, of which the merchant hears in his answer alone.
 */
function isToldOf(row: Charge | Refund | Session): boolean {
  const isSession = row.id.startsWith('ps_')
  return isSession ? row.status !== 'open' && row.status !== 'canceled' : row.status !== 'processing'
}
