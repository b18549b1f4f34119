import type { AttemptState } from '../payments/attempt-states.ts'
import type { Queryable } from './pool.ts'

/** The attempts of a session: one that made it at the PSP, and one that closes it there. Index: attempts_by_session. */
export type SessionAttempt = { merchant_id: string; id: string; state: AttemptState; sent_at: Date }

export function findCreateAttempt(
  db: Queryable,
  merchantId: string,
  sessionId: string,
): Promise<SessionAttempt | null> {
  return findLatest(db, merchantId, sessionId, 'create_session')
}

export function findClosingAttempt(
  db: Queryable,
  merchantId: string,
  sessionId: string,
): Promise<SessionAttempt | null> {
  return findLatest(db, merchantId, sessionId, 'expire_session')
}

async function findLatest(
  db: Queryable,
  merchantId: string,
  sessionId: string,
  kind: 'create_session' | 'expire_session',
): Promise<SessionAttempt | null> {
  const { rows } = await db.query<SessionAttempt>(
    `select merchant_id, id, state, sent_at from attempts
     where merchant_id = $1 and payment_session_id = $2 and kind = $3 order by id desc limit 1`,
    [merchantId, sessionId, kind],
  )
  return rows[0] ?? null
}

/**
 * Says that the attempt's call is made again, with the same reference and so the same idempotency key at the PSP. Its
 * doubt goes on meanwhile, or nobody would ever be alerted of a session that is tried again every few minutes.
 */
export async function restartAttempt(
  db: Queryable,
  attempt: Pick<SessionAttempt, 'merchant_id' | 'id'>,
  now: Date,
  leaseUntil: Date,
): Promise<void> {
  await db.query(
    `update attempts set state = 'sent', sent_at = $3, next_lookup_at = $4, settled_at = null,
       in_doubt_since = case when settled_at is null then coalesce(in_doubt_since, sent_at) end
     where merchant_id = $1 and id = $2`,
    [attempt.merchant_id, attempt.id, now, leaseUntil],
  )
}
