import type { AttemptState } from '../../payments/attempt-states.ts'
import type { ChargeStatus } from '../../payments/charge-states.ts'
import type { DisputeStatus } from '../../payments/dispute-states.ts'
import type { RefundStatus } from '../../payments/refund-states.ts'
import type { SessionStatus } from '../../payments/session-states.ts'
import type { AttemptKind } from '../../psp-gateway/port.ts'
import type { Queryable } from '../../store/pool.ts'

/** All that FinCore holds true of a merchant's money, as it stands in the database. Amounts in minor units. */
export type Books = {
  charges: BookedCharge[]
  refunds: BookedRefund[]
  attempts: BookedAttempt[]
  sessions: BookedSession[]
  disputes: BookedDispute[]
  /** In the order of their sequence. */
  events: BookedEvent[]
  endpoints: number
}
export type BookedCharge = {
  id: string
  status: ChargeStatus
  amount: number
  captured: number
  refunded: number
  refunds_pending: number
  pending_operation: 'capture' | 'cancel' | null
  pending_amount: number | null
  psp_reference: string | null
  network_transaction_id: string | null
  payment_session_id: string | null
  card: object | null
  failure: object | null
  cancellation_reason: string | null
  flags: string[]
  sequence: number
}
export type BookedRefund = {
  id: string
  charge_id: string
  status: RefundStatus
  amount: number
  failure: object | null
  sequence: number
}
export type BookedAttempt = {
  id: string
  kind: AttemptKind
  state: AttemptState
  charge_id: string | null
  refund_id: string | null
  payment_session_id: string | null
  amount: number | null
  origin: 'merchant' | 'give_back'
  psp_reference: string | null
  /** Whether its outcome is still looked for. */
  is_open: boolean
}
export type BookedSession = { id: string; status: SessionStatus; charge_id: string | null; sequence: number }
export type BookedDispute = {
  id: string
  psp_dispute_id: string
  charge_id: string
  status: DisputeStatus
  amount: number
  reason: string | null
  evidence_due_by: string | null
  sequence: number
}
export type BookedEvent = {
  type: string
  object_id: string
  sequence: number
  deliveries: number
  object: {
    status: string
    amount_captured?: number
    amount_refunded?: number
    flags?: string[]
    cancellation_reason?: string | null
    charge?: string | null
  }
}

/** Reads the books of one merchant in one statement, so that they are of one moment also while others write. */
export async function readBooks(db: Queryable, merchantId: string): Promise<Books> {
  // By name, because it is read after every step of thousands, and planning it costs more than reading.
  const { rows } = await db.query<{ books: Books }>({ name: 'read-books', text: booksSql, values: [merchantId] })
  const [row] = rows
  if (row === undefined) throw new Error('The database gave no books')
  return row.books
}

const listOf = (table: string, columns: string, order: string) =>
  `(select coalesce(json_agg(row order by ${order}), '[]') from (select ${columns} from ${table} t where merchant_id = $1) row)`

const booksSql = `select json_build_object(
  'charges', ${listOf('charges', 'id, status, amount, captured, refunded, refunds_pending, pending_operation, pending_amount, psp_reference, network_transaction_id, payment_session_id, card, failure, cancellation_reason, flags, sequence', 'psp_reference, id')},
  'refunds', ${listOf('refunds', 'id, charge_id, status, amount, failure, sequence', 'id')},
  'attempts', ${listOf('attempts', 'id, kind, state, charge_id, refund_id, payment_session_id, amount, origin, psp_reference, next_lookup_at is not null as is_open', 'kind, psp_reference, id')},
  'sessions', ${listOf('payment_sessions', 'id, status, charge_id, sequence', 'id')},
  'disputes', ${listOf('disputes', 'id, psp_dispute_id, charge_id, status, amount, reason, evidence_due_by, sequence', 'psp_dispute_id')},
  'events', ${listOf('events', `type, object_id, sequence, body->'data'->'object' as object, (select count(*) from webhook_deliveries d where d.merchant_id = t.merchant_id and d.event_id = t.id) as deliveries`, 'object_id, sequence')},
  'endpoints', (select count(*) from webhook_endpoints where merchant_id = $1)
) as books`
