import { inTransaction, type Pool, type Transaction } from '../store/pool.ts'
import { hashSeal, maxRecordsPerSeal, noHash, recordColumns, type SealedRecord, timeAsText } from './canonical.ts'

/** Any number that nothing else locks; one process seals at a time, so that the chain has no fork. */
const advisoryLock = 4_120_062

/** How many records were sealed; 0 also while another process seals. `lastSeal` is `number:hash`, as verify takes it. */
export type Sealed = { records: number; lastSeal: string | null }

/**
 * Seals the audit records that wait, oldest first, at most a thousand to a seal, until none waits. A record whose
 * transaction committed late is sealed in a later batch, so no order of commits leaves one out.
 */
export async function sealAuditRecords(pool: Pool): Promise<Sealed> {
  const total: Sealed = { records: 0, lastSeal: null }
  for (;;) {
    const batch = await inTransaction(pool, sealBatch)
    total.records += batch.records
    total.lastSeal = batch.lastSeal ?? total.lastSeal
    if (batch.records < maxRecordsPerSeal) return total
  }
}

async function sealBatch(tx: Transaction): Promise<Sealed> {
  const nothing = { records: 0, lastSeal: null }
  const lock = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [advisoryLock])
  if (lock.rows[0]?.locked !== true) return nothing
  const records = await readWaiting(tx)
  if (records.length === 0) return nothing
  const last = await tx.query<{ number: bigint; hash: Buffer }>(
    'select number, hash from audit_seals order by number desc limit 1',
  )
  const number = (last.rows[0]?.number ?? 0n) + 1n
  const previousHash = last.rows[0]?.hash ?? noHash
  const clock = await tx.query<{ now: string }>(`select ${timeAsText('now()')} as now`)
  const sealedAt = clock.rows[0]?.now ?? ''
  const hash = hashSeal({ number, previousHash, sealedAt }, records)
  const ids = records.map((record) => record.id)
  await tx.query(
    'insert into audit_seals (number, previous_hash, hash, sealed_at) values ($1, $2, $3, $4::timestamptz)',
    [number, previousHash, hash, sealedAt],
  )
  await tx.query('insert into audit_sealed_records (record_id, seal_number) select unnest($1::bigint[]), $2', [
    ids,
    number,
  ])
  await tx.query('delete from audit_unsealed where record_id = any($1::bigint[])', [ids])
  return { records: records.length, lastSeal: `${number}:${hash.toString('hex')}` }
}

/** What waits is in a table of its own, so its cost does not grow with the log. Index: the primary keys. */
async function readWaiting(tx: Transaction): Promise<SealedRecord[]> {
  const { rows } = await tx.query<SealedRecord>(
    `select ${recordColumns} from audit_unsealed u join audit_records r on r.id = u.record_id
     order by u.record_id limit $1`,
    [maxRecordsPerSeal],
  )
  return rows
}
