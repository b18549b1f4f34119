import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** A migration was rolled back. The message says why, without a value of a row. */
export class MigrationError extends Error {}

export type LockPatience = {
  /** How long a migration waits for one lock, in ms: everybody who wants the table waits behind it so long. */
  lockMs: number
  /** Between two tries, in ms, on average. */
  pauseMs: number
  /** Then whatever holds the lock has to be looked at. */
  tries: number
}
/** Charges are late by two seconds at most, and somebody's long transaction is waited for, for five minutes in all. */
export const lockPatience: LockPatience = { lockMs: 2_000, pauseMs: 3_000, tries: 60 }

/**
 * Applies one migration and writes down that it ran: in one transaction, or, where its name ends in `.concurrent.sql`,
 * outside of one. A lock that somebody holds for longer is let go and tried again, so that nothing queues up behind it.
 */
export async function applyMigration(
  client: pg.Client,
  folder: URL,
  name: string,
  patience: LockPatience,
): Promise<void> {
  const sql = await readFile(new URL(name, folder), 'utf8')
  const apply = name.endsWith('.concurrent.sql') ? buildIndex : applyInTransaction
  for (let tries = 1; ; tries++) {
    try {
      return await apply(client, name, sql, patience)
    } catch (error) {
      if (!isOfLocks(error))
        throw new MigrationError(`Migration ${name} failed and was rolled back: ${explain(error)}`, { cause: error })
      if (tries === patience.tries)
        throw new MigrationError(
          `Migration ${name} failed and was rolled back: it did not get a lock in ${tries} tries, because a transaction that lasts holds it. Find that in pg_stat_activity, end it, and migrate again`,
          { cause: error },
        )
      await sleep(patience.pauseMs * (0.5 + Math.random()))
    }
  }
}

async function applyInTransaction(
  client: pg.Client,
  name: string,
  sql: string,
  { lockMs }: LockPatience,
): Promise<void> {
  try {
    await client.query('begin')
    await client.query(`set local lock_timeout = ${lockMs}`)
    await client.query(sql)
    await client.query('insert into schema_migrations (name) values ($1)', [name])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Of a file for `.concurrent.sql`: one statement, which may be repeated, and the index that it names. */
const indexPattern = /^create (?:unique )?index concurrently if not exists ("?)(\w+)\1 on [^;]+;?\s*$/i

/**
 * For a table that is too large to be locked while an index is built: its one statement makes an index and blocks no
 * writer. It waits for the transactions that were open, and nobody waits for it. Broken off, it leaves an index that is
 * not valid, which is dropped before the next try.
 */
async function buildIndex(client: pg.Client, name: string, sql: string): Promise<void> {
  const statement = sql.replace(/--.*$/gm, '').trim()
  const index = indexPattern.exec(statement)?.[2]
  if (index === undefined)
    throw new MigrationError('it must be one statement, “create index concurrently if not exists name on …”')
  const { rowCount } = await client.query(
    `select from pg_index join pg_class on pg_class.oid = indexrelid
     where relname = $1 and relnamespace = current_schema()::regnamespace and not indisvalid`,
    [index],
  )
  if (rowCount !== 0) await client.query(`drop index concurrently ${client.escapeIdentifier(index)}`)
  await client.query(statement)
  await client.query('insert into schema_migrations (name) values ($1)', [name])
}

/** lock_not_available, and deadlock_detected. */
function isOfLocks(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === '55P03' || code === '40P01'
}

/** PostgreSQL's words help where a right or an object is missing; of errors of data (classes 22 and 23) they quote it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason'
  const code = 'code' in error ? String(error.code) : ''
  return /^2[23]/.test(code) ? `the rows that there are do not fit it (SQLSTATE ${code})` : error.message
}
