import { newId } from '../../ids.ts'
import { makeEvent } from '../../store/events.ts'
import type { Queryable } from '../../store/pool.ts'

/** Writes so many events of captured charges, each of another one, in one transaction. @param more what each charge has beside its id. */
export async function addEvents(db: Queryable, merchantId: string, howMany: number, more: object = {}): Promise<void> {
  const events = Array.from({ length: howMany }, () =>
    makeEvent('charge.captured', merchantId, { id: newId('charge'), ...more }, 1, new Date()),
  )
  await db.query(
    `insert into events (merchant_id, id, type, object_id, sequence, body)
     select $1, id, 'charge.captured', object_id, 1, body
     from unnest($2::text[], $3::text[], $4::json[]) as event (id, object_id, body)`,
    [merchantId, events.map(({ id }) => id), events.map(({ objectId }) => objectId), events.map(({ body }) => body)],
  )
}
