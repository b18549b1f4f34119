import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import type { PspEvent } from '../psp-gateway/port.ts'
import { inTransaction, openPool, type Pool } from './pool.ts'
import { storePspEvent } from './psp-event-json.ts'
import { insertPspEvents } from './psp-events.ts'

let database: TestDatabase
let pool: Pool
before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 5)
  await pool.query(`insert into merchants (merchant_id, name) values ('mer_1', 'Shop')`)
  await pool.query(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ('mer_1', 'pspa_1', 'sandbox', 'Sandbox', '{}', '')`,
  )
})
after(async () => {
  await pool.end()
  await database.drop()
})

const events = (...ids: string[]) =>
  ids.map((id) => {
    const event: PspEvent = { id, type: 'payment.captured', about: { kind: 'nothing' } }
    return { merchantId: 'mer_1', pspAccountId: 'pspa_1', event, json: storePspEvent(event) }
  })

describe('storing events of PSPs', () => {
  it('takes the same events in two orders at once, without a deadlock', { timeout: 10_000 }, async () => {
    const waitFor = async (waiting: number) => {
      const isSo = async () =>
        (await pool.query(`select from pg_locks where not granted and locktype in ('transactionid', 'spectoken')`))
          .rowCount === waiting
      while (!(await isSo())) await sleep(10)
    }
    const both = await inTransaction(pool, async (tx) => {
      // Both meet this row in their middle and wait here, each with its own first row inserted.
      await insertPspEvents(tx, events('m'))
      const first = insertPspEvents(pool, events('a', 'm', 'z'))
      await waitFor(1)
      const second = insertPspEvents(pool, events('z', 'm', 'a'))
      await waitFor(2)
      return [first, second]
    })
    assert.deepEqual(
      (await Promise.allSettled(both)).map((one) => one.status),
      ['fulfilled', 'fulfilled'],
    )
    const { rows } = await pool.query('select event_id from psp_events order by event_id')
    assert.deepEqual(
      rows.map((row) => row.event_id),
      ['a', 'm', 'z'],
    )
  })
})
