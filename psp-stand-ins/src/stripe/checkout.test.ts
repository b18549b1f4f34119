import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type Stripe from 'stripe'
import { testCardNumber } from './test-cards.ts'
import { type Bench, openBench } from './testing/bench.ts'
import { cardNamed, pay, preparePayment } from './testing/pay.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

let count = 0

function openSession(more: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const reference = `ses_${++count}`
  const params: Stripe.Checkout.SessionCreateParams = {
    mode: 'payment',
    client_reference_id: reference,
    success_url: 'https://shop.example/done?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/basket',
    customer_email: 'ada@example.com',
    line_items: [
      {
        quantity: 2,
        price_data: { currency: 'eur', unit_amount: 500, product_data: { name: 'Tea & <b>biscuits</b>' } },
      },
      { quantity: 1, price_data: { currency: 'eur', unit_amount: 234, product_data: { name: 'Postage' } } },
    ],
    payment_intent_data: { metadata: { fincore_reference: reference, kept: 'yes' } },
    ...more,
  }
  return bench.stripe.checkout.sessions.create(params, { idempotencyKey: reference })
}

/** Posts a form of a page as a browser does. @returns the status and where it leads. */
async function post(url: string, fields: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  const location = response.headers.get('location')
  const text = await response.text()
  return { status: response.status, text, location: location === null ? '' : new URL(location, url).href }
}

const typed = (name: string) => ({ cardNumber: testCardNumber(name), cardExpiry: '12 / 34', cardCvc: '123' })

test('a session is paid on its page, after a decline on the same PaymentIntent', async () => {
  const session = await openSession()
  assert.deepEqual([session.status, session.amount_total, session.payment_intent], ['open', 1_234, null])
  const url = session.url ?? ''
  const page = await (await fetch(url)).text()
  assert.match(page, /€12\.34/)
  assert.match(page, /Tea &amp; &lt;b&gt;biscuits/)
  assert.match(page, /href="https:\/\/shop\.example\/basket"/)

  assert.match((await post(url, { ...typed('visa'), cardNumber: '4242424242424241' })).text, /card number is incorrect/)
  assert.equal((await bench.stripe.checkout.sessions.retrieve(session.id)).payment_intent, null)
  const declined = await post(url, typed('insufficient_funds'))
  assert.deepEqual([declined.status, declined.location], [303, url])
  assert.match(await (await fetch(url)).text(), /role="alert">Your card has insufficient funds/)
  const tried = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent', 'line_items'] })
  const intent = tried.payment_intent as Stripe.PaymentIntent
  assert.deepEqual([tried.status, intent.status, intent.metadata.kept], ['open', 'requires_payment_method', 'yes'])
  assert.equal(tried.line_items?.data[0]?.quantity, 2)
  await assert.rejects(bench.stripe.paymentIntents.cancel(intent.id), /Expire the session/)

  const paid = await post(url, typed('visa'))
  assert.equal(paid.location, `https://shop.example/done?session=${session.id}`)
  const done = await bench.stripe.checkout.sessions.retrieve(session.id)
  assert.deepEqual(
    [done.status, done.payment_status, done.payment_intent, done.url],
    ['complete', 'paid', intent.id, null],
  )
  for (const [type, id] of [
    ['payment_intent.payment_failed', intent.id],
    ['payment_intent.succeeded', intent.id],
    ['checkout.session.completed', session.id],
  ] as const)
    await bench.inbox.waitFor(type, id)
  const { movements } = await bench.truth(session.client_reference_id ?? '')
  assert.deepEqual(
    movements.map(({ kind }: { kind: string }) => kind),
    ['authorization', 'capture'],
  )
  assert.equal((await post(url, typed('visa'))).location, paid.location)
  const listed = await bench.stripe.checkout.sessions.list({ payment_intent: intent.id })
  assert.deepEqual(
    listed.data.map(({ id }) => id),
    [session.id],
  )
})

test('a session of manual capture is complete and unpaid, and its payment is captured later', async () => {
  const session = await openSession({ payment_intent_data: { capture_method: 'manual' } })
  await post(session.url ?? '', typed('visa'))
  const done = await bench.stripe.checkout.sessions.retrieve(session.id)
  assert.deepEqual([done.status, done.payment_status], ['complete', 'unpaid'])
  assert.equal((await bench.stripe.paymentIntents.capture(String(done.payment_intent))).status, 'succeeded')
})

test('an expired session cannot be paid, nor one whose time is up, and neither can be expired again', async () => {
  const session = await openSession()
  const url = session.url ?? ''
  const { location } = await post(url, typed('always_authenticate'))
  const expired = await bench.stripe.checkout.sessions.expire(session.id)
  assert.deepEqual([expired.status, expired.url], ['expired', null])
  await bench.inbox.waitFor('checkout.session.expired', session.id)
  await bench.inbox.waitFor('payment_intent.canceled', String(expired.payment_intent))
  assert.equal((await post(url, typed('visa'))).status, 410)
  await post(location, { decision: 'complete' })
  assert.deepEqual((await bench.truth(session.client_reference_id ?? '')).movements, [])
  await assert.rejects(bench.stripe.checkout.sessions.expire(session.id), /has a status of `expired`/)
  const paid = await openSession()
  await post(paid.url ?? '', typed('visa'))
  await assert.rejects(bench.stripe.checkout.sessions.expire(paid.id), /has a status of `complete`/)
})

test('3-D Secure is confirmed or failed on the bank’s page, and leads back to where it began', async () => {
  for (const [card, decision, status, redirect] of [
    ['always_authenticate', 'complete', 'succeeded', 'succeeded'],
    ['always_authenticate', 'fail', 'requires_payment_method', 'failed'],
    ['three_d_secure_then_declined', 'complete', 'requires_payment_method', 'failed'],
  ] as const) {
    const intent = await pay(bench, card)
    assert.deepEqual([intent.status, intent.next_action?.type], ['requires_action', 'redirect_to_url'])
    await bench.inbox.waitFor('payment_intent.requires_action', intent.id)
    const page = intent.next_action?.redirect_to_url?.url ?? ''
    assert.match(await (await fetch(page)).text(), /€12\.34/)
    const back = new URL((await post(page, { decision })).location)
    assert.equal(back.origin + back.pathname, 'https://shop.example/return')
    assert.deepEqual(Object.fromEntries(back.searchParams), {
      order: '1',
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: redirect,
    })
    const after = await bench.stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] })
    assert.equal(after.status, status)
    const type = status === 'succeeded' ? 'payment_intent.succeeded' : 'payment_intent.payment_failed'
    await bench.inbox.waitFor(type, intent.id)
    if (decision === 'fail') assert.equal(after.last_payment_error?.code, 'payment_intent_authentication_failure')
    if (status === 'succeeded')
      assert.equal(
        (after.latest_charge as Stripe.Charge).payment_method_details?.card?.three_d_secure?.result,
        'authenticated',
      )
  }
  const session = await openSession()
  const challenge = await post(session.url ?? '', typed('always_authenticate'))
  assert.equal((await post(challenge.location, { decision: 'fail' })).location, session.url)
  const again = await post(session.url ?? '', typed('always_authenticate'))
  assert.match((await post(again.location, { decision: 'complete' })).location, /^https:\/\/shop\.example\/done/)
})

test('whoever cannot be asked is not asked', async () => {
  const { params } = await preparePayment(bench, 'always_authenticate', { error_on_requires_action: true })
  await assert.rejects(bench.stripe.paymentIntents.create(params), { code: 'authentication_required' })
  const canceled = await pay(bench, 'always_authenticate')
  await bench.stripe.paymentIntents.cancel(canceled.id, { cancellation_reason: 'abandoned' })
  await post(canceled.next_action?.redirect_to_url?.url ?? '', { decision: 'complete' })
  assert.equal((await bench.stripe.paymentIntents.retrieve(canceled.id)).status, 'canceled')
})

test('what Stripe documents beyond the types is enforced', async () => {
  const method = await bench.shopper.paymentMethods.create({ type: 'card', card: cardNamed('visa') })
  const seconds = Math.floor(Date.now() / 1000)
  const item = { quantity: 1, price_data: { currency: 'eur', unit_amount: 5, product_data: { name: 'Tea' } } }
  const sessions: [change: Partial<Stripe.Checkout.SessionCreateParams>, param: string][] = [
    [{ expires_at: seconds + 1_000 }, 'expires_at'],
    [{ expires_at: seconds + 90_000 }, 'expires_at'],
    [{ line_items: [] }, 'line_items'],
    [
      { line_items: [item, { ...item, price_data: { ...item.price_data, currency: 'usd' } }] },
      'line_items[1][price_data][currency]',
    ],
    [{ line_items: [{ ...item, quantity: 0 }] }, 'line_items[0][quantity]'],
    [{ success_url: 'shop.example' }, 'success_url'],
    [{ client_reference_id: 'x'.repeat(201) }, 'client_reference_id'],
    [{ customer_email: 'ada' }, 'customer_email'],
    [{ mode: 'subscription' }, 'mode'],
    [{ customer: 'cus_1' }, 'customer'],
  ]
  for (const [change, param] of sessions) await assert.rejects(openSession(change), { statusCode: 400, param }, param)

  const payments: [change: Partial<Stripe.PaymentIntentCreateParams>, param: string | undefined][] = [
    [{ amount: 0 }, 'amount'],
    [{ amount: 100_000_000 }, 'amount'],
    [{ currency: 'EUR' }, 'currency'],
    [{ currency: 'xyz' }, 'currency'],
    [{ currency: 'kwd', amount: 1_235 }, 'amount'],
    [{ currency: 'isk', amount: 1_234 }, 'amount'],
    [{ return_url: 'shop' }, 'return_url'],
    [{ confirm: false }, 'return_url'],
    [{ payment_method: 'pm_nobody' }, 'payment_method'],
    [{ payment_method_data: { type: 'card' } as never }, 'payment_method'],
    [{ receipt_email: 'ada' }, 'receipt_email'],
    [{ statement_descriptor: 'SHOP' }, 'statement_descriptor'],
    [{ statement_descriptor_suffix: 'A DESCRIPTOR THAT IS LONG' }, 'statement_descriptor_suffix'],
    [{ transfer_data: { destination: 'acct_1' } }, 'transfer_data'],
    [{ confirmation_token: 'ctoken_1' }, 'confirmation_token'],
  ]
  for (const [change, param] of payments) {
    const { params } = await preparePayment(bench, 'visa', { payment_method: method.id, ...change })
    await assert.rejects(bench.stripe.paymentIntents.create(params), { statusCode: 400, param }, String(param))
  }
  const { return_url: _url, ...params } = (await preparePayment(bench, 'visa')).params
  await assert.rejects(bench.stripe.paymentIntents.create(params), { param: 'return_url' })
  const cardsOnly = await bench.stripe.paymentIntents.create({ ...params, allowed_payment_method_types: ['card'] })
  assert.equal(cardsOnly.status, 'succeeded')
  await assert.rejects(
    bench.stripe.paymentIntents.create({ ...params, return_url: 'https://a.example' }),
    /may not be used again/,
  )
})

test('amounts are told in minor units of ISO 4217', async () => {
  for (const [currency, amount, told] of [
    ['jpy', 500, 500],
    ['kwd', 5_120, 5_120],
    ['isk', 500, 5],
    ['ugx', 500, 5],
    ['mga', 3, 30],
    ['huf', 1_234, 1_234],
  ] as const) {
    const { reference, params } = await preparePayment(bench, 'visa', { currency, amount })
    await bench.stripe.paymentIntents.create(params)
    const { movements } = await bench.truth(reference)
    assert.deepEqual([movements[0].amount, movements[0].currency], [told, currency.toUpperCase()])
  }
})
