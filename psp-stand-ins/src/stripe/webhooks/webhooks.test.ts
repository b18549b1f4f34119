import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Stripe from 'stripe'
import { apiVersion } from '../api-version.ts'
import { type Bench, openBench } from '../testing/bench.ts'
import { pay } from '../testing/pay.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

const verify = (delivery: { body: string; signature: string }, secret: string) =>
  Stripe.webhooks.constructEvent(delivery.body, delivery.signature, secret)

test('Stripe’s own verifier takes what is signed, and nothing that was changed', async () => {
  const { id } = await pay(bench, 'visa')
  const delivery = await bench.inbox.waitFor('payment_intent.succeeded', id)
  const event = verify(delivery, bench.account.webhook_secret)
  assert.deepEqual([event.type, event.api_version, event.livemode], ['payment_intent.succeeded', apiVersion, false])
  assert.equal(event.request?.idempotency_key?.startsWith('att_'), true)
  const changed = { ...delivery, body: delivery.body.replace('1234', '9999') }
  assert.throws(() => verify(changed, bench.account.webhook_secret), /No signatures found/)
  assert.throws(() => verify(delivery, 'whsec_of_another_account'), /No signatures found/)
})

test('a webhook that is not taken comes again, with the same event', async () => {
  bench.inbox.answers.push(500, 302, 503)
  const { id } = await pay(bench, 'visa')
  await bench.inbox.waitFor('payment_intent.succeeded', id)
  for (const type of ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'])
    await bench.inbox.waitForEvent(type, (object) => object.id === id || object.payment_intent === id)
  await bench.inbox.waitForRepeats(3)
})

test('while a secret is rolled, webhooks are signed with both', async () => {
  const rolled = await bench.admin('POST', `/accounts/${bench.account.secret_key}/webhook/roll`)
  assert.notEqual(rolled.webhook_secret, bench.account.webhook_secret)
  const { id } = await pay(bench, 'visa')
  const delivery = await bench.inbox.waitFor('payment_intent.succeeded', id)
  for (const secret of [bench.account.webhook_secret, rolled.webhook_secret])
    assert.equal(verify(delivery, secret).type, 'payment_intent.succeeded')
  const last = await bench.admin('POST', `/accounts/${bench.account.secret_key}/webhook/roll`, { expires_in_s: 0 })
  const next = await pay(bench, 'visa')
  const after = await bench.inbox.waitFor('payment_intent.succeeded', next.id)
  assert.equal(verify(after, last.webhook_secret).type, 'payment_intent.succeeded')
  assert.throws(() => verify(after, rolled.webhook_secret), /No signatures found/)
})

test('an endpoint gets the events that it asked for, where it asked for them', async () => {
  await bench.admin('PUT', `/accounts/${bench.account.secret_key}/webhook`, {
    url: bench.inbox.url.replace('/hook', '/other'),
    enabled_events: ['payment_intent.succeeded'],
  })
  const { id, latest_charge: charge } = await pay(bench, 'visa')
  await bench.inbox.waitFor('payment_intent.succeeded', id)
  const about = bench.inbox.deliveries.filter(({ body }) => body.includes(id) || body.includes(String(charge)))
  assert.deepEqual(
    about.map(({ body, path }) => [JSON.parse(body).type, path]),
    [['payment_intent.succeeded', '/other']],
  )
})
