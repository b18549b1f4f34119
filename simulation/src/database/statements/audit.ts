import { recordAudit } from '@fincore/payment-service/store/audit'
import { lesson } from '../learn.ts'
import type { Waits } from '../slot.ts'
import { insert } from '../table.ts'
import type { AuditRecordRecord } from '../tables/audit.ts'
import type { Transaction } from '../transaction.ts'

/** A record as it stands in the JSON of a statement's rows. */
export type AuditInput = {
  audit_actor_type: AuditRecordRecord['actor_type']
  audit_actor: string
  audit_type: string
  audit_outcome: AuditRecordRecord['outcome']
  audit_origin: string
  audit_merchant_id: string | null
  audit_resource: string | null
  audit_details: Record<string, unknown>
}

/** Writes the records, and puts them in line for their seals. */
export function* insertAudits(tx: Transaction, inputs: readonly AuditInput[]): Waits<void> {
  const { audit_records: records, audit_unsealed: unsealed } = tx.tables
  for (const input of inputs) {
    records.lastId += 1n
    yield* insert(tx, records, {
      id: records.lastId,
      at: tx.now,
      actor_type: input.audit_actor_type,
      actor: input.audit_actor,
      type: input.audit_type,
      outcome: input.audit_outcome,
      origin: input.audit_origin,
      merchant_id: input.audit_merchant_id,
      resource: input.audit_resource,
      details: input.audit_details,
    })
    yield* insert(tx, unsealed, { record_id: records.lastId })
  }
}

export const auditLessons = [
  lesson(
    'recordAudit',
    (db) =>
      recordAudit(db, { actorType: 'system', actor: '', type: 'attempt.unresolved', outcome: 'success', origin: '' }),
    function* (tx, [json]: [string]) {
      const inputs: AuditInput[] = JSON.parse(json)
      yield* insertAudits(tx, inputs)
      return inputs.map(() => ({}))
    },
  ),
]
