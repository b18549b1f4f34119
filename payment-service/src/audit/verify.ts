import { inTransaction, type Pool, type Queryable } from '../store/pool.ts'
import { hashSeal, noHash, recordColumns, type SealedRecord, timeAsText } from './canonical.ts'

export type AuditReport = {
  /** Sealed records whose bytes were read. */
  records: number
  seals: number
  /** Records that are too young to be sealed. */
  waiting: number
  /** Empty when the log is whole. Each is a sentence. */
  problems: string[]
  /** The last seal, to be kept elsewhere: with it, the next check also sees when the log's end was cut off. */
  lastSeal: { number: string; hash: string } | null
}
/** A seal as an earlier check printed it. */
export type KnownSeal = { number: bigint; hash: string }

type Seal = { number: bigint; previousHash: Buffer; hash: Buffer; sealedAt: string }
type Member = Omit<SealedRecord, 'id'> & { id: string | null; sealedId: string; sealNumber: bigint }

const sealsPerRound = 50
/** A record that waits longer than this for its seal shows that nobody seals. */
const longestWait = '1 hour'

/**
 * Reads the whole audit log and its seals as of one moment, and finds every changed, missing, added or reordered byte.
 *
 * @param known a seal that was printed earlier and kept where the database's owner cannot reach it. Without one, a chain
 *   that somebody with the owner's rights has shortened or computed anew cannot be told from a true one.
 */
export async function verifyAudit(pool: Pool, known?: KnownSeal): Promise<AuditReport> {
  return inTransaction(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only')
    const report: AuditReport = { records: 0, seals: 0, waiting: 0, problems: [], lastSeal: null }
    let previous: Pick<Seal, 'number' | 'hash'> = { number: 0n, hash: noHash }
    for (;;) {
      const seals = await readSeals(tx, previous.number)
      const members = await readMembers(tx, seals)
      for (const seal of seals) {
        checkSeal(report, seal, previous, members.get(seal.number) ?? [])
        if (seal.number === known?.number && seal.hash.toString('hex') !== known.hash) {
          report.problems.push(`Seal ${seal.number} is not the one that is known: the chain was computed anew.`)
        }
        previous = seal
      }
      if (seals.length < sealsPerRound) break
    }
    if (report.seals > 0) report.lastSeal = { number: String(previous.number), hash: previous.hash.toString('hex') }
    if (known !== undefined && previous.number < known.number) {
      report.problems.push(
        `The chain ends at seal ${previous.number}, but seal ${known.number} is known: its end was cut off.`,
      )
    }
    await checkUnsealed(tx, report)
    return report
  })
}

function checkSeal(report: AuditReport, seal: Seal, previous: Pick<Seal, 'number' | 'hash'>, members: Member[]): void {
  const wanted = previous.number + 1n
  if (seal.number !== wanted) report.problems.push(`Seal ${wanted} is missing: the next is ${seal.number}.`)
  else if (!seal.previousHash.equals(previous.hash))
    report.problems.push(`Seal ${seal.number} does not follow from seal ${previous.number}.`)
  const missing = members.filter((member) => member.id === null).map((member) => member.sealedId)
  if (missing.length > 0)
    report.problems.push(`Of seal ${seal.number} these records are missing: ${missing.join(', ')}.`)
  const records = members.flatMap(({ id, ...rest }) => (id === null ? [] : [{ ...rest, id }]))
  if (missing.length === 0 && !hashSeal(seal, records).equals(seal.hash)) {
    const [first, last] = [records[0]?.id ?? 'none', records.at(-1)?.id ?? 'none']
    report.problems.push(
      `Seal ${seal.number} does not fit its records (${first} to ${last}): they, or the seal, were changed.`,
    )
  }
  report.records += records.length
  report.seals++
}

/** Primary key of audit_seals. */
async function readSeals(tx: Queryable, after: bigint): Promise<Seal[]> {
  const { rows } = await tx.query<Seal>(
    `select number, previous_hash as "previousHash", hash, ${timeAsText('sealed_at')} as "sealedAt"
     from audit_seals where number > $1 order by number limit $2`,
    [after, sealsPerRound],
  )
  return rows
}

/** Index: audit_sealed_records_by_seal. */
async function readMembers(tx: Queryable, seals: readonly Seal[]): Promise<Map<bigint, Member[]>> {
  const { rows } = await tx.query<Member>(
    `select s.record_id::text as "sealedId", s.seal_number as "sealNumber", ${recordColumns}
     from audit_sealed_records s left join audit_records r on r.id = s.record_id
     where s.seal_number between $1 and $2 order by s.seal_number, s.record_id`,
    [seals[0]?.number ?? 0n, seals.at(-1)?.number ?? 0n],
  )
  return Map.groupBy(rows, (row) => row.sealNumber)
}

async function checkUnsealed(tx: Queryable, report: AuditReport): Promise<void> {
  const { rows } = await tx.query<{ waiting: bigint; late: bigint; first: string | null }>(
    `select count(*) as waiting, count(*) filter (where late) as late, min(id) filter (where late)::text as first
     from (select r.id, r.at < now() - interval '${longestWait}' as late from audit_records r
           where not exists (select from audit_sealed_records s where s.record_id = r.id)) as unsealed`,
  )
  const [unsealed] = rows
  report.waiting = Number(unsealed?.waiting ?? 0n)
  if (unsealed === undefined || unsealed.late === 0n) return
  report.problems.push(
    `${unsealed.late} records, from ${unsealed.first}, are older than ${longestWait} and were never sealed: they were added by hand, their seals were removed, or sealing has stopped.`,
  )
}
