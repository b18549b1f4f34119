import type { Queryable } from './pool.ts'

/** One audited action: who, what, outcome, from where, on what (PCI DSS 10.2.2); the time is the database's. */
export type AuditRecord = {
  actorType: 'operator' | 'merchant' | 'relay' | 'system' | 'anonymous'
  actor: string
  type: string
  outcome: 'success' | 'refused'
  /** The source address, or the name of the job. */
  origin: string
  merchantId?: string | null
  resource?: string | null
  /** Facts; never card data, never a secret. */
  details?: Record<string, string | number | boolean | null>
}

/** Adds a record. Pass the transaction of the action itself, so that neither exists without the other. */
export async function recordAudit(db: Queryable, record: AuditRecord): Promise<void> {
  await db.query(
    `insert into audit_records (actor_type, actor, type, outcome, origin, merchant_id, resource, details)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [record.actorType, record.actor, record.type, record.outcome, record.origin, record.merchantId ?? null, record.resource ?? null, record.details ?? {}],
  )
}
