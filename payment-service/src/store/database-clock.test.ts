import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import { type Config, loadConfig } from '../config.ts'
import { provesNothingHappened } from '../flows/time-limits.ts'
import { createLog, type LogFields } from '../log.ts'
import { startPaymentService } from '../payment-service.ts'
import { openDatabaseClock } from './database-clock.ts'

const hourMs = 3_600_000
const trueNow = Date.now
const silent = createLog('silent')

/** The wall clock of this process is set by so much; everything else goes on. */
function setWallClock(t: TestContext, byMs: number): void {
  t.mock.method(Date, 'now', () => trueNow() + byMs)
}

function assertNear(time: Date, ms: number): void {
  assert.ok(Math.abs(time.getTime() - ms) < 2_000, `${time.toISOString()} is not about ${new Date(ms).toISOString()}`)
}

it('the time of a process is the database’s, whatever its own wall clock says, and stays it when that is set', async (t) => {
  const offMs = 7 * hourMs
  const db = {
    query: async () => ({ rows: [{ ms: trueNow() + offMs }] }),
  } as unknown as Parameters<typeof openDatabaseClock>[0]
  const clock = await openDatabaseClock(db, silent)
  assertNear(clock.now(), trueNow() + offMs)
  setWallClock(t, -hourMs)
  assertNear(clock.now(), trueNow() + offMs)
  await clock.sync()
  assertNear(clock.now(), trueNow() + offMs)
  setWallClock(t, hourMs)
  assertNear(clock.now(), trueNow() + offMs)
})

it('a database that cannot be asked leaves the clock as it was', async () => {
  let isAway = false
  const db = {
    query: async () => {
      if (isAway) throw new Error('away')
      return { rows: [{ ms: trueNow() + hourMs }] }
    },
  } as unknown as Parameters<typeof openDatabaseClock>[0]
  const clock = await openDatabaseClock(db, silent)
  isAway = true
  await clock.sync()
  assertNear(clock.now(), trueNow() + hourMs)
})

/** A database and the clocks of a process, in which waiting costs nothing. */
function virtualClocks(t: TestContext) {
  const realMonotonic = performance.now.bind(performance)
  const state = { passedMs: 0, databaseAheadMs: 0, waitsMs: [] as number[] }
  t.mock.method(Date, 'now', () => trueNow() + state.passedMs)
  t.mock.method(performance, 'now', () => realMonotonic() + state.passedMs)
  const databaseTime = () => trueNow() + state.passedMs + state.databaseAheadMs
  const db = {
    async query() {
      // For a connection, before the question is sent.
      state.passedMs += state.waitsMs.shift() ?? 0
      return { rows: [{ ms: databaseTime() }] }
    },
  } as unknown as Parameters<typeof openDatabaseClock>[0]
  return { state, db, databaseTime }
}

it('waiting for a connection does not set the clock ahead, at the start or later', async (t) => {
  const { state, db, databaseTime } = virtualClocks(t)
  state.waitsMs = [9_000, 8_000]
  const clock = await openDatabaseClock(db, silent)
  assertNear(clock.now(), databaseTime())
  state.waitsMs = [9_000]
  await clock.sync()
  assertNear(clock.now(), databaseTime())
  assert.equal(clock.steadyMs(), Number.POSITIVE_INFINITY)
})

it('of a database that is always slow the quickest answer is taken, after a few', async (t) => {
  const { state, db, databaseTime } = virtualClocks(t)
  state.waitsMs = [9_000, 9_000, 400, 9_000, 9_000, 9_000]
  const clock = await openDatabaseClock(db, silent)
  assert.equal(state.waitsMs.length, 1)
  assertNear(clock.now(), databaseTime())
})

it('a database with another clock is followed and told of, and proves nothing until what was sent before has ended', async (t) => {
  const { state, db, databaseTime } = virtualClocks(t)
  const logged: (string | undefined)[] = []
  const log = { ...silent, error: (_: string, fields?: LogFields) => void logged.push(fields?.reason) }
  const clock = await openDatabaseClock(db, log)
  const sent = { state: 'unknown', sent_at: clock.now() } as const
  const deps = { config: { pspTimeoutMs: 10_000 } as Config, now: clock.now, steadyMs: clock.steadyMs }
  const isProven = () => provesNothingHappened(deps, sent, 2_000)
  state.databaseAheadMs = 300
  await clock.sync()
  assert.deepEqual(logged, [])
  state.databaseAheadMs = hourMs
  await clock.sync()
  assertNear(clock.now(), databaseTime())
  assert.match(logged.join(), /^it is 3\d{6} ms from the time that was expected$/)
  assert.equal(isProven(), false)
  // Its own call ends within 14 s, that of a process which asked the database up to 5 s later within 19 s.
  state.passedMs += 20_500
  assert.equal(isProven(), false)
  state.passedMs += 1_000
  assert.equal(isProven(), true)
})

it('a payment service whose wall clock is an hour behind dates its leases by the database', async (t) => {
  const database = await createTestDatabase(t)
  // As `new Date()` sees it too, which a mocked `Date.now` does not reach.
  t.mock.timers.enable({ apis: ['Date'], now: trueNow() - hourMs })
  const service = await startPaymentService(
    loadConfig({
      DATABASE_URL: database.appUrl,
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      INTERNAL_TOKEN: 'i'.repeat(32),
      PUBLIC_URL: 'http://127.0.0.1:4000',
      RELAY_URL: 'https://127.0.0.1:4001',
      API_PORT: '0',
      INTERNAL_PORT: '0',
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'silent',
      ROLES: 'api',
    }),
  )
  try {
    const { rows } = await service.deps.pool.query<{ now: Date }>('select clock_timestamp() as now')
    assertNear(service.deps.now(), Number(rows[0]?.now.getTime()))
  } finally {
    await service.stop()
  }
})
