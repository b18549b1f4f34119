import type { Charge } from '@fincore/api-contract/resources'
import type { ChargeStatus } from '../payments/charge-states.ts'
import type { CancellationReason, ChargeChange, Failure } from '../payments/decide-charge.ts'
import type { Routing } from '../payments/route.ts'
import type { CardShown, PspName } from '../psp-gateway/port.ts'
import type { Queryable } from './pool.ts'

/** A row of `charges`. Money in minor units. */
export type ChargeRow = {
  merchant_id: string
  id: string
  status: ChargeStatus
  flow: 'hosted' | 'token' | 'raw_card'
  amount: bigint
  currency: string
  capture_method: 'automatic' | 'manual'
  captured: bigint
  refunded: bigint
  refunds_pending: bigint
  pending_operation: 'capture' | 'cancel' | null
  pending_amount: bigint | null
  psp_account_id: string
  psp: PspName
  /** Why it went where it went; null for a charge of before 012_routing.sql. */
  routing: Routing | null
  psp_reference: string | null
  /** The card network's id of the payment. */
  network_transaction_id: string | null
  payment_session_id: string | null
  card: CardShown | null
  merchant_reference: string | null
  description: string | null
  metadata: Record<string, string>
  return_url: string | null
  action_url: string | null
  failure: Failure | null
  cancellation_reason: CancellationReason | null
  flags: string[]
  sequence: number
  created_at: Date
  updated_at: Date
}

export const chargeColumns = `merchant_id, id, status, flow, amount, currency, capture_method, captured, refunded, refunds_pending,
  pending_operation, pending_amount, psp_account_id, psp, routing, psp_reference, network_transaction_id, payment_session_id, card,
  merchant_reference, description, metadata, return_url, action_url, failure, cancellation_reason, flags, sequence, created_at, updated_at`

/** The charge as the API shows it. */
export function renderCharge(row: ChargeRow): Charge {
  // What goes with which status the constraints of the table hold, and not this type.
  return {
    object: 'charge',
    id: row.id,
    status: row.status,
    amount: Number(row.amount),
    currency: row.currency,
    amount_captured: Number(row.captured),
    amount_refunded: Number(row.refunded),
    amount_refunds_pending: Number(row.refunds_pending),
    capture_method: row.capture_method,
    flow: row.flow,
    merchant_reference: row.merchant_reference,
    description: row.description,
    metadata: row.metadata,
    payment_session: row.payment_session_id,
    payment_method: row.card === null ? null : { type: 'card', card: row.card },
    next_action:
      row.status === 'requires_action' && row.action_url !== null ? { type: 'redirect', url: row.action_url } : null,
    pending:
      row.pending_operation === null ? null : { operation: row.pending_operation, amount: Number(row.pending_amount) },
    failure: row.failure,
    cancellation_reason: row.cancellation_reason,
    flags: row.flags,
    psp: { name: row.psp, account: row.psp_account_id, reference: row.psp_reference },
    routing: row.routing,
    network_transaction_id: row.network_transaction_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  } as Charge
}

/** The row as it is after a change; what leaves `authorized` has no operation pending any more. */
export function applyChange(row: ChargeRow, change: ChargeChange, now: Date): ChargeRow {
  const { eventType: _told, ...values } = change
  const pending = change.status === 'authorized' ? {} : { pending_operation: null, pending_amount: null }
  return { ...row, ...values, ...pending, sequence: row.sequence + 1, updated_at: now }
}

/** Index: the primary key. */
export async function findCharge(db: Queryable, merchantId: string, id: string): Promise<ChargeRow | null> {
  const { rows } = await db.query<ChargeRow>(
    `select ${chargeColumns} from charges where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Reads a charge and locks it until the transaction ends: whatever moves money of a charge takes its turn here. */
export async function lockCharge(tx: Queryable, merchantId: string, id: string): Promise<ChargeRow | null> {
  const { rows } = await tx.query<ChargeRow>(
    `select ${chargeColumns} from charges where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes back a locked charge: everything that can change after it was made. */
export async function updateCharge(tx: Queryable, row: ChargeRow): Promise<void> {
  await tx.query(
    `update charges set status = $3, captured = $4, refunded = $5, refunds_pending = $6, pending_operation = $7, pending_amount = $8,
       psp_account_id = $9, psp = $10, psp_reference = $11, card = $12, action_url = $13, failure = $14, cancellation_reason = $15,
       flags = $16, sequence = $17, updated_at = $18, network_transaction_id = $19
     where merchant_id = $1 and id = $2`,
    [
      row.merchant_id,
      row.id,
      row.status,
      row.captured,
      row.refunded,
      row.refunds_pending,
      row.pending_operation,
      row.pending_amount,
      row.psp_account_id,
      row.psp,
      row.psp_reference,
      row.card,
      row.action_url,
      row.failure,
      row.cancellation_reason,
      row.flags,
      row.sequence,
      row.updated_at,
      row.network_transaction_id,
    ],
  )
}

/** Moves a locked charge to another PSP account: of the one before it is proven that it did not act. */
export async function moveCharge(tx: Queryable, row: ChargeRow): Promise<void> {
  await tx.query(
    'update charges set psp_account_id = $3, psp = $4, routing = $5, updated_at = $6 where merchant_id = $1 and id = $2',
    [row.merchant_id, row.id, row.psp_account_id, row.psp, row.routing, row.updated_at],
  )
}

/** Inserts a charge outside the hot path: a payment that the PSP made for a hosted session. */
export async function insertCharge(tx: Queryable, row: ChargeRow): Promise<void> {
  await tx.query(
    `insert into charges (${chargeColumns})
     values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30)`,
    [
      row.merchant_id,
      row.id,
      row.status,
      row.flow,
      row.amount,
      row.currency,
      row.capture_method,
      row.captured,
      row.refunded,
      row.refunds_pending,
      row.pending_operation,
      row.pending_amount,
      row.psp_account_id,
      row.psp,
      row.routing,
      row.psp_reference,
      row.network_transaction_id,
      row.payment_session_id,
      row.card,
      row.merchant_reference,
      row.description,
      row.metadata,
      row.return_url,
      row.action_url,
      row.failure,
      row.cancellation_reason,
      row.flags,
      row.sequence,
      row.created_at,
      row.updated_at,
    ],
  )
}

/** Index: charges_by_return. */
export async function findChargeByReturn(db: Queryable, returnDigest: Buffer): Promise<ChargeRow | null> {
  const { rows } = await db.query<ChargeRow>(`select ${chargeColumns} from charges where return_digest = $1`, [
    returnDigest,
  ])
  return rows[0] ?? null
}

/** Index: charges_by_psp_reference. */
export async function findChargeByPspReference(
  db: Queryable,
  pspAccountId: string,
  pspReference: string,
): Promise<ChargeRow | null> {
  const { rows } = await db.query<ChargeRow>(
    `select ${chargeColumns} from charges where psp_account_id = $1 and psp_reference = $2`,
    [pspAccountId, pspReference],
  )
  return rows[0] ?? null
}
