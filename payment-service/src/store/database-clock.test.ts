import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import { loadConfig } from '../config.ts'
import { startPaymentService } from '../payment-service.ts'
import { openDatabaseClock } from './database-clock.ts'

const hourMs = 3_600_000
const trueNow = Date.now

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
  const clock = await openDatabaseClock(db)
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
  const clock = await openDatabaseClock(db)
  isAway = true
  await clock.sync()
  assertNear(clock.now(), trueNow() + hourMs)
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
