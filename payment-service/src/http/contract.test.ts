import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type MagicCardName, magicCards } from '@fincore/psp-sandbox/magic-cards'
import fc from 'fast-check'
import { applyPspEvent } from '../flows/apply-psp-event.ts'
import { newSecret } from '../secrets.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { perMinute } from './api-server.ts'
import { type LinkWorld, openLinkWorld } from './link/testing/link-world.ts'
import type { OpenApi } from './openapi.ts'
import { addKey } from './testing/add-key.ts'
import { prefixOf, requestsOf, type Sent } from './testing/arbitrary-requests.ts'
import { type Known, matching } from './testing/arbitrary-values.ts'
import { createJudge } from './testing/contract-judge.ts'
import { type ReadDocument, readDocument } from './testing/read-document.ts'

/** `CONTRACT_SEED` sends the requests of an earlier run again; `CONTRACT_REQUESTS` another number: `npm run drill:contract` 20,000. */
const seed = Number(process.env.CONTRACT_SEED ?? randomInt(2 ** 31))
const total = Number(process.env.CONTRACT_REQUESTS ?? 3_000)
/** So many are under way at once, as a merchant's servers would have them. */
const atOnce = 40
/** It takes half a minute, and on a machine that does much else far longer. */
const mostMs = 600_000
/** One call in so many to the PSP is lost, so that what is in doubt occurs as well. */
const lostOneIn = 50

describe('the contract', () => {
  let world: LinkWorld
  let read: ReadDocument
  const ids = new Map<string, string[]>()
  const tokens: string[] = []
  let foreign: string
  let keys: string[]
  let publishableKey: string
  let lesserKeys: string[]

  before(async () => {
    // Thousands of requests that fit come to each operation.
    world = await openLinkWorld({}, { ...perMinute, resending: total })
    const { pool } = world.deps
    const document: OpenApi = (await world.app.inject({ url: '/v1/openapi.json' })).json()
    read = readDocument(document)
    keys = await Promise.all([1, 2, 3, 4].map(() => addKey(pool, world.merchant.id, 'secret')))
    publishableKey = await addKey(pool, world.merchant.id, 'publishable')
    lesserKeys = [await addKey(pool, world.merchant.id, 'secret', []), publishableKey]
    foreign = await addForeignEndpoint()
    ids.set('pspa', [world.merchant.account])
    await makeCharges()
  })
  after(() => world.close())

  /** An endpoint of another merchant, which must never be seen. */
  async function addForeignEndpoint(): Promise<string> {
    const { pool } = world.deps
    const { rows } = await pool.query(`insert into merchants (merchant_id, name)
      values ('mer_0000000000000000000000000x', 'Other') returning merchant_id as id`)
    const key = await addKey(pool, rows[0].id, 'secret')
    const made = await world.call('POST', '/v1/webhook_endpoints', { url: 'https://93.184.216.34/other' }, 'k', key)
    assert.equal(made.status, 201)
    return made.body.id
  }

  /** Charges in every state that the sandbox can bring about, and tokens that the requests may still use. */
  async function makeCharges(): Promise<void> {
    const names = magicCards.map(({ name }) => name)
    await Promise.all([
      ...names.map((name) => makeCharge(name, 'automatic')),
      ...names.map(() => makeCharge('visa', 'manual')),
      ...names.map(async () => tokens.push(await world.makeToken('visa'))),
    ])
    remember(await world.createSession())
    await makeWhatFollows()
  }

  /** A refund and a dispute of a charge, and an endpoint with a delivery and its event. */
  async function makeWhatFollows(): Promise<void> {
    const { body: captured } = await world.call('GET', '/v1/charges?status=captured&limit=1')
    const [{ id: charge, psp }] = captured.data
    remember((await world.call('POST', '/v1/refunds', { charge, amount: 1 })).body)
    const dispute = {
      id: 'dis_1',
      status: 'opened',
      amount: { amount: 1000n, currency: 'EUR' },
      reason: 'fraudulent',
      evidenceDueBy: new Date(),
    } as const
    const about = { kind: 'dispute', payment: psp.reference, dispute } as const
    await applyPspEvent(world.deps, world.merchant.id, psp.account, { id: 'wev_1', type: 'dispute', about })
    remember((await world.call('GET', '/v1/disputes')).body)
    const as = (url: string, body: object) => world.call('POST', url, body, randomUUID(), keys[0])
    const { body: endpoint } = await as('/v1/webhook_endpoints', { url: 'https://93.184.216.34/hook' })
    remember(endpoint)
    const { body: delivery } = await as(`/v1/webhook_endpoints/${endpoint.id}/ping`, {})
    remember(delivery)
    // It is listed when every write that began before it is over, also those of other tests on this server.
    await until('its event is listed', async () => {
      const { body: events } = await world.call('GET', '/v1/events')
      remember(events)
      return events.data.some(({ id }: { id: string }) => id === delivery.event)
    })
  }

  async function makeCharge(card: MagicCardName, capture_method: string): Promise<void> {
    const token: string | undefined = await world.makeToken(card)
    // Some cards are refused by the PSP's fields already.
    if (token === undefined) return
    const payment_method = { type: 'token', token }
    const request = { amount: 1000, currency: 'EUR', capture_method, payment_method }
    const { body } = await world.call('POST', '/v1/charges', { ...request, return_url: 'https://shop.example/' })
    remember(body)
  }

  const mostKept = 40
  /** Keeps the ids of an answer, for later requests to name. */
  function remember(value: unknown): void {
    if (Array.isArray(value)) for (const one of value.slice(0, 5)) remember(one)
    if (typeof value !== 'object' || value === null) return
    const { id, data, status } = value as { id?: unknown; data?: unknown; status?: unknown }
    if (typeof id === 'string') {
      const prefix = status === 'authorized' ? 'authorized' : id.slice(0, id.indexOf('_'))
      const kept = ids.get(prefix) ?? []
      if (!kept.includes(id)) ids.set(prefix, [...kept.slice(-mostKept), id])
    }
    if (data !== undefined) remember(data)
  }

  const fromPool = (pool: () => readonly string[]) =>
    fc.nat().map((at) => {
      const all = pool()
      return all[at % all.length] ?? ''
    })
  const webAddresses = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.constantFrom(
      'https://shop.example/danke?für=ä',
      'http://localhost:3000/',
      `https://a.example/${'x'.repeat(2030)}`,
    ),
  )
  /** What of the sandbox and of earlier answers a request may name; addresses that need no look-up. */
  const known: Known = (schema, name) => {
    if (schema.format === 'date-time') {
      // A time until which comes after the one since which.
      const [first, last] = name === 'until' ? [2029, 2031] : [2024, 2028]
      const bounds = { min: new Date(`${first}-01-01`), max: new Date(`${last}-01-01`), noInvalidDate: true }
      return fc.date(bounds).map((date) => date.toISOString())
    }
    if (name === 'token') return fromPool(() => tokens)
    if (name === 'currency') return fc.constantFrom('EUR', 'EUR', 'USD', 'JPY', 'KWD', 'XYZ')
    if (name === 'customer_email') return fc.constantFrom('ada@example.com', 'ü@bücher.example')
    if (name === 'customer_ip') return fc.constantFrom('198.51.100.7', '2001:db8::1')
    if (name === 'url')
      return fc.constantFrom('https://93.184.216.34/hook', 'https://127.0.0.1/hook', 'http://93.184.216.34/')
    if (name.endsWith('_url')) return webAddresses
    const prefix = prefixOf(schema)
    if (schema.type !== 'string' || prefix === null || !/_\[/.test(schema.pattern ?? '')) return null
    // An account of nobody's, and two in one request, are no matter of form.
    if (prefix === 'pspa') return fc.constant(world.merchant.account)
    const invented = matching(schema.pattern ?? '')
    const own = ids.get(prefix)
    return own === undefined
      ? invented
      : fc.oneof(
          { arbitrary: fromPool(() => ids.get(prefix) ?? []), weight: 6 },
          { arbitrary: fromPool(() => ids.get(prefix === 'ch' ? 'authorized' : prefix) ?? []), weight: 3 },
          { arbitrary: prefix === 'whe' ? fc.constant(foreign) : invented, weight: 1 },
        )
  }

  /** A delivery is found at its own endpoint alone, whose id is the second half of the delivery's. */
  function relate(path: Record<string, string>): Record<string, string> {
    const endpoint = path.delivery?.split('_')[2]
    return endpoint === undefined ? path : { ...path, id: `whe_${endpoint}` }
  }

  async function send(sent: Sent) {
    const answer = await world.app.inject({
      method: sent.method as 'GET',
      url: sent.url,
      headers: sent.headers,
      ...(sent.body === null ? {} : { payload: sent.body }),
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.payload }
  }

  it(`is true: of ${total} requests, each gets an answer that openapi.json has for it`, {
    timeout: mostMs,
  }, async (t) => {
    const judge = createJudge(read)
    const noKeys = [newSecret('sk_test_'), newSecret('sk_live_'), newSecret('pk_test_')]
    const means = { keys, publishableKey, lesserKeys, noKeys, known, relate }
    const called = [...read.operations.values()].filter(({ operation }) => operation.servers === undefined)
    const any = fc.oneof(...called.map((named) => requestsOf(named, read, means)))
    const counts = new Map<string, number>()
    const found: string[] = []
    let calls = 0
    world.state.fault = () =>
      ++calls % lostOneIn === 0 ? Promise.resolve({ failure: 'timeout', requestWasSent: true }) : null
    const property = fc.asyncProperty(fc.array(any, { minLength: atOnce, maxLength: atOnce }), async (batch) => {
      await Promise.all(
        batch.map(async (sent) => {
          const answer = await send(sent)
          const faults = judge(sent, answer)
          if (answer.body.includes(foreign) && !sent.url.includes(foreign)) faults.push('it tells of another merchant')
          const kind = `${sent.operationId} ${answer.status}`
          counts.set(kind, (counts.get(kind) ?? 0) + 1)
          if (answer.status < 300) remember(JSON.parse(answer.body || 'null'))
          if (faults.length > 0) found.push(describeFault(sent, answer, faults))
        }),
      )
      return found.length === 0
    })
    const { failed } = await fc.check(property, { seed, numRuns: Math.ceil(total / atOnce), endOnFailure: true })
    if (failed) assert.fail(found.join('\n\n'))
    for (const { operation } of called)
      assert.ok(
        Object.keys(operation.responses).some(
          (status) => Number(status) < 300 && counts.has(`${operation.operationId} ${status}`),
        ),
        `${operation.operationId} was never done`,
      )
    assert.deepEqual(world.errors, [], 'nothing was logged as a fault of ours')
    t.diagnostic(`seed ${seed}; ${counts.size} kinds of answers of ${called.length} operations`)
  })

  function describeFault(sent: Sent, answer: { status: number; body: string }, faults: string[]): string {
    const { authorization: _key, ...headers } = sent.headers
    return [
      `${faults.join('; ')}. CONTRACT_SEED=${seed}`,
      `${sent.kind}: ${sent.operationId}: ${sent.method} ${sent.url} ${JSON.stringify(headers)}`,
      String(sent.body ?? '').slice(0, 2_000),
      `${answer.status} ${answer.body.slice(0, 2_000)}`,
    ].join('\n')
  }
})
