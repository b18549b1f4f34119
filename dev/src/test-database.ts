import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { appRole, appUrlOf, prepareDatabase, urlOfDatabase, withClient } from './database.ts'
import { startPostgres } from './embedded-postgres.ts'

export type TestDatabase = {
  /** As the role that owns the tables. */
  ownerUrl: string
  /** As the application's role, with the rights that it has in production. */
  appUrl: string
  drop(): Promise<void>
}

// Any number that nothing else on a test server locks.
const templateLock = 7_261_534

/**
 * A fresh, migrated database of its own, copied from a template that is migrated once per server.
 * The server is the one of `run-tests.ts` (TEST_POSTGRES_URL), or one that lives as long as this process.
 * @param test when given, the database is dropped after this test.
 * @param server the owner's URL of another server.
 */
export async function createTestDatabase(test?: Pick<TestContext, 'after'>, server?: string): Promise<TestDatabase> {
  const serverUrl = server ?? (await findServer())
  const name = `test_${randomBytes(8).toString('hex')}`
  await withClient(urlOfDatabase(serverUrl, 'postgres'), async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock])
    const template = await ensureTemplate(client, serverUrl)
    await client.query(`create database ${name} template ${template}`)
  })
  const ownerUrl = urlOfDatabase(serverUrl, name)
  const appUrl = appUrlOf(ownerUrl)
  const drop = () =>
    withClient(urlOfDatabase(serverUrl, 'postgres'), async (client) => {
      await client.query(`drop database if exists ${name} with (force)`)
    })
  test?.after(drop)
  return { ownerUrl, appUrl, drop }
}

let ownServer: Promise<string> | undefined

function findServer(): Promise<string> {
  const given = process.env.TEST_POSTGRES_URL
  if (given) return Promise.resolve(given)
  ownServer ??= startPostgres({
    dataDir: mkdtempSync(join(tmpdir(), 'fincore-test-')),
    port: 0,
    throwAway: true,
  }).then((server) => server.ownerUrl)
  return ownServer
}

/** Called under the advisory lock. The name carries the migrations' digest: a server that outlives a run never serves an old one. */
async function ensureTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const name = `template_${digestOfMigrations()}`
  const found = await client.query('select 1 from pg_database where datname = $1', [name])
  if (found.rowCount !== 0) return name
  const unfinished = `${name}_unfinished`
  await client.query(`drop database if exists ${unfinished} with (force)`)
  await client.query(`create database ${unfinished}`)
  await prepareDatabase(urlOfDatabase(serverUrl, unfinished))
  await client.query(`alter database ${unfinished} rename to ${name}`)
  return name
}

function digestOfMigrations(): string {
  const folder = fileURLToPath(new URL('../../payment-service/migrations/', import.meta.url))
  const digest = createHash('sha256').update(appRole)
  for (const file of readdirSync(folder).sort()) digest.update(file).update(readFileSync(join(folder, file)))
  return digest.digest('hex').slice(0, 16)
}
