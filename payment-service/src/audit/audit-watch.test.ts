import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { createLog } from '../log.ts'
import { recordAudit } from '../store/audit.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { createAuditWatch, readAuditStatus } from './audit-watch.ts'
import { faults } from './testing/broken-log.ts'

let database: TestDatabase
let app: Pool
let owner: Pool
const log = createLog('silent')
before(async () => {
  database = await createTestDatabase()
  app = openPool(database.appUrl, 4)
  owner = openPool(database.ownerUrl, 2)
})
after(async () => {
  await Promise.all([app.end(), owner.end()])
  await database.drop()
})

const record = {
  actorType: 'operator',
  actor: 'ada',
  type: 'merchant.create',
  outcome: 'success',
  origin: '127.0.0.1',
} as const
/** Longer than what was learnt stays fresh. */
const untilStale = () => sleep(550)

for (const [what, breakLog] of Object.entries(faults)) {
  test(`${what} is known at the next question, and so is its end; then the outage is recorded`, async () => {
    await owner.query('truncate audit_records')
    const watch = createAuditWatch({ pool: app, log })
    assert.equal(await watch.isWritable(), true)
    const mend = await breakLog(owner)
    await untilStale()
    // As whoever met the fault says. Only a try that leaves a trace would find a sequence by itself.
    if (what.includes('sequence')) watch.suspect()
    const askedAt = performance.now()
    assert.equal(await watch.isWritable(), false)
    assert.ok(performance.now() - askedAt < 4_000)
    assert.equal(watch.isKnownClosed(), true)
    assert.notEqual((await readAuditStatus(app).catch(() => ({ why: 'no answer' }))).why, null)
    await mend()
    // Whoever asks does not wait long while it is known to be closed, so the first who ask may still be refused.
    for (let tries = 0; !(await watch.isWritable()); tries++) {
      assert.ok(tries < 20, 'it opened by itself')
      await sleep(200)
    }
    assert.equal(watch.isKnownClosed(), false)
    await watch.close()
    const { rows } = await owner.query('select type, actor, details from audit_records')
    assert.deepEqual(
      rows.map((row) => [row.type, Object.keys(row.details).sort()]),
      [['audit_log.outage', ['from', 'until', 'why']]],
    )
  })
}

test('a try that was under way when something was not written does not answer the next question', async () => {
  const watch = createAuditWatch({ pool: app, log })
  const mend = await faults['a sequence whose numbers are used']?.(owner)
  assert.ok(mend)
  // This one takes no number, so it finds nothing.
  const earlier = watch.isWritable()
  watch.suspect()
  assert.equal(await watch.isWritable(), false)
  await earlier
  await mend()
  await watch.close()
})

test('nobody who seals for five minutes closes the door too', async () => {
  const watch = createAuditWatch({ pool: app, log })
  const age = (minutes: number) =>
    owner.query(
      `with added as (insert into audit_records (at, actor_type, actor, type, outcome, origin)
         values (now() - make_interval(mins => $1), 'system', 'x', 'y', 'success', 'z') returning id)
       insert into audit_unsealed select id from added`,
      [minutes],
    )
  await age(4)
  assert.equal(await watch.isWritable(), true)
  await owner.query('delete from audit_unsealed')
  await age(6)
  await untilStale()
  assert.equal(await watch.isWritable(), false)
  assert.equal((await readAuditStatus(app)).why, 'unsealed')
  await owner.query('delete from audit_unsealed')
  await watch.close()
})

test('a try leaves no trace, and a burst of questions is one try', async () => {
  await owner.query('truncate audit_records')
  const watch = createAuditWatch({ pool: app, log })
  await recordAudit(app, record)
  let acquired = 0
  app.on('acquire', () => acquired++)
  await Promise.all(Array.from({ length: 200 }, () => watch.isWritable()))
  assert.equal(acquired, 1)
  await recordAudit(app, record)
  const { rows } = await owner.query(
    `select max(id) - min(id) as distance, count(*) as count, count(*) filter (where id < 0) as left from audit_records`,
  )
  assert.deepEqual(rows[0], { distance: 1n, count: 2n, left: 0n })
  watch.suspect()
  const before = acquired
  await watch.isWritable()
  assert.equal(acquired, before + 1)
})
