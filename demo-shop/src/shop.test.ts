import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { newestVersion } from '@fincore/browser/served'
import type { FastifyInstance } from 'fastify'
import { buildShop } from './app.ts'
import type { ShopConfig } from './config.ts'
import {
  type FakeFincore,
  type SeenCall,
  signWebhook,
  startFakeFincore,
  webhookSecret,
} from './testing/fake-fincore.ts'

const cardNumber = '4242424242424242'
const secretKey = 'sk_test_averysecretkeyoftheshop'
let fincore: FakeFincore
let dataDir: string
let shop: FastifyInstance

before(async () => {
  fincore = await startFakeFincore()
})
after(() => fincore.close())
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'shop-'))
  fincore.calls.length = 0
  shop = await openShop()
})
afterEach(async () => {
  await shop.close()
  await rm(dataDir, { recursive: true })
})

function openShop(changes: Partial<ShopConfig> = {}): Promise<FastifyInstance> {
  const config: ShopConfig = {
    host: '127.0.0.1',
    port: 0,
    publicUrl: 'http://shop.test',
    apiUrl: fincore.apiUrl,
    relayUrl: fincore.relayUrl,
    secretKey,
    publishableKey: 'pk_test_1',
    webhookSecret,
    relay: { ca: '', cert: '', key: '' },
    dataDir,
    ...changes,
  }
  return buildShop(config)
}

function makeCharge(call: SeenCall, extra: Record<string, unknown> = {}) {
  const { amount, currency, merchant_reference } = call.body
  const charge = { object: 'charge', id: 'ch_1', status: 'captured', amount, currency, merchant_reference }
  return { status: 201, body: { ...charge, next_action: null, failure: null, ...extra } }
}

const cardForm = {
  way: 'server',
  number: '4242 4242 4242 4242',
  expiry: '04/31',
  cvc: '737',
  holder_name: `Ada ${cardNumber}`,
}
const tokenForm = { way: 'fields', token: 'tok_1', psp_account: 'pspa_1' }

function pay(form: Record<string, string>, attempt: string = randomUUID()) {
  const payload = new URLSearchParams({ attempt, ...form }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return shop.inject({ method: 'POST', url: '/checkout/morning-cup', payload, headers })
}

function sendWebhook({ payload, headers }: ReturnType<typeof signWebhook>) {
  return shop.inject({ method: 'POST', url: '/webhooks', payload, headers })
}

async function readStatus(orderPath: string): Promise<{ status: string | undefined; page: string }> {
  const page = (await shop.inject(orderPath)).body
  return { status: /data-order-status="(\w+)"/.exec(page)?.[1], page }
}

function capturedEvent(id: string, orderPath: string, amount = 2800) {
  const reference = orderPath.split('/').pop()
  const facts = { amount, currency: 'EUR', merchant_reference: reference, flags: [] }
  const data = { object: { object: 'charge', id: 'ch_1', status: 'captured', ...facts } }
  return signWebhook({ id, type: 'charge.captured', data })
}

test('an order stays pending until the signed webhook says paid, and stays paid in a shop that was restarted', async () => {
  fincore.answerWith((call) => makeCharge(call))
  const order = (await pay(tokenForm)).headers.location ?? ''
  assert.equal((await readStatus(order)).status, 'pending')
  assert.equal((await sendWebhook(capturedEvent('msg_1', order))).statusCode, 204)
  assert.equal((await readStatus(order)).status, 'paid')
  await shop.close()
  shop = await openShop()
  const { status, page } = await readStatus(order)
  assert.equal(status, 'paid')
  assert.match(page, /charge\.captured/)
})

test('a webhook that is forged, too old or changed on the way gets 400 and changes nothing', async () => {
  fincore.answerWith((call) => makeCharge(call))
  const order = (await pay(tokenForm)).headers.location ?? ''
  const genuine = capturedEvent('msg_2', order)
  const before = (await readStatus(order)).page
  const forgeries = [
    { ...genuine, payload: genuine.payload.replace('EUR', 'USD') },
    { ...genuine, headers: { ...genuine.headers, 'webhook-timestamp': '1700000000' } },
    { ...genuine, headers: { ...genuine.headers, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` } },
  ]
  for (const forgery of forgeries) assert.equal((await sendWebhook(forgery)).statusCode, 400)
  assert.equal((await shop.inject({ method: 'POST', url: '/webhooks', payload: 'not json' })).statusCode, 400)
  assert.equal((await readStatus(order)).page, before)
})

test('a ping, and an event about an order of another shop, are taken without effect', async () => {
  const ping = signWebhook({ id: 'msg_5', type: 'ping', data: { object: { object: 'webhook_endpoint', id: 'whe_1' } } })
  assert.equal((await sendWebhook(ping)).statusCode, 204)
  assert.equal((await sendWebhook(capturedEvent('msg_6', '/orders/ord_unknown'))).statusCode, 204)
})

test('a genuine webhook about another amount does not pay the order, and a repeated one is noted once', async () => {
  fincore.answerWith((call) => makeCharge(call))
  const order = (await pay(tokenForm)).headers.location ?? ''
  for (let time = 0; time < 2; time += 1) await sendWebhook(capturedEvent('msg_3', order, 1))
  const { status, page } = await readStatus(order)
  assert.equal(status, 'pending')
  assert.equal(page.match(/signature ok/g)?.length, 1)
})

test('a webhook that is faster than the answer to its call is shown after that call', async () => {
  fincore.answerWith((call) => makeCharge(call), 150)
  const paying = pay(tokenForm)
  while (fincore.calls.length === 0) await setTimeout(5)
  const order = `/orders/${fincore.calls[0]?.body.merchant_reference}`
  assert.equal((await sendWebhook(capturedEvent('msg_7', order))).statusCode, 204)
  assert.equal((await paying).headers.location, order)
  const { page } = await readStatus(order)
  assert.ok(page.indexOf('/v1/charges</code>') < page.indexOf('signature ok'), page)
})

test('pressing pay twice is one order and one call to FinCore, at the same time as well as later', async () => {
  fincore.answerWith((call) => makeCharge(call), 60)
  const attempt = randomUUID()
  const replies = await Promise.all([pay(tokenForm, attempt), pay(tokenForm, attempt)])
  replies.push(await pay(tokenForm, attempt))
  assert.equal(new Set(replies.map((reply) => reply.headers.location)).size, 1)
  assert.equal(fincore.calls.length, 1)
})

test('a lost answer is asked for again under the same idempotency key, and never taken for a failure', async () => {
  fincore.answerWith(() => 'hang up')
  const order = (await pay(tokenForm)).headers.location ?? ''
  assert.equal(fincore.calls.length, 3)
  assert.equal(new Set(fincore.calls.map((call) => call.key)).size, 1)
  const { status, page } = await readStatus(order)
  assert.equal(status, 'pending')
  assert.match(page, /being looked up/)
})

test('without any connection nothing can have been charged, so the order fails at once in plain words', async () => {
  await shop.close()
  shop = await openShop({ relayUrl: 'http://127.0.0.1:9' })
  const { status, page } = await readStatus((await pay(cardForm)).headers.location ?? '')
  assert.equal(status, 'failed')
  assert.match(page, /not available right now\. Nothing was charged/)
})

test('a lost answer stays in doubt even when the second try is refused', async () => {
  fincore.answerWith(() => (fincore.calls.length === 1 ? 'hang up' : { status: 403, body: { code: 'scope_missing' } }))
  const { status } = await readStatus((await pay(tokenForm)).headers.location ?? '')
  assert.equal(status, 'pending')
})

test('server to server sends the card to the relay alone, and what is kept and shown of it is masked', async () => {
  fincore.answerWith((call) => makeCharge(call, { echo: cardNumber }))
  const order = (await pay(cardForm)).headers.location ?? ''
  const call = fincore.calls[0]
  assert.equal(call?.door, 'relay')
  const method = {
    type: 'card',
    card: { number: cardNumber, cvc: '737', exp_month: 4, exp_year: 2031, holder_name: `Ada ${cardNumber}` },
  }
  assert.deepEqual(call?.body.payment_method, method)
  const { page } = await readStatus(order)
  assert.match(page, /424242••••4242/)
  assert.match(page, /sk_test_••••shop/)
  const kept = await Promise.all((await readdir(dataDir)).map((name) => readFile(join(dataDir, name), 'latin1')))
  for (const text of [page, ...kept]) {
    for (const secret of [cardNumber, '"737"', secretKey])
      assert.ok(!text.includes(secret), 'a secret was kept or shown')
  }
})

test('a declined card says why in the shopper’s words, and offers another try', async () => {
  const message = 'The card has too little money available. Use another card.'
  const failure = { code: 'insufficient_funds', message, shopper_can_retry: 'other_card', psp_code: '51' }
  fincore.answerWith((call) => makeCharge(call, { status: 'failed', failure }))
  const { status, page } = await readStatus((await pay(tokenForm)).headers.location ?? '')
  assert.equal(status, 'failed')
  assert.ok(page.includes(message))
  assert.match(page, /href="\/checkout\/morning-cup\?way=fields">Try again/)
})

test('a card form that is wrong is answered in words, without the card in the page and without a call', async () => {
  const reply = await pay({ ...cardForm, expiry: '13/31' })
  assert.equal(reply.statusCode, 422)
  assert.match(reply.body, /The expiry date is not right/)
  assert.ok(!reply.body.includes('4242 4242'))
  assert.equal(fincore.calls.length, 0)
})

test('the hosted page is opened, may be left, and counts all the same when the money comes', async () => {
  const url = 'http://api.test/s/token'
  fincore.answerWith(() => ({ status: 201, body: { object: 'payment_session', id: 'ps_1', url, status: 'open' } }))
  const reply = await pay({ way: 'hosted' })
  assert.equal(reply.headers.location, url)
  const body = fincore.calls[0]?.body
  const order = `/orders/${body?.merchant_reference}`
  assert.equal(body?.success_url, `http://shop.test${order}?returned=1`)
  assert.ok((await readStatus(order)).page.includes(url), 'who has not paid yet is shown the way')
  const returned = await readStatus(`${order}?returned=1`)
  assert.equal(returned.status, 'pending')
  assert.ok(!returned.page.includes(`href="${url}"`), 'who has paid is not sent there again')
  const left = await readStatus(`${order}?left=1`)
  assert.equal(left.status, 'canceled')
  assert.match(left.page, /href="\/checkout\/morning-cup\?way=hosted">Try again/)
  await sendWebhook(capturedEvent('msg_4', order))
  assert.equal((await readStatus(`${order}?left=1`)).status, 'paid')
})

test('a card that needs 3-D Secure carries the shopper to the bank, also without scripts', async () => {
  const next_action = { type: 'redirect', url: 'https://bank.test/challenge' }
  fincore.answerWith((call) => makeCharge(call, { status: 'requires_action', next_action }))
  const location = (await pay(cardForm)).headers.location ?? ''
  assert.match(location, /^\/orders\/ord_\w+\/continue$/)
  assert.match(
    (await shop.inject(location)).body,
    /http-equiv="refresh" content="0; url=https:\/\/bank\.test\/challenge"/,
  )
})

test('the checkout page alone allows what the PSPs’ fields need, and no page anything more', async () => {
  const policies = await Promise.all(
    ['/checkout/morning-cup', '/'].map(async (path) => (await shop.inject(path)).headers['content-security-policy']),
  )
  const [checkout, other] = policies.map((policy) => Object.fromEntries(String(policy).split('; ').map(readDirective)))
  assert.deepEqual(checkout, {
    'default-src': `'none'`,
    // A source of an account that would write more than a source is left out.
    'script-src': `${fincore.apiUrl}/sdk/v${newestVersion().version}/fincore.js localhost:80/scripts/checkout.js https://*.js.psp.test https://js.psp.test/1/psp.js`,
    'style-src': 'localhost:80/shop.css',
    'base-uri': `'none'`,
    'img-src': `'self' https://img.psp.test`,
    'connect-src': `'self' ${fincore.apiUrl} https://api.psp.test`,
    'frame-src': `${fincore.apiUrl} https://js.psp.test`,
    'form-action': `'self' ${fincore.apiUrl}`,
    'frame-ancestors': `'none'`,
  })
  assert.deepEqual(
    { scripts: other?.['script-src'], frames: other?.['frame-src'], connects: other?.['connect-src'] },
    { scripts: `'none'`, frames: `'none'`, connects: `'self'` },
  )
})

/** `script-src a b` as its name and its value. */
function readDirective(text: string): [name: string, value: string] {
  const at = text.indexOf(' ')
  return [text.slice(0, at), text.slice(at + 1)]
}
