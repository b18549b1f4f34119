import { inTransaction, type Pool, type Transaction } from '../store/pool.ts'
import { hashSeal, noHash, recordColumns, type SealedRecord, timeAsText } from './canonical.ts'

/** Any number that nothing else locks; one process seals at a time, so that the chain has no fork. */
const advisoryLock = 4_120_062
const maxRecordsPerSeal = 1_000
/** Records come to light when their transactions commit, not in the order of their ids; most have by then. */
const restMs = 1_000

/**
 * Seals the audit records that wait, oldest first, at most a thousand to a seal, until none waits. A record whose
 * transaction committed late is sealed in a later batch, so no order of commits leaves one out.
 *
 * @returns how many records were sealed; 0 also while another process seals.
 */
export async function sealAuditRecords(pool: Pool): Promise<number> {
  let total = 0
  for (;;) {
    const sealed = await inTransaction(pool, sealBatch)
    total += sealed
    if (sealed < maxRecordsPerSeal) return total
  }
}

async function sealBatch(tx: Transaction): Promise<number> {
  const lock = await tx.query<{ locked: boolean }>('select pg_try_advisory_xact_lock($1) as locked', [advisoryLock])
  if (lock.rows[0]?.locked !== true) return 0
  const records = await readUnsealed(tx)
  if (records.length === 0) return 0
  const last = await tx.query<{ number: bigint; hash: Buffer }>(
    'select number, hash from audit_seals order by number desc limit 1',
  )
  const number = (last.rows[0]?.number ?? 0n) + 1n
  const previousHash = last.rows[0]?.hash ?? noHash
  const clock = await tx.query<{ now: string }>(`select ${timeAsText('now()')} as now`)
  const sealedAt = clock.rows[0]?.now ?? ''
  const hash = hashSeal({ number, previousHash, sealedAt }, records)
  await tx.query(
    'insert into audit_seals (number, previous_hash, hash, sealed_at) values ($1, $2, $3, $4::timestamptz)',
    [number, previousHash, hash, sealedAt],
  )
  await tx.query('insert into audit_sealed_records (record_id, seal_number) select unnest($1::bigint[]), $2', [
    records.map((record) => record.id),
    number,
  ])
  return records.length
}

/**
 * Looks back an hour behind the last seal and no further, so that its cost does not grow with the log: a transaction
 * of the service lasts seconds, so a record that old is sealed. `fincore audit verify` looks at all of them.
 */
async function readUnsealed(tx: Transaction): Promise<SealedRecord[]> {
  const { rows } = await tx.query<SealedRecord>(
    `select ${recordColumns} from audit_records r
     where r.at < now() - make_interval(secs => $1::float / 1000)
       and r.id > coalesce((
         select max(record_id) from audit_sealed_records where seal_number =
           (select number from audit_seals where sealed_at < now() - interval '1 hour' order by number desc limit 1)
       ), 0)
       and not exists (select from audit_sealed_records s where s.record_id = r.id)
     order by r.id limit $2`,
    [restMs, maxRecordsPerSeal],
  )
  return rows
}
