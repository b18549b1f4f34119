import type { Refund } from '@fincore/api-contract/resources'
import type { Failure } from '../payments/decide-charge.ts'
import type { RefundStatus } from '../payments/refund-states.ts'
import type { Queryable } from './pool.ts'

export type RefundRow = {
  merchant_id: string
  id: string
  charge_id: string
  status: RefundStatus
  amount: bigint
  currency: string
  reason: string | null
  metadata: Record<string, string>
  failure: Failure | null
  psp_reference: string | null
  sequence: number
  created_at: Date
  updated_at: Date
}

export const refundColumns =
  'merchant_id, id, charge_id, status, amount, currency, reason, metadata, failure, psp_reference, sequence, created_at, updated_at'

/** The refund as the API shows it. */
export function renderRefund(row: RefundRow): Refund {
  return {
    object: 'refund',
    id: row.id,
    charge: row.charge_id,
    amount: Number(row.amount),
    currency: row.currency,
    status: row.status,
    reason: row.reason,
    metadata: row.metadata,
    failure: row.failure,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export async function insertRefund(tx: Queryable, row: RefundRow): Promise<void> {
  await tx.query(
    `insert into refunds (${refundColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.merchant_id,
      row.id,
      row.charge_id,
      row.status,
      row.amount,
      row.currency,
      row.reason,
      row.metadata,
      row.failure,
      row.psp_reference,
      row.sequence,
      row.created_at,
      row.updated_at,
    ],
  )
}

/** Index: the primary key. */
export async function findRefund(db: Queryable, merchantId: string, id: string): Promise<RefundRow | null> {
  const { rows } = await db.query<RefundRow>(
    `select ${refundColumns} from refunds where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes back a refund whose charge is locked. */
export async function updateRefund(tx: Queryable, row: RefundRow): Promise<void> {
  await tx.query(
    'update refunds set status = $3, failure = $4, psp_reference = $5, sequence = $6, updated_at = $7 where merchant_id = $1 and id = $2',
    [row.merchant_id, row.id, row.status, row.failure, row.psp_reference, row.sequence, row.updated_at],
  )
}
