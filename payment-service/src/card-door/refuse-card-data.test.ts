import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import type { FastifyRequest } from 'fastify'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { RefusalError } from '../server/problems.ts'
import { createServer } from '../server/server.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { watchRequests } from './refuse-card-data.ts'

const config = loadConfig({
  DATABASE_URL: 'postgres://nowhere',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
  INTERNAL_TOKEN: 'i'.repeat(32),
  PUBLIC_URL: 'http://127.0.0.1:4000',
  RELAY_URL: 'https://relay.example',
})

let database: TestDatabase
let pool: Pool
before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 2)
})
after(async () => {
  await pool.end()
  await database.drop()
})

/** A server behind the tripwire, and what it has written into the audit log. */
function makeServer() {
  const log = createLog('silent')
  const watch = watchRequests({ config, pool, log, metrics: recordsNothing })
  const app = createServer({ docsUrl: 'https://docs.example', log, inspectBody: watch.inspectBody })
  app.decorateRequest('apiKey', null)
  app.decorateRequest('operator', null)
  const requests: string[] = []
  app.addHook('onRequest', async (request) => {
    requests.push(request.id)
    watch.inspectHead(request)
  })
  app.post('/v1/charges', (request) => request.body)
  const send = (payload: string, headers = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/charges',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    })
  const readRecords = async () => {
    await watch.close()
    const { rows } = await pool.query<{ text: string }>(
      `select r::text as text from audit_records r where details ->> 'request' = any($1)`,
      [requests],
    )
    return rows.map(({ text }) => text)
  }
  return { send, readRecords, app, watch }
}

test('a card at the wrong door: the answer names the field and the right door, the audit record has no digit of it', async () => {
  const { send, readRecords } = makeServer()
  const response = await send(
    '{"amount":1,"payment_method":{"type":"card","card":{"number":"4111111111111111","cvc":"987"}}}',
  )
  const problem = response.json()
  assert.deepEqual(
    [problem.status, problem.code, problem.param],
    [403, 'card_data_not_accepted_here', 'payment_method.card.number'],
  )
  assert.match(problem.detail, /https:\/\/relay\.example\/v1\/charges/)
  const written = await readRecords()
  assert.equal(written.length, 1)
  assert.match(written.join(), /card_data\.send[\s\S]*payment_method\.card\.number/)
  // As values of their own: the random request id may hold any three digits by chance.
  assert.doesNotMatch(written.join() + response.body, /41111111|(?<![0-9a-z])987(?![0-9a-z])/)
})

test('a card number as the idempotency key is refused too, and an honest request passes untouched', async () => {
  const { send, readRecords } = makeServer()
  const problem = (await send('{}', { 'idempotency-key': '4111-1111-1111-1111' })).json()
  assert.deepEqual([problem.code, problem.param], ['card_data_not_accepted_here', 'Idempotency-Key'])
  const honest = await send('{"amount":1999,"merchant_reference":"2026112300000017"}', {
    'idempotency-key': crypto.randomUUID(),
  })
  assert.deepEqual(honest.json(), { amount: 1999, merchant_reference: '2026112300000017' })
  assert.equal((await readRecords()).length, 1)
})

test('names that a caller makes up are one record and a count; each address has its own', async () => {
  const { app, readRecords } = makeServer()
  for (const remoteAddress of ['203.0.113.7', '203.0.113.8'])
    for (let round = 0; round < 20; round++) {
      const name = String.fromCharCode(97 + round)
      const response = await app.inject({
        method: 'POST',
        url: `/v1/charges?${name}=4111111111111111`,
        headers: { 'content-type': 'application/json' },
        payload: '{}',
        remoteAddress,
      })
      assert.equal(response.json().param, name)
    }
  const written = await readRecords()
  const told = written.map((text) => [text.match(/203[.\d]+/)?.[0], text.match(/count""?: (\d+)/)?.[1]])
  assert.deepEqual(told.sort(), [
    ['203.0.113.7', '1'],
    ['203.0.113.7', '19'],
    ['203.0.113.8', '1'],
    ['203.0.113.8', '19'],
  ])
})

test('the bytes of a refused body are overwritten where they stand', () => {
  const { app, watch } = makeServer()
  const request = {
    routeOptions: { url: '/v1/charges', config: {} },
    apiKey: null,
    operator: null,
    ip: '::1',
    id: 'req_1',
  }
  const inspect = (body: Buffer, form: boolean) => {
    const asked = { ...request, method: 'POST' } as unknown as FastifyRequest
    assert.throws(() => (form ? watch.inspectForm(body, asked) : watch.inspectBody(body, asked)), RefusalError)
    return body.toString()
  }
  assert.equal(
    inspect(Buffer.from('{"description":"4242 4242 4242 4242"}'), false),
    '{"description":"1111 1111 1111 1111"}',
  )
  assert.equal(inspect(Buffer.from('a=4242+4242+4242+4242&b=5'), true), 'a=1111+1111+1111+1111&b=5')
  return app.close()
})
