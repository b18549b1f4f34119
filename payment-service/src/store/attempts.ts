import type { AttemptState } from '../payments/attempt-states.ts'
import type { AttemptKind } from '../psp-gateway/port.ts'
import type { Queryable } from './pool.ts'

/** A row of `attempts`: one call to a PSP that makes or moves something. Its id is our reference there. */
export type AttemptRow = {
  merchant_id: string
  id: string
  kind: AttemptKind
  state: AttemptState
  psp_account_id: string
  charge_id: string | null
  refund_id: string | null
  payment_session_id: string | null
  amount: bigint | null
  origin: 'merchant' | 'give_back'
  psp_reference: string | null
  next_lookup_at: Date | null
  lookups: number
  alerted_at: Date | null
  sent_at: Date
}

const columns = `merchant_id, id, kind, state, psp_account_id, charge_id, refund_id, payment_session_id, amount, origin, psp_reference,
  next_lookup_at, lookups, alerted_at, sent_at`

export type NewAttempt = Pick<AttemptRow, 'merchant_id' | 'id' | 'kind' | 'psp_account_id'> &
  Partial<Pick<AttemptRow, 'charge_id' | 'refund_id' | 'payment_session_id' | 'amount' | 'origin'>> & {
    /** Until then a living process is expected to bring the outcome. */
    leaseUntil: Date
  }

/** Writes the intent to call the PSP. Must be committed before the call is made. */
export async function insertAttempt(tx: Queryable, attempt: NewAttempt): Promise<void> {
  await tx.query(
    `insert into attempts (merchant_id, id, kind, state, psp_account_id, charge_id, refund_id, payment_session_id, amount, origin, next_lookup_at)
     values ($1, $2, $3, 'sent', $4, $5, $6, $7, $8, $9, $10)`,
    [
      attempt.merchant_id,
      attempt.id,
      attempt.kind,
      attempt.psp_account_id,
      attempt.charge_id ?? null,
      attempt.refund_id ?? null,
      attempt.payment_session_id ?? null,
      attempt.amount ?? null,
      attempt.origin ?? 'merchant',
      attempt.leaseUntil,
    ],
  )
}

/** Index: attempts_by_id. A PSP knows our reference and not our merchant. */
export async function findAttempt(db: Queryable, id: string): Promise<AttemptRow | null> {
  const { rows } = await db.query<AttemptRow>(`select ${columns} from attempts where id = $1`, [id])
  return rows[0] ?? null
}

/** Reads an attempt and locks it. Lock its charge or session first, always in this order. */
export async function lockAttempt(tx: Queryable, merchantId: string, id: string): Promise<AttemptRow | null> {
  const { rows } = await tx.query<AttemptRow>(
    `select ${columns} from attempts where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Index: attempts_by_charge. */
export async function findAuthorizeAttempt(
  db: Queryable,
  merchantId: string,
  chargeId: string,
): Promise<AttemptRow | null> {
  const { rows } = await db.query<AttemptRow>(
    `select ${columns} from attempts where merchant_id = $1 and charge_id = $2 and kind = 'authorize' order by id desc limit 1`,
    [merchantId, chargeId],
  )
  return rows[0] ?? null
}

/** Gives an attempt its new state; a settled one (`nextLookUpAt` null) is not looked up again. */
export async function setAttemptState(
  tx: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id'>,
  to: { state: AttemptState; nextLookUpAt: Date | null; pspReference?: string | null },
): Promise<void> {
  await tx.query(
    `update attempts set state = $3, next_lookup_at = $4, psp_reference = coalesce($5, psp_reference),
       settled_at = case when $4::timestamptz is null then now() end
     where merchant_id = $1 and id = $2`,
    [attempt.merchant_id, attempt.id, to.state, to.nextLookUpAt, to.pspReference ?? null],
  )
}

/**
 * Takes attempts whose look-up is due, and pushes their next look-up on, so that no other process takes them meanwhile.
 * Index: attempts_to_look_up.
 */
export async function claimAttemptsToLookUp(
  db: Queryable,
  now: Date,
  limit: number,
  leaseMs: number,
): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow>(
    `update attempts set next_lookup_at = $1::timestamptz + make_interval(secs => $3::float / 1000), lookups = lookups + 1
     where (merchant_id, id) in (
       select merchant_id, id from attempts where next_lookup_at <= $1 order by next_lookup_at limit $2 for update skip locked)
     returning ${columns}`,
    [now, limit, leaseMs],
  )
  return rows
}

export async function pushNextLookUp(
  db: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id'>,
  at: Date,
): Promise<void> {
  await db.query(
    'update attempts set next_lookup_at = $3 where merchant_id = $1 and id = $2 and next_lookup_at is not null',
    [attempt.merchant_id, attempt.id, at],
  )
}

/** After a look-up by its claimer: sets the next one, unless the attempt was settled or rescheduled meanwhile. */
export async function moveNextLookUp(db: Queryable, claimed: AttemptRow, at: Date): Promise<void> {
  await db.query('update attempts set next_lookup_at = $3 where merchant_id = $1 and id = $2 and next_lookup_at = $4', [
    claimed.merchant_id,
    claimed.id,
    at,
    claimed.next_lookup_at,
  ])
}

/** Marks that an operator was alerted; true the first time. */
export async function markAlerted(db: Queryable, attempt: Pick<AttemptRow, 'merchant_id' | 'id'>): Promise<boolean> {
  const { rowCount } = await db.query(
    'update attempts set alerted_at = now() where merchant_id = $1 and id = $2 and alerted_at is null and next_lookup_at is not null',
    [attempt.merchant_id, attempt.id],
  )
  return rowCount === 1
}
