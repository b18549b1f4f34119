import type { Dispute } from '@fincore/api-contract/resources'
import type { DisputeFacts } from '../payments/decide-dispute.ts'
import type { Queryable } from './pool.ts'

/** A row of `disputes`. Money in minor units. */
export type DisputeRow = DisputeFacts & {
  merchant_id: string
  id: string
  charge_id: string
  psp_account_id: string
  psp_dispute_id: string
  sequence: number
  created_at: Date
  updated_at: Date
}

export const disputeColumns =
  'merchant_id, id, charge_id, psp_account_id, psp_dispute_id, status, amount, currency, reason, evidence_due_by, sequence, created_at, updated_at'

/** The dispute as the API shows it. */
export function renderDispute(row: DisputeRow): Dispute {
  return {
    object: 'dispute',
    id: row.id,
    charge: row.charge_id,
    status: row.status,
    amount: Number(row.amount),
    currency: row.currency,
    reason: row.reason,
    evidence_due_by: row.evidence_due_by?.toISOString() ?? null,
    psp_reference: row.psp_dispute_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/** Index: the primary key. */
export async function findDispute(db: Queryable, merchantId: string, id: string): Promise<DisputeRow | null> {
  const { rows } = await db.query<DisputeRow>(
    `select ${disputeColumns} from disputes where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** The dispute that a PSP account knows by its own id. Its charge is locked first. Index: disputes_by_psp_dispute. */
export async function findDisputeByPspId(
  tx: Queryable,
  pspAccountId: string,
  pspDisputeId: string,
): Promise<DisputeRow | null> {
  const { rows } = await tx.query<DisputeRow>(
    `select ${disputeColumns} from disputes where psp_account_id = $1 and psp_dispute_id = $2`,
    [pspAccountId, pspDisputeId],
  )
  return rows[0] ?? null
}

export async function insertDispute(tx: Queryable, row: DisputeRow): Promise<void> {
  await tx.query(
    `insert into disputes (${disputeColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.merchant_id,
      row.id,
      row.charge_id,
      row.psp_account_id,
      row.psp_dispute_id,
      row.status,
      row.amount,
      row.currency,
      row.reason,
      row.evidence_due_by,
      row.sequence,
      row.created_at,
      row.updated_at,
    ],
  )
}

/** Writes back a dispute whose charge is locked. */
export async function updateDispute(tx: Queryable, row: DisputeRow): Promise<void> {
  await tx.query(
    `update disputes set status = $3, amount = $4, currency = $5, reason = $6, evidence_due_by = $7, sequence = $8, updated_at = $9
     where merchant_id = $1 and id = $2`,
    [
      row.merchant_id,
      row.id,
      row.status,
      row.amount,
      row.currency,
      row.reason,
      row.evidence_due_by,
      row.sequence,
      row.updated_at,
    ],
  )
}
