import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { type DoubtWorld, openDoubtWorld, silence } from '../flows/testing/doubt-world.ts'
import type { PspReply } from '../psp-gateway/port.ts'
import { startInbox } from '../webhooks/inbox/inbox.ts'
import { startOutbox } from '../webhooks/outbox/outbox.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { type Receiver, startReceiver, until } from '../webhooks/testing/webhook-world.ts'
import { startResolver } from './resolver.ts'
import type { Job } from './run-every.ts'

/** A job looks every quarter or half of a second; leases are 12 to 20 s. */
const atOnceMs = 3_000

describe('a process that ends', { concurrency: false }, () => {
  let world: ApiWorld
  const jobs: Job[] = []
  const receivers: Receiver[] = []
  const started = (job: Job): Job => {
    jobs.push(job)
    return job
  }
  before(async () => {
    world = await createApiWorld()
  })
  afterEach(async () => {
    await Promise.all(jobs.splice(0).map((job) => job.stop(0)))
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()))
  })
  after(() => world.close())

  it('leaves the webhooks that it could not finish to another process at once, and not when their lease ends', async () => {
    let isSlow = true
    const receiver = await startReceiver((response) => {
      if (!isSlow) response.end()
    })
    receivers.push(receiver)
    const merchant = await world.addMerchant()
    const endpoints = await Promise.all(Array.from({ length: 4 }, () => world.addEndpoint(merchant, receiver.url)))
    const deliveries = async () => (await Promise.all(endpoints.map(({ id }) => world.deliveriesOf(id)))).flat()
    await world.addEvent(merchant)
    const first = started(startOutbox(world))
    await until('four are under way', () => receiver.received.length === 4)
    const leased = (await deliveries()).filter((one) => Number(one.next_try_at) > Date.now() + 15_000)
    assert.equal(leased.length, 4, 'by their lease they would wait for 15 s and longer')
    await first.stop(200)
    isSlow = false
    const stoppedAt = performance.now()
    started(startOutbox(world))
    await until('all are delivered', async () => (await deliveries()).every((one) => one.state === 'delivered'))
    const tookMs = performance.now() - stoppedAt
    assert.ok(tookMs < atOnceMs, `${tookMs} ms`)
    assert.deepEqual(
      (await deliveries()).map((one) => one.tries),
      [1, 1, 1, 1],
      'what was cut off counts as no try',
    )
  })

  it('leaves the events of PSPs that it could not finish to another process at once', async () => {
    const merchant = await world.addMerchant()
    const account = await world.addPspAccount(merchant, { webhook_secret: 'w'.repeat(32) })
    await world.pool.query(
      `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, next_try_at)
       values ($1, $2, 'wev_1', 'x', '{"id":"wev_1","type":"x","about":{"kind":"nothing"}}', now())`,
      [merchant, account],
    )
    const hanging = Promise.withResolvers<'applied'>()
    let isApplying = false
    const first = started(
      startInbox(world.deps, () => {
        isApplying = true
        return hanging.promise
      }),
    )
    await until('the first applies it', () => isApplying)
    await first.stop(100)
    const stoppedAt = performance.now()
    const applied = Promise.withResolvers<void>()
    started(
      startInbox(world.deps, async () => {
        applied.resolve()
        return 'applied'
      }),
    )
    await applied.promise
    const tookMs = performance.now() - stoppedAt
    assert.ok(tookMs < atOnceMs, `${tookMs} ms`)
    hanging.resolve('applied')
    await until('it is applied', async () => {
      const { rows } = await world.pool.query<{ state: string }>('select state from psp_events')
      return rows[0]?.state === 'applied'
    })
  })

  it('finishes the look-ups that it has begun, and leaves the others to another process at once', async () => {
    const doubt: DoubtWorld = await openDoubtWorld()
    try {
      doubt.state.fault = () => Promise.resolve(silence)
      await Promise.all(Array.from({ length: 12 }, () => doubt.charge()))
      await doubt.deps.pool.query(`update attempts set next_lookup_at = now() - interval '1 second'`)
      const answers = Promise.withResolvers<PspReply>()
      let asked = 0
      doubt.state.fault = () => {
        asked++
        return answers.promise
      }
      const resolver = startResolver(doubt.deps)
      await until('eight are asked about', () => asked === 8)
      const stopped = resolver.stop(5_000)
      answers.resolve(silence)
      await stopped
      const { rows } = await doubt.deps.pool.query<{ lookups: number; due: boolean; count: number }>(
        `select lookups, next_lookup_at <= now() as due, count(*)::integer as count from attempts group by 1, 2 order by 1`,
      )
      assert.deepEqual(rows, [
        { lookups: 0, due: true, count: 4 },
        { lookups: 1, due: false, count: 8 },
      ])
    } finally {
      await doubt.close()
    }
  })
})
