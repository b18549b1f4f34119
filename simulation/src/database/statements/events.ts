import { insertEvent } from '@fincore/payment-service/store/events'
import { nextSequenceOf } from '@fincore/payment-service/store/events-list'
import { deliveryIdOf, type WebhookDeliveryRow } from '@fincore/payment-service/store/webhook-deliveries'
import type { WebhookEndpointRow } from '@fincore/payment-service/store/webhook-endpoints'
import { lesson } from '../learn.ts'
import { lockRow } from '../locks.ts'
import { lockStrengths, visibleTo, type Waits } from '../slot.ts'
import { insert } from '../table.ts'
import type { EventRecord } from '../tables/events.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'

/** A delivery as it is made, by the trigger or for one endpoint alone. */
export function newDelivery(
  tx: Transaction,
  { merchantId, endpointId, eventId }: { merchantId: string; endpointId: string; eventId: string },
): WebhookDeliveryRow {
  return {
    merchant_id: merchantId,
    id: deliveryIdOf(eventId, endpointId),
    endpoint_id: endpointId,
    event_id: eventId,
    state: 'pending',
    tries: 0,
    next_try_at: tx.now,
    last_try_at: null,
    last_status: null,
    last_error: null,
    delivered_at: null,
    created_at: tx.now,
  }
}

/** The trigger `events_are_delivered`, at the end of a statement that inserted events. */
export function* deliverEvents(tx: Transaction, events: readonly EventRecord[]): Waits<void> {
  const deliveries: WebhookDeliveryRow[] = []
  for (const event of events) {
    if (event.type === 'ping') continue
    const wants = (row: WebhookEndpointRow) =>
      row.status === 'enabled' && (row.events.includes('*') || row.events.includes(event.type))
    for (const slot of tx.tables.webhook_endpoints.byMerchant.find(event.merchant_id)) {
      const seen = visibleTo(tx, slot)
      if (seen === null || !wants(seen)) continue
      // `for key share`: one that is being deleted is waited for, and gets no delivery.
      const current = yield* lockRow(tx, slot, lockStrengths.keyShare)
      if (current !== null && (current === seen || wants(current)))
        deliveries.push(newDelivery(tx, { merchantId: event.merchant_id, endpointId: seen.id, eventId: event.id }))
    }
  }
  for (const delivery of deliveries) yield* insert(tx, tx.tables.webhook_deliveries, delivery)
}

export const eventLessons = [
  lesson(
    'insertEvent',
    (db) => insertEvent(db, { merchantId: '', id: '', type: 'ping', objectId: '', sequence: 1, body: '' }),
    function* (tx, [merchant_id, id, type, object_id, sequence, body]: InsertValues) {
      const event = { merchant_id, id, type, object_id, sequence, body, created_at: tx.now }
      yield* insert(tx, tx.tables.events, event)
      yield* deliverEvents(tx, [event])
      return 1
    },
  ),
  lesson(
    'nextSequenceOf',
    (db) => nextSequenceOf(db, '', ''),
    (tx, [merchantId, objectId]: [string, string]) => {
      let max = 0
      const isIts = (row: EventRecord) => row.merchant_id === merchantId && row.object_id === objectId
      for (const row of seenOf(tx, tx.tables.events.byObject.find(objectId), isIts)) max = Math.max(max, row.sequence)
      return [{ next: max + 1 }]
    },
  ),
]

type InsertValues = [
  merchantId: string,
  id: string,
  type: EventRecord['type'],
  objectId: string,
  sequence: number,
  body: string,
]
