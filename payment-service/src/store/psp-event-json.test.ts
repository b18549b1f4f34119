import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Outcome, PspEvent } from '../psp-gateway/port.ts'
import { readPspEvent, storePspEvent } from './psp-event-json.ts'

const card = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2030 }
const huge = 2n ** 60n + 1n
const outcomes: Outcome[] = [
  { outcome: 'approved', pspReference: 'pay_1', captured: huge, card },
  { outcome: 'approved', pspReference: 'pay_1', captured: 1n, card, networkTransactionId: 'MCC1234560105' },
  { outcome: 'action_required', pspReference: 'pay_1', actionUrl: 'https://psp.example', card: null },
  { outcome: 'declined', pspReference: null, code: 'card_declined', pspCode: '05', card },
  { outcome: 'rejected', code: 'rejected_by_psp', pspCode: null },
  { outcome: 'ended', pspReference: 'pay_1', reason: 'abandoned' },
  { outcome: 'unknown', why: 'new status' },
  { outcome: 'unknown', why: 'accepted', tellsWithinMs: 60_000 },
]
const abouts: PspEvent['about'][] = [
  ...outcomes.map((outcome) => ({ kind: 'attempt', reference: 'att_1', attemptKind: 'refund', outcome }) as const),
  {
    kind: 'attempt',
    reference: 'att_1',
    attemptKind: 'authorize',
    outcome: { outcome: 'approved', pspReference: 'pay_1', captured: huge, card },
    amount: { amount: huge, currency: 'EUR' },
  },
  ...outcomes.map(
    (outcome) =>
      ({
        kind: 'hosted_payment',
        reference: 'att_1',
        payment: { pspReference: 'pay_1', amount: { amount: huge, currency: 'EUR' }, outcome },
      }) as const,
  ),
  { kind: 'hosted_session', reference: 'att_1', status: 'expired' },
  {
    kind: 'dispute',
    payment: 'pay_1',
    dispute: {
      id: 'dis_1',
      status: 'opened',
      amount: { amount: huge, currency: 'EUR' },
      reason: null,
      evidenceDueBy: new Date(1_772_000_000_000),
    },
  },
  { kind: 'nothing' },
  { kind: 'unforeseen', reference: 'att_1' },
]

describe('a stored event of a PSP', () => {
  it('comes back as it went in, whatever it is about', () => {
    for (const about of abouts) {
      const event: PspEvent = { id: 'wev_1', type: 'payment.changed', about }
      assert.deepEqual(readPspEvent(JSON.parse(storePspEvent(event))), event)
    }
  })

  it('has nothing in it that PostgreSQL refuses', () => {
    const json = storePspEvent({ id: 'a\0b', type: '\ud800', about: { kind: 'nothing' } })
    assert.deepEqual(JSON.parse(json), { id: 'a\ufffdb', type: '\ufffd', about: { kind: 'nothing' } })
  })
})
