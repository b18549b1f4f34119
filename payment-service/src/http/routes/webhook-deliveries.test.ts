import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lowestIdAt } from '../../ids.ts'
import { forgetOldTries } from '../../store/forget.ts'
import { inTransaction } from '../../store/pool.ts'
import { restartUndelivered } from '../../store/webhook-deliveries.ts'
import { startOutbox } from '../../webhooks/outbox/outbox.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../../webhooks/testing/api-world.ts'
import { type Receiver, startReceiver, until } from '../../webhooks/testing/webhook-world.ts'

/** One for each of the last 45 days. */
const addOldTries = (world: ApiWorld, merchant: string, delivery: string | undefined) =>
  world.pool.query(
    `insert into webhook_tries (merchant_id, delivery_id, id, url, tried_at, took_ms, status, answer_is_cut)
     select $1, $2, $3 || lpad((46 - day)::text, 2, '0'), 'https://shop.example', now() - day * interval '1 day', 1, 500, false
     from generate_series(1, 45) day`,
    [merchant, delivery, `try_${'0'.repeat(24)}`],
  )
async function countTries(world: ApiWorld, delivery: string | undefined): Promise<number> {
  const { rows } = await world.pool.query('select count(*)::int as n from webhook_tries where delivery_id = $1', [
    delivery,
  ])
  return rows[0].n
}

describe('the log of deliveries', { concurrency: false }, () => {
  let world: ApiWorld
  let receiver: Receiver
  let merchant: string
  let call: ReturnType<typeof callerOf>
  let answer: { status: number; type: string; body: string }
  before(async () => {
    world = await createApiWorld()
    receiver = await startReceiver((response) =>
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body),
    )
  })
  after(async () => {
    await receiver.close()
    await world.close()
  })
  const begin = async (): Promise<string> => {
    merchant = await world.addMerchant()
    call = callerOf(world.app, await world.addKey(merchant))
    return (await call('POST', '/webhook_endpoints', { url: receiver.url })).body.id
  }
  const deliver = async (id: string, isDone: (delivery: { tries: number; state: string }) => boolean) => {
    const outbox = startOutbox(world)
    await until('it is tried', async () => (await world.deliveriesOf(id)).every(isDone))
    await outbox.stop()
  }

  it('has every try: what was sent, what came back, and how long it took', async () => {
    const id = await begin()
    const event = await world.addEvent(merchant)
    answer = { status: 500, type: 'text/html', body: `<p>card 4111111111111111</p>${'x'.repeat(2_000)}` }
    await deliver(id, ({ tries }) => tries === 1)
    await world.pool.query('update webhook_deliveries set next_try_at = now() where endpoint_id = $1', [id])
    answer = { status: 200, type: 'application/json', body: '{"thanks": true}' }
    await deliver(id, ({ state }) => state === 'delivered')

    const path = `/webhook_endpoints/${id}/deliveries`
    const [delivery] = (await call('GET', path)).body.data
    assert.deepEqual((await call('GET', `${path}/${delivery.id}`)).body, delivery)
    const { body: tries } = await call('GET', `${path}/${delivery.id}/tries`)
    const [second, first] = tries.data
    assert.deepEqual([tries.data.length, tries.has_more], [2, false])
    const { webhook_timestamp, ...request } = second.request
    assert.deepEqual(request, { url: receiver.url, webhook_id: event.id })
    assert.equal(webhook_timestamp, receiver.received[1]?.headers['webhook-timestamp'])
    assert.deepEqual([second.status, second.error], [200, null])
    assert.deepEqual(second.answer, { content_type: 'application/json', body: '{"thanks": true}', body_is_cut: false })
    assert.ok(second.took_ms >= 0 && second.took_ms < 15_000)
    assert.deepEqual([first.status, first.error, first.answer.content_type], [500, 'status_500', 'text/html'])
    assert.ok(first.answer.body.startsWith('<p>card 1111111111111111</p>xxx'), 'no card number is kept')
    assert.deepEqual([first.answer.body.length, first.answer.body_is_cut], [1_024, true])
    const page = await call('GET', `${path}/${delivery.id}/tries?limit=1&starting_after=${second.id}`)
    assert.deepEqual(page.body.data, [first])
  })

  it('says by a word why there was no answer, and that there was none', async () => {
    const id = await begin()
    await world.pool.query('update webhook_endpoints set url = $2 where id = $1', [id, 'http://127.0.0.1:9/hook'])
    await world.addEvent(merchant)
    await deliver(id, ({ tries }) => tries === 1)
    const [delivery] = await world.deliveriesOf(id)
    const [one] = (await call('GET', `/webhook_endpoints/${id}/deliveries/${delivery?.id}/tries`)).body.data
    assert.deepEqual([one.status, one.error, one.answer], [null, 'refused', null])
  })

  it('keeps tries for 30 days, and the last forty when a delivery begins anew', async () => {
    const id = await begin()
    await world.addEvent(merchant)
    const [delivery] = await world.deliveriesOf(id)
    const path = `/webhook_endpoints/${id}/deliveries/${delivery?.id}`
    await addOldTries(world, merchant, delivery?.id)
    assert.equal((await call('POST', `${path}/redeliver`)).status, 200)
    assert.equal(await countTries(world, delivery?.id), 40)
    assert.equal(await forgetOldTries(world.pool), 11, 'days 30 to 40; the five before them were more than forty')
    assert.equal(await countTries(world, delivery?.id), 29)
    await world.pool.query('delete from webhook_deliveries where endpoint_id = $1', [id])
  })

  it('is nobody else’s to read', async () => {
    const id = await begin()
    await world.addEvent(merchant)
    const [delivery] = await world.deliveriesOf(id)
    const stranger = callerOf(world.app, await world.addKey(await world.addMerchant()))
    for (const end of ['', '/tries']) {
      const path = `/webhook_endpoints/${id}/deliveries/${delivery?.id}${end}`
      assert.equal((await call('GET', path)).status, 200)
      assert.equal((await stranger('GET', path)).status, 404)
    }
    const other = (await call('POST', '/webhook_endpoints', { url: receiver.url })).body.id
    const crossed = await call('GET', `/webhook_endpoints/${other}/deliveries/${delivery?.id}`)
    assert.deepEqual([crossed.status, crossed.body.param], [404, 'delivery'])
    await world.pool.query('delete from webhook_deliveries where merchant_id = $1', [merchant])
  })
})

describe('sending again all that was not taken', { concurrency: false }, () => {
  let world: ApiWorld
  before(async () => {
    world = await createApiWorld()
  })
  after(() => world.close())
  const url = 'http://127.0.0.1:9/hook'
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  /** Deliveries of events of the last minutes: the first is a minute old, the second two, and so on. */
  const setUp = async (states: readonly string[]) => {
    const merchant = await world.addMerchant()
    const call = callerOf(world.app, await world.addKey(merchant))
    const { id } = (await call('POST', '/webhook_endpoints', { url })).body
    for (const [index, state] of states.entries()) {
      // As an event that was made then: its id has the time, the delivery’s begins with it.
      const { rows } = await world.pool.query('select $1::timestamptz as at', [minutesAgo(index + 1)])
      const event = lowestIdAt('event', rows[0].at)
      await world.pool.query(
        `insert into events (merchant_id, id, type, object_id, sequence, body) values ($1, $2, 'ping', $2, 1, '{}')`,
        [merchant, event],
      )
      await world.pool.query(
        `insert into webhook_deliveries (merchant_id, id, endpoint_id, event_id, state, tries, next_try_at)
         values ($1, $2, $3, $4, $5, 10, case when $5 = 'pending' then now() + interval '1 hour' end)`,
        [merchant, `del_${event.slice(4)}_${id.slice(4)}`, id, event, state],
      )
    }
    const statesOf = async () => (await world.deliveriesOf(id)).map(({ state, tries }) => `${state} ${tries}`).reverse()
    return { call, id, merchant, statesOf, path: `/webhook_endpoints/${id}/redeliver_failed` }
  }

  it('is limited to twenty a minute of a merchant, together with changes of an endpoint’s status', async () => {
    const { call, path, id } = await setUp([])
    const request = { since: minutesAgo(5) }
    for (let turn = 0; turn < 10; turn++) {
      assert.equal((await call('POST', path, request, `limited ${turn}`)).status, 200)
      assert.equal((await call('PATCH', `/webhook_endpoints/${id}`, { status: 'enabled' })).status, 200)
    }
    for (const refused of [
      await call('POST', path, request, 'limited'),
      await call('PATCH', `/webhook_endpoints/${id}`, { status: 'enabled' }),
    ]) {
      assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited'])
      assert.ok(Number(refused.headers['retry-after']) > 0)
    }
    assert.equal((await call('PATCH', `/webhook_endpoints/${id}`, { description: 'x' })).status, 200)
  })

  it('takes what failed or was canceled since the time, and before the other; once per key', async () => {
    const { call, path, statesOf, id } = await setUp(['failed', 'delivered', 'canceled', 'pending', 'failed', 'failed'])
    const woken = world.woken.outbox
    const request = { since: minutesAgo(5.5), until: minutesAgo(0.5) }
    const { status, body } = await call('POST', path, request, 'once')
    assert.deepEqual(
      [status, body],
      [200, { object: 'webhook_redelivery', webhook_endpoint: id, ...request, redelivered: 3, has_more: false }],
    )
    const after = ['pending 0', 'delivered 10', 'pending 0', 'pending 10', 'pending 0', 'failed 10']
    assert.deepEqual(await statesOf(), after)
    assert.equal(world.woken.outbox, woken + 1)
    const again = await call('POST', path, request, 'once')
    assert.deepEqual([again.headers['idempotent-replayed'], again.body], ['true', body])
    assert.deepEqual(await statesOf(), after)
    assert.equal((await call('POST', path, { since: minutesAgo(3) })).body.redelivered, 0)
  })

  it('takes so many at most, the oldest first, says that more are there, and keeps forty tries of each', async () => {
    const { id, merchant, statesOf } = await setUp(['failed', 'failed', 'failed'])
    const [oldest] = await world.deliveriesOf(id)
    await addOldTries(world, merchant, oldest?.id)
    const range = { from: lowestIdAt('event', new Date(0)), to: lowestIdAt('event', new Date()), limit: 2 }
    const restart = () =>
      inTransaction(world.pool, (tx) => restartUndelivered(tx, { merchantId: merchant, endpointId: id }, range))
    assert.deepEqual(await restart(), { restarted: 2, hasMore: true })
    assert.deepEqual(await statesOf(), ['failed 10', 'pending 0', 'pending 0'])
    assert.equal(await countTries(world, oldest?.id), 40)
    assert.deepEqual(await restart(), { restarted: 1, hasMore: false })
  })

  it('refuses what makes no sense, and a disabled endpoint', async () => {
    const { call, id, path } = await setUp(['failed'])
    const cases = [
      [{}, 'parameter_missing', 'since'],
      [{ since: 'yesterday' }, 'parameter_invalid', 'since'],
      [{ since: '2026-02-30T25:00:00Z' }, 'parameter_invalid', 'since'],
      [{ since: minutesAgo(1), limit: 5 }, 'parameter_unknown', 'limit'],
    ] as const
    for (const [body, code, param] of cases) {
      const answer = await call('POST', path, body)
      assert.deepEqual([answer.status, answer.body.code, answer.body.param], [400, code, param], JSON.stringify(body))
    }
    const nothing = await call('POST', path, { since: minutesAgo(1), until: '1969-12-31T00:00:00Z' })
    assert.deepEqual([nothing.status, nothing.body.redelivered], [200, 0], 'a time that ends before it begins')
    await call('PATCH', `/webhook_endpoints/${id}`, { status: 'disabled' })
    assert.equal((await call('POST', path, { since: minutesAgo(9) })).body.code, 'conflict')
    const stranger = callerOf(world.app, await world.addKey(await world.addMerchant()))
    assert.equal((await stranger('POST', path, { since: minutesAgo(9) })).status, 404)
  })
})
