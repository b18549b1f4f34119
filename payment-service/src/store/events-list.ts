import { isRefusal, type Refusal } from '../refusal.ts'
import { fetchPage, type PageQuery } from './page.ts'
import type { Queryable } from './pool.ts'

/** An event as it was sent: its stored text is the answer. */
type EventRow = { body: object }

/** Index: the primary key. */
export async function findEvent(db: Queryable, merchantId: string, id: string): Promise<object | null> {
  const { rows } = await db.query<EventRow>('select body from events where merchant_id = $1 and id = $2', [
    merchantId,
    id,
  ])
  return rows[0]?.body ?? null
}

/** The newest first. Indexes: the primary key; with an object, (merchant_id, object_id, sequence). */
export async function listEvents(
  db: Queryable,
  merchantId: string,
  filter: { type: string | undefined; objectId: string | undefined },
  query: PageQuery,
): Promise<{ events: object[]; hasMore: boolean } | Refusal> {
  const page = await fetchPage<EventRow>(db, {
    columns: 'body',
    table: 'events',
    merchantId,
    equal: { type: filter.type, object_id: filter.objectId },
    query,
  })
  if (isRefusal(page)) return page
  return { events: page.rows.map((row) => row.body), hasMore: page.hasMore }
}

/** The sequence of an object's next event; the caller holds the object's lock. Index: (merchant_id, object_id, sequence). */
export async function nextSequenceOf(tx: Queryable, merchantId: string, objectId: string): Promise<number> {
  const { rows } = await tx.query<{ next: number }>(
    'select coalesce(max(sequence), 0) + 1 as next from events where merchant_id = $1 and object_id = $2',
    [merchantId, objectId],
  )
  return rows[0]?.next ?? 1
}
