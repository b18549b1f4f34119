import type { AttemptState } from '../payments/attempt-states.ts'
import { firstLookUpMs } from '../payments/decide-follow-up.ts'
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
  /** How often the PSP was asked. */
  lookups: number
  /** When the resolver first found it without an outcome; null before. */
  in_doubt_since: Date | null
  /** The operator who wants the next look-up. */
  look_up_asked_by: string | null
  /** When the PSP, which has accepted it, will have told its outcome at the latest; no alert comes before. */
  expected_by: Date | null
  settled_by_hand: boolean
  sent_at: Date
}

/** What an attempt is a call for: the refund, the charge or the session. */
export function objectOfAttempt({ refund_id, charge_id, payment_session_id }: AttemptRow): string | null {
  return refund_id ?? charge_id ?? payment_session_id
}

const columns = `merchant_id, id, kind, state, psp_account_id, charge_id, refund_id, payment_session_id, amount, origin, psp_reference,
  next_lookup_at, lookups, in_doubt_since, look_up_asked_by, expected_by, settled_by_hand, sent_at`

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

/** How many of these attempts wait for the outcome of their call. Index: attempts_by_id. */
export async function countSent(db: Queryable, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::integer as count from attempts where id = any ($1::text[]) and state = 'sent'`,
    [ids],
  )
  return rows[0]?.count ?? 0
}

/** Reads an attempt and locks it. Lock its charge or session first, always in this order. */
export async function lockAttempt(tx: Queryable, merchantId: string, id: string): Promise<AttemptRow | null> {
  const { rows } = await tx.query<AttemptRow>(
    `select ${columns} from attempts where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The capture, cancel or refund that a PSP account knows by its own reference. Index: attempts_by_operation_reference. */
export async function findOperationByReference(
  db: Queryable,
  pspAccountId: string,
  pspReference: string,
): Promise<AttemptRow | null> {
  const { rows } = await db.query<AttemptRow>(
    `select ${columns} from attempts
     where psp_account_id = $1 and psp_reference = $2 and kind in ('capture', 'cancel', 'refund') limit 1`,
    [pspAccountId, pspReference],
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
  to: { state: AttemptState; nextLookUpAt: Date | null; pspReference?: string | null; expectedBy?: Date | null },
): Promise<void> {
  await tx.query(
    `update attempts set state = $3, next_lookup_at = $4, psp_reference = coalesce($5, psp_reference),
       expected_by = coalesce($6, expected_by), settled_at = case when $4::timestamptz is null then now() end
     where merchant_id = $1 and id = $2`,
    [attempt.merchant_id, attempt.id, to.state, to.nextLookUpAt, to.pspReference ?? null, to.expectedBy ?? null],
  )
}

/**
 * Takes attempts whose look-up is due, and pushes their next look-up on, so that no other process takes them meanwhile.
 * The doubt began so long before the first look-up as its schedule says; one that waits for the shopper is in none.
 * Index: attempts_to_look_up.
 *
 * @param busyAccounts PSP accounts whose attempts are left alone.
 */
export async function claimAttemptsToLookUp(
  db: Queryable,
  now: Date,
  limit: number,
  leaseMs: number,
  busyAccounts: readonly string[] = [],
): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow>(
    `update attempts set next_lookup_at = $1::timestamptz + make_interval(secs => $3::float / 1000),
       in_doubt_since = case when state = 'action_required' then in_doubt_since
         else coalesce(in_doubt_since, next_lookup_at - make_interval(secs => $4::float / 1000)) end
     where (merchant_id, id) in (
       select merchant_id, id from attempts where next_lookup_at <= $1 and psp_account_id <> all ($5::text[])
       order by next_lookup_at limit $2 for update skip locked)
     returning ${columns}`,
    [now, limit, leaseMs, firstLookUpMs, busyAccounts],
  )
  return rows
}

/** An operator wants the PSP asked now: a worker takes it at once. */
export async function askForLookUp(
  db: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id'>,
  operator: string,
  now: Date,
): Promise<void> {
  await db.query(
    `update attempts set next_lookup_at = $4, look_up_asked_by = $3 where merchant_id = $1 and id = $2 and next_lookup_at is not null`,
    [attempt.merchant_id, attempt.id, operator, now],
  )
}

/** In the transaction that settles it. */
export async function markSettledByHand(tx: Queryable, attempt: Pick<AttemptRow, 'merchant_id' | 'id'>): Promise<void> {
  await tx.query('update attempts set settled_by_hand = true where merchant_id = $1 and id = $2', [
    attempt.merchant_id,
    attempt.id,
  ])
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

/** By its claimer, who asked nothing: sets the next look-up, unless the attempt was settled or rescheduled meanwhile. */
export async function moveNextLookUp(db: Queryable, claimed: AttemptRow, at: Date): Promise<void> {
  await db.query('update attempts set next_lookup_at = $3 where merchant_id = $1 and id = $2 and next_lookup_at = $4', [
    claimed.merchant_id,
    claimed.id,
    at,
    claimed.next_lookup_at,
  ])
}

/**
 * Settles a session's attempt as never executed, unless its call was made again since it was read. A time that the
 * database made has microseconds, and one that JavaScript has read does not.
 */
export async function rejectIfNotRestarted(db: Queryable, attempt: AttemptRow): Promise<void> {
  await db.query(
    `update attempts set state = 'rejected', next_lookup_at = null, settled_at = now()
     where merchant_id = $1 and id = $2 and date_trunc('milliseconds', sent_at) = $3 and next_lookup_at is not null`,
    [attempt.merchant_id, attempt.id, attempt.sent_at],
  )
}

export type AlertedAttempt = Pick<AttemptRow, 'merchant_id' | 'id' | 'lookups'>

/**
 * Marks that operators were alerted of attempts that have been in doubt since `before` or longer, each once. One that
 * waits for the shopper is not in doubt, and one whose PSP tells by a time of its own is not before that. Index:
 * attempts_to_alert.
 */
export async function markAlerted(tx: Queryable, before: Date, now: Date, limit: number): Promise<AlertedAttempt[]> {
  const { rows } = await tx.query<AlertedAttempt>(
    `update attempts set alerted_at = now()
     where (merchant_id, id) in (
       select merchant_id, id from attempts
       where in_doubt_since <= $1 and alerted_at is null and next_lookup_at is not null and state <> 'action_required'
         and (expected_by is null or expected_by <= $2)
       order by in_doubt_since limit $3 for update skip locked)
     returning merchant_id, id, lookups`,
    [before, now, limit],
  )
  return rows
}
