import type { Said } from '../payments/look-up-words.ts'
import type { AttemptRow } from './attempts.ts'
import type { Queryable } from './pool.ts'

/** One look-up: when it began, who wanted it, what the PSP said, and how long it took. */
export type LookUp = Said & { at: string; by: string; ms: number }

/**
 * A session's attempts that have no outcome yet: the making of its page, and the shopper's tries in it. Indexes:
 * attempts_by_session, charges_by_session and attempts_by_charge.
 */
export async function findUnsettledOfSession(
  db: Queryable,
  merchantId: string,
  sessionId: string,
): Promise<Pick<AttemptRow, 'merchant_id' | 'id' | 'next_lookup_at'>[]> {
  const { rows } = await db.query<Pick<AttemptRow, 'merchant_id' | 'id' | 'next_lookup_at'>>(
    `select merchant_id, id, next_lookup_at from attempts
     where merchant_id = $1 and payment_session_id = $2 and kind = 'create_session' and next_lookup_at is not null
     union all
     select a.merchant_id, a.id, a.next_lookup_at from charges c join attempts a on a.merchant_id = c.merchant_id and a.charge_id = c.id
     where c.merchant_id = $1 and c.payment_session_id = $2 and a.kind = 'authorize' and a.next_lookup_at is not null`,
    [merchantId, sessionId],
  )
  return rows
}

/** Kept of each attempt: enough to see how it began and how it stands, and no more. */
const kept = { first: 10, last: 10 }

/**
 * After a look-up: writes down what came of it and, for its claimer, sets the next one, unless the attempt was settled
 * or rescheduled meanwhile. One statement, so a look-up costs one write.
 *
 * @param next null when another than the resolver asked: the schedule stays as it is.
 */
export async function recordLookUp(
  db: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id' | 'next_lookup_at'>,
  lookUp: LookUp,
  next: Date | null,
): Promise<void> {
  await db.query(
    `update attempts set lookups = lookups + 1,
       look_up_log = case when jsonb_array_length(look_up_log) >= $4::int + $5::int then look_up_log - $4::int else coalesce(look_up_log, '[]') end || $3::jsonb,
       look_up_asked_by = case when next_lookup_at = $7 and $6::timestamptz is not null then null else look_up_asked_by end,
       next_lookup_at = case when next_lookup_at = $7 then coalesce($6, next_lookup_at) else next_lookup_at end
     where merchant_id = $1 and id = $2`,
    [attempt.merchant_id, attempt.id, lookUp, kept.first, kept.last, next, attempt.next_lookup_at],
  )
}
