import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { refuse } from '../refusal.ts'
import { decideInTransaction, inTransaction, openPool, type Pool, type Queryable, serviceLimits } from './pool.ts'
import { startSwitchedProxy } from './testing/switched-proxy.ts'

let database: TestDatabase
let pool: Pool
let killer: Pool
before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 1)
  killer = openPool(database.ownerUrl, 1)
})
after(async () => {
  await Promise.all([pool.end(), killer.end()])
  await database.drop()
})

const insertMerchant = (db: Queryable, id: string) =>
  db.query('insert into merchants (merchant_id, name) values ($1, $1)', [id])
const countMerchants = async () => (await pool.query('select from merchants')).rowCount

const pidOf = async (db: Queryable) =>
  (await db.query<{ pid: number }>('select pg_backend_pid() as pid')).rows.map((row) => row.pid)[0]
/** What a restart of the database does to a connection. */
const terminate = (pid: number | undefined) => killer.query('select pg_terminate_backend($1)', [pid])
/** Returns when the connection knows. */
async function terminateAndWait(tx: Queryable & NodeJS.EventEmitter): Promise<void> {
  const ended = new Promise((resolve) => tx.once('end', resolve))
  await terminate(await pidOf(tx))
  await ended
}

// An `error` event that nobody hears would end this process, and so fail these tests.
describe('a transaction whose connection is cut', () => {
  it('while neither the pool nor a transaction listens ends nothing but the connection', async () => {
    const client = await pool.connect()
    await terminateAndWait(client)
    await assert.rejects(client.query('select 1'))
    client.release()
    assert.equal((await pool.query('select 1')).rowCount, 1)
  })

  it('between two statements is thrown to its caller, and the next one gets a whole connection', async () => {
    await assert.rejects(
      inTransaction(pool, async (tx) => {
        await insertMerchant(tx, 'mer_lost')
        await terminateAndWait(tx)
        await insertMerchant(tx, 'mer_lost_too')
      }),
      { code: '57P01' },
    )
    assert.equal(await countMerchants(), 0)
    await inTransaction(pool, (tx) => tx.query('select 1'))
  })

  it('during a statement is thrown too', async () => {
    const running = inTransaction(pool, async (tx) => {
      const pid = await pidOf(tx)
      await insertMerchant(tx, 'mer_lost')
      await Promise.all([tx.query('select pg_sleep(10)'), sleep(100).then(() => terminate(pid))])
    })
    await assert.rejects(running, { code: '57P01' })
    assert.equal(await countMerchants(), 0)
  })

  it('is thrown also when the work itself noticed nothing and only refused', async () => {
    const refused = decideInTransaction(pool, async (tx) => {
      await terminateAndWait(tx)
      return refuse('parameter_invalid')
    })
    await assert.rejects(refused, { code: '57P01' })
  })
})

describe('a transaction', () => {
  it('whose work throws is rolled back, and its connection is used again', async () => {
    const pids: unknown[] = []
    const work = async (tx: Queryable) => {
      pids.push(await pidOf(tx))
      await insertMerchant(tx, 'mer_rolled_back')
      throw new Error('a bug')
    }
    await assert.rejects(inTransaction(pool, work), { message: 'a bug' })
    await assert.rejects(inTransaction(pool, work), { message: 'a bug' })
    assert.equal(pids[0], pids[1])
    assert.equal(await countMerchants(), 0)
  })
})

describe('a connection', () => {
  it('to a server that takes no writes is not used again after a transaction has met that', async () => {
    let pid: number | undefined
    const demoted = inTransaction(pool, async (tx) => {
      pid = await pidOf(tx)
      await tx.query('set transaction read only')
      await insertMerchant(tx, 'mer_demoted')
    })
    await assert.rejects(demoted, { code: '25006' })
    assert.notEqual(await pidOf(pool), pid)
  })

  it('behind a pooler that knows no prepared statements has none', async () => {
    const pooled = openPool(database.appUrl, 1, serviceLimits, { preparesStatements: false })
    const prepared = async (db: Pool) => {
      await db.query({ name: 'one', text: 'select $1::int', values: [1] })
      return (await db.query("select from pg_prepared_statements where name = 'one'")).rowCount
    }
    assert.deepEqual([await prepared(pooled), await prepared(pool)], [0, 1])
    await pooled.end()
  })
})

describe('a statement', () => {
  it('that a silent network never answers fails after 16 seconds, and its connection is dropped', async () => {
    const proxy = await startSwitchedProxy(database.appUrl)
    const far = openPool(proxy.url, 1)
    // Its timer would be a real one, which mocked timers cannot clear.
    far.options.idleTimeoutMillis = 0
    await far.query('select 1')
    proxy.set('silent')
    const realTimeout = setTimeout
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      for (const ask of [() => far.query('select 2'), () => inTransaction(far, (tx) => tx.query('select 2'))]) {
        const settled = ask().then(
          () => 'answered',
          (error: Error) => error.message,
        )
        await new Promise(setImmediate)
        mock.timers.tick(15_999)
        const patience = new Promise<string>((resolve) => realTimeout(resolve, 300, 'still waiting'))
        assert.equal(await Promise.race([settled, patience]), 'still waiting')
        mock.timers.tick(1)
        const limit = new Promise<string>((resolve) => realTimeout(resolve, 2_000, 'still waiting'))
        assert.equal(await Promise.race([settled, limit]), 'Query read timeout')
        assert.equal(far.totalCount, 0)
        mock.timers.reset()
        proxy.set('open')
        await far.query('select 1')
        proxy.set('silent')
        mock.timers.enable({ apis: ['setTimeout'] })
      }
    } finally {
      mock.timers.reset()
      await proxy.close()
      await far.end()
    }
  })
})
