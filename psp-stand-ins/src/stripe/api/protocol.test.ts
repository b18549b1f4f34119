import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { apiVersion } from '../api-version.ts'
import { type Bench, openBench } from '../testing/bench.ts'
import { pay, preparePayment } from '../testing/pay.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

test('a request without what every request needs is refused before anything is done', async () => {
  const good = {
    authorization: `Bearer ${bench.account.secret_key}`,
    'content-type': 'application/x-www-form-urlencoded',
    'stripe-version': apiVersion,
    'idempotency-key': 'key',
  }
  const { authorization, 'content-type': type, 'stripe-version': version, 'idempotency-key': key } = good
  const body = 'amount=1&currency=eur'
  const path = '/v1/payment_intents'
  const cases: [
    name: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string,
    status: number,
  ][] = [
    [
      'no key of the API',
      'POST',
      path,
      { 'content-type': type, 'stripe-version': version, 'idempotency-key': key },
      body,
      401,
    ],
    ['a key of nobody', 'POST', path, { ...good, authorization: 'Bearer sk_test_nobody' }, body, 401],
    [
      'the publishable key',
      'POST',
      path,
      { ...good, authorization: `Bearer ${bench.account.publishable_key}` },
      body,
      403,
    ],
    ['no version', 'POST', path, { authorization, 'content-type': type, 'idempotency-key': key }, body, 400],
    ['another version', 'POST', path, { ...good, 'stripe-version': '2020-08-27' }, body, 400],
    ['JSON', 'POST', path, { ...good, 'content-type': 'application/json' }, '{"amount":1}', 400],
    ['no idempotency key', 'POST', path, { authorization, 'content-type': type, 'stripe-version': version }, body, 400],
    ['a long idempotency key', 'POST', path, { ...good, 'idempotency-key': 'k'.repeat(256) }, body, 400],
    ['a query beside the body', 'POST', `${path}?confirm=true`, good, body, 400],
    ['no such path', 'POST', '/v1/payment_intent', good, body, 404],
    ['no such method', 'DELETE', `${path}/pi_1`, good, '', 404],
    ['broken form data', 'POST', path, good, 'amount=%E0%A4%A', 400],
    ['a broken name', 'POST', path, good, 'amount[=1', 400],
    ['a name that is too deep', 'POST', path, good, `a${'[b]'.repeat(20)}=1`, 400],
    ['a body that is too large', 'POST', path, good, `amount=${'1'.repeat(70_000)}`, 413],
    ['an object of nobody', 'GET', '/v1/payment_intents/pi_nobody', good, '', 404],
  ]
  for (const [name, method, where, headers, text, status] of cases) {
    const answer = await bench.send(method, where, headers, text)
    assert.equal(answer.status, status, name)
    assert.ok((answer.body.error as { message: string }).message, name)
  }
  assert.equal((await bench.stripe.paymentIntents.list()).data.length, 0)
  const { body: made } = await bench.send('POST', path, good, body)
  assert.equal(made.status, 'requires_payment_method')
  const basic = { authorization: `Basic ${Buffer.from(`${bench.account.secret_key}:`).toString('base64')}` }
  assert.equal((await bench.send('GET', '/v1/account', { ...basic, 'stripe-version': version })).body.object, 'account')
})

test('an account is known by its key, and tells where its webhooks go', async () => {
  const account = await bench.stripe.accounts.retrieveCurrent()
  assert.equal(account.charges_enabled, true)
  const { data } = await bench.stripe.webhookEndpoints.list()
  assert.deepEqual([data[0]?.url, data[0]?.enabled_events, data[0]?.status], [bench.inbox.url, ['*'], 'enabled'])
  const mine = { secret_key: bench.account.secret_key }
  assert.equal((await bench.admin('POST', '/accounts', mine)).id, account.id)
  const other = await bench.admin('POST', '/accounts', { name: 'Other' })
  await assert.rejects(bench.clientOf(other.secret_key).paymentIntents.retrieve('pi_1'), { code: 'resource_missing' })
  assert.ok((await bench.admin('POST', '/accounts', { secret_key: 'sk_live_1' })).error)
  const { status } = await bench.send('GET', '/_stand_in/truth', {
    authorization: `Bearer ${bench.account.secret_key}`,
  })
  assert.equal(status, 401)
})

test('what a card does to the reply, it does to the first call of a key only', async () => {
  const cases: [card: string, first: object, movesAtOnce: boolean][] = [
    ['timeout_before', { type: 'StripeConnectionError' }, false],
    ['timeout_after', { type: 'StripeConnectionError' }, true],
    ['server_error_after', { statusCode: 500 }, true],
    ['garbled_reply', { type: 'StripeAPIError' }, true],
  ]
  for (const [card, first, movesAtOnce] of cases) {
    const { reference, params, options } = await preparePayment(bench, card)
    const create = () => bench.stripe.paymentIntents.create(params, options)
    // Only a call that is never answered need not be waited for.
    const patience = card.startsWith('timeout') ? { timeout: 1_000 } : {}
    await assert.rejects(bench.stripe.paymentIntents.create(params, { ...options, ...patience }), first, card)
    assert.equal((await bench.truth(reference)).movements.length, movesAtOnce ? 2 : 0, card)
    // Stripe keeps a 500 like any other answer, so that a repeat says no more; a look-up does.
    if (card === 'server_error_after') await assert.rejects(create(), { statusCode: 500 })
    else assert.equal((await create()).status, 'succeeded', card)
    assert.equal((await bench.truth(reference)).movements.length, 2, card)
  }
})

test('a connection that is reset has acted before or not at all', async () => {
  for (const [card, moves] of [
    ['reset_before', 0],
    ['reset_after', 2],
  ] as const) {
    const { reference, params } = await preparePayment(bench, card)
    const headers = {
      authorization: `Bearer ${bench.account.secret_key}`,
      'content-type': 'application/x-www-form-urlencoded',
      'stripe-version': apiVersion,
      'idempotency-key': reference,
    }
    const body = new URLSearchParams({
      amount: '1234',
      currency: 'eur',
      confirm: 'true',
      payment_method: String(params.payment_method),
      return_url: 'https://shop.example/',
    }).toString()
    await assert.rejects(bench.send('POST', '/v1/payment_intents', headers, body), { code: 'ECONNRESET' })
    assert.equal((await bench.truth(reference)).movements.length, moves)
    assert.equal((await bench.send('POST', '/v1/payment_intents', headers, body)).body.status, 'succeeded')
    assert.equal((await bench.truth(reference)).movements.length, 2)
  }
})

test('while the first call of a key runs, a second is told so', async (t) => {
  const slow = await openBench({ timings: { slowReplyMs: 60_000 } })
  t.after(() => slow.close())
  const { params, options } = await preparePayment(slow, 'slow_reply')
  // It is cut when the stand-in closes.
  slow.stripe.paymentIntents.create(params, options).catch(() => {})
  const isOurs = ({ metadata }: Record<string, unknown>) => JSON.stringify(metadata).includes(options.idempotencyKey)
  await slow.inbox.waitForEvent('payment_intent.succeeded', isOurs)
  const second = await slow.stripe.paymentIntents.create(params, options).catch((error) => error)
  assert.deepEqual([second.statusCode, second.code], [409, 'idempotency_key_in_use'])
})

test('a slow reply comes in the end', async () => {
  assert.equal((await pay(bench, 'slow_reply')).status, 'succeeded')
})

test('a webhook can come before the reply that it is about', async () => {
  const { params, options } = await preparePayment(bench, 'webhook_before_reply')
  const { id } = await bench.stripe.paymentIntents.create(params, options)
  assert.ok(bench.inbox.deliveries.some(({ body }) => body.includes(id) && body.includes('payment_intent.succeeded')))
})

test('requests are counted by their form', async () => {
  const before = await bench.admin('GET', '/requests')
  for (const amount of [5, 6]) await bench.stripe.paymentIntents.create({ amount, currency: 'chf' })
  await bench.stripe.paymentIntents.create({ amount: 7, currency: 'chf', description: 'x' })
  await assert.rejects(bench.stripe.paymentIntents.create({ amount: 8, currency: 'chf', colour: 'red' } as never))
  const now = await bench.admin('GET', '/requests')
  const of = (counts: typeof now) =>
    counts.operations.find(({ name }: { name: string }) => name === 'payment_intents.create')
  assert.equal(of(now).checked - of(before).checked, 4)
  assert.equal(of(now).distinct - of(before).distinct, 3)
  assert.equal(of(now).refused - of(before).refused, 1)
  assert.equal(now.refusals.at(-1).param, 'colour')
})
