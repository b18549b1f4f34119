import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { createLog } from '../log.ts'
import { createVault } from '../secrets.ts'
import { type Directory, openDirectory } from './directory.ts'
import { listenerName } from './encryption-keys.ts'
import { openPool, type Pool } from './pool.ts'
import { type SwitchedProxy, startSwitchedProxy } from './testing/switched-proxy.ts'

let database: TestDatabase
let pool: Pool
let proxy: SwitchedProxy
let directory: Directory
let changes = 0
let cardTestingChanges = 0
before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 2)
  proxy = await startSwitchedProxy(database.appUrl)
  directory = await openDirectory(
    {
      environment: 'sandbox',
      databaseUrl: proxy.url,
      listenDatabaseUrl: null,
      databaseAuth: 'password',
      databaseCa: null,
      databasePassword: null,
      awsRegion: null,
    },
    pool,
    createVault(Buffer.alloc(32, 7)),
    createLog('silent'),
  )
  directory.onChange(() => void changes++)
  directory.onCardTestingChange(() => void cardTestingChanges++)
})
after(async () => {
  await directory.close()
  await proxy.close()
  await pool.end()
  await database.drop()
})

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 6_000
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, `it was never so: ${what}`)
    await sleep(20)
  }
}
const countListeners = async () =>
  (
    await pool.query(
      `select from pg_stat_activity where datname = current_database() and application_name = '${listenerName}'`,
    )
  ).rowCount
const announce = (table = 'api_keys') => pool.query(`select pg_notify('fincore_changed', $1)`, [table])

describe('the listener for changes', () => {
  it('tells a change of card testing to those alone who keep what is known of it, and any other change to the rest', async () => {
    const before = { changes, cardTestingChanges }
    await announce('card_testing_blocks')
    await announce('card_testing_settings')
    await until('both are heard', () => cardTestingChanges === before.cardTestingChanges + 2)
    assert.equal(changes, before.changes)
    await announce()
    await until('a change of a key is heard', () => changes === before.changes + 1)
    assert.equal(cardTestingChanges, before.cardTestingChanges + 2)
    changes = 0
    cardTestingChanges = 0
  })

  it('comes back after its connection was cut by the server, and hears what is announced', async () => {
    await announce()
    await until('a change is heard', () => changes === 1)
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '${listenerName}'`,
    )
    await until('it takes for granted that it missed something', () => changes === 2 && cardTestingChanges === 1)
    await announce()
    await until('a change is heard again', () => changes === 3)
  })

  it('tries one at a time and ever more seldom while the database is away, and ends as one connection', async () => {
    const askedBefore = proxy.asked()
    proxy.set('cut')
    await sleep(3_500)
    // After one second and after three; the next would be after seven.
    assert.equal(proxy.asked() - askedBefore, 2)
    proxy.set('open')
    const changesBefore = changes
    await until('it is back', () => changes > changesBefore)
    await sleep(200)
    assert.equal(await countListeners(), 1)
    assert.equal(proxy.asked() - askedBefore, 3)
  })

  it('does not come back after it was closed', async () => {
    const asked = proxy.asked()
    await directory.close()
    await sleep(1_300)
    assert.equal(proxy.asked(), asked)
    assert.equal(await countListeners(), 0)
  })
})
