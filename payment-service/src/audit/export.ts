import { createHash } from 'node:crypto'
import type { Pool } from '../store/pool.ts'
import type { Seal, SealedRecord } from './canonical.ts'
import { readSeals } from './read-seals.ts'

/** A range of time, its end excluded, as RFC 3339 texts. */
export type TimeRange = { from: string; to: string }

/**
 * The lines of an export, each an object. `details` of a record is the text that was sealed, byte for byte. Seals come
 * whole: the first and the last one may bring records from outside the range, because no part of a seal can be checked.
 */
export type ExportLine =
  | { line: 'export'; from: string; to: string }
  | ({ line: 'record'; seal: string } & SealedRecord)
  | { line: 'seal'; number: string; previous_hash: string; hash: string; sealed_at: string; records: number }
  /** `unsealed`: records of the range that had no seal yet and are left out; export again a minute later. */
  | { line: 'end'; seals: number; records: number; unsealed: number }
  /** SHA-256 of all bytes before this line. */
  | { line: 'digest'; sha256: string }

/**
 * The sealed records of a range, with their seals, as JSON lines: all that is needed to check them without the database.
 * Nothing that is sealed changes, so it is read a few seals at a time and in no transaction, and never held as a whole.
 */
export async function* exportAudit(pool: Pool, range: TimeRange): AsyncGenerator<string> {
  const hash = createHash('sha256')
  for await (const lines of describeRange(pool, range)) {
    hash.update(lines)
    yield lines
  }
  yield write({ line: 'digest', sha256: hash.digest('hex') })
}

async function* describeRange(pool: Pool, range: TimeRange): AsyncGenerator<string> {
  yield write({ line: 'export', ...range })
  const total = { seals: 0, records: 0 }
  const bounds = await findSeals(pool, range)
  if (bounds !== null) {
    for await (const { seal, records } of readSeals(pool, bounds.first, bounds.last)) {
      let lines = ''
      for (const record of records) lines += write({ line: 'record', seal: String(seal.number), ...record })
      yield lines + write(describeSeal(seal, records.length))
      total.seals++
      total.records += records.length
    }
  }
  yield write({ line: 'end', ...total, unsealed: await countUnsealed(pool, range) })
}

function write(line: ExportLine): string {
  return `${JSON.stringify(line)}\n`
}

function describeSeal(seal: Seal, records: number): ExportLine {
  return {
    line: 'seal',
    number: String(seal.number),
    previous_hash: seal.previousHash.toString('hex'),
    hash: seal.hash.toString('hex'),
    sealed_at: seal.sealedAt,
    records,
  }
}

/** The first and the last seal that hold a record of the range. Index: audit_records_by_time. */
async function findSeals(pool: Pool, range: TimeRange): Promise<{ first: bigint; last: bigint } | null> {
  const { rows } = await pool.query<{ first: bigint | null; last: bigint | null }>(
    `select min(s.seal_number) as first, max(s.seal_number) as last
     from audit_records r join audit_sealed_records s on s.record_id = r.id
     where r.at >= $1::timestamptz and r.at < $2::timestamptz`,
    [range.from, range.to],
  )
  const { first, last } = rows[0] ?? {}
  return first == null || last == null ? null : { first, last }
}

/** Index: the primary keys. */
async function countUnsealed(pool: Pool, range: TimeRange): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>(
    `select count(*) as count from audit_unsealed u join audit_records r on r.id = u.record_id
     where r.at >= $1::timestamptz and r.at < $2::timestamptz`,
    [range.from, range.to],
  )
  return Number(rows[0]?.count ?? 0n)
}
