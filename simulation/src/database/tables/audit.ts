import { makeMultiIndex } from '../index.ts'
import { makeTable, type TableRules } from '../table.ts'
import { inOrder, oneOf } from './rules.ts'

export type AuditRecordRecord = {
  id: bigint
  at: Date
  actor_type: 'operator' | 'merchant' | 'relay' | 'system' | 'anonymous'
  actor: string
  type: string
  outcome: 'success' | 'refused'
  origin: string
  merchant_id: string | null
  resource: string | null
  details: Record<string, unknown>
}

const auditRecordRules: TableRules<AuditRecordRecord> = {
  name: 'audit_records',
  primaryKey: (row) => String(row.id),
  nullable: ['merchant_id', 'resource'],
  checks: inOrder([
    oneOf('audit_records', 'actor_type', ['operator', 'merchant', 'relay', 'system', 'anonymous']),
    oneOf('audit_records', 'outcome', ['success', 'refused']),
  ]),
  references: [],
}

export function makeAuditRecords() {
  const byResource = makeMultiIndex<AuditRecordRecord>((row) => row.resource)
  // The sequence of the ids: what is rolled back does not give its number back.
  return { ...makeTable(auditRecordRules, { others: [byResource] }), byResource, lastId: 0n }
}

export type AuditUnsealedRecord = { record_id: bigint }

const auditUnsealedRules: TableRules<AuditUnsealedRecord> = {
  name: 'audit_unsealed',
  primaryKey: (row) => String(row.record_id),
  nullable: [],
  checks: [],
  references: [],
}

export const makeAuditUnsealed = () => makeTable(auditUnsealedRules)
