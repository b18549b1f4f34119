import type { AttemptState } from '../payments/attempt-states.ts'
import type { ChargeStatus } from '../payments/charge-states.ts'
import type { CancellationReason } from '../payments/decide-charge.ts'
import type { RefundStatus } from '../payments/refund-states.ts'
import type { AttemptKind, MoneyKind } from '../psp-gateway/port.ts'
import type { Queryable } from './pool.ts'

/** What FinCore holds of a movement that a PSP lists; null where it knows nothing. */
export type OwnRecord = {
  /** The request of this movement, found by its own reference. */
  attempt_id: string | null
  attempt_kind: AttemptKind | null
  attempt_state: AttemptState | null
  attempt_amount: bigint | null
  attempt_psp_reference: string | null
  /** The request that made the payment, when it is another: found by the payment's reference. */
  payment_attempt_id: string | null
  charge_id: string | null
  charge_status: ChargeStatus | null
  charge_amount: bigint | null
  charge_currency: string | null
  captured: bigint | null
  charge_psp_reference: string | null
  cancellation_reason: CancellationReason | null
  session_id: string | null
  refund_status: RefundStatus | null
  refund_amount: bigint | null
}

type Names = { reference: string; paymentReference: string; payment: string }

/**
 * Finds what FinCore holds of a page of movements, in their order. Only what belongs to this merchant and account is
 * found: another's reference is as unknown as none. Each look-up is one row by an index (the primary keys,
 * charges_by_psp_reference), whatever the planner believes: a join over the whole merchant took 8 s a page.
 */
export async function findOwnRecords(
  db: Queryable,
  account: { merchantId: string; id: string },
  movements: readonly Names[],
): Promise<OwnRecord[]> {
  const { rows } = await db.query<OwnRecord>(
    `select own.id as attempt_id, own.kind as attempt_kind, own.state as attempt_state, own.amount as attempt_amount,
       own.psp_reference as attempt_psp_reference, payment.id as payment_attempt_id,
       charge.id as charge_id, charge.status as charge_status, charge.amount as charge_amount, charge.currency as charge_currency,
       charge.captured, charge.psp_reference as charge_psp_reference, charge.cancellation_reason,
       charge.payment_session_id as session_id, refund.status as refund_status, refund.amount as refund_amount
     from json_to_recordset($3) as given (n integer, reference text, payment_reference text, payment text)
     left join lateral (select * from attempts where merchant_id = $1 and id = given.reference and psp_account_id = $2 limit 1) own on true
     left join lateral (select id, charge_id from attempts
       where merchant_id = $1 and id = given.payment_reference and psp_account_id = $2 limit 1) payment on true
     left join lateral (select id from charges
       where psp_account_id = $2 and psp_reference = given.payment and merchant_id = $1 limit 1) paid on true
     left join lateral (select * from charges
       where merchant_id = $1 and id = coalesce(own.charge_id, payment.charge_id, paid.id) limit 1) charge on true
     left join lateral (select status, amount from refunds where merchant_id = $1 and id = own.refund_id limit 1) refund on true
     order by given.n`,
    [account.merchantId, account.id, JSON.stringify(movements.map(toGiven))],
  )
  if (rows.length !== movements.length) throw new Error('A page of movements has lost some')
  return rows
}

function toGiven({ reference, paymentReference, payment }: Names, n: number) {
  return { n, reference, payment_reference: paymentReference, payment }
}

/** An attempt that should have its movement at the PSP: it is held as done, or nobody knows yet. */
export type OwnAttempt = {
  id: string
  kind: MoneyKind
  state: 'approved' | 'sent' | 'unknown' | 'action_required'
  psp_reference: string | null
  /** Operators gave the outcome and the PSP's reference, so neither is the PSP's word. */
  settled_by_hand: boolean
  amount: bigint | null
  sent_at: Date
  settled_at: Date | null
  charge_id: string
  charge_status: ChargeStatus
  charge_currency: string
  capture_method: 'automatic' | 'manual'
  captured: bigint
  charge_psp_reference: string | null
  session_id: string | null
}

/**
 * A page of an account's attempts whose id lies between two, the oldest first. Ids are in the order in which they were
 * made, so this is a window of time without an index of its own. Index: the primary key.
 */
export async function listOwnAttempts(
  db: Queryable,
  account: { merchantId: string; id: string },
  page: { after: string; before: string; limit: number },
): Promise<OwnAttempt[]> {
  const { rows } = await db.query<OwnAttempt>(
    `select attempt.id, attempt.kind, attempt.state, attempt.psp_reference, attempt.settled_by_hand,
       attempt.amount, attempt.sent_at, attempt.settled_at,
       charge.id as charge_id, charge.status as charge_status, charge.currency as charge_currency, charge.capture_method,
       charge.captured, charge.psp_reference as charge_psp_reference, charge.payment_session_id as session_id
     from attempts attempt
     join charges charge on charge.merchant_id = attempt.merchant_id and charge.id = attempt.charge_id
     where attempt.merchant_id = $1 and attempt.id > $3 and attempt.id < $4 and attempt.psp_account_id = $2
       and attempt.kind in ('authorize', 'capture', 'cancel', 'refund')
       and (attempt.state = 'approved' or attempt.next_lookup_at is not null)
     order by attempt.id limit $5`,
    [account.merchantId, account.id, page.after, page.before, page.limit],
  )
  return rows
}
