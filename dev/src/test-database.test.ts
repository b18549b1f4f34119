import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withClient } from './database.ts'
import { createTestDatabase } from './test-database.ts'

test('every caller gets a migrated database of its own, and the application role may not change tables', async (t) => {
  const [first, second] = await Promise.all([createTestDatabase(t), createTestDatabase(t)])
  assert.notEqual(first.ownerUrl, second.ownerUrl)
  await withClient(first.ownerUrl, (client) => client.query('create table only_here (id int)'))
  for (const { appUrl } of [first, second]) {
    await withClient(appUrl, async (client) => {
      const { rows } = await client.query('select current_user as role, to_regclass($1) as migrated', ['merchants'])
      assert.deepEqual(rows, [{ role: 'fincore_app', migrated: 'merchants' }])
      await assert.rejects(client.query('drop table merchants'), /must be owner/)
    })
  }
  const { rows } = await withClient(second.ownerUrl, (client) =>
    client.query("select to_regclass('only_here') as found"),
  )
  assert.deepEqual(rows, [{ found: null }])
})
