import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { Connection } from './connection.ts'
import { findMisfit, listMigrations, migrationsFolder } from './schema-version.ts'

/** A server that is not there is not waited for any longer. */
const connectTimeoutMs = 4_000
/** Any number that no other program uses on this server; it keeps two starting processes from migrating at once. */
const advisoryLock = 4_120_061

/** The database was migrated by a newer code; nothing was changed. */
export class NewerSchemaError extends Error {
  readonly unknown: readonly string[]
  constructor(unknown: readonly string[]) {
    super(
      `The schema is newer than this code, which does not know ${unknown.at(-1)}; start the version that made it, or a later one`,
    )
    this.name = 'NewerSchemaError'
    this.unknown = unknown
  }
}

/** A migration was rolled back. The message says why, without a value of a row. */
export class MigrationError extends Error {}

/**
 * Brings the database up to date: applies, in the order of their names and each in a transaction of its own, the
 * migrations that it has not seen. Safe to run from several processes at once.
 *
 * @param owner a login that may create tables and roles; the running service does not need it afterwards.
 * @param appPassword when given, becomes the password of the application's login `fincore_app`.
 */
export async function migrate(owner: string | Connection, appPassword?: string): Promise<void> {
  const connection = typeof owner === 'string' ? { connectionString: owner } : owner
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: connectTimeoutMs })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock])
    await client.query(
      'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now())',
    )
    const misfit = await findMisfit(client)
    if (misfit?.is === 'ahead') throw new NewerSchemaError(misfit.unknown)
    const { rows } = await client.query<{ name: string }>('select name from schema_migrations')
    const applied = new Set(rows.map((row) => row.name))
    for (const name of (await listMigrations()).filter((file) => !applied.has(file))) await apply(client, name)
    await renumberRestoredEvents(client)
    if (appPassword !== undefined) {
      await client.query(`alter role fincore_app password ${client.escapeLiteral(appPassword)}`)
    }
  } finally {
    await client.end()
  }
}

/**
 * Events stand in the order of the transactions that recorded them (`events.recorded_in`), and another server counts its
 * transactions from the beginning. A dump that was restored there brings numbers that are still to come, so that what is
 * new would be listed before what is old. All that was restored is older than anything new, and gets one low number; among
 * themselves its events then stand in the order of their ids. Index: events_in_order.
 */
async function renumberRestoredEvents(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ ahead: boolean }>(
    `select exists (
       select from merchants where pg_snapshot_xmax(pg_current_snapshot()) <= (
         select recorded_in from events where events.merchant_id = merchants.merchant_id
         order by recorded_in desc, id desc limit 1)) as ahead`,
  )
  // 3 is the number of a server's first transaction.
  if (rows[0]?.ahead === true) await client.query(`update events set recorded_in = '3'`)
}

async function apply(client: pg.Client, name: string): Promise<void> {
  const sql = await readFile(new URL(name, migrationsFolder), 'utf8')
  try {
    await client.query('begin')
    await client.query(sql)
    await client.query('insert into schema_migrations (name) values ($1)', [name])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new MigrationError(`Migration ${name} failed and was rolled back: ${explain(error)}`, { cause: error })
  }
}

/** PostgreSQL's words help where a right or an object is missing; of errors of data (classes 22 and 23) they quote it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason'
  const code = 'code' in error ? String(error.code) : ''
  return /^2[23]/.test(code) ? `the rows that there are do not fit it (SQLSTATE ${code})` : error.message
}
