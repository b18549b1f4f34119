import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { urlOfDatabase, withClient } from '@fincore/dev/database'
import pg from 'pg'
import { newId } from '../ids.ts'
import { createWebhookWorld, until, type WebhookWorld } from '../webhooks/testing/webhook-world.ts'
import { insertEvent, makeEvent, type NewEvent } from './events.ts'
import { listEvents } from './events-list.ts'
import { migrate } from './migrate.ts'
import { inTransaction } from './pool.ts'

const anyTime = { createdAfter: null, createdBefore: null }

describe('the list of events', { concurrency: false }, () => {
  let world: WebhookWorld
  let merchant: string
  before(async () => {
    world = await createWebhookWorld()
    merchant = await world.addMerchant()
  })
  const held: (() => Promise<void>)[] = []
  after(async () => {
    await Promise.all(held.map((commit) => commit()))
    await world.close()
  })
  const make = (object = newId('charge'), sequence = 1) =>
    makeEvent('charge.captured', merchant, { id: object }, sequence, new Date())
  const idsOf = async (query: { limit?: number; after?: string; before?: string; object?: string } = {}) => {
    const page = await listEvents(
      world.pool,
      merchant,
      { type: undefined, objectId: query.object },
      { limit: query.limit ?? 500, startingAfter: query.after ?? null, endingBefore: query.before ?? null, ...anyTime },
    )
    assert.ok('events' in page, JSON.stringify(page))
    return (page.events as { id: string }[]).map(({ id }) => id)
  }
  /** In a transaction that is committed when the caller says so. */
  const hold = async (event: NewEvent) => {
    let commit = () => {}
    const told = new Promise<void>((resolve) => {
      commit = resolve
    })
    let isInserted = false
    const done = inTransaction(world.pool, async (tx) => {
      await insertEvent(tx, event)
      isInserted = true
      await told
    })
    await until('it is inserted', () => isInserted)
    const end = async () => {
      commit()
      await done
    }
    held.push(end)
    return end
  }

  it('shows nothing that another could still come before, so a reader of what is newer misses none', async () => {
    const first = make()
    await insertEvent(world.pool, first)
    await until('the first is listed', async () => (await idsOf())[0] === first.id)
    const early = make()
    const commit = await hold(early)
    const late = make()
    assert.ok(early.id < late.id)
    await insertEvent(world.pool, late)
    assert.deepEqual(await idsOf({ before: first.id }), [], 'the later one waits for the earlier')
    await commit()
    await until('both are listed', async () => (await idsOf({ before: first.id })).length === 2)
    const both = await idsOf({ before: first.id })
    assert.deepEqual([...both].sort(), [early.id, late.id])
    assert.deepEqual(await idsOf({ before: both[1] as string, limit: 1 }), [both[0]])
    assert.deepEqual(await idsOf({ after: both[0] as string, limit: 1 }), [both[1]])
  })

  it('stands in the order of recording, also when an event’s id was made long before', async () => {
    const [cursor] = await idsOf({ limit: 1 })
    const slow = make()
    const quick = make()
    await insertEvent(world.pool, quick)
    await until('the quick one is listed', async () => (await idsOf({ limit: 1 }))[0] === quick.id)
    // Whoever asks now goes on behind the quick one, whose id is the higher.
    await insertEvent(world.pool, slow)
    await until('the slow one is listed', async () => (await idsOf({ before: quick.id })).length === 1)
    assert.deepEqual(await idsOf({ before: cursor as string }), [slow.id, quick.id])
  })

  it('gives a reader every event exactly once, while many write and some take long', async () => {
    const [begin] = await idsOf({ limit: 1 })
    const written: string[] = []
    const read: string[] = []
    let cursor = begin as string
    const readOn = async () => {
      const page = await idsOf({ before: cursor, limit: 7 })
      read.push(...page.toReversed())
      cursor = page[0] ?? cursor
      return read.length >= 100
    }
    let isWriting = true
    const reader = async () => {
      for (; isWriting; await sleep(1)) await readOn()
      await until('all are read', readOn)
    }
    // Transactions are numbered for the whole server: one that takes long in another database is waited for too.
    await withClient(urlOfDatabase(world.ownerUrl, 'postgres'), async (elsewhere) => {
      const writer = async (number: number) => {
        for (let count = 0; count < 25; count++) {
          if (number === 0 && count === 20) await elsewhere.query('begin; select pg_current_xact_id()')
          const event = make()
          await sleep((number * 7 + count * 3) % 5)
          await inTransaction(world.pool, async (tx) => {
            await insertEvent(tx, event)
            await sleep((number + count) % 4 === 0 ? 12 : 0)
          })
          written.push(event.id)
        }
      }
      const writers = Promise.all([0, 1, 2, 3].map(writer)).finally(() => {
        isWriting = false
      })
      const ending = writers.then(() => sleep(100)).then(() => elsewhere.query('commit'))
      await Promise.all([reader(), ending])
    })
    assert.equal(new Set(read).size, read.length, 'none twice')
    assert.deepEqual(read.toSorted(), written.toSorted(), 'none missed')
    assert.deepEqual(read, (await idsOf({ before: begin as string })).toReversed())
  })

  it('goes on behind the events of a dump that was restored from a server with higher numbers', async () => {
    const owner = new pg.Client({ connectionString: world.ownerUrl })
    await owner.connect()
    await owner.query(`update events set recorded_in = '9000000000000000000' where merchant_id = $1`, [merchant])
    await owner.end()
    const { rows } = await world.pool.query('select id from events where merchant_id = $1 order by id desc', [merchant])
    assert.deepEqual(await idsOf(), [], 'their transactions are still to come')
    await migrate(world.ownerUrl)
    const restored = rows.map(({ id }) => id)
    await until('they are listed', async () => (await idsOf()).length > 0)
    assert.deepEqual(await idsOf(), restored)
    const fresh = make()
    await insertEvent(world.pool, fresh)
    await until('a new one is listed', async () => (await idsOf({ before: restored[0] })).length === 1)
    await migrate(world.ownerUrl)
    assert.deepEqual(await idsOf({ before: restored[0] }), [fresh.id], 'and is not renumbered')
  })

  it('of one object stands in its sequence, and waits for nobody', async () => {
    const object = newId('charge')
    const events = [1, 2, 3].map((sequence) => make(object, sequence))
    const commit = await hold(make())
    for (const event of events) await insertEvent(world.pool, event)
    const [one, two, three] = events.map(({ id }) => id) as [string, string, string]
    assert.deepEqual(await idsOf({ object }), [three, two, one])
    assert.deepEqual(await idsOf({ object, before: one, limit: 1 }), [two])
    assert.deepEqual(await idsOf({ object, after: three }), [two, one])
    await commit()
    const other = make()
    await insertEvent(world.pool, other)
    const page = { limit: 1, startingAfter: other.id, endingBefore: null, ...anyTime }
    const refused = await listEvents(world.pool, merchant, { type: undefined, objectId: object }, page)
    assert.deepEqual('refused' in refused && [refused.refused, refused.param], ['cursor_invalid', 'starting_after'])
  })
})
