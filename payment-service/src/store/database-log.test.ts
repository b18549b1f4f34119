import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import type { Log, LogFields } from '../log.ts'
import { checkDatabaseLog, databaseLogSettings } from './database-log.ts'
import { openPool, type Queryable } from './pool.ts'

function makeLog() {
  const warnings: (LogFields | undefined)[] = []
  const silent = () => {}
  const log: Log = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (_message, fields) => void warnings.push(fields),
  }
  return { warnings, log }
}

test('the PostgreSQL that comes with FinCore keeps values out of its log, as the application’s login can see', async () => {
  const database = await createTestDatabase()
  const pool = openPool(database.appUrl, 1)
  const { warnings, log } = makeLog()
  await checkDatabaseLog(pool, log)
  await pool.end()
  await database.drop()
  assert.deepEqual(warnings, [])
})

test('another one’s settings are named when they do not', async () => {
  // PostgreSQL's own defaults; a setting that is not there at all is as bad.
  const defaults = { log_min_messages: 'warning', log_min_error_statement: 'error', log_error_verbosity: 'default' }
  const rows = Object.entries({ ...defaults, log_parameter_max_length: '-1' }).map(([name, setting]) => ({
    name,
    setting,
  }))
  const { warnings, log } = makeLog()
  await checkDatabaseLog({ query: async () => ({ rows }) } as unknown as Queryable, log)
  assert.equal(warnings[0]?.reason, Object.keys(databaseLogSettings).join(', '))
  await checkDatabaseLog({ query: () => Promise.reject(new TypeError('away')) } as unknown as Queryable, log)
  assert.equal(warnings[1]?.error?.name, 'TypeError')
})

test('the operator’s page says how to set each of them', () => {
  const page = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8')
  for (const [name, [value]] of Object.entries(databaseLogSettings))
    assert.ok(page.includes(`${name} = ${value}`), name)
})
