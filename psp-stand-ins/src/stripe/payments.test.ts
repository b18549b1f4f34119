import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Stripe from 'stripe'
import { type Bench, openBench } from './testing/bench.ts'
import { cardNamed, preparePayment } from './testing/pay.ts'

let bench: Bench
before(async () => {
  bench = await openBench()
})
after(() => bench.close())

/** A payment that is ready to be sent. */
async function prepare(name: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const prepared = await preparePayment(bench, name, more)
  return { ...prepared, intent: () => bench.stripe.paymentIntents.create(prepared.params, prepared.options) }
}

test('an approved card is charged, and the truth and the webhooks say so', async () => {
  const { reference, intent } = await prepare('visa', { expand: ['latest_charge'] })
  const paid = await intent()
  assert.equal(paid.status, 'succeeded')
  assert.equal(paid.amount_received, 1_234)
  const charge = paid.latest_charge as Stripe.Charge
  assert.equal(charge.payment_method_details?.card?.last4, '4242')
  assert.match(charge.payment_method_details?.card?.network_transaction_id ?? '', /^\d{15}$/)
  const { movements, calls } = await bench.truth(reference)
  assert.deepEqual(
    movements.map(({ kind, amount, currency }: Record<string, unknown>) => [kind, amount, currency]),
    [
      ['authorization', 1_234, 'EUR'],
      ['capture', 1_234, 'EUR'],
    ],
  )
  assert.equal(calls, 1)
  for (const type of ['payment_intent.created', 'payment_intent.succeeded'])
    assert.ok(await bench.inbox.waitFor(type, paid.id))
  const { body, signature } = await bench.inbox.waitFor('charge.succeeded', charge.id)
  assert.equal(Stripe.webhooks.constructEvent(body, signature, bench.account.webhook_secret).type, 'charge.succeeded')
})

test('each declined card is declined with its code, and nothing moves', async () => {
  const cases = [
    ['generic_decline', 'card_declined', 'generic_decline'],
    ['insufficient_funds', 'card_declined', 'insufficient_funds'],
    ['lost_card', 'card_declined', 'lost_card'],
    ['stolen_card', 'card_declined', 'stolen_card'],
    ['expired_card', 'expired_card', ''],
    ['incorrect_cvc', 'incorrect_cvc', ''],
    ['processing_error', 'processing_error', ''],
    ['card_velocity_exceeded', 'card_declined', 'card_velocity_exceeded'],
    ['always_blocked', 'card_declined', 'fraudulent'],
  ] as const
  for (const [name, code, declineCode] of cases) {
    const { reference, intent } = await prepare(name)
    const error = await intent().catch((reason) => reason)
    assert.ok(error instanceof Stripe.errors.StripeCardError)
    assert.equal(error.statusCode, 402)
    assert.deepEqual([error.code, error.decline_code], [code, declineCode])
    assert.equal(error.payment_intent?.status, 'requires_payment_method')
    assert.equal(error.payment_intent?.metadata.fincore_reference, reference)
    assert.deepEqual((await bench.truth(reference)).movements, [])
    await bench.inbox.waitFor('payment_intent.payment_failed', error.payment_intent?.id ?? '')
  }
})

test('an authorization is captured in part, or canceled, and never twice', async () => {
  const held = await (await prepare('visa', { capture_method: 'manual' })).intent()
  assert.deepEqual([held.status, held.amount_capturable], ['requires_capture', 1_234])
  await bench.inbox.waitFor('payment_intent.amount_capturable_updated', held.id)
  const tooMuch = bench.stripe.paymentIntents.capture(held.id, { amount_to_capture: 1_235 })
  await assert.rejects(tooMuch, { code: 'amount_too_large', param: 'amount_to_capture' })
  const captured = await bench.stripe.paymentIntents.capture(
    held.id,
    { amount_to_capture: 1_000, metadata: { of_capture: 'att_c' } },
    { idempotencyKey: 'att_c' },
  )
  assert.deepEqual(
    [captured.status, captured.amount_received, captured.metadata.of_capture],
    ['succeeded', 1_000, 'att_c'],
  )
  assert.equal((await bench.truth('att_c')).movements[0].kind, 'capture')
  await assert.rejects(bench.stripe.paymentIntents.capture(held.id), { code: 'payment_intent_unexpected_state' })
  await assert.rejects(bench.stripe.paymentIntents.cancel(held.id), { code: 'payment_intent_unexpected_state' })

  const second = await prepare('visa', { capture_method: 'manual' })
  const { id } = await second.intent()
  const canceled = await bench.stripe.paymentIntents.cancel(id, {}, { idempotencyKey: 'att_x' })
  assert.deepEqual([canceled.status, canceled.amount_capturable], ['canceled', 0])
  assert.deepEqual(
    (await bench.truth(second.reference)).movements.map(({ kind, own_reference }: Record<string, string>) => [
      kind,
      own_reference,
    ]),
    [
      ['authorization', second.reference],
      ['cancellation', 'att_x'],
    ],
  )
  const failing = await (await prepare('capture_fails', { capture_method: 'manual' })).intent()
  await assert.rejects(bench.stripe.paymentIntents.capture(failing.id), { code: 'card_declined' })
})

test('a card, a token and external 3-D Secure are taken in one call, as a server sends them', async () => {
  const raw = { type: 'card', card: cardNamed('visa') } as unknown as Stripe.PaymentIntentCreateParams.PaymentMethodData
  const { payment_method: _method, ...params } = (await prepare('visa')).params
  assert.equal((await bench.stripe.paymentIntents.create({ ...params, payment_method_data: raw })).status, 'succeeded')

  const token = await bench.shopper.tokens.create({ card: { ...cardNamed('visa'), exp_month: '12', exp_year: '34' } })
  const byToken = { type: 'card', card: { token: token.id } } as unknown as typeof raw
  const withToken = { ...params, payment_method_data: byToken }
  assert.equal((await bench.stripe.paymentIntents.create(withToken)).status, 'succeeded')
  await assert.rejects(bench.stripe.paymentIntents.create(withToken), { code: 'token_already_used' })
  await assert.rejects(bench.stripe.paymentIntents.create({ ...params, payment_method: token.id }), /card\[token\]/)

  const authenticated = await prepare('always_authenticate', {
    payment_method_options: {
      card: {
        three_d_secure: {
          version: '2.2.0',
          cryptogram: 'AAABBBCCCDDDEEEFFFGGGHHHIII=',
          electronic_commerce_indicator: '05',
          transaction_id: '5e7c9d6a-1111-4222-8333-444455556666',
        },
      },
    },
  })
  assert.equal((await authenticated.intent()).status, 'succeeded')
  const alone = await prepare('always_authenticate', { off_session: true })
  await assert.rejects(alone.intent(), { code: 'authentication_required' })
})

test('Stripe’s own test PaymentMethods can be charged as often as wanted, and do what their cards do', async () => {
  let count = 0
  const pay = async (method: string) => {
    const { params } = await prepare('visa', { payment_method: method })
    return bench.stripe.paymentIntents.create(params, { idempotencyKey: `${method}-${++count}` })
  }
  const first = await pay('pm_card_visa')
  const again = await pay('pm_card_visa')
  assert.deepEqual([first.status, again.status], ['succeeded', 'succeeded'])
  assert.match(String(first.payment_method), /^pm_(?!card_)/)
  assert.notEqual(first.payment_method, again.payment_method)
  assert.equal((await pay('pm_card_amex')).status, 'succeeded')
  assert.equal((await pay('pm_card_mastercard')).status, 'succeeded')
  assert.equal((await pay('pm_card_authenticationRequired')).status, 'requires_action')
  const declined = { statusCode: 402, code: 'card_declined' }
  await assert.rejects(pay('pm_card_visa_chargeDeclined'), { ...declined, decline_code: 'generic_decline' })
  const poor = 'pm_card_visa_chargeDeclinedInsufficientFunds'
  await assert.rejects(pay(poor), { ...declined, decline_code: 'insufficient_funds' })
  await assert.rejects(pay('pm_card_toString'), { code: 'resource_missing' })
})

test('a repeat is answered alike and acts once; other parameters under the key are refused', async () => {
  const { reference, params, options } = await prepare('visa')
  const first = await bench.stripe.paymentIntents.create(params, options)
  const again = await bench.stripe.paymentIntents.create(params, options)
  assert.equal(again.id, first.id)
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true')
  assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined)
  const { movements, calls } = await bench.truth(reference)
  assert.deepEqual([movements.length, calls], [2, 2])
  await assert.rejects(bench.stripe.paymentIntents.create({ ...params, amount: 1 }, options), {
    type: 'StripeIdempotencyError',
    statusCode: 400,
  })
  await assert.rejects(bench.stripe.refunds.create({ payment_intent: first.id }, options), {
    type: 'StripeIdempotencyError',
  })
  const declined = await prepare('generic_decline')
  await assert.rejects(declined.intent(), { statusCode: 402 })
  const error = await declined.intent().catch((reason) => reason)
  assert.equal(error.headers['idempotent-replayed'], 'true')
})
