import type { PspEvent } from '../psp-gateway/port.ts'
import type { Queryable } from './pool.ts'
import type { StoredPspEvent } from './psp-event-json.ts'

export type NewPspEvent = { merchantId: string; pspAccountId: string; event: PspEvent; json: string }

/**
 * Stores events, of one webhook or of several, in one statement; one that is known already changes nothing. In the order
 * of their key, so that two statements with the same events cannot wait for each other in a circle.
 */
export async function insertPspEvents(db: Queryable, events: NewPspEvent[]): Promise<void> {
  if (events.length === 0) return
  await db.query(
    `insert into psp_events (merchant_id, psp_account_id, event_id, type, reference, event, next_try_at)
     select merchant_id, psp_account_id, event->>'id', event->>'type', event->'about'->>'reference', event, now()
     from unnest($1::text[], $2::text[], $3::jsonb[]) as new (merchant_id, psp_account_id, event)
     order by merchant_id, psp_account_id, event->>'id'
     on conflict do nothing`,
    [events.map((one) => one.merchantId), events.map((one) => one.pspAccountId), events.map((one) => one.json)],
  )
}

export type ClaimedPspEvent = {
  merchantId: string
  pspAccountId: string
  eventId: string
  tries: number
  event: StoredPspEvent
}

/**
 * Takes events that are due. A taken one is due again after the lease, so that one whose process dies is applied by
 * another. Index: psp_events_to_apply.
 */
export async function claimDuePspEvents(db: Queryable, limit: number, leaseMs: number): Promise<ClaimedPspEvent[]> {
  const { rows } = await db.query<ClaimedPspEvent>(
    `with due as (
       select merchant_id, psp_account_id, event_id from psp_events
       where state in ('received', 'held') and next_try_at <= now()
       order by next_try_at limit $1 for update skip locked
     )
     update psp_events event set next_try_at = now() + $2::integer * interval '1 millisecond', tries = event.tries + 1
     from due
     where event.merchant_id = due.merchant_id and event.psp_account_id = due.psp_account_id and event.event_id = due.event_id
     returning event.merchant_id as "merchantId", event.psp_account_id as "pspAccountId", event.event_id as "eventId",
       event.tries, event.event`,
    [limit, leaseMs],
  )
  return rows
}

type EventName = Pick<ClaimedPspEvent, 'merchantId' | 'pspAccountId' | 'eventId'>

/** Ends the work on an event. One that an operator has taken up again meanwhile is left alone by `tries`. */
export async function settlePspEvent(
  db: Queryable,
  event: EventName & Pick<ClaimedPspEvent, 'tries'>,
  state: 'applied' | 'flagged' | 'ignored',
): Promise<void> {
  await db.query(
    `update psp_events set state = $4, next_try_at = null, note = null, applied_at = case when $4 = 'applied' then now() end
     where merchant_id = $1 and psp_account_id = $2 and event_id = $3 and tries = $5 and state in ('received', 'held')`,
    [event.merchantId, event.pspAccountId, event.eventId, state, event.tries],
  )
}

/**
 * Gives back an event that this process has taken and not finished, so that another applies it at once and not when the
 * lease ends. One that was ended or taken again meanwhile is left alone by `tries`.
 */
export async function handBackPspEvent(
  db: Queryable,
  event: EventName & Pick<ClaimedPspEvent, 'tries'>,
): Promise<void> {
  await db.query(
    `update psp_events set next_try_at = now()
     where merchant_id = $1 and psp_account_id = $2 and event_id = $3 and tries = $4 and state in ('received', 'held')`,
    [event.merchantId, event.pspAccountId, event.eventId, event.tries],
  )
}

/** Keeps an event for another time, and says why it waits: the name of an error, or null when it matched nothing. */
export async function holdPspEvent(
  db: Queryable,
  event: EventName & Pick<ClaimedPspEvent, 'tries'>,
  delaySeconds: number,
  note: string | null,
): Promise<void> {
  await db.query(
    `update psp_events set state = 'held', next_try_at = now() + $4::integer * interval '1 second', note = $5
     where merchant_id = $1 and psp_account_id = $2 and event_id = $3 and tries = $6 and state in ('received', 'held')`,
    [event.merchantId, event.pspAccountId, event.eventId, delaySeconds, note, event.tries],
  )
}
