import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthorizeInput, PspRequest } from '../port.ts'
import { hostedSessions } from './hosted-sessions.ts'
import { payments } from './payments.ts'
import { rawCards } from './raw-cards.ts'
import { account } from './testing/objects.ts'

const input: AuthorizeInput = {
  reference: 'att_1',
  amount: { amount: 1000n, currency: 'EUR' },
  captureMethod: 'automatic',
  returnUrl: 'https://pay.example/c/x/return',
  description: null,
  initiator: null,
  networkTransactionId: null,
  threeDSecure: null,
}
const external = { eci: '05', cavv: 'AAABBEg0VhI0VniQEjRWAAAAAAA=', dsTransactionId: 'c4e59ceb', version: '2.2.0' }
const read = ({ body }: PspRequest) => Object.fromEntries(new URLSearchParams(body ?? ''))

describe('requests to Stripe', () => {
  const always = {
    amount: '1000',
    currency: 'eur',
    capture_method: 'automatic',
    confirm: 'true',
    'allowed_payment_method_types[0]': 'card',
    'metadata[fincore_reference]': 'att_1',
    'expand[0]': 'latest_charge',
  }
  const goesToTheBank = { return_url: 'https://pay.example/c/x/return' }
  const cases: [string, Partial<AuthorizeInput>, string, object][] = [
    ['a PaymentMethod', {}, 'pm_1', { ...goesToTheBank, payment_method: 'pm_1' }],
    [
      'a token',
      {},
      'tok_1',
      { ...goesToTheBank, 'payment_method_data[type]': 'card', 'payment_method_data[card][token]': 'tok_1' },
    ],
    ['a confirmation token', {}, 'ctoken_1', { ...goesToTheBank, confirmation_token: 'ctoken_1' }],
    // Nobody could come back from the bank, so Stripe must not wait for them.
    ['no way back', { returnUrl: null }, 'pm_1', { payment_method: 'pm_1', error_on_requires_action: 'true' }],
    ['a payment of the merchant’s', { initiator: 'merchant' }, 'pm_1', { payment_method: 'pm_1', off_session: 'true' }],
    [
      'a hold',
      { captureMethod: 'manual' },
      'pm_1',
      { ...goesToTheBank, payment_method: 'pm_1', capture_method: 'manual' },
    ],
    [
      'an authentication that was made elsewhere',
      { threeDSecure: external },
      'pm_1',
      {
        payment_method: 'pm_1',
        error_on_requires_action: 'true',
        'payment_method_options[card][three_d_secure][version]': '2.2.0',
        'payment_method_options[card][three_d_secure][electronic_commerce_indicator]': '05',
        'payment_method_options[card][three_d_secure][cryptogram]': external.cavv,
        'payment_method_options[card][three_d_secure][transaction_id]': 'c4e59ceb',
      },
    ],
  ]
  for (const [what, more, token, expected] of cases) {
    it(`asks for a payment with ${what}`, () => {
      const request = payments.authorizeToken(account, { ...input, ...more, token })
      assert.deepEqual(read(request), { ...always, ...expected })
      assert.equal(request.headers['idempotency-key'], 'att_1')
    })
  }

  it('makes the same request of a card, with the two places for the relay', () => {
    const card = { expMonth: 3, expYear: 2034, holderName: 'Ada {{card.cvc}}' }
    const { body, url, headers } = rawCards.authorizeCard(account, { ...input, ...card })
    assert.deepEqual(read({ body, url, headers, method: 'POST' }), {
      ...always,
      ...goesToTheBank,
      'payment_method_data[type]': 'card',
      'payment_method_data[billing_details][name]': 'Ada {{card.cvc}}',
      'payment_method_data[card][exp_month]': '3',
      'payment_method_data[card][exp_year]': '2034',
      'payment_method_data[card][number]': '{{card.number}}',
      'payment_method_data[card][cvc]': '{{card.cvc}}',
    })
    assert.equal(body?.split('{').length, 5)
  })

  it('asks for a session’s own amount, whatever its lines add up to', () => {
    const session = {
      reference: 'att_1',
      captureMethod: 'automatic',
      returnUrl: 'https://pay.example/s/x/return',
      cancelUrl: 'https://pay.example/s/x/cancel',
      locale: null,
      description: null,
      customerEmail: null,
      expiresAt: new Date(0),
    } as const
    const line = (quantity: number, amount: bigint) => ({ name: 'A book', quantity, amount })
    for (const [currency, total, lineItems, expected] of [
      ['EUR', 2500n, [line(2, 1250n)], ['2 x 1250 A book']],
      ['EUR', 2500n, [line(1, 1250n), line(1, 1250n)], ['1 x 1250 A book', '1 x 1250 A book']],
      ['EUR', 2500n, [line(2, 1000n)], ['1 x 2500 Payment']],
      ['EUR', 2500n, [], ['1 x 2500 Payment']],
      // The sum is a multiple of ten, and the lines are not.
      ['KWD', 2500n, [line(4, 625n)], ['1 x 2500 Payment']],
      ['ISK', 25n, [line(1, 25n)], ['1 x 2500 A book']],
    ] as const) {
      const form = read(
        hostedSessions.create(account, { ...session, amount: { amount: total, currency }, lineItems: [...lineItems] }),
      )
      const of = (index: number, name: string) => form[`line_items[${index}]${name}`]
      const told = [0, 1]
        .filter((index) => of(index, '[quantity]') !== undefined)
        .map(
          (index) =>
            `${of(index, '[quantity]')} x ${of(index, '[price_data][unit_amount]')} ${of(index, '[price_data][product_data][name]')}`,
        )
      assert.deepEqual(told, expected)
    }
  })

  it('names the language of the page where Checkout has it', () => {
    for (const [locale, expected] of [
      ['de', 'de'],
      ['de-AT', 'de'],
      ['pt-BR', 'pt-BR'],
      ['en-GB', 'en-GB'],
      ['rm-CH', undefined],
      [null, undefined],
    ] as const) {
      const form = read(
        hostedSessions.create(account, {
          reference: 'att_1',
          amount: input.amount,
          captureMethod: 'manual',
          returnUrl: 'https://pay.example/r',
          cancelUrl: 'https://pay.example/c',
          locale,
          description: null,
          customerEmail: null,
          lineItems: [],
          expiresAt: new Date(0),
        }),
      )
      assert.equal(form.locale, expected)
    }
  })

  it('closes under a key of its own each time, because Stripe repeats a failed answer for a day', () => {
    const close = () => hostedSessions.expire(account, { reference: 'att_1', pspReference: 'cs_test_1' }).headers
    assert.notEqual(close()['idempotency-key'], close()['idempotency-key'])
  })
})
