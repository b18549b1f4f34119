import { createReadStream } from 'node:fs'
import { recordAudit } from '../store/audit.ts'
import type { Connection } from '../store/connection.ts'
import { openPool, type Pool, withoutLimits } from '../store/pool.ts'
import type { AuditReport, KnownSeal } from './check-chain.ts'
import { readCommandActor } from './command-actor.ts'
import { exportAudit, type TimeRange } from './export.ts'
import { splitLines } from './split-lines.ts'
import { verifyAudit } from './verify.ts'
import { verifyExport } from './verify-export.ts'

/** An address, or what connectionOfLogin makes of it and the settings. */
type Database = string | Connection

/** What `fincore audit verify` checked; of an export also the seal that it follows. */
export type CheckedLog = AuditReport & { what: 'audit log' | 'export'; follows: AuditReport['lastSeal'] }

export async function verifyDatabase(database: Database, known?: KnownSeal): Promise<CheckedLog> {
  const report = await withPool(database, (pool) => verifyAudit(pool, known))
  return { what: 'audit log', follows: null, ...report }
}

export async function verifyFile(file: string, known?: KnownSeal): Promise<CheckedLog> {
  return { what: 'export', ...(await verifyExport(splitLines(createReadStream(file)), known)) }
}

/** Hands the lines of an export on; the export is recorded in the log before its first line. */
export function exportFromDatabase(
  database: Database,
  range: TimeRange,
  write: (lines: AsyncIterable<string>) => Promise<void>,
): Promise<void> {
  return withPool(database, async (pool) => {
    await recordExport(pool, range)
    await write(exportAudit(pool, range))
  })
}

/** The report for people. */
export function describeCheckedLog({ what, follows, ...report }: CheckedLog): string {
  const { records, seals, waiting, problems, lastSeal } = report
  return [
    ...(follows === null || follows.number === '0'
      ? []
      : [`Begins after seal ${follows.number}:${follows.hash}, the last one of the time before.`]),
    ...problems.map((problem) => `PROBLEM  ${problem}`),
    `${records} sealed records under ${seals} seals, ${waiting} waiting for the next seal.`,
    ...(lastSeal === null ? [] : [`Last seal, to keep elsewhere: --known-seal ${lastSeal.number}:${lastSeal.hash}`]),
    problems.length === 0 ? `The ${what} is whole.` : `The ${what} is NOT whole: ${problems.length} problems.`,
  ].join('\n')
}

/** The report for programs, as one line. */
export function describeCheckedLogAsJson({ what, follows, lastSeal, ...report }: CheckedLog): string {
  const { records, seals, waiting, problems } = report
  return JSON.stringify({
    object: 'audit_check',
    what,
    whole: problems.length === 0,
    records,
    seals,
    waiting,
    problems,
    follows,
    last_seal: lastSeal,
  })
}

/** Who reads the log is recorded in it before it is read; a login that cannot write it reads nothing. */
async function recordExport(pool: Pool, { from, to }: TimeRange): Promise<void> {
  await recordAudit(pool, {
    ...(await readCommandActor(pool, 'fincore audit export')),
    type: 'audit_log.export',
    resource: 'audit_log',
    details: { from, to },
  })
}

async function withPool<T>(database: Database, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(database, 1, withoutLimits)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}
