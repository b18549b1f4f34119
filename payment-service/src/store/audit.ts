import {
  type ActorTypeOf,
  type AuditActorType,
  type AuditOutcome,
  type AuditType,
  type DetailOf,
  explainMisfit,
  type OutcomeOf,
} from '../audit/audit-types.ts'
import type { Queryable, Transaction } from './pool.ts'

/** One audited action: who, what, outcome, from where, on what (PCI DSS 10.2.2); the time is the database's. */
export type AuditRecord<T extends AuditType = AuditType> = {
  actorType: ActorTypeOf<T>
  actor: string
  type: T
  outcome: OutcomeOf<T>
  /** The source address, or the name of the job. */
  origin: string
  merchantId?: string | null
  resource?: string | null
  /** Facts; never card data, never a secret. */
  details?: Partial<Record<DetailOf<T>, string | number | boolean | null>>
}

/** The audit log itself took no record: what had to be audited has not happened. */
export class AuditLogUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The audit log took no record', { cause })
    this.name = 'AuditLogUnavailableError'
  }
}

/** A record that its row of the table of types does not allow: a bug, never a state of the log. */
export class AuditMisfitError extends Error {
  constructor(record: AuditRecord, why: string) {
    super(`An audit record of type ${record.type} has ${why}`)
    this.name = 'AuditMisfitError'
  }
}

const auditColumns = 'actor_type, actor, type, outcome, origin, merchant_id, resource, details'

/** The columns that a json_to_recordset must have for `auditedFrom`; `toAuditRow` gives their values. */
export const auditInput =
  'audit_actor_type text, audit_actor text, audit_type text, audit_outcome text, audit_origin text, audit_merchant_id text, audit_resource text, audit_details jsonb'

/**
 * Two further parts of a statement's WITH, which write the audit record of each row of `source` and put it in line for
 * its seal: no record without the rest of the statement, and no rest without its record. The columns are
 * flat, so that no row needs a call of its own to be taken apart.
 */
export const auditedFrom = (source: string) => `audited as (
  insert into audit_records (${auditColumns})
  select ${auditColumns.replace(/\w+/g, 'audit_$&')} from ${source} returning id
), waiting_for_seal as (insert into audit_unsealed (record_id) select id from audited)`

const recordAuditsSql = `
with input as materialized (select * from json_to_recordset($1) as row (${auditInput})), ${auditedFrom('input')}
select`

/**
 * Adds a record. Pass the transaction of the action itself, so that neither exists without the other.
 * @throws AuditLogUnavailableError when the log takes no records, as opposed to the database being away.
 */
export function recordAudit<T extends AuditType>(db: Queryable, record: AuditRecord<T>): Promise<void> {
  return recordAudits(db, [record])
}

/** As recordAudit, for several in their order, in one statement. */
export async function recordAudits<T extends AuditType>(
  db: Queryable,
  records: readonly AuditRecord<T>[],
): Promise<void> {
  if (records.length === 0) return
  const values = [JSON.stringify(records.map(toAuditRow))]
  try {
    await db.query({ name: 'record-audits', text: recordAuditsSql, values })
  } catch (error) {
    throw isFaultOfTheLog(error) ? new AuditLogUnavailableError(error) : error
  }
}

/** A record as `auditedFrom` takes it. Texts come from outside: PostgreSQL stores no NUL and no half of a surrogate. */
export function toAuditRow<T extends AuditType>(record: AuditRecord<T>): Record<string, unknown> {
  const misfit = explainMisfit(record)
  if (misfit !== null) throw new AuditMisfitError(record, misfit)
  const details = Object.entries<string | number | boolean | null | undefined>(record.details ?? {})
  return {
    audit_actor_type: record.actorType,
    audit_actor: storable(record.actor),
    audit_type: record.type,
    audit_outcome: record.outcome,
    audit_origin: storable(record.origin),
    audit_merchant_id: storable(record.merchantId ?? null),
    audit_resource: storable(record.resource ?? null),
    audit_details: Object.fromEntries(
      details.map(([name, value]) => [name, typeof value === 'string' ? storable(value) : value]),
    ),
  }
}

const maxTextLength = 500
function storable(text: string | null): string | null {
  return text?.replaceAll('\0', '\ufffd').slice(0, maxTextLength).toWellFormed() ?? null
}

/**
 * Whether a statement failed because the log cannot be written: no right, a lock that is held too long, a trigger that
 * raises, a sequence whose numbers are taken (23505: nothing else of a record is unique). Not when the database is away
 * (classes 08, 53, 57P), and not for what stands in a record (22, 23).
 */
function isFaultOfTheLog(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === '23505' || (/^[0-9A-Z]{5}$/.test(code) && !/^(08|22|23|25|40|53|57P)/.test(code))
}

/** How long a probe waits for a lock: longer than any honest statement holds one. */
const probeTimeoutMs = 1_500

/**
 * Tries whether the log takes a record, and takes it back: as a real one would be written, through the same rights,
 * triggers and locks.
 *
 * @param takesNumber whether it takes a number from the log's sequence too, which finds one whose numbers are used
 *   already. That leaves a hole in the numbers, so it is for a log that is in doubt, and for nothing that repeats.
 * @returns how long the oldest record has waited for its seal, in seconds; 0 when none waits.
 * @throws what the insert failed with.
 */
export async function probeAuditLog(tx: Transaction, takesNumber: boolean): Promise<number> {
  await tx.query(`set local statement_timeout = ${probeTimeoutMs}`)
  await tx.query('savepoint probe')
  await tx.query(`with audited as (
      insert into audit_records (id, ${auditColumns}) overriding system value
      values (${takesNumber ? 'default' : '-pg_backend_pid()'}, 'system', 'probe', 'audit_log.start', 'success', 'probe', null, null, '{}') returning id
    ) insert into audit_unsealed (record_id) select id from audited`)
  await tx.query('rollback to savepoint probe')
  return readSealLag(tx)
}

/** How long the oldest record has waited for its seal, in seconds; 0 when none waits. Index: the primary keys. */
export async function readSealLag(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(
    `select extract(epoch from clock_timestamp() - r.at)::float8 as seconds
     from audit_unsealed u join audit_records r on r.id = u.record_id order by u.record_id limit 1`,
  )
  return Math.max(0, rows[0]?.seconds ?? 0)
}

export type StoredAuditRecord = {
  id: bigint
  at: Date
  actorType: AuditActorType
  actor: string
  type: string
  outcome: AuditOutcome
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
