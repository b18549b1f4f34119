import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import type { Log } from '../log.ts'
import { factsOfRequest, withinRequest } from '../request-facts.ts'
import type { AuditRecord } from '../store/audit.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { createAuditWriter, writerBounds } from './audit-writer.ts'
import { faults } from './testing/broken-log.ts'

let database: TestDatabase
let app: Pool
let owner: Pool
let lines: { message: string; count: number | undefined }[] = []
/** The requests that the lines are of. */
let requests: unknown[] = []
const keep = (message: string, fields?: { count?: number }) => {
  lines.push({ message, count: fields?.count })
  requests.push(factsOfRequest())
}
const log: Log = { debug: keep, info: keep, warn: keep, error: keep }

before(async () => {
  database = await createTestDatabase()
  app = openPool(database.appUrl, 2)
  owner = openPool(database.ownerUrl, 2)
})
after(async () => {
  await Promise.all([app.end(), owner.end()])
  await database.drop()
})
let mend: (() => Promise<void>) | null = null
beforeEach(async () => {
  lines = []
  requests = []
  await owner.query('truncate audit_records, audit_unsealed')
})
afterEach(async () => {
  await mend?.()
  mend = null
})

const recordOf = (actor: string): AuditRecord<'operator.sign_in'> => ({
  actorType: 'anonymous',
  actor,
  type: 'operator.sign_in',
  outcome: 'refused',
  origin: '127.0.0.1',
})
const written = async () =>
  (await owner.query(`select concat_ws(' ', actor, details->>'lost') as text from audit_records order by id`)).rows.map(
    (row) => row.text,
  )
const bounds = { ...writerBounds, firstPauseMs: 20, longestPauseMs: 50, answerWaitsMs: 200 }
async function breakLog(fault = 'no right to insert') {
  mend = (await faults[fault]?.(owner)) ?? null
}
async function mendLog() {
  await mend?.()
  mend = null
}

test('what is written is there when its answer goes out', async () => {
  const writer = createAuditWriter({ pool: app, log })
  await writer.write(recordOf('a'))
  assert.deepEqual(await written(), ['a'])
})

test('records that the log does not take are tried again, in their order, and nobody is kept waiting for them', async () => {
  let failures = 0
  const writer = createAuditWriter({ pool: app, log }, () => failures++, bounds)
  await breakLog()
  const startedAt = performance.now()
  await Promise.all(['a', 'b', 'c'].map((actor) => writer.write(recordOf(actor))))
  assert.ok(performance.now() - startedAt >= 190, 'an answer waits a moment')
  assert.deepEqual([await written(), failures > 0], [[], true])
  await mendLog()
  await writer.flush()
  assert.deepEqual(await written(), ['a', 'b', 'c'])
})

test('a log that takes nothing is no line of the request that came first', async () => {
  const writer = createAuditWriter({ pool: app, log }, undefined, bounds)
  await breakLog()
  withinRequest({ request_id: 'req_1' }, () => void writer.write(recordOf('a')))
  while (requests.length < 2) await sleep(5)
  assert.deepEqual(new Set(requests), new Set([undefined]))
  await mendLog()
  await writer.flush()
})

test('no more wait than the bound allows; the others are counted, and their count is written', async () => {
  const writer = createAuditWriter({ pool: app, log }, undefined, { ...bounds, waiting: 5 })
  await breakLog()
  await Promise.all(Array.from('abcdefgh', (actor) => writer.write(recordOf(actor))))
  await mendLog()
  await writer.flush()
  assert.deepEqual(await written(), ['a', 'b', 'c', 'd', 'e', 'payment-service 3'])
  assert.deepEqual(
    lines.filter(({ message }) => message === 'audit records were lost'),
    [{ message: 'audit records were lost', count: 3 }],
  )
})

test('a record that the database refuses for itself takes none of its neighbours along', async () => {
  await owner.query(`alter table audit_records add constraint odd check (actor <> 'odd')`)
  mend = async () => void (await owner.query('alter table audit_records drop constraint odd'))
  const writer = createAuditWriter({ pool: app, log }, undefined, bounds)
  await Promise.all(['a', 'b', 'odd', 'c', 'd'].map((actor) => writer.write(recordOf(actor))))
  await writer.flush()
  assert.deepEqual((await written()).sort(), ['a', 'b', 'c', 'd', 'payment-service 1'])
})

test('a record that its row of the table does not allow is a bug, is told, and is counted', async () => {
  const writer = createAuditWriter({ pool: app, log }, undefined, bounds)
  const odd = { ...recordOf('a'), outcome: 'success' } as unknown as AuditRecord
  await writer.write(odd)
  await writer.flush()
  assert.deepEqual(await written(), ['payment-service 1'])
})

test('the end comes also when the log takes nothing, and says what was lost', async () => {
  const writer = createAuditWriter({ pool: app, log }, undefined, { ...bounds, firstPauseMs: 60_000 })
  await breakLog()
  void writer.write(recordOf('a'))
  await sleep(100)
  await writer.flush()
  assert.deepEqual(lines.at(-1), { message: 'the process ends with audit records that could not be written', count: 1 })
})

for (const fault of ['a check that nothing passes', 'a sequence whose numbers are used']) {
  test(`${fault}: it is told, tries pause, and the end comes and says what was lost`, async () => {
    let failures = 0
    const writer = createAuditWriter({ pool: app, log }, () => failures++, bounds)
    await breakLog(fault)
    await Promise.all(['a', 'b', 'c'].map((actor) => writer.write(recordOf(actor))))
    await sleep(300)
    assert.ok(failures > 0 && failures < 20, `${failures} failures`)
    assert.ok(lines.length < 30, `${lines.length} lines`)
    await writer.flush()
    assert.deepEqual(lines.at(-1), {
      message: 'the process ends with audit records that could not be written',
      count: 3,
    })
  })
}

test('records behind a gap that was refused are written when the log takes records again', async () => {
  const writer = createAuditWriter({ pool: app, log }, undefined, bounds)
  await breakLog('a check that nothing passes')
  await writer.write(recordOf('a'))
  await writer.write(recordOf('b'))
  await mendLog()
  await writer.flush()
  assert.deepEqual(await written(), ['payment-service 1', 'b'])
})
