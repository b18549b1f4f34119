import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openPool } from '@fincore/payment-service/store/pool'
import { adaptSettings } from './pgbouncer.ts'

it('PgBouncer’s settings set the limits that FinCore asks for when it connects itself', async () => {
  const settings = adaptSettings({
    hostname: 'db',
    databasePort: '5433',
    pathname: '/fincore',
    port: 6433,
    users: '/tmp/users',
  })
  const pool = openPool('postgres://nowhere', 1)
  const asked = pool.options as unknown as Record<string, number>
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
  const [query = ''] = /connect_query='.*'/.exec(settings) ?? []
  const [ignored = ''] = /^ignore_startup_parameters = .*$/m.exec(settings) ?? []
  for (const name of limits) {
    assert.equal(Number(new RegExp(`set ${name} = (\\d+)`).exec(query)?.[1]), asked[name], name)
    assert.ok(ignored.includes(name), name)
  }
  await pool.end()
})
