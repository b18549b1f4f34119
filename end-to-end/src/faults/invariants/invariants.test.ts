import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAll } from './check-all.ts'
import type { Evidence, InvariantName, Session } from './evidence.ts'

/** A captured charge of 10.00 with a refund of 3.00, as everybody tells it when all went well. */
function wholeStory(): Evidence {
  const charge = {
    object: 'charge',
    id: 'ch_1',
    status: 'captured',
    amount: 1000,
    amount_captured: 1000,
    amount_refunded: 300,
    amount_refunds_pending: 0,
  }
  const refund = { object: 'refund', id: 're_1', charge: 'ch_1', status: 'succeeded', amount: 300 }
  const movement = { payment: 'pay_1', reference: 'att_1', currency: 'EUR', at: 0 }
  const event = { created_at: 0 }
  const events = [
    { ...event, id: 'evt_1', type: 'charge.captured', object_id: 'ch_1', sequence: 1, object: charge },
    { ...event, id: 'evt_2', type: 'charge.refunded', object_id: 'ch_1', sequence: 2, object: charge },
    {
      ...event,
      id: 'evt_3',
      type: 'refund.created',
      object_id: 're_1',
      sequence: 1,
      object: { ...refund, status: 'pending' },
    },
    { ...event, id: 'evt_4', type: 'refund.succeeded', object_id: 're_1', sequence: 2, object: refund },
  ]
  const asked = { payment: 1, method: 'POST' as const, request: {}, startedAt: 0, endedAt: 1, status: 201 }
  const attempt = { payment_session_id: null, lookups: 0, charge_id: 'ch_1' }
  return {
    truth: [
      { ...movement, kind: 'authorization', id: 'pay_1', own_reference: 'att_1', amount: 1000n },
      { ...movement, kind: 'capture', id: 'pay_1', own_reference: 'att_1', amount: 1000n },
      { ...movement, kind: 'refund', id: 'ref_1', own_reference: 'att_2', amount: 300n },
    ],
    charges: [
      {
        id: 'ch_1',
        status: 'captured',
        flow: 'token',
        amount: 1000n,
        captured: 1000n,
        refunded: 300n,
        refunds_pending: 0n,
        pending_operation: null,
        psp_reference: 'pay_1',
        payment_session_id: null,
        cancellation_reason: null,
        flags: [],
        sequence: 2,
      },
    ],
    refunds: [{ id: 're_1', charge_id: 'ch_1', status: 'succeeded', amount: 300n, sequence: 2 }],
    attempts: [
      { ...attempt, id: 'att_1', kind: 'authorize', state: 'approved', refund_id: null, amount: 1000n },
      { ...attempt, id: 'att_2', kind: 'refund', state: 'approved', refund_id: 're_1', amount: 300n },
    ],
    sessions: [],
    pspEvents: [],
    events,
    deliveries: events.map(({ id }) => ({
      id: `del_${id}`,
      event_id: id,
      endpoint_id: 'whe_1',
      state: 'delivered',
      tries: 1,
    })),
    endpoints: ['whe_1'],
    keys: [{ key: 'k1', object_id: 'ch_1' }],
    api: new Map<string, Record<string, unknown>>([
      ['ch_1', charge],
      ['re_1', refund],
    ]),
    asked: [
      { ...asked, path: '/v1/charges', key: 'k1', body: { ...charge, amount_refunded: 0 } },
      { ...asked, path: '/v1/refunds', key: 'k2', body: refund },
    ],
    received: events.map(({ id, type, object }) => ({ id, type, object, body: '', at: 2 })),
    samples: [],
  }
}

type Change = (story: Evidence) => Partial<Evidence>
const first = <T>(list: readonly T[]): T => {
  assert.ok(list[0] !== undefined)
  return list[0]
}
const firstChanged = <T>(list: readonly T[], change: Partial<T>): T[] => [
  { ...first(list), ...change },
  ...list.slice(1),
]

/** Of a session whose time has been over for a minute. */
const session: Session = {
  id: 'ps_1',
  status: 'expired',
  charge_id: null,
  amount: 1000n,
  sequence: 1,
  late_payments: 'refund',
  overdue_seconds: 60,
}

/** The charge came after the session's end, and only 3.00 of its 10.00 went back. */
function paidLate({ charges }: Evidence): Pick<Evidence, 'charges' | 'sessions'> {
  const late = { payment_session_id: session.id, flags: ['paid_after_session_end'] }
  return { charges: firstChanged(charges, late), sessions: [session] }
}

/** What looks like late money that was kept, and is not. */
const rightlyKept: [string, Change][] = [
  ['the session was made to keep it', () => ({ sessions: [{ ...session, late_payments: 'keep' }] })],
  [
    'the PSP refused to take it back',
    ({ charges }) => ({ charges: firstChanged(charges, { flags: ['paid_after_session_end', 'give_back_failed'] }) }),
  ],
  [
    'the merchant captured it',
    ({ attempts }) => ({
      attempts: [...attempts, { ...first(attempts), id: 'att_3', kind: 'capture', state: 'approved' }],
    }),
  ],
  ['all of it went back', ({ charges }) => ({ charges: firstChanged(charges, { refunded: 1000n }) })],
]

const breaches: [string, InvariantName, Change][] = [
  [
    'the shopper paid twice',
    'I1',
    ({ truth }) => ({ truth: [...truth, { ...first(truth), id: 'pay_2', payment: 'pay_2' }] }),
  ],
  [
    'a refund was paid out under two references',
    'I1',
    ({ truth, attempts }) => ({
      truth: [...truth, { ...first(truth.slice(2)), id: 'ref_2', own_reference: 'att_3' }],
      attempts: [...attempts, { ...first(attempts.slice(1)), id: 'att_3' }],
    }),
  ],
  [
    'one key made two charges',
    'I1',
    ({ asked }) => ({ asked: [...asked, { ...first(asked), body: { ...first(asked).body, id: 'ch_2' } }] }),
  ],
  ['money moved under a reference that nobody wrote down', 'I2', ({ attempts }) => ({ attempts: attempts.slice(1) })],
  ['the PSP never captured', 'I2', ({ truth }) => ({ truth: truth.filter(({ kind }) => kind !== 'capture') })],
  [
    'another amount was captured than is recorded',
    'I2',
    ({ charges }) => ({ charges: firstChanged(charges, { captured: 900n }) }),
  ],
  [
    'an answer named a charge that is gone',
    'I3',
    ({ api }) => ({ api: new Map([...api].filter(([id]) => id !== 'ch_1')) }),
  ],
  [
    'an answer said captured, and it is canceled now',
    'I3',
    ({ api }) => ({ api: new Map(api).set('ch_1', { ...api.get('ch_1'), status: 'canceled' }) }),
  ],
  [
    'an event says failed after one that said captured',
    'I4',
    ({ events }) => ({
      events: events.map((event) =>
        event.id === 'evt_2' ? { ...event, object: { ...event.object, status: 'failed' } } : event,
      ),
    }),
  ],
  [
    'the merchant was answered captured, and later failed',
    'I4',
    ({ asked }) => ({
      asked: [
        ...asked,
        { ...first(asked), startedAt: 5, endedAt: 6, key: null, body: { ...first(asked).body, status: 'failed' } },
      ],
    }),
  ],
  [
    'more is given back than was captured',
    'I5',
    ({ charges }) => ({ charges: firstChanged(charges, { refunded: 1100n }) }),
  ],
  ['the books did not balance at one moment', 'I5', () => ({ samples: ['ch_1 amount 1, captured 2'] })],
  ['a change has no event', 'I6', ({ events }) => ({ events: events.filter(({ id }) => id !== 'evt_2') })],
  ['an event never arrived', 'I6', ({ received }) => ({ received: received.slice(1) })],
  [
    'a refund is still unknown',
    'I7',
    ({ attempts }) => ({ attempts: [first(attempts), { ...first(attempts.slice(1)), state: 'unknown' }] }),
  ],
  [
    'what the PSP did was once called failed',
    'I7',
    ({ asked }) => ({
      asked: [...asked, { ...first(asked), key: 'k3', body: { ...first(asked).body, status: 'failed' } }],
    }),
  ],
  [
    'an event of the PSP is held for ever',
    'I7',
    () => ({
      pspEvents: [{ event_id: 'pe_1', type: 'payment.captured', reference: 'att_1', state: 'held', tries: 4 }],
    }),
  ],
  ['a session is open although its time is over', 'I7', () => ({ sessions: [{ ...session, status: 'open' }] })],
  [
    'FinCore did not believe the PSP',
    'I7',
    ({ charges }) => ({ charges: firstChanged(charges, { flags: ['psp_contradicts'] }) }),
  ],
  ['late money was kept', 'I7', paidLate],
]

describe('the invariants', () => {
  it('find nothing in a payment that went well', () => {
    assert.deepEqual(checkAll(wholeStory()), [])
  })
  for (const [what, invariant, change] of breaches) {
    it(`${invariant} sees that ${what}`, () => {
      const story = wholeStory()
      const broken = checkAll({ ...story, ...change(story) }).map((violation) => violation.invariant)
      assert.ok(broken.includes(invariant), `found ${broken.join(', ') || 'nothing'}`)
    })
  }
  for (const [why, change] of rightlyKept) {
    it(`I7 says nothing of late money when ${why}`, () => {
      const story = wholeStory()
      const late = { ...story, ...paidLate(story) }
      assert.deepEqual(
        checkAll({ ...late, ...change(late) }).filter(({ invariant }) => invariant === 'I7'),
        [],
      )
    })
  }
  it('I7 lets a session that has just ended be closed first', () => {
    const open = { ...session, status: 'open', overdue_seconds: 2 }
    const found = checkAll({ ...wholeStory(), sessions: [open] })
    assert.deepEqual(
      found.filter(({ invariant }) => invariant === 'I7'),
      [],
    )
  })
})
