import type { Slot } from './slot.ts'
import { forgetSlot } from './table.ts'
import type { Tables } from './tables.ts'

/**
 * The rows about one charge, or about one payment session with all its charges: what was done for it, what merchants
 * were told of it, and what its PSP told us.
 */
export function belongingsOf(tables: Tables, id: string) {
  const sessions = id.startsWith('ps_') ? byId(tables.payment_sessions, id) : []
  const charges = id.startsWith('ps_') ? [...tables.charges.bySession.find(id)] : byId(tables.charges, id)
  const chargeIds = idsOf(charges)
  const refunds = chargeIds.flatMap((charge) => [...tables.refunds.byCharge.find(charge)])
  const attempts = [
    ...chargeIds.flatMap((charge) => [...tables.attempts.byCharge.find(charge)]),
    ...tables.attempts.bySession.find(id),
  ]
  const attemptIds = idsOf(attempts)
  const settlements = attemptIds.flatMap((attempt) => [...tables.attempt_settlements.byAttempt.find(attempt)])
  const objects = [...new Set([id, ...chargeIds, ...idsOf(refunds)])]
  const events = objects.flatMap((object) => [...tables.events.byObject.find(object)])
  const audited = [...objects, ...attemptIds, ...idsOf(settlements)].flatMap((resource) => [
    ...tables.audit_records.byResource.find(resource),
  ])
  return {
    payment_sessions: sessions,
    charges,
    refunds,
    attempts,
    attempt_settlements: settlements,
    events,
    webhook_deliveries: idsOf(events).flatMap((event) => [...tables.webhook_deliveries.byEvent.find(event)]),
    idempotency_keys: objects.flatMap((object) => [...tables.idempotency_keys.byObject.find(object)]),
    psp_events: attemptIds.flatMap((attempt) => [...tables.psp_events.byReference.find(attempt)]),
    audit_records: audited,
    audit_unsealed: audited.flatMap(({ committed }) => {
      const slot = committed === null ? undefined : tables.audit_unsealed.find(String(committed.id))
      return slot === undefined ? [] : [slot]
    }),
  }
}
export type Belongings = ReturnType<typeof belongingsOf>

function byId<Row extends { merchant_id: string; id: string }>(
  table: { byItsId: { find(id: string): Iterable<Slot<Row>> } },
  id: string,
): Slot<Row>[] {
  return [...table.byItsId.find(id)]
}

function idsOf(slots: readonly Slot<{ id: string } & object>[]): string[] {
  return slots.flatMap(({ committed }) => (committed === null ? [] : [committed.id]))
}

/** Takes all these rows out of every table and index. False, and nothing is taken, while a transaction works on one. */
export function forget(belongings: Belongings): boolean {
  const slots: Slot[] = Object.values(belongings).flat()
  if (slots.some((slot) => slot.isWritten || slot.holder !== null || slot.sharers !== null)) return false
  for (const slot of slots) forgetSlot(slot)
  return true
}
