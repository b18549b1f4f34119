import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { declineMessages } from '@fincore/psp-sandbox/magic-cards'
import type { MoneyKind, Outcome, PspAccount, PspReply, Question } from '../port.ts'
import { sandboxPsp } from './sandbox.ts'

const { payments } = sandboxPsp
const shown = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 }

const payment = {
  object: 'payment',
  id: 'pay_1',
  reference: 'att_1',
  status: 'captured',
  amount: { value: 1000, currency: 'EUR' },
  captured: 1000,
  refunded: 0,
  checkout_session: null,
  decline: null,
  action: null,
  card: { brand: 'visa', first6: '424242', last4: '4242', expiry_month: 12, expiry_year: 2034 },
  created: '2026-11-23T12:00:00.000Z',
}
const operation = {
  object: 'refund',
  id: 'ref_1',
  reference: 'att_1',
  payment: 'pay_1',
  payment_reference: 'att_0',
  amount: { value: 1000, currency: 'EUR' },
  status: 'succeeded',
  failure: null,
}
const asked = { reference: 'att_1', amount: { amount: 1000n, currency: 'EUR' } }
const ask = (kind: MoneyKind): Question => ({ ...asked, kind, payment: null, sentAt: new Date(), askedAt: new Date() })
/** Reading a reply needs nothing of it. */
const account: PspAccount = { id: '', merchantId: '', psp: 'sandbox', name: '', config: {}, credentials: {} }
const approved = { outcome: 'approved', pspReference: 'pay_1', captured: 1000n, card: shown }
const declined = (code: string, pspCode: string | null) => ({
  outcome: 'declined',
  pspReference: 'pay_1',
  code,
  pspCode,
  card: shown,
})

const answer = (body: unknown, status = 201): PspReply => ({ status, headers: {}, body: JSON.stringify(body) })
const refusal = (status: number, code: string, param: string | null = null): PspReply =>
  answer({ error: { code, message: 'No.', param } }, status)

describe('replies of the sandbox', () => {
  const paymentCases: [string, object, object | 'unknown'][] = [
    ['captured', {}, approved],
    ['captured in part', { captured: 400 }, { ...approved, captured: 400n }],
    ['authorized', { status: 'authorized', captured: 0 }, { ...approved, captured: 0n }],
    [
      'declined',
      { status: 'declined', captured: 0, decline: { code: 'lost_card', message: '' } },
      declined('lost_card', 'lost_card'),
    ],
    [
      'declined with a code of tomorrow',
      { status: 'declined', decline: { code: 'moon_phase' } },
      declined('card_declined', 'moon_phase'),
    ],
    [
      'declined with a code like Object’s',
      { status: 'declined', decline: { code: 'constructor' } },
      declined('card_declined', 'constructor'),
    ],
    [
      'declined with a card number for a code',
      { status: 'declined', decline: { code: 'card4242424242424242' } },
      declined('card_declined', null),
    ],
    ['declined without a reason', { status: 'declined', decline: null }, declined('card_declined', null)],
    ['canceled', { status: 'canceled' }, { outcome: 'ended', pspReference: 'pay_1', reason: 'requested' }],
    ['abandoned', { status: 'abandoned' }, { outcome: 'ended', pspReference: 'pay_1', reason: 'abandoned' }],
    ['expired', { status: 'expired' }, { outcome: 'ended', pspReference: 'pay_1', reason: 'abandoned' }],
    [
      'a card that cannot be read',
      { card: { brand: 'visa', first6: '4242424242424242', last4: '4242' } },
      { ...approved, card: null },
    ],
    [
      'a brand of tomorrow',
      { card: { ...payment.card, brand: 'moon' } },
      { ...approved, card: { ...shown, brand: 'unknown' } },
    ],
    ['no card', { card: undefined }, { ...approved, card: null }],
    ['a field of tomorrow', { mood: 'sunny' }, approved],
    ['a status of tomorrow', { status: 'settled' }, 'unknown'],
    ['a status in capitals', { status: 'CAPTURED' }, 'unknown'],
    ['a status like Object’s', { status: 'constructor' }, 'unknown'],
    ['captured, but nothing', { captured: 0 }, 'unknown'],
    ['captured, more than the payment', { captured: 1001 }, 'unknown'],
    ['authorized, with captured money', { status: 'authorized', captured: 1 }, 'unknown'],
    ['captured with a fraction', { captured: 999.5 }, 'unknown'],
    ['captured less than nothing', { captured: -1 }, 'unknown'],
    ['captured as text', { captured: '1000' }, 'unknown'],
    ['an amount beyond exact numbers', { amount: { value: 2 ** 60, currency: 'EUR' } }, 'unknown'],
    ['another reference', { reference: 'att_2' }, 'unknown'],
    ['another amount', { amount: { value: 1001, currency: 'EUR' } }, 'unknown'],
    ['another currency', { amount: { value: 1000, currency: 'USD' } }, 'unknown'],
    ['a refund', { object: 'refund' }, 'unknown'],
    ['an action without an address', { status: 'action_required', captured: 0 }, 'unknown'],
    [
      'an action that runs a script',
      { status: 'action_required', action: { type: 'redirect', url: 'javascript:alert(1)' } },
      'unknown',
    ],
    ['an id that is no word', { id: 'pay 1\u0000' }, 'unknown'],
  ]
  for (const [what, change, expected] of paymentCases) {
    it(`reads a payment: ${what}`, () => {
      const outcome = payments.readReply('authorize', answer({ ...payment, ...change }), asked)
      if (expected === 'unknown') assert.equal(outcome.outcome, 'unknown')
      else assert.deepEqual(outcome, expected)
    })
  }

  const operationCases: ['capture' | 'cancel' | 'refund', object, Outcome['outcome']][] = [
    ['refund', {}, 'approved'],
    ['refund', { status: 'failed', failure: { code: 'refund_declined' } }, 'declined'],
    ['refund', { status: 'pending' }, 'unknown'],
    ['refund', { status: 'reversed' }, 'unknown'],
    ['refund', { amount: { value: 999, currency: 'EUR' } }, 'unknown'],
    ['refund', { amount: { value: 1000, currency: 'JPY' } }, 'unknown'],
    ['refund', { reference: 'att_2' }, 'unknown'],
    ['refund', { object: 'capture' }, 'unknown'],
    ['capture', { object: 'capture' }, 'approved'],
    ['capture', { object: 'capture', amount: { value: 0, currency: 'EUR' } }, 'unknown'],
    ['cancel', { object: 'cancellation' }, 'approved'],
    // A cancel asks for no amount; the whole authorization is released.
    ['cancel', { object: 'cancellation', amount: { value: 5, currency: 'EUR' } }, 'approved'],
    ['cancel', { object: 'cancellation', reference: 'att_2' }, 'unknown'],
  ]
  for (const [kind, change, expected] of operationCases) {
    it(`reads a ${kind} of ${JSON.stringify(change)} as ${expected}`, () => {
      assert.equal(payments.readReply(kind, answer({ ...operation, ...change }), asked).outcome, expected)
    })
  }

  it('has a word for every decline of the sandbox', () => {
    for (const code of Object.keys(declineMessages)) {
      const outcome = payments.readReply('authorize', answer({ ...payment, status: 'declined', decline: { code } }))
      assert(outcome.outcome === 'declined' && outcome.pspCode === code)
      if (code !== 'generic') assert.equal(outcome.code, code)
    }
  })

  const rejected = (code: string, pspCode: string) => ({ outcome: 'rejected', code, pspCode })
  const refusals: [number, string, string | null, object | 'unknown'][] = [
    [400, 'invalid_request', 'amount', rejected('rejected_by_psp', 'invalid_request')],
    [400, 'invalid_request', 'source.token', rejected('token_invalid', 'invalid_request')],
    [400, 'token_invalid', 'source.token', rejected('token_invalid', 'token_invalid')],
    [400, 'incorrect_number', 'source.number', rejected('incorrect_number', 'incorrect_number')],
    [400, 'incorrect_cvc', 'source.cvc', rejected('incorrect_cvc', 'incorrect_cvc')],
    [401, 'unauthorized', null, rejected('rejected_by_psp', 'unauthorized')],
    [403, 'token_invalid', null, rejected('rejected_by_psp', 'token_invalid')],
    [404, 'payment_not_found', null, rejected('rejected_by_psp', 'payment_not_found')],
    [409, 'payment_not_capturable', null, rejected('rejected_by_psp', 'payment_not_capturable')],
    [422, 'moon_phase', null, rejected('rejected_by_psp', 'moon_phase')],
    [408, 'timeout', null, 'unknown'],
    [409, 'idempotency_in_progress', null, 'unknown'],
    [409, 'idempotency_key_reused', null, 'unknown'],
    [425, 'too_early', null, 'unknown'],
    [429, 'rate_limited', null, 'unknown'],
    [500, 'internal_error', null, 'unknown'],
    [503, 'token_invalid', null, 'unknown'],
  ]
  for (const [status, code, param, expected] of refusals) {
    it(`reads ${status} ${code} of ${param}`, () => {
      for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
        const outcome = payments.readReply(kind, refusal(status, code, param), asked)
        if (expected === 'unknown') assert.equal(outcome.outcome, 'unknown')
        else assert.deepEqual(outcome, expected)
      }
      assert.equal(payments.readLookUp(account, ask('authorize'), refusal(status, code, param)).found, 'unknown')
    })
  }

  it('approves nothing when any one field of an approval is broken', () => {
    const unread = ['refunded', 'created', 'card']
    const nullable = ['checkout_session', 'decline', 'action']
    for (const field of Object.keys(payment)) {
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
        ['captured'],
        { value: 1000 },
      ]) {
        const outcome = payments.readReply('authorize', answer({ ...payment, [field]: value }), asked)
        const isFine = unread.includes(field) || (nullable.includes(field) && value === null)
        assert.equal(outcome.outcome, isFine ? 'approved' : 'unknown', `${field} = ${JSON.stringify(value)}`)
      }
    }
  })
})

describe('look-ups in the sandbox', () => {
  const lookUp = (found: object) => answer({ payments: [], operations: [], checkout_sessions: [], ...found }, 200)
  const cases: [string, 'authorize' | 'refund' | 'capture', object, string][] = [
    ['nothing', 'authorize', {}, 'not found'],
    ['the payment', 'authorize', { payments: [payment] }, 'approved'],
    [
      'a payment that waits for the shopper',
      'authorize',
      {
        payments: [
          { ...payment, status: 'action_required', action: { type: 'redirect', url: 'https://bank.example/3ds' } },
        ],
      },
      'action_required',
    ],
    ['the refund', 'refund', { operations: [operation] }, 'approved'],
    ['a refund that is pending', 'refund', { operations: [{ ...operation, status: 'pending' }] }, 'unknown'],
    ['two payments', 'authorize', { payments: [payment, { ...payment, id: 'pay_2' }] }, 'not clear'],
    ['a refund where a capture was asked', 'capture', { operations: [operation] }, 'not clear'],
    ['a payment where a refund was asked', 'refund', { payments: [payment] }, 'not clear'],
    ['a payment of another reference', 'authorize', { payments: [{ ...payment, reference: 'att_2' }] }, 'unknown'],
    [
      'a payment of another amount',
      'authorize',
      { payments: [{ ...payment, amount: { value: 1, currency: 'EUR' }, captured: 1 }] },
      'unknown',
    ],
    ['a list that is missing', 'authorize', { operations: undefined }, 'not clear'],
    ['a payment that cannot be read', 'authorize', { payments: [{ id: 'pay_1' }] }, 'not clear'],
  ]
  for (const [what, kind, found, expected] of cases) {
    it(`finds ${what}: ${expected}`, () => {
      const answered = payments.readLookUp(account, ask(kind), lookUp(found))
      const word =
        answered.found === false ? 'not found' : answered.found === true ? answered.outcome.outcome : 'not clear'
      assert.equal(word, expected)
    })
  }
})
