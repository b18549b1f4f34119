import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MoneyKind } from '../port.ts'
import { stripeDeclines } from './decline-codes.ts'
import { stripePsp } from './stripe.ts'
import * as stripe from './testing/objects.ts'

const { payments } = stripePsp
const { answer, cardError, cardShown, intent } = stripe
const asked = { reference: 'att_1', amount: { amount: 1000n, currency: 'EUR' } }

const approved = {
  outcome: 'approved',
  pspReference: 'pi_1',
  captured: 1000n,
  card: cardShown,
  networkTransactionId: '979812654287653',
}
const declined = (code: string, pspCode: string | null) => ({
  outcome: 'declined',
  pspReference: 'pi_1',
  code,
  pspCode,
  card: cardShown,
})
const ended = (reason: string) => ({ outcome: 'ended', pspReference: 'pi_1', reason })
const rejected = (code: string, pspCode: string | null = null) => ({ outcome: 'rejected', code, pspCode })
/** A decline as Stripe answers it: 402, the error, and in it the payment. */
const decline = (change: object, payment: object | undefined = stripe.failedIntent) =>
  answer({ error: { ...cardError, ...change, payment_intent: payment } }, 402)

function check(kind: MoneyKind, reply: Parameters<typeof payments.readReply>[1], expected: object | 'unknown'): void {
  const outcome = payments.readReply(kind, reply, asked)
  if (expected === 'unknown') assert.equal(outcome.outcome, 'unknown')
  else assert.deepEqual(outcome, expected)
}

describe('replies of Stripe', () => {
  const paymentCases: [string, object, object | 'unknown'][] = [
    ['succeeded', intent, approved],
    ['succeeded in part', { ...intent, amount_received: 400 }, { ...approved, captured: 400n }],
    ['held', stripe.heldIntent, { ...approved, captured: 0n }],
    [
      'waiting for the shopper',
      stripe.waitingIntent,
      { outcome: 'action_required', pspReference: 'pi_1', actionUrl: 'https://hooks.stripe.com/3ds', card: null },
    ],
    [
      'a charge that was not asked for',
      { ...intent, latest_charge: 'ch_1' },
      { outcome: 'approved', pspReference: 'pi_1', captured: 1000n, card: null },
    ],
    [
      'a card of tomorrow',
      {
        ...intent,
        latest_charge: {
          payment_method_details: { card: { ...stripe.cardDetails, brand: 'moon', network_transaction_id: null } },
        },
      },
      { outcome: 'approved', pspReference: 'pi_1', captured: 1000n, card: { ...cardShown, brand: 'unknown' } },
    ],
    ['canceled after it was held', stripe.canceledIntent, ended('requested')],
    ['canceled without a reason', { ...stripe.canceledIntent, cancellation_reason: null }, ended('requested')],
    [
      'a hold that lapsed',
      { ...stripe.canceledIntent, cancellation_reason: 'automatic' },
      ended('authorization_expired'),
    ],
    [
      'a hold that expired',
      { ...stripe.canceledIntent, cancellation_reason: 'expired' },
      ended('authorization_expired'),
    ],
    ['left by the shopper', { ...stripe.canceledIntent, cancellation_reason: 'abandoned' }, ended('abandoned')],
    ['never charged, and canceled', { ...stripe.canceledIntent, latest_charge: null }, ended('abandoned')],
    [
      'closed after it had failed',
      {
        ...stripe.canceledIntent,
        cancellation_reason: 'abandoned',
        last_payment_error: { ...cardError, code: 'payment_intent_authentication_failure', decline_code: undefined },
      },
      declined('authentication_failed', 'payment_intent_authentication_failure'),
    ],
    // It can still be tried again, by whoever has its client secret: it must be closed before it is called declined.
    ['failed, and still open', stripe.failedIntent, 'unknown'],
    ['processing', { ...intent, status: 'processing' }, 'unknown'],
    ['not confirmed', { ...intent, status: 'requires_confirmation' }, 'unknown'],
    ['a status of tomorrow', { ...intent, status: 'settled' }, 'unknown'],
    ['a status like Object’s', { ...intent, status: 'constructor' }, 'unknown'],
    ['succeeded with nothing', { ...intent, amount_received: 0 }, 'unknown'],
    ['succeeded with more than was asked', { ...intent, amount_received: 1001 }, 'unknown'],
    ['held in part', { ...stripe.heldIntent, amount_capturable: 900 }, 'unknown'],
    ['another reference', { ...intent, metadata: { fincore_reference: 'att_2' } }, 'unknown'],
    ['no reference', { ...intent, metadata: {} }, 'unknown'],
    ['another amount', { ...intent, amount: 1001 }, 'unknown'],
    ['another currency', { ...intent, currency: 'usd' }, 'unknown'],
    ['a currency that Stripe does not count', { ...intent, currency: 'xxx' }, 'unknown'],
    ['a fraction', { ...intent, amount_received: 999.5 }, 'unknown'],
    ['an amount beyond exact numbers', { ...intent, amount: 2 ** 60 }, 'unknown'],
    [
      'an action for Stripe.js',
      { ...stripe.waitingIntent, next_action: { type: 'use_stripe_sdk', use_stripe_sdk: {} } },
      'unknown',
    ],
    [
      'an action that runs a script',
      {
        ...stripe.waitingIntent,
        next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'javascript:alert(1)' } },
      },
      'unknown',
    ],
    ['a refund', stripe.refund, 'unknown'],
  ]
  for (const [what, payment, expected] of paymentCases) {
    it(`reads a payment: ${what}`, () => check('authorize', answer(payment), expected))
  }

  const declines: [string, object, object | undefined, object | 'unknown'][] = [
    ['with the bank’s reason', {}, stripe.failedIntent, declined('insufficient_funds', 'insufficient_funds')],
    [
      'with a code alone',
      { code: 'expired_card', decline_code: undefined },
      stripe.failedIntent,
      declined('expired_card', 'expired_card'),
    ],
    [
      'with a reason of tomorrow',
      { decline_code: 'moon_phase' },
      stripe.failedIntent,
      declined('card_declined', 'moon_phase'),
    ],
    [
      'with a reason like Object’s',
      { decline_code: 'constructor' },
      stripe.failedIntent,
      declined('card_declined', 'constructor'),
    ],
    [
      'with a card number for a reason',
      { code: 'x', decline_code: 'card4242424242424242' },
      stripe.failedIntent,
      declined('card_declined', 'x'),
    ],
    [
      'because the shopper would have to act',
      { code: 'authentication_required', decline_code: 'authentication_not_handled' },
      stripe.failedIntent,
      declined('authentication_failed', 'authentication_not_handled'),
    ],
    [
      'before there was a payment',
      {},
      undefined,
      { ...declined('insufficient_funds', 'insufficient_funds'), pspReference: null },
    ],
    ['of another payment', {}, { ...stripe.failedIntent, metadata: { fincore_reference: 'att_2' } }, 'unknown'],
    ['of a payment that went on', {}, intent, 'unknown'],
    ['of a payment that cannot be read', {}, { id: 'pi_1' }, 'unknown'],
  ]
  for (const [what, error, payment, expected] of declines) {
    it(`reads a decline ${what}`, () => {
      check(
        'authorize',
        payment === undefined ? answer({ error: { ...cardError, ...error } }, 402) : decline(error, payment),
        expected,
      )
    })
  }

  it('has a word for every decline code that Stripe documents', () => {
    // “Stripe decline codes”, and the two of “Error codes” that come in the same place.
    const documented =
      'authentication_required approve_with_id call_issuer card_not_supported card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card fraudulent generic_decline incorrect_number incorrect_cvc incorrect_pin incorrect_zip insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist mobile_device_authentication_required new_account_information_available no_action_taken not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded processing_error reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed stolen_card stop_payment_order testmode_decline transaction_not_allowed try_again_later withdrawal_count_limit_exceeded authentication_not_handled incorrect_address'
    assert.deepEqual(Object.keys(stripeDeclines).sort(), documented.split(' ').sort())
    for (const [code, word] of Object.entries(stripeDeclines)) {
      check('authorize', decline({ decline_code: code }), declined(word, code))
    }
  })

  const invalid = (code: string | undefined, param: string | undefined, more: object = {}) => ({
    error: { type: 'invalid_request_error', code, param, message: 'No.', ...more },
  })
  const refusals: [number, object, object | 'unknown'][] = [
    [400, invalid('parameter_missing', 'amount'), rejected('rejected_by_psp', 'parameter_missing')],
    [400, invalid(undefined, undefined), rejected('rejected_by_psp')],
    [400, invalid('resource_missing', 'payment_method'), rejected('token_invalid', 'resource_missing')],
    [
      400,
      invalid('token_already_used', 'payment_method_data[card][token]'),
      rejected('token_invalid', 'token_already_used'),
    ],
    [400, invalid('resource_missing', 'confirmation_token'), rejected('token_invalid', 'resource_missing')],
    [
      400,
      invalid('incorrect_number', 'payment_method_data[card][number]'),
      rejected('incorrect_number', 'incorrect_number'),
    ],
    [
      400,
      invalid('amount_too_small', 'amount', { payment_intent: { ...stripe.failedIntent, last_payment_error: null } }),
      rejected('rejected_by_psp', 'amount_too_small'),
    ],
    [400, invalid('payment_intent_unexpected_state', undefined, { payment_intent: intent }), 'unknown'],
    [401, invalid(undefined, undefined), rejected('rejected_by_psp')],
    [403, invalid('secret_key_required', undefined), rejected('rejected_by_psp', 'secret_key_required')],
    [404, invalid('resource_missing', 'intent'), rejected('rejected_by_psp', 'resource_missing')],
    [400, { error: { type: 'idempotency_error', message: 'Keys for idempotent requests…' } }, 'unknown'],
    [400, { error: { type: 'api_error' } }, 'unknown'],
    [400, { error: { type: 'moon_error' } }, 'unknown'],
    [409, invalid('idempotency_key_in_use', undefined), 'unknown'],
    [400, invalid('lock_timeout', undefined), 'unknown'],
    [424, invalid(undefined, undefined), 'unknown'],
    [429, invalid('rate_limit', undefined), 'unknown'],
    [429, invalid('lock_timeout', undefined), 'unknown'],
    [500, { error: { type: 'api_error' } }, 'unknown'],
    [503, invalid('resource_missing', 'payment_method'), 'unknown'],
    [402, { error: 'card_error' }, 'unknown'],
  ]
  for (const [status, body, expected] of refusals) {
    it(`reads ${status} ${JSON.stringify(body).slice(0, 110)}`, () => {
      check('authorize', answer(body, status), expected)
      for (const kind of ['capture', 'cancel', 'refund'] as const) {
        const outcome = payments.readReply(kind, answer(body, status), asked)
        // Of another's payment, or of none: not done is not done.
        if (expected === 'unknown' && !('payment_intent' in body)) assert.notEqual(outcome.outcome, 'approved')
        if (expected !== 'unknown' && 'code' in expected)
          assert.equal(outcome.outcome === 'rejected' && outcome.code, 'rejected_by_psp')
      }
      assert.equal(
        payments.readLookUp(
          stripe.account,
          { kind: 'authorize', ...asked, payment: null, sentAt: new Date(), askedAt: new Date() },
          answer(body, status),
        ).found !== false,
        true,
      )
    })
  }

  const unexpectedState = (payment: object) =>
    answer(invalid('payment_intent_unexpected_state', undefined, { payment_intent: payment }), 400)
  const captured = { ...intent, metadata: { fincore_reference: 'att_0', fincore_capture: 'att_1' } }
  const followUps: ['capture' | 'cancel' | 'refund', string, Parameters<typeof check>[1], object | 'unknown'][] = [
    ['capture', 'done', answer(captured), { outcome: 'approved', pspReference: 'pi_1', captured: 1000n, card: null }],
    [
      'capture',
      'done before',
      unexpectedState(captured),
      { outcome: 'approved', pspReference: 'pi_1', captured: 1000n, card: null },
    ],
    ['capture', 'of another amount', answer({ ...captured, amount_received: 999 }), 'unknown'],
    ['capture', 'of another’s reference', answer(intent), 'unknown'],
    ['capture', 'not finished', answer({ ...captured, status: 'processing' }), 'unknown'],
    [
      'capture',
      'of a hold that is gone',
      unexpectedState(stripe.canceledIntent),
      rejected('rejected_by_psp', 'payment_intent_unexpected_state'),
    ],
    [
      'cancel',
      'done',
      answer(stripe.canceledIntent),
      { outcome: 'approved', pspReference: 'pi_1', captured: 0n, card: null },
    ],
    [
      'cancel',
      'done before',
      unexpectedState(stripe.canceledIntent),
      { outcome: 'approved', pspReference: 'pi_1', captured: 0n, card: null },
    ],
    [
      'cancel',
      'of a captured payment',
      unexpectedState(intent),
      rejected('rejected_by_psp', 'payment_intent_unexpected_state'),
    ],
    ['cancel', 'that changed nothing', answer(stripe.heldIntent), 'unknown'],
    [
      'capture',
      'that the bank declined',
      answer({ error: { ...cardError, payment_intent: stripe.heldIntent } }, 402),
      { outcome: 'declined', pspReference: null, code: 'do_not_honor', pspCode: 'insufficient_funds', card: null },
    ],
    ['refund', 'done', answer(stripe.refund), { outcome: 'approved', pspReference: 're_1', captured: 0n, card: null }],
    ['refund', 'pending', answer({ ...stripe.refund, status: 'pending' }), 'unknown'],
    ['refund', 'that waits for the shopper', answer({ ...stripe.refund, status: 'requires_action' }), 'unknown'],
    [
      'refund',
      'failed',
      answer({ ...stripe.refund, status: 'failed', failure_reason: 'expired_or_canceled_card' }),
      {
        outcome: 'declined',
        pspReference: 're_1',
        code: 'refund_declined',
        pspCode: 'expired_or_canceled_card',
        card: null,
      },
    ],
    [
      'refund',
      'canceled',
      answer({ ...stripe.refund, status: 'canceled' }),
      { outcome: 'declined', pspReference: 're_1', code: 'refund_declined', pspCode: null, card: null },
    ],
    ['refund', 'of a status of tomorrow', answer({ ...stripe.refund, status: 'reversed' }), 'unknown'],
    ['refund', 'without a status', answer({ ...stripe.refund, status: null }), 'unknown'],
    ['refund', 'of another amount', answer({ ...stripe.refund, amount: 999 }), 'unknown'],
    ['refund', 'of another reference', answer({ ...stripe.refund, metadata: null }), 'unknown'],
    ['refund', 'that is a payment', answer(intent), 'unknown'],
  ]
  for (const [kind, what, reply, expected] of followUps) {
    it(`reads a ${kind} ${what}`, () => check(kind, reply, expected))
  }

  it('approves nothing when any one field of an approval is broken', () => {
    const read = [
      'object',
      'id',
      'amount',
      'amount_capturable',
      'amount_received',
      'currency',
      'created',
      'metadata',
      'status',
    ]
    for (const field of read) {
      for (const value of [
        undefined,
        null,
        '',
        'x\u0000',
        -1,
        1.5,
        1e300,
        true,
        {},
        [],
        ['succeeded'],
        { fincore_reference: 1 },
      ]) {
        check('authorize', answer({ ...intent, [field]: value }), 'unknown')
      }
    }
  })
})
