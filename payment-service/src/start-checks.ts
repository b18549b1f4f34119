import pg from 'pg'
import type { Config } from './config.ts'
import { checkFirstKeys, readKeys } from './encryption/key-ring.ts'
import { pspNames } from './psp-gateway/registry.ts'
import { createVault } from './secrets.ts'
import { StartError } from './start-error.ts'
import { MigrationError } from './store/apply-migration.ts'
import { type AccessSettings, connectionOf, connectionOfLogin } from './store/connection.ts'
import { isUsableAccount } from './store/environment.ts'
import { explainConnection } from './store/explain-connection.ts'
import { type Migrated, migrate, NewerSchemaError } from './store/migrate.ts'
import { findMisfit, type Misfit } from './store/schema-version.ts'
import { findUnknownPsps, findUnreadableSecret } from './store/stored-secrets.ts'

/** A start that cannot succeed ends within 10 s, so neither connecting nor asking may take longer than this. */
const limitMs = 4_000

/**
 * Looks, before anything listens or runs, whether this process can work with its database: that it is there, is FinCore's,
 * has a schema that this code can work with, and holds nothing that this code or this encryption key cannot read.
 *
 * @throws StartError with the first thing that is wrong.
 */
export async function checkDatabase(config: Config): Promise<void> {
  const client = new pg.Client({
    ...connectionOf(config),
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
    application_name: 'fincore start',
  })
  // Told by the query that it breaks.
  client.on('error', () => {})
  try {
    await client.connect()
    const misfit = await findMisfit(client)
    if (misfit !== null) throw explainMisfit(misfit, config)
    const unknown = await findUnknownPsps(client, pspNames)
    if (unknown.length > 0) throw explainUnknownPsps(unknown)
    const usable = pspNames.filter((psp) => isUsableAccount(config.environment, psp))
    const keys = await readKeys(client, config)
    if (keys === null) return await checkFirstKeys(client, config)
    const vault = createVault(keys.seed, {
      find: (number) => keys.data.get(number),
      active: () => null,
      learn: async () => {},
    })
    const unreadable = await findUnreadableSecret(client, vault, usable)
    if (unreadable !== null)
      throw new StartError(
        `ENCRYPTION_KEY does not open what the database holds (${unreadable}), so it is not the key that it was sealed with. Give the key that this database was used with.`,
      )
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError(`DATABASE_URL cannot be used: ${explainConnection(error)}.`)
  } finally {
    // Whether it says goodbye nobody waits for.
    client.end().catch(() => {})
  }
}

function explainMisfit(misfit: Misfit, { migrationsDatabaseUrl }: Config): StartError {
  if (misfit.is === 'ahead') return explainNewerSchema(misfit.unknown)
  const remedy =
    migrationsDatabaseUrl === null
      ? 'Run `fincore migrate` with MIGRATIONS_DATABASE_URL, the login that owns the tables'
      : 'DATABASE_URL and MIGRATIONS_DATABASE_URL name different databases; let both name the same'
  if (misfit.is === 'none')
    return new StartError(
      `the database of DATABASE_URL is none of FinCore’s: it has no schema_migrations. ${remedy}, or mend the name of the database.`,
    )
  const which = misfit.missing === null ? '' : ` (${misfit.missing.join(', ')})`
  return new StartError(`the database’s schema is older than this code: migrations have not run${which}. ${remedy}.`)
}

/** As `migrate`, and says what is wrong when it fails. */
export async function migrateAtStart(settings: AccessSettings, ownerUrl: string): Promise<Migrated> {
  try {
    return await migrate(connectionOfLogin(settings, ownerUrl))
  } catch (error) {
    if (error instanceof StartError) throw error
    if (error instanceof NewerSchemaError) throw explainNewerSchema(error.unknown)
    if (error instanceof MigrationError) throw new StartError(`${error.message}.`)
    throw new StartError(`MIGRATIONS_DATABASE_URL cannot be used: ${explainConnection(error)}.`)
  }
}

/** @param unknown the migrations that this code does not have. */
function explainNewerSchema(unknown: readonly string[]): StartError {
  const newest = unknown.at(-1) ?? ''
  const name = /^[\w.-]{1,80}$/.test(newest) ? newest : 'one with an unusual name'
  return new StartError(
    `the database’s schema is newer than this code, which does not know its migration ${name}, and that took away what this code may use. Start the version that made it, or a later one.`,
  )
}

function explainUnknownPsps(psps: readonly string[]): StartError {
  const names = psps.map((psp) => (/^[\w-]{1,40}$/.test(psp) ? `“${psp}”` : 'one with an unusual name')).join(', ')
  return new StartError(
    `PSP accounts in the database are at a PSP that this code does not have: ${names}; it has ${pspNames.join(', ')}. Start a version that has it, or disable the accounts and let their payments in doubt be settled first.`,
  )
}

const portSettings = {
  api: 'API_PORT',
  admin: 'ADMIN_PORT',
  internal: 'INTERNAL_PORT',
  management: 'MANAGEMENT_PORT',
} as const

/** Why a server cannot listen. */
export function explainListening(name: keyof typeof portSettings, host: string, port: number, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const advice: Record<string, string> = {
    EADDRINUSE: 'something listens there already; stop it, or choose another port',
    EACCES: 'this user may not listen there; choose a port from 1024 on',
    EADDRNOTAVAIL: 'this machine has no such address; mend HOST',
    ENOTFOUND: 'there is no such host; mend HOST',
  }
  const known = advice[code]
  return known === undefined
    ? error
    : new StartError(`${portSettings[name]} cannot be used, ${host} port ${port}: ${known}.`)
}
