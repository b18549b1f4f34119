import { inTransaction, type Pool, type Queryable } from '../store/pool.ts'
import { type AuditReport, createChainCheck, type KnownSeal } from './check-chain.ts'
import { readSeals } from './read-seals.ts'

/** A record that waits longer than this for its seal shows that nobody seals. */
const longestWait = '1 hour'

/** Reads the whole audit log and its seals as of one moment, and finds every changed, missing, added or reordered byte. */
export async function verifyAudit(pool: Pool, known?: KnownSeal): Promise<AuditReport> {
  return inTransaction(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only')
    return verifyAuditIn(tx, known)
  })
}

/** The same as a transaction sees the log. */
export async function verifyAuditIn(tx: Queryable, known?: KnownSeal): Promise<AuditReport> {
  const chain = createChainCheck(known)
  for await (const { seal, records, missing } of readSeals(tx)) chain.addSeal(seal, records, missing)
  const { report } = chain
  const last = BigInt(report.lastSeal?.number ?? 0)
  if (known !== undefined && last < known.number)
    report.problems.push(`The chain ends at seal ${last}, but seal ${known.number} is known: its end was cut off.`)
  await checkUnsealed(tx, report)
  return report
}

type Strays = Record<'waiting' | 'late' | 'added' | 'removed' | 'twice' | 'orphans', bigint> & { first: string | null }

/**
 * What no seal covers. A genuine record waits for its seal from its own transaction on; one that neither waits nor is
 * sealed was written past the service, or its seal was taken away.
 */
async function checkUnsealed(tx: Queryable, report: AuditReport): Promise<void> {
  const { rows } = await tx.query<Strays>(
    `with unsealed as (
       select r.id, r.at < now() - interval '${longestWait}' as is_late, u.record_id is not null as waits
       from audit_records r left join audit_unsealed u on u.record_id = r.id
       where not exists (select from audit_sealed_records s where s.record_id = r.id)
     )
     select count(*) filter (where waits) as waiting, count(*) filter (where waits and is_late) as late,
       count(*) filter (where not waits) as added, min(id) filter (where not waits)::text as first,
       (select count(*) from audit_unsealed u where not exists (select from audit_records r where r.id = u.record_id)) as removed,
       (select count(*) from audit_unsealed join audit_sealed_records using (record_id)) as twice,
       (select count(*) from audit_sealed_records s
        where not exists (select from audit_seals where number = s.seal_number)) as orphans
     from unsealed`,
  )
  const [found] = rows
  if (found === undefined) return
  report.waiting = Number(found.waiting)
  const say = (count: bigint, sentence: string) => {
    if (count > 0n) report.problems.push(`${count} ${sentence}`)
  }
  say(
    found.added,
    `records, from ${found.first}, have no seal and wait for none: they were added by hand, or their seal was removed.`,
  )
  say(found.removed, 'records were removed before they were sealed.')
  say(found.twice, 'records wait for a seal although they have one.')
  say(found.orphans, 'records are said to be under seals that do not exist.')
  say(found.late, `records have waited for a seal for more than ${longestWait}: sealing has stopped.`)
}
