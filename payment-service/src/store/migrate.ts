import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { applyMigration, type LockPatience, lockPatience } from './apply-migration.ts'
import type { Connection } from './connection.ts'
import { isContracting, listMigrations, listUnknown, migrationsFolder } from './schema-version.ts'

/** A server that is not there is not waited for any longer. */
const connectTimeoutMs = 4_000
/** Any number that no other program uses on this server; it keeps two starting processes from migrating at once. */
const advisoryLock = 4_120_061

/** Between two looks at whether another process still migrates. */
const turnPollMs = 200

/** A newer code took something away that this code may use; nothing was changed. */
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

export type Migrated = {
  /** What was applied now. */
  applied: string[]
  /** What a newer code had applied: it expands, and this code works on. */
  unknown: string[]
}

export type MigrateOptions = {
  /** Becomes the password of the application's login `fincore_app`. */
  appPassword?: string
  /** Another folder of migrations, and other patience; for tests and drills. */
  folder?: URL
  patience?: LockPatience
}

/**
 * Brings the database up to date: applies, in the order of their names, the migrations that it has not seen, each in a
 * transaction of its own. Safe to run from several processes at once, and while older and newer code works.
 *
 * @param owner a login that may create tables and roles; the running service does not need it afterwards.
 */
export async function migrate(owner: string | Connection, options: MigrateOptions = {}): Promise<Migrated> {
  const { appPassword, folder = migrationsFolder, patience = lockPatience } = options
  const connection = typeof owner === 'string' ? { connectionString: owner } : owner
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: connectTimeoutMs })
  await client.connect().catch(async (error: unknown) => {
    // A password that could not be had leaves the connection open, and with it the process alive.
    await client.end().catch(() => undefined)
    throw error
  })
  try {
    await takeTurn(client)
    await client.query(
      'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now())',
    )
    const known = await listMigrations(folder)
    const { rows } = await client.query<{ name: string }>('select name from schema_migrations order by name')
    const earlier = rows.map(({ name }) => name)
    const unknown = listUnknown(known, earlier)
    if (unknown.some(isContracting)) throw new NewerSchemaError(unknown.filter(isContracting))
    const missing = known.filter((name) => !earlier.includes(name))
    for (const name of missing) await applyMigration(client, folder, name, patience)
    await renumberRestoredEvents(client)
    if (appPassword !== undefined) {
      await client.query(`alter role fincore_app password ${client.escapeLiteral(appPassword)}`)
    }
    return { applied: missing, unknown }
  } finally {
    await client.end()
  }
}

/**
 * One process migrates at a time. Asked again and again, because a statement that waits keeps a snapshot, and whoever
 * builds an index concurrently would wait for that one.
 */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [advisoryLock])
    if (rows[0]?.mine === true) return
    await sleep(turnPollMs)
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
