import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import pg from 'pg'
import { recordIntentsSql, recordOutcomesSql } from './hot-path.ts'

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
