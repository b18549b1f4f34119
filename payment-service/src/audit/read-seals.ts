import type { Queryable } from '../store/pool.ts'
import { recordColumns, type Seal, type SealedRecord, timeAsText } from './canonical.ts'

export type SealWithRecords = { seal: Seal; records: SealedRecord[]; missing: string[] }

type Member = Omit<SealedRecord, 'id'> & { id: string | null; sealedId: string; sealNumber: bigint }

/** Ten thousand records at most, as a seal has at most a thousand. */
const sealsPerRound = 10
const lowest = -(2n ** 63n)

/**
 * Every seal up to `last` with its records, in the order of their numbers; what is read does not grow with the log.
 * @param first the number to begin with. Without it also a seal that stands before the first is seen.
 */
export async function* readSeals(
  db: Queryable,
  first: bigint = lowest,
  last?: bigint,
): AsyncGenerator<SealWithRecords> {
  for (let next = first; ; ) {
    const seals = await readSealRows(db, next, last)
    const members = await readMembers(db, seals)
    for (const seal of seals) {
      const own = members.get(seal.number) ?? []
      yield {
        seal,
        records: own.flatMap(({ sealedId: _id, sealNumber: _number, id, ...record }) =>
          id === null ? [] : [{ id, ...record }],
        ),
        missing: own.flatMap(({ id, sealedId }) => (id === null ? [sealedId] : [])),
      }
    }
    const end = seals.at(-1)
    if (end === undefined || seals.length < sealsPerRound) return
    next = end.number + 1n
  }
}

/** Primary key of audit_seals. */
async function readSealRows(db: Queryable, first: bigint, last: bigint | undefined): Promise<Seal[]> {
  const { rows } = await db.query<Seal>(
    `select number, previous_hash as "previousHash", hash, ${timeAsText('sealed_at')} as "sealedAt"
     from audit_seals where number >= $1 and ($2::bigint is null or number <= $2) order by number limit $3`,
    [first, last ?? null, sealsPerRound],
  )
  return rows
}

/** Index: audit_sealed_records_by_seal. */
async function readMembers(db: Queryable, seals: readonly Seal[]): Promise<Map<bigint, Member[]>> {
  const { rows } = await db.query<Member>(
    `select s.record_id::text as "sealedId", s.seal_number as "sealNumber", ${recordColumns}
     from audit_sealed_records s left join audit_records r on r.id = s.record_id
     where s.seal_number = any($1::bigint[]) order by s.seal_number, s.record_id`,
    [seals.map((seal) => seal.number)],
  )
  return Map.groupBy(rows, (row) => row.sealNumber)
}
