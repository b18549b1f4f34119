import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { testPrograms } from '@fincore/dev/test-programs'
import { createLog } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { type AuditRecord, recordAudit, recordAudits } from '../store/audit.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { sealAuditRecords } from './seal.ts'
import { createThrottledAudit } from './throttled-audit.ts'
import { verifyAudit } from './verify.ts'

let database: TestDatabase
let app: Pool
let owner: Pool

before(async () => {
  database = await createTestDatabase()
  app = openPool(database.appUrl, 4)
  owner = openPool(database.ownerUrl, 2)
})
after(async () => {
  await Promise.all([app.end(), owner.end()])
  await database.drop()
})
beforeEach(() => owner.query('truncate audit_records, audit_seals, audit_sealed_records, audit_unsealed'))

const record: AuditRecord<'api_key.create'> = {
  actorType: 'operator',
  actor: 'ada',
  type: 'api_key.create',
  outcome: 'success',
  origin: '127.0.0.1',
  details: { scopes: 'read', kind: 'ü"\n' },
}

/** Three seals of two records each. */
async function sealThreeTimes(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const resource of ['mer_1', 'mer_2']) await recordAudit(app, { ...record, resource })
    assert.equal((await sealAuditRecords(app)).records, 2)
  }
}

test('a log that nobody touched is whole, and a record without a seal waits for one', async () => {
  await sealThreeTimes()
  await recordAudit(app, record)
  const report = await verifyAudit(app)
  assert.deepEqual({ ...report, lastSeal: null }, { records: 6, seals: 3, waiting: 1, problems: [], lastSeal: null })
})

const tampering: [name: string, sql: string, says: RegExp][] = [
  [
    'one changed letter',
    `update audit_records set actor = 'adb' where id = (select min(id) + 2 from audit_records)`,
    /Seal 2 does not fit/,
  ],
  [
    'a changed microsecond',
    `update audit_records set at = at + interval '1 microsecond' where id = (select min(id) from audit_records)`,
    /Seal 1 does not fit/,
  ],
  [
    'a changed detail',
    `update audit_records set details = details || '{"kind":"u"}' where id = (select max(id) from audit_records)`,
    /Seal 3 does not fit/,
  ],
  [
    'a removed record',
    'delete from audit_records where id = (select min(id) + 3 from audit_records)',
    /Of seal 2 these records are missing/,
  ],
  [
    'a record removed with its membership',
    'with gone as (delete from audit_records where id = (select min(id) from audit_records) returning id) delete from audit_sealed_records where record_id in (select id from gone)',
    /Seal 1 does not fit/,
  ],
  [
    'two records in each other’s place',
    `update audit_records r set resource = case resource when 'mer_1' then 'mer_2' else 'mer_1' end where id < (select min(id) + 2 from audit_records)`,
    /Seal 1 does not fit/,
  ],
  [
    'a record moved to another seal',
    'update audit_sealed_records set seal_number = 3 where record_id = (select min(record_id) from audit_sealed_records)',
    /Seal 1 does not fit/,
  ],
  [
    'a record added under a seal',
    `with added as (insert into audit_records (actor_type, actor, type, outcome, origin) values ('system', 'x', 'y', 'success', 'z') returning id) insert into audit_sealed_records select id, 2 from added`,
    /Seal 2 does not fit/,
  ],
  [
    'a flipped byte of a seal',
    'update audit_seals set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where number = 2',
    /Seal 2 does not fit[\s\S]*Seal 3 does not follow/,
  ],
  [
    'a seal that was given another time',
    `update audit_seals set sealed_at = sealed_at - interval '1 day' where number = 2`,
    /Seal 2 does not fit/,
  ],
  [
    'a removed seal',
    'delete from audit_sealed_records where seal_number = 2; delete from audit_seals where number = 2',
    /Seal 2 is missing/,
  ],
  [
    'a record added by hand',
    `insert into audit_records (actor_type, actor, type, outcome, origin) values ('system', 'x', 'y', 'success', 'z')`,
    /1 records, from \d+, have no seal and wait for none/,
  ],
  [
    'a record removed before its seal',
    `with added as (insert into audit_records (actor_type, actor, type, outcome, origin) values ('system', 'x', 'y', 'success', 'z') returning id), waiting as (insert into audit_unsealed select id from added) select; delete from audit_records where actor = 'x'`,
    /1 records were removed before they were sealed/,
  ],
  [
    'a record that shall be sealed twice',
    'insert into audit_unsealed select min(record_id) from audit_sealed_records',
    /1 records wait for a seal although they have one/,
  ],
  [
    'a seal that was put before the first',
    `insert into audit_seals (number, previous_hash, hash) select -1, hash, hash from audit_seals where number = 1`,
    /Seal 1 is missing: the next is -1/,
  ],
  [
    'that nobody seals',
    `with added as (insert into audit_records (at, actor_type, actor, type, outcome, origin) values (now() - interval '1 day', 'system', 'x', 'y', 'success', 'z') returning id) insert into audit_unsealed select id from added`,
    /1 records have waited for a seal for more than 1 hour/,
  ],
]
for (const [name, sql, says] of tampering) {
  test(`verify finds ${name}`, async () => {
    await sealThreeTimes()
    await owner.query(sql)
    const { problems } = await verifyAudit(app)
    assert.match(problems.join('\n'), says)
  })
}

test('a log whose end was cut off, or whose chain was computed anew, is found by a seal that was kept', async () => {
  await sealThreeTimes()
  const { lastSeal } = await verifyAudit(app)
  assert.ok(lastSeal)
  const known = { number: BigInt(lastSeal.number), hash: lastSeal.hash }
  await owner.query(`with gone as (delete from audit_sealed_records where seal_number = 3 returning record_id)
    delete from audit_records where id in (select record_id from gone)`)
  await owner.query('delete from audit_seals where number = 3')
  assert.deepEqual((await verifyAudit(app)).problems, [])
  assert.match((await verifyAudit(app, known)).problems.join(), /its end was cut off/)
  for (const resource of ['mer_1', 'mer_3']) await recordAudit(app, { ...record, resource })
  await sealAuditRecords(app)
  assert.deepEqual((await verifyAudit(app)).problems, [])
  assert.match((await verifyAudit(app, known)).problems.join(), /computed anew/)
})

test('a record that is committed after younger ones were sealed is sealed too', async () => {
  const late = await app.connect()
  await late.query('begin')
  await recordAudit(late, { ...record, resource: 'late' })
  await recordAudit(app, { ...record, resource: 'early' })
  assert.equal((await sealAuditRecords(app)).records, 1)
  await late.query('commit')
  late.release()
  assert.equal((await sealAuditRecords(app)).records, 1)
  assert.deepEqual((await verifyAudit(app)).problems, [])
})

test('processes that seal at the same time make one chain, in seals of at most a thousand records', async () => {
  await recordAudits(
    app,
    Array.from({ length: 2_500 }, () => record),
  )
  await Promise.all([sealAuditRecords(app), sealAuditRecords(app), sealAuditRecords(app)])
  await sealAuditRecords(app)
  const report = await verifyAudit(app)
  assert.deepEqual({ ...report, lastSeal: null }, { records: 2500, seals: 3, waiting: 0, problems: [], lastSeal: null })
})

test('the application’s login may add records and seals, and neither change nor remove them', async () => {
  await recordAudit(app, record)
  for (const table of ['audit_records', 'audit_seals', 'audit_sealed_records']) {
    for (const sql of [`delete from ${table}`, `truncate ${table}`])
      await assert.rejects(app.query(sql), { code: '42501' }, sql)
  }
  await assert.rejects(app.query(`update audit_records set actor = 'x'`), { code: '42501' })
  await assert.rejects(app.query('truncate audit_unsealed'), { code: '42501' })
  await assert.rejects(app.query('update audit_seals set number = 2'), { code: '42501' })
})

test('what an outsider repeats becomes two records: the first at once, the others as a count', async () => {
  const audit = createThrottledAudit({ pool: app, log: createLog('silent'), metrics: recordsNothing })
  const refusal: AuditRecord<'operator.sign_in'> = {
    actorType: 'anonymous',
    actor: 'ada',
    type: 'operator.sign_in',
    outcome: 'refused',
    origin: '127.0.0.1',
  }
  for (let round = 0; round < 50; round++) audit.record('a', refusal)
  audit.record('b', { ...refusal, actor: 'bob' })
  await audit.flush()
  const { rows } = await app.query(`select actor, details->>'count' as count from audit_records order by actor, id`)
  assert.deepEqual(rows.map((row) => [row.actor, row.count].join(' ')).sort(), ['ada 1', 'ada 49', 'bob 1'])
})

test('fincore audit verify exits with 0 on a whole log, and with 1 and a sentence on another', async () => {
  await sealThreeTimes()
  const run = () =>
    promisify(execFile)(process.execPath, [testPrograms.fincore, 'audit', 'verify'], {
      env: { DATABASE_URL: database.appUrl, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    })
  assert.match((await run()).stdout, /6 sealed records under 3 seals[\s\S]*is whole/)
  await owner.query(`update audit_records set origin = '127.0.0.2' where id = (select min(id) from audit_records)`)
  await assert.rejects(
    run(),
    (error: { code: number; stdout: string }) =>
      error.code === 1 && /PROBLEM {2}Seal 1 does not fit/.test(error.stdout),
  )
})
