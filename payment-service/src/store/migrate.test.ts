import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { MigrationError } from './apply-migration.ts'
import { migrate, NewerSchemaError } from './migrate.ts'
import { findMisfit } from './schema-version.ts'

const hasty = { lockMs: 50, pauseMs: 20, tries: 3 }

describe('migrations', { concurrency: false }, () => {
  let database: TestDatabase
  let owner: pg.Client
  let app: pg.Client
  let folder: string
  before(async () => {
    database = await createTestDatabase()
    owner = new pg.Client({ connectionString: database.ownerUrl })
    app = new pg.Client({ connectionString: database.appUrl })
    folder = mkdtempSync(join(tmpdir(), 'fincore-migrations-'))
    await Promise.all([owner.connect(), app.connect()])
  })
  after(async () => {
    await Promise.all([owner.end(), app.end()])
    rmSync(folder, { recursive: true })
    await database.drop()
  })

  const write = (name: string, sql: string) => writeFileSync(join(folder, name), sql)
  const run = (patience = hasty) => migrate(database.ownerUrl, { folder: pathToFileURL(`${folder}/`), patience })
  const isValid = async (index: string) => {
    const { rows } = await owner.query(
      'select indisvalid from pg_index join pg_class on pg_class.oid = indexrelid where relname = $1',
      [index],
    )
    return rows[0]?.indisvalid
  }

  const isWaitedForLock = async () => {
    const { rowCount } = await owner.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount !== 0
  }

  it('let go of a table that somebody holds, wait, and try again: nothing queues up behind them', async () => {
    write('900_a.sql', 'alter table merchants add column nickname text')
    await app.query('begin')
    await app.query('select from merchants')
    const running = run({ lockMs: 50, pauseMs: 400, tries: 20 })
    while (!(await isWaitedForLock())) await sleep(1)
    const others = new pg.Client({ connectionString: database.appUrl })
    await others.connect()
    const begunAt = performance.now()
    for (let reads = 0; reads < 5; reads++) await others.query('select from merchants')
    const waitedMs = performance.now() - begunAt
    await others.end()
    await app.query('commit')
    assert.deepEqual((await running).applied, ['900_a.sql'])
    assert.ok(waitedMs < 1_000, `others waited ${waitedMs} ms`)
  })

  it('give up with what to do, and leave nothing behind, when a lock is never let go', async () => {
    write('901_b.sql', 'create table half_done (); alter table merchants add column motto text')
    await app.query('begin')
    await app.query('select from merchants')
    await assert.rejects(run(), (error: unknown) => {
      assert.ok(error instanceof MigrationError)
      assert.match(error.message, /^Migration 901_b\.sql .* did not get a lock in 3 tries.* pg_stat_activity/)
      return true
    })
    await app.query('rollback')
    const { rows } = await owner.query(`select to_regclass('half_done') as found`)
    assert.equal(rows[0].found, null)
    assert.deepEqual((await run()).applied, ['901_b.sql'])
  })

  it('build an index while others write, and begin anew when they were broken off', async () => {
    write('902_c.concurrent.sql', '-- Why.\ncreate index concurrently if not exists by_motto on merchants (motto);\n')
    // What a build leaves that was broken off.
    await owner.query(
      `insert into merchants (merchant_id, name, motto) values ('mer_1', 'A', 'm'), ('mer_2', 'B', 'm')`,
    )
    await assert.rejects(owner.query('create unique index concurrently by_motto on merchants (motto)'))
    assert.equal(await isValid('by_motto'), false)
    const [one, other] = await Promise.all([run(), run()])
    assert.deepEqual([...one.applied, ...other.applied], ['902_c.concurrent.sql'], 'two at once do it once')
    assert.equal(await isValid('by_motto'), true)
    write('903_d.concurrent.sql', 'create index concurrently two on merchants (name); select 1')
    await assert.rejects(run(), /903_d\.concurrent\.sql failed .* must be one statement/)
    rmSync(join(folder, '903_d.concurrent.sql'))
  })

  it('of a newer version are no obstacle, unless one takes something away', async () => {
    assert.equal(await findMisfit(app), null, 'those of this test are unknown to this code')
    const { applied, unknown } = await migrate(database.ownerUrl)
    assert.deepEqual(applied, [])
    assert.deepEqual(unknown, ['900_a.sql', '901_b.sql', '902_c.concurrent.sql'])
    write('904_e.contract.sql', 'alter table merchants drop column motto')
    await run()
    assert.deepEqual(await findMisfit(app), { is: 'ahead', unknown: ['904_e.contract.sql'] })
    await assert.rejects(migrate(database.ownerUrl), NewerSchemaError)
  })
})
