import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import type { ChargeRow } from './charges.ts'
import { createHotPath, recordIntentsSql, recordOutcomesSql } from './hot-path.ts'
import { openPool } from './pool.ts'

describe('the statement that writes outcomes', () => {
  it('looks up each row by its whole key, also by the plan that is made while the tables are new', async (test) => {
    const { appUrl } = await createTestDatabase(test)
    const client = new pg.Client({ connectionString: appUrl })
    await client.connect()
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${recordOutcomesSql}`)
    await client.end()
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    assert.doesNotMatch(plan, /Seq Scan/)
    // The index of attempts is of their ids alone, which no two merchants share.
    const conditions = [...plan.matchAll(/(?:Index|Bitmap).* Scan (?:using|on) (\w+)[^\n]*\n\s*Index Cond: (.*)/g)]
    assert.deepEqual(
      conditions.map(([, index, condition = '']) => [
        index,
        [...condition.matchAll(/(\w+) = /g)].map(([, name]) => name),
      ]),
      [
        ['attempts_by_id', ['id']],
        ['charges_pkey', ['merchant_id', 'id']],
        ['attempts_by_id', ['id']],
        ['idempotency_keys_pkey', ['merchant_id', 'key']],
      ],
    )
  })
})

describe('the statements on the path of a charge', () => {
  it('name the merchant of each row that they write or look up, so that each row’s shard is known', () => {
    const inserted = [...`${recordIntentsSql}${recordOutcomesSql}`.matchAll(/insert into (\w+) \((\w+),/g)]
    assert.deepEqual(
      inserted.map(([, table, first]) => [table, first]),
      ['idempotency_keys', 'charges', 'attempts', 'events'].map((table) => [table, 'merchant_id']),
    )
    const lookedUp = [...recordOutcomesSql.matchAll(/(charges|attempts|idempotency_keys)\.(?:id|key) = input\./g)]
    const withMerchant = [
      ...recordOutcomesSql.matchAll(/(\w+)\.merchant_id = input\.merchant_id and \1\.(?:id|key) = input\./g),
    ]
    assert.equal(lookedUp.length, 4)
    assert.deepEqual(
      withMerchant.map(([, table]) => table),
      lookedUp.map(([, table]) => table),
    )
  })
})

describe('charges of two merchants with one id, because the card relay gave two requests the same', () => {
  const made = new Date()
  const lease = new Date(made.getTime() + 60_000)
  const chargeOf = (merchant: string, id: string): ChargeRow => ({
    ...({
      capture_method: 'automatic',
      currency: 'EUR',
      flow: 'raw_card',
      psp: 'sandbox',
      status: 'processing',
    } as const),
    ...{ merchant_id: merchant, id, psp_account_id: `pspa_${merchant}`, metadata: {}, flags: [], sequence: 0 },
    ...{ amount: 100n, captured: 0n, refunded: 0n, refunds_pending: 0n, pending_operation: null, pending_amount: null },
    ...{ routing: null, psp_reference: null, network_transaction_id: null, payment_session_id: null, card: null },
    ...{ merchant_reference: null, description: null, return_url: null, action_url: null, failure: null },
    ...{ cancellation_reason: null, created_at: made, updated_at: made },
  })
  const intentOf = (merchant: string, id: string, key: string, attemptId: string) => ({
    ...{ charge: chargeOf(merchant, id), returnDigest: null, attemptId, idempotencyKey: key },
    ...{ fingerprint: Buffer.alloc(32), leaseUntil: lease },
  })

  it('are two: neither is begun, nor told its outcome, because the other is', async (test) => {
    const { appUrl, ownerUrl } = await createTestDatabase(test)
    const owner = new pg.Client({ connectionString: ownerUrl })
    await owner.connect()
    for (const merchant of ['mer_a', 'mer_b']) {
      await owner.query('insert into merchants (merchant_id, name) values ($1, $1)', [merchant])
      await owner.query(
        `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, 'pspa_' || $1, 'sandbox', '', '{}', '')`,
        [merchant],
      )
    }
    const pool = openPool(appUrl, 1)
    const { intents, outcomes } = createHotPath(pool)
    assert.equal(await intents.submit(intentOf('mer_b', 'ch_first', 'order 1', 'att_1')), true)
    // In one statement: a's first, and b's again by the key of its order.
    const both = ['att_2', 'att_3'].map((attempt, index) =>
      intents.submit(
        index === 0 ? intentOf('mer_a', 'ch_x', 'any', attempt) : intentOf('mer_b', 'ch_x', 'order 1', attempt),
      ),
    )
    assert.deepEqual(await Promise.all(both), [true, false])
    const { rows } = await owner.query('select merchant_id, id from charges order by 1, 2')
    assert.deepEqual(
      rows.map((row) => Object.values(row).join(' ')),
      ['mer_a ch_x', 'mer_b ch_first'],
    )
    assert.equal(await intents.submit(intentOf('mer_b', 'ch_x', 'order 2', 'att_4')), true)
    const outcomeOf = (merchant: string, attemptId: string, sequence: number, key: string) => ({
      ...{
        charge: { ...chargeOf(merchant, 'ch_x'), status: 'captured' as const, captured: 100n, sequence },
        attemptId,
      },
      ...{ attemptState: 'approved' as const, nextLookUpAt: null, expectedBy: null, event: null, idempotencyKey: key },
      ...{ responseStatus: 201, responseBody: null },
    })
    const told = [outcomeOf('mer_a', 'att_2', 0, 'any'), outcomeOf('mer_b', 'att_4', 7, 'order 2')]
    assert.deepEqual(await Promise.all(told.map((outcome) => outcomes.submit(outcome))), [true, false])
    const attempts = await owner.query('select id, state from attempts order by id')
    assert.deepEqual(
      attempts.rows.map((row) => Object.values(row).join(' ')),
      ['att_1 sent', 'att_2 approved', 'att_4 sent'],
    )
    await Promise.all([pool.end(), owner.end()])
  })
})
