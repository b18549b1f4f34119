import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import fastify from 'fastify'
import { Check, Errors } from 'typebox/value'
import { openCardTestingStore } from '../abuse/card-testing-store.ts'
import { applyPspEvent } from '../flows/apply-psp-event.ts'
import type { App } from '../server/server.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { type LinkWorld, openLinkWorld } from './link/testing/link-world.ts'
import { type OpenApi, registerOpenApi } from './openapi.ts'
import { addKey } from './testing/add-key.ts'
import { findUnbounded } from './testing/find-unbounded.ts'
import { close, type ReadDocument, readDocument } from './testing/read-document.ts'

type Call = { params?: Record<string, string>; query?: string; body?: object; by?: string }
type Answer = { status: number; body: Record<string, unknown> & { id: string; data: { id: string; type: string }[] } }

/** What only the admin API answers. */
const ofOperatorsAlone = [
  'operator_required',
  'two_operators_required',
  'attempt_settled',
  'attempt_running',
  'settlement_too_early',
  'attempt_not_settleable',
  'settlement_amount_wrong',
  'psp_reference_wrong',
  'psp_answered',
]

describe('openapi.json', () => {
  let world: LinkWorld
  let document: OpenApi
  let secretKey: string
  let publishableKey: string
  let operations: ReadDocument['operations']
  let resolve: ReadDocument['resolve']
  const called = new Set<string>()
  before(async () => {
    world = await openLinkWorld()
    document = (await world.app.inject({ url: '/v1/openapi.json' })).json()
    ;({ operations, resolve } = readDocument(document))
    secretKey = await addKey(world.deps.pool, world.merchant.id, 'secret')
    publishableKey = await addKey(world.deps.pool, world.merchant.id, 'publishable')
  })
  after(() => world.close())

  /** Calls an operation as the document has it, and holds the answer against what the document says of it. */
  async function call(
    operationId: string,
    { params = {}, query = '', body, by = secretKey }: Call = {},
  ): Promise<Answer> {
    const { method, path, operation } = operations.get(operationId) ?? assert.fail(`no ${operationId}`)
    const needsKey = operation.parameters.some(({ name }) => name === 'Idempotency-Key')
    const answer = await world.app.inject({
      method: method as 'GET',
      url: path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => params[name] ?? '') + query,
      headers: { authorization: `Bearer ${by}`, ...(needsKey ? { 'idempotency-key': randomUUID() } : {}) },
      ...(body === undefined ? {} : { payload: body }),
    })
    called.add(operationId)
    const said = operation.responses[answer.statusCode]
    const [[type, content] = assert.fail()] = Object.entries(said?.content ?? {})
    assert.equal(String(answer.headers['content-type']).split(';')[0], type, `${operationId}: ${answer.payload}`)
    assertFits(close(resolve(content.schema)), answer.json(), operationId)
    return { status: answer.statusCode, body: answer.json() }
  }

  function assertFits(schema: object, value: unknown, what: string): void {
    if (!Check(schema, value)) assert.fail(`${what}: ${JSON.stringify([Errors(schema, value), value], null, 1)}`)
  }

  async function makeToken(card: MagicCardName): Promise<string> {
    const { body } = await call('getClientConfig', { by: publishableKey })
    const [account] = body.psp_accounts as { fields: { url: string } }[]
    const publicKey = new URL(account?.fields.url ?? '').searchParams.get('public_key')
    const answer = await fetch(`${world.sandbox.pagesUrl}/v2/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ number: magicCardNumber(card), cvc: '123', expiry_month: 12, expiry_year: 2034 }),
    })
    const made = (await answer.json()) as { token?: string; id?: string }
    return made.token ?? made.id ?? ''
  }

  async function charge(card: MagicCardName, more: object = {}): Promise<Answer['body']> {
    const payment_method = { type: 'token', token: await makeToken(card) }
    const { status, body } = await call('createCharge', {
      body: { amount: 1000, currency: 'EUR', metadata: { order: '7' }, payment_method, ...more },
    })
    assert.equal(status, 201)
    return body
  }

  /** An event is listed when every write that began before it is over, also those of other tests on this server. */
  async function listAllEvents(): Promise<Answer['body']['data']> {
    const { rows } = await world.deps.pool.query<{ count: number }>(
      'select count(*)::integer as count from events where merchant_id = $1',
      [world.merchant.id],
    )
    let listed: Answer['body']['data'] = []
    await until('all are listed', async () => {
      listed = (await call('listEvents', { query: '?limit=100' })).body.data
      return listed.length === rows[0]?.count
    })
    return listed
  }

  it('says of every endpoint what it is, who may call it, what it takes and what it answers', () => {
    assert.ok(operations.size >= 24, String(operations.size))
    for (const [id, { method, path, operation }] of operations) {
      assert.ok(operation.summary.length > 5 && operation.tags.length === 1 && operation.security.length >= 1, id)
      const answers = Object.entries(operation.responses).filter(([status]) => Number(status) < 400)
      assert.equal(answers.length, 1, id)
      for (const status of [400, 403, 429, 500, 503]) assert.ok(status in operation.responses, `${id}: ${status}`)
      const places = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`)
      assert.deepEqual(places, path.match(/\{\w+\}/g) ?? [], id)
      assert.ok(
        operation.parameters.every(({ description }) => description.length > 5),
        id,
      )
      const key = operation.parameters.find(({ name }) => name === 'Idempotency-Key')
      assert.equal(key?.required ?? false, method === 'POST', id)
      assert.equal(operation.requestBody !== undefined, method === 'POST' || method === 'PATCH', id)
      const isList = JSON.stringify(answers).includes('List"')
      assert.equal(
        operation.parameters.some(({ name }) => name === 'starting_after'),
        isList,
        id,
      )
    }
  })

  it('leaves nothing to guess: every field has a description, an example that fits, and a bound', () => {
    assert.deepEqual(findUnbounded(document), [])
  })

  it('says of every code but the operators’ which endpoints answer it', () => {
    const text = JSON.stringify(document.paths)
    const unsaid = Object.keys(errorTable).filter((code) => !text.includes(`\`${code}\``))
    assert.deepEqual(unsaid.sort(), [...ofOperatorsAlone, 'method_not_allowed'].sort())
  })

  it('has no finding of redocly’s recommended rules, warnings included', async () => {
    const { createConfig, lintFromString } = await import('@redocly/openapi-core')
    const config = await createConfig({ extends: ['recommended'] })
    const findings = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config })
    assert.deepEqual(
      findings.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
      [],
    )
  })

  it('has the card relay’s door, at its own address', () => {
    const { operation, path } = operations.get('createCardCharge') ?? assert.fail()
    assert.equal(`${operation.servers?.[0]?.url}${path}`, 'https://127.0.0.1:4001/v1/charges')
    assert.deepEqual(operation.requestBody?.content['application/json'], {
      schema: { $ref: '#/components/schemas/CreateCardCharge' },
    })
  })

  it('names the filters of the lists with the values that they take', () => {
    const filtersOf = (id: string) =>
      operations
        .get(id)
        ?.operation.parameters.filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name)
    const page = ['limit', 'starting_after', 'ending_before', 'created_after', 'created_before']
    assert.deepEqual(filtersOf('listCharges'), [...page, 'status', 'merchant_reference', 'payment_session'])
    assert.deepEqual(filtersOf('listEvents'), [...page, 'type', 'object_id'])
  })

  it('does not let a server start with an endpoint for merchants that does not describe itself', async () => {
    const app = fastify() as unknown as App
    registerOpenApi(app, { publicUrl: 'http://127.0.0.1:4000', relayUrl: 'https://127.0.0.1:4001' })
    const config = { access: { by: 'secret_key', scope: 'read' } } as const
    assert.throws(
      () => app.get('/v1/secrets', { config }, async () => ({})),
      /GET \/v1\/secrets does not describe itself/,
    )
  })

  it('is true of charges and refunds', async () => {
    const captured = await charge('visa')
    assert.equal(captured.status, 'captured')
    assert.equal((await charge('declined')).status, 'failed')
    assert.equal((await charge('challenge', { return_url: 'https://shop.example/back' })).status, 'requires_action')
    const held = await charge('visa', { capture_method: 'manual' })
    assert.equal(
      (await call('captureCharge', { params: { id: held.id }, body: { amount: 400 } })).body.status,
      'captured',
    )
    const other = await charge('visa', { capture_method: 'manual' })
    assert.equal((await call('cancelCharge', { params: { id: other.id } })).body.status, 'canceled')
    assert.equal((await call('getCharge', { params: { id: held.id } })).status, 200)
    assert.equal((await call('listCharges', { query: '?limit=2&status=captured' })).body.data.length, 2)

    const refund = await call('createRefund', { body: { charge: captured.id, amount: 300, reason: 'one mug broken' } })
    assert.equal(refund.body.status, 'succeeded')
    const failing = await charge('refund_fails')
    const failed = await call('createRefund', { body: { charge: failing.id } })
    assert.deepEqual(
      [failed.body.status, (failed.body.failure as { code: string }).code],
      ['failed', 'refund_declined'],
    )
    assert.equal((await call('getRefund', { params: { id: refund.body.id } })).status, 200)
    assert.equal((await call('listRefunds', { query: `?charge=${captured.id}` })).body.data.length, 1)
  })

  it('lists what was made at a time or later, or before it, by the very time that the objects show', async () => {
    await charge('visa')
    const all = (await call('listCharges')).body.data as unknown as { id: string; created_at: string }[]
    const { created_at } = all[1] ?? assert.fail('no two charges')
    await listAllEvents()
    for (const list of ['listCharges', 'listEvents']) {
      const listed = async (query: string) =>
        (await call(list, { query })).body.data as unknown as { created_at: string }[]
      const later = await listed(`?created_after=${created_at}&limit=100`)
      const earlier = await listed(`?created_before=${created_at}&limit=100`)
      assert.ok(later.length > 0 && later.every((one) => one.created_at >= created_at), list)
      assert.ok(earlier.length > 0 && earlier.every((one) => one.created_at < created_at), list)
      assert.equal(later.length + earlier.length, (await listed('?limit=100')).length)
    }
  })

  it('is true of disputes', async () => {
    const { id, psp } = await charge('visa')
    const dispute = {
      id: 'dis_1',
      status: 'opened',
      amount: { amount: 1000n, currency: 'EUR' },
      reason: 'fraudulent',
      evidenceDueBy: new Date(),
    } as const
    const { account, reference: payment = '' } = psp as unknown as { account: string; reference?: string }
    const about = { kind: 'dispute', payment, dispute } as const
    await applyPspEvent(world.deps, world.merchant.id, account, { id: 'wev_1', type: 'dispute', about })
    const [listed] = (await call('listDisputes', { query: `?charge=${id}&status=opened` })).body.data
    assert.equal((await call('getDispute', { params: { id: listed?.id ?? '' } })).body.status, 'opened')
  })

  it('is true of payment sessions', async () => {
    const line_items = [{ name: 'Mug', quantity: 1, amount: 1990 }]
    const urls = { success_url: 'https://shop.example/ok', cancel_url: 'https://shop.example/no' }
    const { body } = await call('createPaymentSession', {
      body: { amount: 1990, currency: 'EUR', ...urls, line_items, locale: 'de', metadata: { order: '8' } },
    })
    assert.equal((await call('getPaymentSession', { params: { id: body.id } })).body.status, 'open')
    const refused = await call('expirePaymentSession', { params: { id: body.id }, body: { now: true } })
    assert.deepEqual([refused.body.code, refused.body.param], ['parameter_unknown', 'now'])
    assert.equal((await call('expirePaymentSession', { params: { id: body.id } })).body.status, 'expired')
    assert.equal((await call('listPaymentSessions', { query: '?status=expired' })).body.data.length, 1)
    const misspelt = await call('listPaymentSessions', { query: '?status=expried' })
    assert.deepEqual([misspelt.body.code, misspelt.body.param], ['parameter_invalid', 'status'])
    assert.equal(
      misspelt.body.detail,
      'status must be one of open, completed, expired, canceled. Did you mean `expired`?',
    )
  })

  it('is true of webhook endpoints, and of every event that was sent', async () => {
    const { body } = await call('createWebhookEndpoint', { body: { url: 'https://93.184.216.34/hook' } })
    const params = { id: body.id }
    await call('updateWebhookEndpoint', { params, body: { description: 'Shop' } })
    await call('rotateWebhookSecret', { params })
    await call('pingWebhookEndpoint', { params })
    assert.equal((await call('getWebhookEndpoint', { params })).body.description, 'Shop')
    assert.equal((await call('listWebhookEndpoints')).body.data.length, 1)
    const [delivery] = (await call('listWebhookDeliveries', { params, query: '?status=pending' })).body.data
    const ofDelivery = { params: { ...params, delivery: delivery?.id ?? '' } }
    await call('redeliverWebhook', ofDelivery)
    assert.equal((await call('getWebhookDelivery', ofDelivery)).body.id, delivery?.id)
    // Without a worker nothing was tried: one that was, as the outbox records it.
    await world.deps.pool.query(
      `insert into webhook_tries (merchant_id, delivery_id, id, url, tried_at, took_ms, status, error, answer_type, answer, answer_is_cut)
       select merchant_id, id, 'try_' || substr(id, 5, 26), 'https://shop.example', now(), 7, 500, 'status_500', 'text/plain', 'No', false
       from webhook_deliveries where id = $1`,
      [delivery?.id],
    )
    assert.equal((await call('listWebhookTries', ofDelivery)).body.data.length, 1)
    const since = '2026-01-01T00:00:00Z'
    assert.equal((await call('redeliverFailedWebhooks', { params, body: { since } })).body.redelivered, 0)
    assert.equal((await call('deleteWebhookEndpoint', { params })).body.deleted, true)

    const figures = { points: 10, limit: 10, declined: 7, telling: 3, approved: 0, since: new Date() }
    const trip = { rule: 'address_declines', subject: 'address', value: '203.0.113.0/24 Jx0m2uT1qA', figures } as const
    await openCardTestingStore(world.deps).begin(world.merchant.id, trip, 60)
    const events = await listAllEvents()
    const webhooks = document.webhooks as Record<
      string,
      { post: { requestBody: { content: Record<string, { schema: object }> } } }
    >
    assert.deepEqual(Object.keys(webhooks), Object.keys(eventTypes))
    for (const event of events) {
      const { schema } = webhooks[event.type]?.post.requestBody.content['application/json'] ?? assert.fail(event.type)
      assertFits(resolve(schema), event, event.type)
      assert.equal((await call('getEvent', { params: { id: event.id } })).status, 200)
    }
    assert.ok(new Set(events.map(({ type }) => type)).size >= 8, 'of many types')
  })

  it('is true of every endpoint: all were called', () => {
    const rest = [...operations.keys()].filter((id) => !called.has(id))
    assert.deepEqual(rest, ['createCardCharge'])
  })
})
