import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eventually, startTestSandbox, startWebhookReceiver, type TestSandbox } from '../testing/sandbox-client.ts'

let sandbox: TestSandbox
before(async () => {
  sandbox = await startTestSandbox()
})
after(() => sandbox.stop())

test('a webhook is signed over its raw body with the time of its sending', async () => {
  const hook = await startWebhookReceiver()
  const account = await sandbox.openAccount(hook.url)
  await account.pay('signed', 'visa')
  const got = await eventually(() => hook.received[0], 'a webhook')
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got.headers['sandbox-signature'])) ?? []
  assert.equal(v1, createHmac('sha256', account.webhook_secret).update(`${t}.${got.raw}`).digest('hex'))
  assert.ok(Math.abs(Number(t) - Date.now() / 1000) < 5)
  assert.deepEqual(
    [got.type, got.data.payment.reference, got.data.payment.status],
    ['payment.captured', 'signed', 'captured'],
  )
  hook.close()
})

test('a webhook is sent again, each time later, until it is taken', async () => {
  const hook = await startWebhookReceiver((count) => (count < 4 ? 503 : 204))
  const account = await sandbox.openAccount(hook.url)
  await account.pay('retried', 'visa')
  await eventually(() => hook.received.length === 4, 'four attempts')
  const waits = hook.received.slice(1).map((webhook, index) => webhook.at - (hook.received[index]?.at ?? 0))
  assert.ok(
    waits.every((wait, index) => wait >= 40 * 2 ** index - 5),
    `waits ${waits}`,
  )
  assert.equal(new Set(hook.received.map(({ id }) => id)).size, 1)
  await new Promise((resolve) => setTimeout(resolve, 400))
  assert.equal(hook.received.length, 4)
  hook.close()
})

test('webhooks that nobody took before a restart arrive after it', async () => {
  let taken = false
  const hook = await startWebhookReceiver(() => (taken ? 200 : 500))
  const account = await sandbox.openAccount(hook.url)
  await account.pay('survivor', 'visa')
  await eventually(() => hook.received.length > 0, 'the first attempt')
  await sandbox.restart()
  taken = true
  const before = hook.received.length
  await eventually(() => hook.received.length > before, 'the attempt after the restart')
  assert.equal((await account.lookUp('survivor')).payments.length, 1)
  assert.equal((await account.pay('survivor', 'visa')).status, 201)
  assert.equal((await account.truth('survivor')).movements.length, 2)
  hook.close()
})

test('before the reply, twice, and out of order', async () => {
  const hook = await startWebhookReceiver()
  const account = await sandbox.openAccount(hook.url)
  await account.pay('early', 'webhook_before_reply')
  assert.deepEqual(hook.types(), ['payment.captured'])

  hook.received.length = 0
  await account.pay('twice', 'webhook_twice')
  await eventually(() => hook.received.length === 2, 'both')
  assert.equal(hook.received[0]?.id, hook.received[1]?.id)

  hook.received.length = 0
  await account.pay('disorder', 'webhooks_out_of_order')
  await eventually(() => hook.received.length === 2, 'both')
  assert.deepEqual(hook.types(), ['payment.captured', 'payment.authorized'])
  assert.equal(hook.received[1]?.data.payment.status, 'authorized')
  hook.close()
})

test('every operation and every end of a payment is announced', async () => {
  const hook = await startWebhookReceiver()
  const account = await sandbox.openAccount(hook.url)
  const manual = { capture: 'manual' }
  const first = (await account.pay('w1', 'visa', manual)).body.id
  await account.post(`/v2/payments/${first}/captures`, { reference: 'w1c' })
  await account.post(`/v2/payments/${first}/refunds`, { reference: 'w1r' })
  const second = (await account.pay('w2', 'visa', manual)).body.id
  await account.post(`/v2/payments/${second}/cancellations`, { reference: 'w2c' })
  await account.pay('w3', 'declined')
  await account.pay('w4', 'challenge_abandoned')
  const expected = [
    'cancellation.succeeded',
    'capture.succeeded',
    'payment.abandoned',
    'payment.action_required',
    'payment.authorized',
    'payment.authorized',
    'payment.canceled',
    'payment.declined',
    'refund.succeeded',
  ]
  await eventually(() => hook.received.length >= expected.length, 'all webhooks')
  assert.deepEqual(hook.types().sort(), expected)
  hook.close()
})
