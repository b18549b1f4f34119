import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createAdminServer } from '../../admin/server.ts'
import { newId } from '../../ids.ts'
import { upsertOperators } from '../../store/operators.ts'
import { recordTries } from '../../store/webhook-tries.ts'
import { startOutbox } from '../outbox/outbox.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../testing/api-world.ts'
import { type Receiver, startReceiver, until } from '../testing/webhook-world.ts'
import { watchEndpoints } from './watch-endpoints.ts'

describe('the health of a webhook endpoint', { concurrency: false }, () => {
  let world: ApiWorld
  let receiver: Receiver
  /** What the receiver answers, by the path that it is asked at. */
  const statusOf = new Map<string, number>()
  let merchant: string
  let call: ReturnType<typeof callerOf>
  let outbox: ReturnType<typeof startOutbox>
  before(async () => {
    world = await createApiWorld()
    receiver = await startReceiver((response, { path }) => response.writeHead(statusOf.get(path) ?? 200).end())
    outbox = startOutbox(world)
  })
  after(async () => {
    await outbox.stop()
    await receiver.close()
    await world.close()
  })
  const begin = async () => {
    merchant = await world.addMerchant()
    call = callerOf(world.app, await world.addKey(merchant))
  }
  const addEndpoint = async (path: string, status: number) => {
    statusOf.set(path, status)
    const { body } = await call('POST', '/webhook_endpoints', { url: new URL(path, receiver.url).href })
    return body.id as string
  }
  const endpoint = async (id: string) => (await call('GET', `/webhook_endpoints/${id}`)).body
  const send = async (id: string, state: string) => {
    const event = await world.addEvent(merchant)
    outbox.wake()
    const isTried = ({ event_id, tries }: { event_id: string; tries: number }) => event_id === event.id && tries > 0
    await until(`an event is tried`, async () => (await world.deliveriesOf(id)).some(isTried))
    assert.equal((await endpoint(id)).health.state, state)
  }
  /** As if its failures had begun so long ago and gone on until a minute ago. */
  const age = (id: string, hours: number) =>
    world.pool.query(
      `update webhook_endpoint_health set failing_since = now() - $2::integer * interval '1 hour', last_failure_at = now() - interval '1 minute'
       where endpoint_id = $1`,
      [id, hours],
    )
  const noticesOf = async (state = 'open') => {
    const { rows } = await world.pool.query<{ kind: string; subject: string; body: string }>(
      'select kind, subject, body from notices where merchant_id = $1 and (acknowledged_at is null) = ($2 = $3) order by id',
      [merchant, state, 'open'],
    )
    return rows
  }

  it('is healthy until a try fails, counts the failures, and is healthy again with the first success', async () => {
    await begin()
    const id = await addEndpoint('/flaky', 200)
    const nothingYet = { state: 'healthy', consecutive_failures: 0, failing_since: null }
    assert.deepEqual((await endpoint(id)).health, { ...nothingYet, last_success_at: null, last_failure_at: null })
    await send(id, 'healthy')
    statusOf.set('/flaky', 500)
    await send(id, 'failing')
    const { health } = await endpoint(id)
    assert.equal(health.consecutive_failures, 1)
    assert.equal(health.failing_since, health.last_failure_at)
    await send(id, 'failing')
    const second = (await endpoint(id)).health
    assert.equal(second.consecutive_failures, 2)
    assert.equal(second.failing_since, health.failing_since)
    assert.deepEqual((await call('GET', '/webhook_endpoints')).body.data[0].health, second)
    statusOf.set('/flaky', 204)
    await send(id, 'healthy')
    const { consecutive_failures, failing_since, last_failure_at } = (await endpoint(id)).health
    assert.deepEqual([consecutive_failures, failing_since, last_failure_at], [0, null, second.last_failure_at])
  })

  it('that fails for a day brings operators one notice, and for five days disables it', async () => {
    await begin()
    const id = await addEndpoint('/broken', 503)
    const other = await addEndpoint('/fine', 200)
    await send(id, 'failing')
    await age(id, 23)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
    await age(id, 25)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 1, disabled: 0 })
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
    const [warning] = await noticesOf()
    assert.equal(warning?.kind, 'webhook_endpoint_failing')
    assert.match(`${warning?.subject}`, /127\.0\.0\.1:\d+ have failed for a day$/)
    assert.ok(warning?.body.includes(id) && !warning.body.includes('/broken'), 'the path may hold a secret')
    assert.equal((await endpoint(id)).status, 'enabled')

    await age(id, 121)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 1 })
    const off = await endpoint(id)
    assert.deepEqual([off.status, off.disabled_reason, off.health.state], ['disabled', 'failing', 'disabled'])
    assert.ok((await world.deliveriesOf(id)).every(({ state }) => state === 'canceled'))
    assert.deepEqual(
      (await noticesOf()).map(({ kind }) => kind),
      ['webhook_endpoint_failing', 'webhook_endpoint_disabled'],
    )
    // The merchant's other endpoint hears of it, and the disabled one does not.
    outbox.wake()
    await until('the other endpoint hears of it', () =>
      receiver.received.some(({ path, body }) => path === '/fine' && body.includes('webhook_endpoint.disabled')),
    )
    const events = (await call('GET', `/events?object_id=${id}`)).body.data
    assert.deepEqual([events[0].type, events[0].sequence], ['webhook_endpoint.disabled', 1])
    assert.deepEqual(events[0].data.object, off)
    assert.ok(!(await world.deliveriesOf(id)).some(({ event_id }) => event_id === events[0].id))
    assert.equal((await world.deliveriesOf(other)).filter(({ event_id }) => event_id === events[0].id).length, 1)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
    const { rows } = await world.pool.query('select type, details from audit_records where resource = $1 order by id', [
      id,
    ])
    const { host } = new URL(receiver.url)
    assert.deepEqual(rows.at(-1), { type: 'webhook_endpoint.disable', details: { reason: 'failing', host } })

    // Enabled again it begins anew, and numbers its events on.
    const on = (await call('PATCH', `/webhook_endpoints/${id}`, { status: 'enabled' })).body
    assert.deepEqual([on.status, on.health.state, on.health.failing_since], ['enabled', 'healthy', null])
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
    const ping = (await call('POST', `/webhook_endpoints/${id}/ping`)).body
    assert.equal((await call('GET', `/events/${ping.event}`)).body.sequence, 2)
  })

  it('is not judged by a silence: a failure after days without a try begins a new count of days', async () => {
    await begin()
    const id = await addEndpoint('/seldom', 500)
    await send(id, 'failing')
    await world.pool.query(
      `update webhook_endpoint_health set failing_since = now() - interval '30 days', last_failure_at = now() - interval '27 days', warned_at = now() - interval '28 days'
       where endpoint_id = $1`,
      [id],
    )
    await send(id, 'failing')
    const { health } = await endpoint(id)
    assert.equal(health.failing_since, health.last_failure_at)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
    // Ten hours of failures, long ago, are ten hours.
    await world.pool.query(
      `update webhook_endpoint_health set failing_since = now() - interval '9 days', last_failure_at = now() - interval '9 days' + interval '10 hours'
       where endpoint_id = $1`,
      [id],
    )
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
  })

  it('says nothing of a new address that the old one failed at, and does not disable it', async () => {
    await begin()
    const id = await addEndpoint('/old', 500)
    await send(id, 'failing')
    await age(id, 200)
    const url = new URL('/new', receiver.url).href
    const moved = (await call('PATCH', `/webhook_endpoints/${id}`, { url })).body
    assert.equal(moved.health.state, 'healthy')
    // A try at the old address that ends only now.
    const [delivery] = await world.deliveriesOf(id)
    const late = {
      merchantId: merchant,
      id: `${delivery?.id}`,
      tries: 9,
      endpointId: id,
      url: new URL('/old', receiver.url).href,
    }
    const tried = {
      delivery: late,
      id: newId('webhookTry'),
      triedAt: new Date(),
      tookMs: 9,
      answer: null,
      status: null,
    }
    await recordTries(world.pool, [{ ...tried, delivered: false, error: 'timeout', retryAfterMs: null }])
    assert.equal((await endpoint(id)).health.consecutive_failures, 0)
    assert.deepEqual(await watchEndpoints(world.deps), { warned: 0, disabled: 0 })
  })

  it('ends at 410 at once, with the event and the notice', async () => {
    await begin()
    const id = await addEndpoint('/gone', 410)
    await world.addEvent(merchant)
    outbox.wake()
    await until('it is disabled', async () => (await endpoint(id)).status === 'disabled')
    assert.equal((await endpoint(id)).disabled_reason, 'gone')
    const [notice] = await noticesOf()
    assert.match(`${notice?.body}`, /answered 410/)
    assert.equal((await call('GET', `/events?object_id=${id}`)).body.data[0].type, 'webhook_endpoint.disabled')
  })

  it('leaves notices that operators list and mark as seen, once', async () => {
    const tokens = { ada: randomBytes(32).toString('hex'), ben: randomBytes(32).toString('hex') }
    await upsertOperators(
      world.pool,
      Object.entries(tokens).map(([name, token]) => ({ name, token })),
    )
    const admin = createAdminServer(world.deps)
    const as = async (who: 'ada' | 'ben', method: 'GET' | 'POST', path: string) => {
      const headers = { authorization: `Bearer ${tokens[who]}` }
      const payload = method === 'POST' ? { payload: {} } : {}
      return (await admin.inject({ method, url: `/admin/v1/notices${path}`, headers, ...payload })).json()
    }
    const all = (await as('ada', 'GET', '')).data
    assert.equal(all.length, 3)
    const [newest] = all
    assert.deepEqual((await as('ada', 'GET', `?merchant=${merchant}`)).data, [newest])
    assert.deepEqual(Object.keys(newest).sort(), [
      'about',
      'acknowledged_at',
      'acknowledged_by',
      'body',
      'created_at',
      'id',
      'kind',
      'merchant',
      'object',
      'subject',
    ])
    const rest = await as('ada', 'GET', `?limit=1&starting_after=${newest.id}`)
    assert.deepEqual([rest.data[0], rest.has_more], [all[1], true])
    assert.equal((await as('ada', 'POST', `/${newest.id}/acknowledge`)).acknowledged_by, 'ada')
    const again = await as('ben', 'POST', `/${newest.id}/acknowledge`)
    assert.equal(again.acknowledged_by, 'ada', 'who saw it first stays')
    assert.deepEqual((await as('ada', 'GET', '?state=open')).data, all.slice(1))
    assert.deepEqual((await as('ada', 'GET', '?state=acknowledged')).data, [again])
    assert.equal((await as('ada', 'GET', '?starting_after=x')).code, 'cursor_invalid')
    await admin.close()
  })
})
