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
    [
      record.actorType,
      record.actor,
      record.type,
      record.outcome,
      record.origin,
      record.merchantId ?? null,
      record.resource ?? null,
      record.details ?? {},
    ],
  )
}

export type StoredAuditRecord = {
  id: bigint
  at: Date
  actorType: AuditRecord['actorType']
  actor: string
  type: string
  outcome: AuditRecord['outcome']
  origin: string
  merchantId: string | null
  resource: string | null
  details: Record<string, unknown>
}
export type AuditFilter = Partial<
  Record<'merchant' | 'actor' | 'type' | 'outcome' | 'resource' | 'since' | 'until', string>
>

/** The newest first. Primary key, or audit_records_by_merchant. `since` is included, `until` is not. */
export async function listAuditRecords(
  db: Queryable,
  filter: AuditFilter,
  page: { before: string | null; limit: number },
): Promise<StoredAuditRecord[]> {
  const { rows } = await db.query<StoredAuditRecord>(
    `select id, at, actor_type as "actorType", actor, type, outcome, origin, merchant_id as "merchantId", resource, details
     from audit_records
     where ($1::text is null or merchant_id = $1) and ($2::text is null or actor = $2) and ($3::text is null or type = $3)
       and ($4::text is null or outcome = $4) and ($5::text is null or resource = $5)
       and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7) and ($8::bigint is null or id < $8)
     order by id desc limit $9`,
    [
      filter.merchant ?? null,
      filter.actor ?? null,
      filter.type ?? null,
      filter.outcome ?? null,
      filter.resource ?? null,
      filter.since ?? null,
      filter.until ?? null,
      page.before,
      page.limit,
    ],
  )
  return rows
}
