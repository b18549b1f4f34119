import type { EventType } from '@fincore/api-contract/events'
import { newId } from '../ids.ts'
import type { Queryable } from './pool.ts'

export type NewEvent = {
  merchantId: string
  id: string
  type: EventType
  objectId: string
  sequence: number
  body: string
}

/** Makes the event that tells a change: the text that is stored is the text that is signed and sent. */
export function makeEvent(
  type: EventType,
  merchantId: string,
  object: { id: string },
  sequence: number,
  now: Date,
): NewEvent {
  const id = newId('event')
  const body = JSON.stringify({ object: 'event', id, type, created_at: now.toISOString(), sequence, data: { object } })
  return { merchantId, id, type, objectId: object.id, sequence, body }
}

/** The id of the object that an event is about, of the text that `makeEvent` wrote. */
export function objectOfEvent(body: string): string {
  const event: { data: { object: { id: string } } } = JSON.parse(body)
  return event.data.object.id
}

/** Inserts an event in the transaction of the change that it tells; its deliveries follow by trigger. */
export async function insertEvent(tx: Queryable, event: NewEvent): Promise<void> {
  await tx.query(
    'insert into events (merchant_id, id, type, object_id, sequence, body) values ($1, $2, $3, $4, $5, $6)',
    [event.merchantId, event.id, event.type, event.objectId, event.sequence, event.body],
  )
}
