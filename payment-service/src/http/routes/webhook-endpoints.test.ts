import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newId } from '../../ids.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../../webhooks/testing/api-world.ts'
import { until } from '../../webhooks/testing/webhook-world.ts'

type Call = ReturnType<typeof callerOf>
const url = 'http://127.0.0.1:9/hook'
let world: ApiWorld
let call: Call
let merchant: string
before(async () => {
  world = await createApiWorld()
})
after(() => world.close())
async function newMerchant(): Promise<void> {
  merchant = await world.addMerchant()
  call = callerOf(world.app, await world.addKey(merchant))
}
const sealedSecretOf = async (id: string) =>
  (await world.pool.query('select secret from webhook_endpoints where id = $1', [id])).rows[0]?.secret

describe('/v1/webhook_endpoints', { concurrency: false }, () => {
  before(newMerchant)

  it('gives the secret with the create and its replay, and nowhere else', async () => {
    const made = await call('POST', '/webhook_endpoints', { url, description: 'Shop' }, 'create-1')
    assert.equal(made.status, 201)
    assert.match(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual([made.body.events, made.body.status, made.body.description], [['*'], 'enabled', 'Shop'])
    const again = await call('POST', '/webhook_endpoints', { url, description: 'Shop' }, 'create-1')
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.deepEqual(again.body, made.body)
    const other = await call('POST', '/webhook_endpoints', { url }, 'create-1')
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])

    const { secret, ...shown } = made.body
    assert.deepEqual((await call('GET', `/webhook_endpoints/${made.body.id}`)).body, shown)
    assert.deepEqual((await call('GET', '/webhook_endpoints')).body, { object: 'list', data: [shown], has_more: false })
    assert.equal(world.vault.open(await sealedSecretOf(made.body.id), made.body.id), secret)
    const { rows } = await world.pool.query('select response_body::text as body from idempotency_keys')
    assert.ok(
      rows.every((row) => !row.body.includes(secret)),
      'the secret is stored sealed only',
    )
  })

  it('refuses what is not right, and writes nothing', async () => {
    const count = async () => (await world.pool.query('select count(*)::int as n from webhook_endpoints')).rows[0].n
    const had = await count()
    const cases: [object, number, string, string | null][] = [
      [{}, 400, 'parameter_missing', 'url'],
      [{ url: 5 }, 400, 'parameter_invalid', 'url'],
      [{ url: 'shop.example' }, 400, 'parameter_invalid', 'url'],
      [{ url: `https://shop.example/${'x'.repeat(2048)}` }, 400, 'parameter_invalid', 'url'],
      [{ url: 'https://10.0.0.1/hook' }, 422, 'webhook_url_not_allowed', 'url'],
      [{ url: 'https://0xa9fea9fe/latest/meta-data' }, 422, 'webhook_url_not_allowed', 'url'],
      [{ url: 'http://93.184.216.34/' }, 422, 'webhook_url_not_allowed', 'url'],
      [{ url, events: [] }, 400, 'parameter_invalid', 'events'],
      [{ url, events: ['charge.eaten'] }, 400, 'parameter_invalid', 'events.0'],
      [{ url, events: ['ping'] }, 400, 'parameter_invalid', 'events.0'],
      [{ url, description: '' }, 400, 'parameter_invalid', 'description'],
      [{ url, secret: 'mine' }, 400, 'parameter_unknown', 'secret'],
    ]
    for (const [body, status, code, param] of cases) {
      const { body: problem } = await call('POST', '/webhook_endpoints', body)
      assert.deepEqual(
        [problem.status, problem.code, problem.param],
        [status, code, param],
        JSON.stringify(body).slice(0, 80),
      )
    }
    assert.equal((await call('POST', '/webhook_endpoints', { url }, ' ')).body.code, 'idempotency_key_invalid')
    assert.equal(await count(), had)
  })

  it('changes what is given and leaves the rest', async () => {
    const { id } = (await call('POST', '/webhook_endpoints', { url, description: 'Shop' })).body
    const changed = await call('PATCH', `/webhook_endpoints/${id}`, { events: ['charge.captured'], description: null })
    assert.deepEqual(
      [changed.status, changed.body.events, changed.body.description, changed.body.url],
      [200, ['charge.captured'], null, url],
    )
    assert.equal(
      (await call('PATCH', `/webhook_endpoints/${id}`, { url: 'https://192.168.0.1/' })).body.code,
      'webhook_url_not_allowed',
    )
    assert.equal((await call('PATCH', `/webhook_endpoints/${id}`, { status: 'gone' })).body.param, 'status')
  })

  it('cancels what waits when it is disabled, and delivers again on demand when it is enabled', async () => {
    const { id } = (await call('POST', '/webhook_endpoints', { url })).body
    await world.addEvent(merchant)
    const off = await call('PATCH', `/webhook_endpoints/${id}`, { status: 'disabled' })
    assert.deepEqual([off.body.status, off.body.disabled_reason], ['disabled', 'requested'])
    await world.addEvent(merchant)
    const deliveries = (await call('GET', `/webhook_endpoints/${id}/deliveries`)).body.data
    assert.deepEqual(
      deliveries.map((one: { status: string }) => one.status),
      ['canceled'],
    )
    const path = `/webhook_endpoints/${id}/deliveries/${deliveries[0].id}/redeliver`
    assert.equal((await call('POST', path)).body.code, 'conflict')
    assert.equal((await call('POST', `/webhook_endpoints/${id}/ping`)).body.code, 'conflict')
    assert.equal((await call('PATCH', `/webhook_endpoints/${id}`, { status: 'enabled' })).body.disabled_reason, null)
    const woken = world.woken.outbox
    const again = await call('POST', path, {}, 'again')
    assert.deepEqual([again.status, again.body.status, again.body.tries], [200, 'pending', 0])
    assert.equal(world.woken.outbox, woken + 1)
    assert.equal((await call('POST', path, {}, 'again')).headers['idempotent-replayed'], 'true')
  })

  it('rotates the secret, the old one staying for the overlap', async () => {
    const made = (await call('POST', '/webhook_endpoints', { url }, 'rotated')).body
    const path = `/webhook_endpoints/${made.id}/rotate_secret`
    const first = await call('POST', path, undefined, 'r1')
    assert.equal(first.status, 200)
    assert.notEqual(first.body.secret, made.secret)
    const { rows } = await world.pool.query(
      `select previous_secret, round(extract(epoch from previous_secret_until - now()))::int as seconds from webhook_endpoints where id = $1`,
      [made.id],
    )
    assert.equal(world.vault.open(rows[0].previous_secret, made.id), made.secret)
    assert.equal(rows[0].seconds, 86_400)
    const second = await call('POST', path, { overlap_seconds: 60 }, 'r2')
    assert.deepEqual(
      (await call('POST', path, undefined, 'r1')).body,
      first.body,
      'a replay shows the secret of its own request',
    )
    assert.deepEqual((await call('POST', path, { overlap_seconds: 60 }, 'r2')).body, second.body)
    const gone = await call('POST', '/webhook_endpoints', { url }, 'rotated')
    assert.deepEqual(
      [gone.status, gone.body.code],
      [409, 'conflict'],
      'a secret that is gone is not replaced by another',
    )
    assert.equal((await call('POST', path, { overlap_seconds: 604_801 })).body.param, 'overlap_seconds')
  })

  it('pings one endpoint alone, numbered, with itself as the object', async () => {
    const { id } = (await call('POST', '/webhook_endpoints', { url, events: ['charge.captured'] })).body
    for (const sequence of [1, 2]) {
      const ping = await call('POST', `/webhook_endpoints/${id}/ping`)
      assert.equal(ping.status, 201)
      assert.equal(ping.body.webhook_endpoint, id)
      const event = (await call('GET', `/events/${ping.body.event}`)).body
      assert.deepEqual([event.type, event.sequence, event.data.object.id], ['ping', sequence, id])
    }
    const { rows } = await world.pool.query(
      `select distinct endpoint_id from webhook_deliveries join events on events.id = event_id where type = 'ping'`,
    )
    assert.deepEqual(rows, [{ endpoint_id: id }])
  })

  it('sends each of several endpoints what it asks for, and every endpoint of `*` all', async () => {
    await newMerchant()
    const asked = [
      ['*'],
      ['charge.captured'],
      ['charge.failed', 'charge.captured'],
      ['refund.created'],
      ['*', 'charge.failed'],
    ]
    const made = await Promise.all(asked.map((events) => call('POST', '/webhook_endpoints', { url, events })))
    assert.deepEqual(made.map(({ body }) => body.events).at(-1), ['*'])
    const [captured, failed] = [await world.addEvent(merchant), await world.addEvent(merchant, 'charge.failed')]
    const got = await Promise.all(made.map(({ body }) => world.deliveriesOf(body.id)))
    const both = [captured.id, failed.id]
    assert.deepEqual(
      got.map((deliveries) => deliveries.map(({ event_id }) => event_id)),
      [both, [captured.id], both, [], both],
    )
    const [, second] = made
    await call('PATCH', `/webhook_endpoints/${second?.body.id}`, { events: ['charge.failed'] })
    await world.addEvent(merchant)
    assert.equal((await world.deliveriesOf(second?.body.id)).length, 1)
  })

  it('keeps another merchant out, and needs the scope', async () => {
    const { id } = (await call('POST', '/webhook_endpoints', { url })).body
    await world.addEvent(merchant)
    const delivery = (await call('GET', `/webhook_endpoints/${id}/deliveries`)).body.data[0].id
    const stranger = callerOf(world.app, await world.addKey(await world.addMerchant()))
    const paths = [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate_secret'],
      ['POST', '/ping'],
      ['GET', '/deliveries'],
      ['POST', `/deliveries/${delivery}/redeliver`],
    ] as const
    for (const [method, path] of paths) {
      const answer = await stranger(method, `/webhook_endpoints/${id}${path}`, method === 'PATCH' ? {} : undefined)
      assert.deepEqual([answer.status, answer.body.code], [404, 'resource_not_found'], `${method} ${path}`)
    }
    assert.equal((await call('GET', '/webhook_endpoints/whe_1')).status, 404)
    const reader = callerOf(world.app, await world.addKey(merchant, ['read']))
    assert.equal((await reader('GET', `/webhook_endpoints/${id}`)).status, 200)
    assert.equal((await reader('DELETE', `/webhook_endpoints/${id}`)).body.code, 'scope_missing')
  })

  it('deletes an endpoint with its deliveries, and keeps its events', async () => {
    const { id } = (await call('POST', '/webhook_endpoints', { url })).body
    const { event } = (await call('POST', `/webhook_endpoints/${id}/ping`)).body
    assert.deepEqual((await call('DELETE', `/webhook_endpoints/${id}`)).body, {
      object: 'webhook_endpoint',
      id,
      deleted: true,
    })
    assert.equal((await call('DELETE', `/webhook_endpoints/${id}`)).status, 404)
    assert.equal((await call('GET', `/events/${event}`)).status, 200)
  })

  it('stops at sixteen, also when they are made at once', async () => {
    await newMerchant()
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/webhook_endpoints', { url })))
    assert.equal(answers.filter((one) => one.status === 201).length, 16)
    assert.ok(
      answers.filter((one) => one.status !== 201).every((one) => one.body.code === 'webhook_endpoint_limit_reached'),
    )
  })

  it('makes one endpoint of many requests with one key', async () => {
    await newMerchant()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', '/webhook_endpoints', { url }, 'same')),
    )
    assert.ok(answers.every((one) => one.status === 201 || one.body.code === 'idempotency_key_in_use'))
    assert.equal((await call('GET', '/webhook_endpoints')).body.data.length, 1)
  })
})

describe('/v1/events', { concurrency: false }, () => {
  before(newMerchant)

  it('lists the newest first, page by page in both directions, as they were sent', async () => {
    const events: { id: string; body: string }[] = []
    for (let index = 0; index < 5; index++)
      events.unshift(await world.addEvent(merchant, index === 2 ? 'charge.failed' : 'charge.captured'))
    const ids = async (query: string) => {
      const { body } = await call('GET', `/events?${query}`)
      return [body.data.map((event: { id: string }) => events.findIndex((one) => one.id === event.id)), body.has_more]
    }
    // They are listed when every write that began before them is over, also those of other tests on this server.
    await until('all are listed', async () => (await call('GET', '/events')).body.data.length === 5)
    const [first, , third, , last] = events.map((event) => event.id)
    assert.deepEqual(await ids(''), [[0, 1, 2, 3, 4], false])
    assert.deepEqual(await ids('limit=2'), [[0, 1], true])
    assert.deepEqual(await ids(`limit=2&starting_after=${third}`), [[3, 4], false])
    assert.deepEqual(await ids(`limit=1&starting_after=${third}`), [[3], true])
    assert.deepEqual(await ids(`limit=2&ending_before=${last}`), [[2, 3], true])
    assert.deepEqual(await ids(`limit=2&ending_before=${third}`), [[0, 1], false])
    assert.deepEqual(await ids(`ending_before=${first}`), [[], false])
    assert.deepEqual(await ids('type=charge.failed'), [[2], false])
    const wanted = JSON.parse(events[3]?.body ?? '')
    assert.deepEqual(await ids(`object_id=${wanted.data.object.id}`), [[3], false])
    assert.deepEqual((await call('GET', `/events/${wanted.id}`)).body, wanted)
  })

  it('refuses a bad query, and shows nothing of another merchant', async () => {
    const cases = [
      ['type=charge.eaten', 'parameter_invalid', 'type'],
      ['limit=0', 'parameter_invalid', 'limit'],
      ['starting_after=x', 'cursor_invalid', 'starting_after'],
      ['tpye=ping', 'parameter_unknown', 'tpye'],
    ] as const
    for (const [query, code, param] of cases) {
      const { status, body } = await call('GET', `/events?${query}`)
      assert.deepEqual([status, body.code, body.param], [400, code, param])
    }
    const theirs = await world.addEvent(await world.addMerchant())
    for (const id of [theirs.id, newId('event'), 'evt_1'])
      assert.equal((await call('GET', `/events/${id}`)).status, 404)
  })
})
