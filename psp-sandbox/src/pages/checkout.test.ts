import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MagicCardName, magicCardNumber } from '../magic-cards.ts'
import {
  eventually,
  startTestSandbox,
  startWebhookReceiver,
  type TestAccount,
  type TestSandbox,
} from '../testing/sandbox-client.ts'

let sandbox: TestSandbox
let account: TestAccount
let hook: Awaited<ReturnType<typeof startWebhookReceiver>>
before(async () => {
  sandbox = await startTestSandbox()
  hook = await startWebhookReceiver()
  account = await sandbox.openAccount(hook.url)
})
after(async () => {
  hook.close()
  await sandbox.stop()
})

async function openSession(reference: string, more: Record<string, unknown> = {}) {
  const answer = await account.post('/v2/checkout_sessions', {
    reference,
    amount: { value: 1234, currency: 'EUR' },
    capture: 'automatic',
    return_url: 'https://shop.example/thanks',
    cancel_url: 'https://shop.example/basket',
    line_items: [{ name: '<b>Tea</b>', quantity: 1, amount: 1234 }],
    expires_at: new Date(Date.now() + 60_000).toISOString(),
    ...more,
  })
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

const look = (url: string, language = 'en') =>
  fetch(url, { redirect: 'manual', headers: { 'accept-language': language } })

const submit = (url: string, fields: Record<string, string>) =>
  fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })

const payWith = (url: string, card: MagicCardName) =>
  submit(url, { number: magicCardNumber(card), expiry: '12 / 34', cvc: '123' })

test('the page shows the order in the shopper’s language, with nothing of the merchant’s taken as HTML', async () => {
  const { url } = await openSession('page')
  const response = await look(url, 'fr, de-AT;q=0.8')
  const page = await response.text()
  assert.match(page, /<html lang="de">/)
  assert.match(page, /12,34\s€ bezahlen/)
  assert.match(page, /&lt;b&gt;Tea&lt;\/b&gt;/)
  const policy = String(response.headers.get('content-security-policy'))
  assert.match(
    policy,
    /default-src 'none'.*script-src (127\.0\.0\.1:\d+\/assets\/[\w/.-]+\.ts ?){3}; .*frame-ancestors 'none'/,
  )
  assert.equal(response.headers.get('cache-control'), 'no-store')
})

test('a shopper is declined, tries another card and returns; the session cannot be paid again', async () => {
  const { url, id } = await openSession('twice')
  const declined = await payWith(url, 'insufficient_funds')
  assert.equal(declined.headers.get('location'), new URL(url).pathname)
  assert.match(await (await look(url)).text(), /role="alert".*too little money/s)
  const paid = await payWith(url, 'visa')
  assert.deepEqual([paid.status, paid.headers.get('location')], [303, 'https://shop.example/thanks'])
  assert.equal((await payWith(url, 'visa')).headers.get('location'), 'https://shop.example/thanks')
  assert.match(await (await look(url)).text(), /Payment complete/)
  const session = await account.get(`/v2/checkout_sessions/${id}`)
  assert.deepEqual([session.status, session.payment.status, session.payments.length], ['completed', 'captured', 2])
  const truth = await account.truth('twice')
  assert.deepEqual([truth.movements.length, truth.declined], [2, 1])
  assert.equal((await account.post(`/v2/checkout_sessions/${id}/expire`, {})).body.error.code, 'session_completed')
  await eventually(() => hook.types().includes('checkout_session.completed'), 'the webhook')
})

test('mistakes are named at their fields, and neither number nor code comes back', async () => {
  const { url } = await openSession('mistakes')
  const response = await submit(url, { number: '4242 4242 4242 4241', expiry: '13/40', cvc: '12' })
  const page = await response.text()
  assert.equal(response.status, 422)
  for (const text of ['Check the card number.', 'Check the expiry date.', 'Check the security code.'])
    assert.match(page, new RegExp(text))
  assert.doesNotMatch(page, /value="4242/)
  assert.deepEqual((await account.lookUp('mistakes')).payments, [])
})

test('a cancel leads back to the merchant, and the shopper may come back', async () => {
  const { url, id } = await openSession('cancel')
  assert.equal((await submit(`${url}/cancel`, {})).headers.get('location'), 'https://shop.example/basket')
  assert.equal((await account.get(`/v2/checkout_sessions/${id}`)).status, 'open')
  assert.equal((await payWith(url, 'visa')).headers.get('location'), 'https://shop.example/thanks')
})

const challenges: [card: MagicCardName, decision: string, status: string, to: 'merchant' | 'checkout'][] = [
  ['challenge', 'confirm', 'captured', 'merchant'],
  ['challenge', 'fail', 'declined', 'checkout'],
  ['challenge', 'leave', 'abandoned', 'checkout'],
  ['challenge_failed', 'confirm', 'declined', 'checkout'],
]

for (const [card, decision, status, to] of challenges) {
  test(`the card ${card}: ${decision} at the bank ends ${status}, and the shopper goes on to the ${to}`, async () => {
    const reference = `${card}-${decision}`
    const { url } = await openSession(reference)
    const bank = String((await payWith(url, card)).headers.get('location'))
    assert.match(await (await look(bank)).text(), /Confirm your payment/)
    const after = await submit(bank, { decision })
    assert.equal(
      after.headers.get('location'),
      to === 'merchant' ? 'https://shop.example/thanks' : new URL(url).pathname,
    )
    assert.equal((await account.lookUp(reference)).payments[0]?.status, status)
    assert.equal((await account.truth(reference)).movements.length, status === 'captured' ? 2 : 0)
    await submit(bank, { decision: 'confirm' })
    assert.equal((await account.lookUp(reference)).payments[0]?.status, status, 'an end is an end')
  })
}

test('a new try ends the challenge of the one before, so that nobody pays twice', async () => {
  const { url } = await openSession('two-tabs')
  const bank = String((await payWith(url, 'challenge')).headers.get('location'))
  await payWith(url, 'visa')
  await submit(bank, { decision: 'confirm' })
  assert.equal((await account.truth('two-tabs')).movements.filter(({ kind }) => kind === 'capture').length, 1)
})

test('after its time a session is expired for the API, for the page and for its challenge', async () => {
  const { url, id } = await openSession('short', { expires_at: new Date(Date.now() + 400).toISOString() })
  const bank = String((await payWith(url, 'challenge')).headers.get('location'))
  await eventually(async () => (await account.get(`/v2/checkout_sessions/${id}`)).status === 'expired', 'the expiry')
  assert.equal((await look(url)).status, 410)
  await submit(bank, { decision: 'confirm' })
  await payWith(url, 'visa')
  assert.deepEqual(
    (await account.lookUp('short')).payments.map(({ status }) => status),
    ['expired'],
  )
  assert.equal((await account.truth('short')).movements.length, 0)
})

test('whoever tries fifty cards in one session gets no fifty-first', async () => {
  const { url, id } = await openSession('many')
  for (let count = 0; count < 50; count++) await payWith(url, 'declined')
  assert.equal((await payWith(url, 'visa')).status, 410)
  const session = await account.get(`/v2/checkout_sessions/${id}`)
  assert.deepEqual([session.status, session.payments.length], ['expired', 50])
})

test('a late success is approved only after the expiry, and is announced', async () => {
  const { url, id } = await openSession('late')
  await payWith(url, 'late_success')
  assert.match(await (await look(url)).text(), /being processed/)
  assert.deepEqual((await account.lookUp('late')).payments, [])
  assert.equal((await account.post(`/v2/checkout_sessions/${id}/expire`, {})).body.status, 'expired')
  assert.equal((await account.truth('late')).movements.length, 0)
  const late = await eventually(
    () => hook.received.find(({ type, data }) => type === 'payment.captured' && data.payment.reference === 'late'),
    'the late webhook',
  )
  assert.equal(late.data.payment.status, 'captured')
  const session = await account.get(`/v2/checkout_sessions/${id}`)
  assert.deepEqual([session.status, session.payment.id], ['expired', late.data.payment.id])
  assert.match(await (await look(url)).text(), /arrived after it had expired/)
})

test('a payment’s challenge outside a checkout leads to its return_url', async () => {
  const payment = (await account.pay('alone', 'challenge', { return_url: 'https://shop.example/c/return' })).body
  const after = await submit(String(payment.action?.url), { decision: 'confirm' })
  assert.equal(after.headers.get('location'), 'https://shop.example/c/return')
  assert.equal((await account.get(`/v2/payments/${payment.id}`)).status, 'captured')
})

test('the card fields may be framed by the merchant’s origin alone, and need a known key', async () => {
  const fields = (key: string, origin: string) =>
    fetch(`${account.pagesUrl}/fields?public_key=${key}&locale=de&origin=${encodeURIComponent(origin)}`)
  const good = await fields(account.public_key, 'https://shop.example')
  assert.equal(good.status, 200)
  assert.match(String(good.headers.get('content-security-policy')), /frame-ancestors https:\/\/shop\.example$/)
  assert.match(await good.text(), /Kartennummer/)
  assert.equal((await fields(account.public_key, 'https://shop.example/path; script-src *')).status, 400)
  assert.equal((await fields('pk_sandbox_unknown', 'https://shop.example')).status, 400)
  const script = await fetch(`${account.pagesUrl}/assets/pages/browser/fields.ts`)
  assert.match(String(script.headers.get('content-type')), /^text\/javascript/)
})

test('tokens are not made for other origins', async () => {
  const response = await fetch(`${account.pagesUrl}/v2/tokens`, {
    method: 'POST',
    headers: {
      origin: 'https://evil.example',
      authorization: `Bearer ${account.public_key}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ number: magicCardNumber('visa'), cvc: '123', expiry_month: 1, expiry_year: 2034 }),
  })
  assert.equal(response.status, 403)
})

test('an unknown address gets a page that says so', async () => {
  for (const path of ['/checkout/none', '/challenge/none', '/none']) {
    assert.equal((await look(`${account.pagesUrl}${path}`)).status, 404, path)
  }
})
