import { type Refusal, refuse } from '../refusal.ts'
import { limitsOfTime, type PageQuery } from './page.ts'
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

/**
 * Reads a page of a merchant's events, the newest first, so that whoever asks again and again for what is newer than the
 * newest that he has gets every event once.
 *
 * The order is that of recording and not that of the ids, which are made before their transactions commit. Shown is what
 * lies below every transaction that still runs: nothing can appear there any more. So an event is listed some
 * milliseconds after it is sent, as long as the slowest write that runs beside it takes.
 *
 * The events of one object are recorded one after the other under its lock: their order is their sequence, and there
 * nothing has to be waited for. Indexes: events_in_order; with an object, (merchant_id, object_id, sequence); with a time, the
 * primary key.
 */
export async function listEvents(
  db: Queryable,
  merchantId: string,
  filter: { type: string | undefined; objectId: string | undefined },
  query: PageQuery,
): Promise<{ events: object[]; hasMore: boolean } | Refusal> {
  const { limit, startingAfter, endingBefore } = query
  const cursor = startingAfter ?? endingBefore
  const values: (string | number | Date)[] = [merchantId]
  const conditions = ['merchant_id = $1']
  const place = filter.objectId === undefined ? ['recorded_in', 'id'] : ['sequence']
  if (filter.objectId === undefined) conditions.push('recorded_in < pg_snapshot_xmin(pg_current_snapshot())')
  else conditions.push(`object_id = $${values.push(filter.objectId)}`)
  if (filter.type !== undefined) conditions.push(`type = $${values.push(filter.type)}`)
  for (const [column, operator, value] of limitsOfTime('events', query))
    conditions.push(`${column} ${operator} $${values.push(value)}`)
  if (cursor !== null) {
    const known = await findPlace(db, merchantId, cursor, filter.objectId)
    if (known === null)
      return refuse('cursor_invalid', { param: startingAfter === null ? 'ending_before' : 'starting_after' })
    const at = filter.objectId === undefined ? [known.recordedIn, cursor] : [known.sequence]
    const wanted = at.map((value) => `$${values.push(value)}`).join(', ')
    conditions.push(`(${place.join(', ')}) ${endingBefore === null ? '<' : '>'} (${wanted})`)
  }
  const direction = endingBefore === null ? 'desc' : 'asc'
  const { rows } = await db.query<EventRow>(
    `select body from events where ${conditions.join(' and ')}
     order by ${place.map((column) => `${column} ${direction}`).join(', ')} limit $${values.push(limit + 1)}`,
    values,
  )
  const events = rows.slice(0, limit).map((row) => row.body)
  return { events: endingBefore === null ? events : events.reverse(), hasMore: rows.length > limit }
}

/** Where an event stands; null when it is none of the merchant's, or not of this object. Index: the primary key. */
async function findPlace(
  db: Queryable,
  merchantId: string,
  id: string,
  objectId: string | undefined,
): Promise<{ recordedIn: string; sequence: number } | null> {
  const { rows } = await db.query<{ recordedIn: string; sequence: number }>(
    `select recorded_in::text as "recordedIn", sequence from events
     where merchant_id = $1 and id = $2 and ($3::text is null or object_id = $3)`,
    [merchantId, id, objectId ?? null],
  )
  return rows[0] ?? null
}

/** The sequence of an object's next event; the caller holds the object's lock. Index: (merchant_id, object_id, sequence). */
export async function nextSequenceOf(tx: Queryable, merchantId: string, objectId: string): Promise<number> {
  const { rows } = await tx.query<{ next: number }>(
    'select coalesce(max(sequence), 0) + 1 as next from events where merchant_id = $1 and object_id = $2',
    [merchantId, objectId],
  )
  return rows[0]?.next ?? 1
}
