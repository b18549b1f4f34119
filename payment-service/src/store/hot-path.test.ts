import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { findAttempt, setAttemptState } from './attempts.ts'
import { type ChargeRow, findCharge, lockCharge, updateCharge } from './charges.ts'
import { createHotPath } from './hot-path.ts'
import { inTransaction, openPool, type Pool } from './pool.ts'

const merchantId = 'mer_1'
const now = new Date()
const charge: ChargeRow = {
  merchant_id: merchantId,
  id: 'ch_1',
  status: 'processing',
  flow: 'raw_card',
  amount: 100n,
  currency: 'EUR',
  capture_method: 'automatic',
  captured: 0n,
  refunded: 0n,
  refunds_pending: 0n,
  pending_operation: null,
  pending_amount: null,
  psp_account_id: 'pspa_1',
  psp: 'sandbox',
  psp_reference: null,
  payment_session_id: null,
  card: null,
  merchant_reference: null,
  description: null,
  metadata: {},
  return_url: null,
  action_url: null,
  failure: null,
  cancellation_reason: null,
  flags: [],
  sequence: 0,
  created_at: now,
  updated_at: now,
}

describe('the second write of a charge', () => {
  let database: TestDatabase
  let pool: Pool
  before(async () => {
    database = await createTestDatabase()
    pool = openPool(database.appUrl, 4)
    await pool.query('insert into merchants (merchant_id, name) values ($1, $1)', [merchantId])
    for (const id of ['pspa_1', 'pspa_2'])
      await pool.query(
        `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'x', '{}', '\\x00')`,
        [merchantId, id],
      )
  })
  after(async () => {
    await pool.end()
    await database.drop()
  })

  // The relay may report a failed call twice: the first report moves the charge to the merchant's other PSP, and the
  // second one, which found the attempt unsettled, must not fail the charge while that PSP is asked.
  it('writes nothing when, while it waited for the charge, another process moved it to another PSP', async () => {
    const { intents, outcomes } = createHotPath(pool)
    const [attemptId, idempotencyKey] = ['att_1', 'key_1']
    const claim = { idempotencyKey, fingerprint: Buffer.alloc(32), leaseUntil: new Date(now.getTime() + 60_000) }
    assert.equal(await intents.submit({ charge, attemptId, returnDigest: null, ...claim }), true)
    const locked = Promise.withResolvers<void>()
    const moving = inTransaction(pool, async (tx) => {
      await lockCharge(tx, merchantId, charge.id)
      locked.resolve()
      await someoneWaits(pool)
      await setAttemptState(tx, { merchant_id: merchantId, id: attemptId }, { state: 'rejected', nextLookUpAt: null })
      await updateCharge(tx, { ...charge, psp_account_id: 'pspa_2' })
    })
    await locked.promise
    const failure = { code: 'not_executed', message: 'x', shopper_can_retry: 'same_card', psp_code: null } as const
    const written = await outcomes.submit({
      charge: { ...charge, status: 'failed', failure, sequence: 1 },
      attemptId,
      attemptState: 'rejected',
      nextLookUpAt: null,
      event: { merchantId, id: 'evt_1', type: 'charge.failed', objectId: charge.id, sequence: 1, body: '{}' },
      idempotencyKey,
      responseStatus: 201,
      responseBody: '{}',
    })
    await moving
    assert.equal(written, false)
    const current = await findCharge(pool, merchantId, charge.id)
    assert.deepEqual([current?.status, current?.psp_account_id], ['processing', 'pspa_2'])
    assert.equal((await findAttempt(pool, attemptId))?.state, 'rejected')
    assert.equal((await pool.query('select from events')).rowCount, 0)
  })
})

async function someoneWaits(pool: Pool): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      'select from pg_locks join pg_stat_activity using (pid) where datname = current_database() and not granted',
    )
    if ((rowCount ?? 0) > 0) return
    await sleep(10)
  }
}
