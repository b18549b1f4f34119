import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findCharge, insertCharge, lockCharge, updateCharge } from '@fincore/payment-service/store/charges'
import { inTransaction, type Pool, type Queryable } from '@fincore/payment-service/store/pool'
import { type Database, type Moment, makeDatabase } from './database.ts'
import { makeRandom } from './testing/random.ts'
import { makeCharge } from './testing/rows.ts'
import { start } from './testing/twin.ts'

const merchantId = 'mer_1'
const charge = {
  ...makeCharge({ ...makeRandom(1), now: start }, { merchantId, accountId: 'pspa_1', id: 'ch_1', sessionId: null }),
  status: 'processing' as const,
  captured: 0n,
  refunded: 0n,
  refunds_pending: 0n,
  pending_amount: null,
  pending_operation: null,
  failure: null,
}

async function databaseWithCharge(): Promise<Database> {
  const database = makeDatabase({ now: () => start })
  database.addMerchant({ merchant_id: merchantId, name: 'A merchant' })
  const account = { id: 'pspa_1', psp: 'sandbox', name: 'a', config: {}, credentials: Buffer.from('x') }
  database.addPspAccount({ merchant_id: merchantId, ...account })
  await insertCharge(database.open(), charge)
  return database
}

const sequenceOf = (database: Database) => database.tables.charges.get(merchantId, 'ch_1')?.sequence
const setSequence = (db: Queryable, sequence: number) => updateCharge(db, { ...charge, sequence })
const setInTransaction = (pool: Pool, sequence: number) => inTransaction(pool, (tx) => setSequence(tx, sequence))
const turn = () => new Promise(setImmediate)

/** Whether a promise settles while nothing happens that could settle it. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await turn()
  await turn()
  return settled
}

/** Throws, or kills, at one moment of the statements of a pool. */
const at =
  (wanted: Moment, act: () => Promise<void> | undefined) =>
  (moment: Moment): Promise<void> | undefined =>
    moment.phase === wanted.phase && moment.what === wanted.what ? act() : undefined
const lose = (): undefined => {
  throw new Error('the network is gone')
}

describe('a process that is killed', () => {
  it('leaves nothing of its open transaction, and its locks go to those who wait', async () => {
    const database = await databaseWithCharge()
    const [dying, other] = [database.open(), database.open()]
    const opened = Promise.withResolvers<void>()
    const work = inTransaction(dying, async (tx) => {
      await lockCharge(tx, merchantId, 'ch_1')
      await setSequence(tx, 100)
      opened.resolve()
      await new Promise(() => {})
    })
    await opened.promise
    const waiting = setInTransaction(other, 7)
    assert.equal(await isSettled(waiting), false)
    dying.kill()
    await waiting
    assert.equal(sequenceOf(database), 7)
    assert.equal(await isSettled(work), false)
    assert.equal(await isSettled(findCharge(dying, merchantId, 'ch_1')), false, 'a dead process gets no answer')
  })

  it('while it waits for a lock never gets it', async () => {
    const database = await databaseWithCharge()
    const [dying, other] = [database.open(), database.open()]
    const release = Promise.withResolvers<void>()
    const holding = inTransaction(other, async (tx) => {
      await lockCharge(tx, merchantId, 'ch_1')
      await release.promise
    })
    const work = setInTransaction(dying, 100)
    await turn()
    dying.kill()
    release.resolve()
    await holding
    assert.equal(await isSettled(work), false)
    assert.equal(sequenceOf(database), charge.sequence)
    await setInTransaction(other, 8)
    assert.equal(sequenceOf(database), 8)
  })

  const moments: [Moment, 'stays' | 'goes'][] = [
    [{ phase: 'before', what: 'updateCharge' }, 'goes'],
    [{ phase: 'after', what: 'updateCharge' }, 'goes'],
    [{ phase: 'before', what: 'commit' }, 'goes'],
    [{ phase: 'after', what: 'commit' }, 'stays'],
  ]
  for (const [moment, fate] of moments) {
    it(`${moment.phase} ${moment.what}: its change ${fate}`, async () => {
      const database = await databaseWithCharge()
      const pool = database.open({ pause: at(moment, () => void pool.kill()) })
      const work = setInTransaction(pool, 5)
      assert.equal(await isSettled(work), false)
      assert.equal(sequenceOf(database), fate === 'stays' ? 5 : charge.sequence)
      await setInTransaction(database.open(), 6)
      assert.equal(sequenceOf(database), 6, 'its locks are gone')
    })
  }
})

describe('a server that crashes', () => {
  it('rolls back what is open, fails what waits, keeps what is committed, and serves again', async () => {
    const database = await databaseWithCharge()
    const [one, other] = [database.open(), database.open()]
    await setInTransaction(one, 3)
    const goOn = Promise.withResolvers<void>()
    const open = inTransaction(one, async (tx) => {
      await setSequence(tx, 4)
      await goOn.promise
      await setSequence(tx, 5)
    })
    await turn()
    const waiting = setSequence(other, 6)
    assert.equal(await isSettled(waiting), false)
    database.crash()
    await assert.rejects(waiting, { message: 'Connection terminated unexpectedly' })
    goOn.resolve()
    // What the connection died of, and not what the next statement met.
    await assert.rejects(open, { message: 'Connection terminated unexpectedly' })
    assert.equal(sequenceOf(database), 3)
    await setInTransaction(one, 9)
    assert.equal(sequenceOf(database), 9)
  })

  it('ends a pause: before the statement it was not executed, after it it was', async () => {
    const database = await databaseWithCharge()
    for (const [phase, sequence] of [
      ['before', charge.sequence],
      ['after', 5],
    ] as const) {
      const pool = database.open({ pause: at({ phase, what: 'updateCharge' }, () => new Promise(() => {})) })
      const call = setSequence(pool, 5)
      assert.equal(await isSettled(call), false)
      database.crash()
      await assert.rejects(call, { message: 'Connection terminated unexpectedly' })
      assert.equal(sequenceOf(database), sequence, phase)
    }
  })
})

describe('a connection that breaks', () => {
  const moments: [Moment, 'stays' | 'goes', 'alone' | 'in a transaction'][] = [
    [{ phase: 'before', what: 'updateCharge' }, 'goes', 'alone'],
    [{ phase: 'after', what: 'updateCharge' }, 'stays', 'alone'],
    [{ phase: 'before', what: 'updateCharge' }, 'goes', 'in a transaction'],
    [{ phase: 'after', what: 'updateCharge' }, 'goes', 'in a transaction'],
    [{ phase: 'before', what: 'commit' }, 'goes', 'in a transaction'],
    [{ phase: 'after', what: 'commit' }, 'stays', 'in a transaction'],
  ]
  for (const [moment, fate, how] of moments) {
    for (const [way, act] of [
      ['at once', lose],
      ['later', async () => lose()],
    ] as const) {
      it(`${way}, ${moment.phase} ${moment.what} ${how}: its caller is told, and the change ${fate}`, async () => {
        const database = await databaseWithCharge()
        const pool = database.open({ pause: at(moment, act) })
        const call = how === 'alone' ? setSequence(pool, 5) : setInTransaction(pool, 5)
        await assert.rejects(call, { message: 'the network is gone' })
        assert.equal(sequenceOf(database), fate === 'stays' ? 5 : charge.sequence)
        await setInTransaction(database.open(), 6)
        assert.equal(sequenceOf(database), 6, 'its locks are gone')
      })
    }
  }
})

describe('a pool', () => {
  it('has so many connections and no more, given in the order of asking', async () => {
    const database = await databaseWithCharge()
    const pool = database.open({ max: 1 })
    const release = Promise.withResolvers<void>()
    const order: string[] = []
    const first = inTransaction(pool, async () => {
      await release.promise
      order.push('first')
    })
    const second = inTransaction(
      pool,
      async (tx) => void order.push(`second ${(await findCharge(tx, merchantId, 'ch_1'))?.id}`),
    )
    const third = findCharge(pool, merchantId, 'ch_1').then(() => order.push('third'))
    assert.equal(await isSettled(second), false)
    release.resolve()
    await Promise.all([first, second, third])
    assert.deepEqual(order, ['first', 'second ch_1', 'third'])
  })

  it('lets nobody wait for ever for a connection', async () => {
    const timers: (() => void)[] = []
    const setTimer = (_delayMs: number, run: () => void) => {
      timers.push(run)
      return () => {}
    }
    const database = makeDatabase({ now: () => start, setTimer })
    const pool = database.open({ max: 1 })
    await pool.connect()
    const late = findCharge(pool, merchantId, 'ch_1')
    timers[0]?.()
    await assert.rejects(late, { message: 'timeout exceeded when trying to connect' })
  })

  it('says of a statement that it does not know what to do', async () => {
    const pool = (await databaseWithCharge()).open()
    await assert.rejects(pool.query('select 1'), /add a lesson to simulation\/src\/database\/statements: select 1/)
  })
})
