import type { Queryable } from './pool.ts'

/** A PSP's event that waits for an operator: it matches nothing yet, or it would reverse a final state. */
export type HeldPspEvent = {
  merchantId: string
  pspAccountId: string
  eventId: string
  type: string
  reference: string | null
  state: 'received' | 'applied' | 'held' | 'flagged' | 'ignored'
  note: string | null
  tries: number
  nextTryAt: Date | null
  receivedAt: Date
}
export type PspEventName = { pspAccountId: string; eventId: string }

const columns = `merchant_id as "merchantId", psp_account_id as "pspAccountId", event_id as "eventId", type, reference, state, note, tries,
  next_try_at as "nextTryAt", received_at as "receivedAt"`

/** The newest first. */
export async function listHeldPspEvents(
  db: Queryable,
  filter: { state: 'held' | 'flagged' | null; merchantId: string | null },
  page: { before: PspEventName | null; limit: number },
): Promise<HeldPspEvent[]> {
  const { rows } = await db.query<HeldPspEvent>(
    `select ${columns} from psp_events
     where state in ('held', 'flagged') and ($1::text is null or state = $1) and ($2::text is null or merchant_id = $2)
       and ($3::text is null or (received_at, psp_account_id, event_id) <
         (select received_at, psp_account_id, event_id from psp_events where psp_account_id = $3 and event_id = $4))
     order by received_at desc, psp_account_id desc, event_id desc limit $5`,
    [filter.state, filter.merchantId, page.before?.pspAccountId ?? null, page.before?.eventId ?? null, page.limit],
  )
  return rows
}

/** Reads an event, and keeps it from being applied until the transaction ends. */
export async function lockPspEvent(db: Queryable, name: PspEventName): Promise<HeldPspEvent | null> {
  const { rows } = await db.query<HeldPspEvent>(
    `select ${columns} from psp_events
     where merchant_id = (select merchant_id from psp_accounts where id = $1) and psp_account_id = $1 and event_id = $2 for update`,
    [name.pspAccountId, name.eventId],
  )
  return rows[0] ?? null
}

/** Lets the inbox take the event again at once, as if it had just come. */
export async function replayPspEvent(db: Queryable, event: HeldPspEvent): Promise<HeldPspEvent> {
  const { rows } = await db.query<HeldPspEvent>(
    `update psp_events set state = 'received', tries = 0, next_try_at = now()
     where merchant_id = $1 and psp_account_id = $2 and event_id = $3 returning ${columns}`,
    [event.merchantId, event.pspAccountId, event.eventId],
  )
  return rows[0] ?? event
}
