import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Begun } from './begin-charge.ts'
import type { BookedCharge, Books } from './testing/books.ts'
import { applyAtOnce, goThroughEveryOrder, type Look, type News } from './testing/every-order.ts'
import { type OrdersWorld, openOrdersWorld, type Shop, says } from './testing/orders-world.ts'

/** Seven pieces of news can come in so many orders. */
const ordersOfSeven = 5_040
/** `npm run drill:races` tries other seeds, and more rounds. */
const seed = Number(process.env.RACE_SEED ?? 1)
const rounds = Number(process.env.RACE_ROUNDS ?? 2)

let world: OrdersWorld
let shop: Shop
before(async () => {
  world = await openOrdersWorld()
})
after(() => world.close())

/**
 * Goes through every order, and gives the ends that they have. Then the same news come at the same moment at two
 * services, some rounds of it, and end as in one of the orders.
 *
 * @param prepare makes a shop with a charge that waits for the news.
 */
async function allEndsOf(prepare: () => Promise<News[]>, look: Look = () => {}): Promise<Books[]> {
  const news = await prepare()
  const { orders, ends } = await goThroughEveryOrder(world.deps, shop.merchantId, news, look)
  assert.equal(orders, ordersOfSeven)
  for (let round = 0; round < rounds; round++) {
    const again = await prepare()
    const atOnce = await applyAtOnce(world.services, shop.merchantId, again, seed * 1_000 + round)
    assert.ok(ends.has(atOnce), `At once (RACE_SEED=${seed}, round ${round}) they end as in no order:\n${atOnce}`)
  }
  return [...ends.values()]
}

/** The one end that every order has. */
async function theEndOf(prepare: () => Promise<News[]>): Promise<Books> {
  const [end, ...others] = await allEndsOf(prepare)
  assert.ok(end)
  assert.deepEqual(others, [], 'The order matters')
  return end
}

function theChargeOf(books: Books): BookedCharge {
  const [charge, ...others] = books.charges
  assert.ok(charge)
  assert.deepEqual(others, [])
  return charge
}

const attemptsOf = (books: Books) =>
  books.attempts.map(({ kind, state, is_open }) => `${kind} ${state}${is_open ? '?' : ''}`)
const of = (begun: Begun) => ['authorize', begun.attemptId] as ['authorize', string]

describe('whatever the order of seven pieces of news about a charge', () => {
  it('an automatic charge through 3-D Secure is captured, its reply among the webhooks', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'automatic')
      return [
        world.replies(begun, says.actionRequired()),
        world.tells(shop, 'payment.action_required', 2, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 1, of(begun), says.approved(0)),
        world.tells(shop, 'payment.captured', 2, of(begun), says.approved(1000)),
        world.hears('a look-up', begun.attemptId, says.approved(1000)),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.captured, charge.psp_reference, charge.flags],
      ['captured', 1000, 'pay_1', []],
    )
    assert.deepEqual(attemptsOf(end), ['authorize approved'])
  })

  it('the network’s id of a payment is known, whichever of its news tells it', async () => {
    const approved = { ...says.approved(1000), networkTransactionId: 'MCC1234560105' }
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'automatic')
      return [
        world.replies(begun, says.unknown),
        world.tells(shop, 'payment.authorized', 1, of(begun), says.approved(0)),
        world.tells(shop, 'payment.captured', 3, of(begun), says.approved(1000)),
        world.tells(shop, 'payment.captured, in full', 1, of(begun), approved),
        world.hears('a look-up', begun.attemptId, approved),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.network_transaction_id], ['captured', 'MCC1234560105'])
  })

  it('an automatic charge is captured, though its reply was lost', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'automatic')
      return [
        world.replies(begun, says.unknown),
        world.tells(shop, 'payment.action_required', 2, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 2, of(begun), says.approved(0)),
        world.tells(shop, 'payment.captured', 2, of(begun), says.approved(1000)),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.captured, charge.flags], ['captured', 1000, []])
    assert.deepEqual(attemptsOf(end), ['authorize approved'])
  })

  it('a charge is declined once, with or without a reply', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'automatic')
      return [
        world.replies(begun, says.actionRequired()),
        world.tells(shop, 'payment.action_required', 2, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.declined', 3, of(begun), says.declined()),
        world.hears('a look-up', begun.attemptId, says.declined()),
      ]
    })
    assert.equal(theChargeOf(end).status, 'failed')
    assert.deepEqual(attemptsOf(end), ['authorize declined'])
  })

  it('a charge that its shopper left is canceled, and its card is known', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'automatic')
      return [
        world.replies(begun, says.actionRequired()),
        world.tells(shop, 'payment.action_required', 2, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.abandoned', 3, of(begun), says.ended('abandoned')),
        world.hears('a look-up', begun.attemptId, says.ended('abandoned')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.cancellation_reason], ['canceled', 'abandoned'])
    assert.notEqual(charge.card, null)
    assert.deepEqual(attemptsOf(end), ['authorize declined'])
  })

  it('a part of a charge is captured', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'manual', says.actionRequired())
      await world.tells(shop, 'payment.authorized', 1, of(begun), says.approved(0)).apply(world.deps)
      const capture = await world.ask(shop, begun, 'capture', 700)
      return [
        world.tells(shop, 'payment.action_required', 1, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 2, of(begun), says.approved(0)),
        world.tells(shop, 'payment.captured', 1, of(begun), says.approved(700)),
        world.tells(shop, 'capture.succeeded', 2, ['capture', capture], says.done(700, 'cap_1')),
        world.hears('the reply to the capture', capture, says.done(700, 'cap_1')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.captured, charge.psp_reference, charge.flags],
      ['captured', 700, 'pay_1', []],
    )
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'capture approved'])
  })

  it('a charge stays authorized when its capture was declined', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'manual', says.approved(0))
      const capture = await world.ask(shop, begun, 'capture')
      return [
        world.tells(shop, 'payment.action_required', 1, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 2, of(begun), says.approved(0)),
        world.tells(shop, 'capture.failed', 2, ['capture', capture], says.declined('cap_1')),
        world.hears('the reply to the capture', capture, says.declined('cap_1')),
        world.hears('a look-up', capture, says.declined('cap_1')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.pending_operation, charge.flags], ['authorized', null, []])
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'capture declined'])
  })

  it('a charge is canceled', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'manual', says.approved(0))
      const cancel = await world.ask(shop, begun, 'cancel')
      return [
        world.tells(shop, 'payment.action_required', 1, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 1, of(begun), says.approved(0)),
        world.tells(shop, 'payment.canceled', 2, of(begun), says.ended('requested')),
        world.tells(shop, 'cancellation.succeeded', 2, ['cancel', cancel], says.done(0, 'can_1')),
        world.hears('the reply to the cancel', cancel, says.done(0, 'can_1')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.cancellation_reason, charge.flags], ['canceled', 'requested', []])
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'cancel approved'])
  })

  it('an authorization lapses under a capture', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'manual', says.approved(0))
      const capture = await world.ask(shop, begun, 'capture')
      return [
        world.tells(shop, 'payment.action_required', 1, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 2, of(begun), says.approved(0)),
        world.tells(shop, 'payment.lapsed', 3, of(begun), says.ended('authorization_expired')),
        world.hears('the reply to the capture', capture, {
          outcome: 'rejected',
          code: 'rejected_by_psp',
          pspCode: 'payment_not_capturable',
        }),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.cancellation_reason, charge.pending_operation],
      ['canceled', 'authorization_expired', null],
    )
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'capture rejected'])
  })

  it('an authorization has lapsed before anything was heard of it', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.begin(shop, 'manual')
      return [
        world.replies(begun, says.unknown),
        world.tells(shop, 'payment.action_required', 1, of(begun), says.actionRequired()),
        world.tells(shop, 'payment.authorized', 2, of(begun), says.approved(0)),
        world.tells(shop, 'payment.lapsed', 3, of(begun), says.ended('authorization_expired')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.cancellation_reason], ['canceled', 'authorization_expired'])
    assert.deepEqual(attemptsOf(end), ['authorize approved'])
  })

  it('refunds end each as its own news say, and give their reserve back', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'automatic', says.approved(1000))
      const first = await world.askRefund(shop, begun, 300)
      const failing = await world.askRefund(shop, begun, 400)
      const slow = await world.askRefund(shop, begun, 200)
      return [
        world.tells(shop, 'payment.captured', 1, of(begun), says.approved(1000)),
        world.hears('the reply to the first', first, says.done(0, 'ref_1')),
        world.tells(shop, 'refund.succeeded (first)', 1, ['refund', first], says.done(0, 'ref_1')),
        world.tells(shop, 'refund.failed', 2, ['refund', failing], says.declined('ref_2')),
        world.tells(shop, 'refund.pending', 1, ['refund', slow], says.unknown),
        world.tells(shop, 'refund.succeeded (slow)', 1, ['refund', slow], says.done(0, 'ref_3')),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual([charge.captured, charge.refunded, charge.refunds_pending], [1000, 500, 0])
    assert.deepEqual(
      end.refunds.map(({ amount, status }) => `${amount} ${status}`),
      ['300 succeeded', '400 failed', '200 succeeded'],
    )
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'refund approved', 'refund declined', 'refund approved'])
  })
})

describe('whatever the order of seven pieces of news about a dispute', () => {
  const first = new Date('2026-03-01T00:00:00.000Z')
  const longer = new Date('2026-03-08T00:00:00.000Z')

  it('it ends as the bank decided, its refund ends as it would without, and the charge stays as it was', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'automatic', says.approved(1000))
      const refund = await world.askRefund(shop, begun, 400)
      return [
        world.tellsOfDispute(shop, 'inquiry', 1, { status: 'inquiry' }),
        world.tellsOfDispute(shop, 'opened', 2, { status: 'opened', reason: 'fraudulent', evidenceDueBy: first }),
        world.tellsOfDispute(shop, 'more time', 1, { status: 'opened', reason: 'fraudulent', evidenceDueBy: longer }),
        world.tellsOfDispute(shop, 'won', 1, { status: 'won', reason: 'fraudulent' }),
        world.tells(shop, 'refund.succeeded', 2, ['refund', refund], says.done(0, 'ref_1')),
      ]
    })
    const [dispute, ...others] = end.disputes
    assert.deepEqual(others, [])
    assert.deepEqual([dispute?.status, dispute?.amount, dispute?.reason], ['won', 1000, 'fraudulent'])
    assert.equal(new Date(dispute?.evidence_due_by ?? 0).getTime(), longer.getTime())
    const charge = theChargeOf(end)
    assert.deepEqual([charge.status, charge.captured, charge.refunded, charge.flags], ['captured', 1000, 400, []])
  })

  it('one that was lost stays lost: a second chargeback follows a win, and a win that comes late is flagged', async () => {
    let flagged = 0
    const ends = await allEndsOf(
      async () => {
        shop = await world.openShop()
        await world.beginAs(shop, 'automatic', says.approved(1000))
        return [
          world.tellsOfDispute(shop, 'inquiry', 1, { status: 'inquiry' }),
          world.tellsOfDispute(shop, 'opened', 2, { status: 'opened' }),
          world.tellsOfDispute(shop, 'won', 2, { status: 'won' }),
          world.tellsOfDispute(shop, 'lost', 2, { status: 'lost' }),
        ]
      },
      ({ before, news, fate, path }) => {
        const isDenied = before.disputes[0]?.status === 'lost' && news.name === 'won'
        if (isDenied) flagged++
        assert.equal(fate, isDenied ? 'flagged' : 'applied', path.join(', '))
      },
    )
    assert.ok(flagged > 5, `${flagged} steps were flagged`)
    assert.deepEqual(
      ends.map(({ disputes }) => disputes.map(({ status }) => status)),
      [['lost']],
    )
  })
})

describe('whatever the order of seven pieces of news about a hosted session', () => {
  it('it is completed by the try that was paid', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openSession(shop)
      return [
        world.tellsOfPayment(shop, 'declined', 2, session, says.declined('pay_1')),
        world.tellsOfPayment(shop, 'action_required', 1, session, says.actionRequired('pay_2')),
        world.tellsOfPayment(shop, 'authorized', 1, session, says.approved(0, 'pay_2')),
        world.tellsOfPayment(shop, 'captured', 3, session, says.approved(1000, 'pay_2')),
      ]
    })
    assert.deepEqual(
      end.charges.map(({ status, captured }) => [status, captured]),
      [
        ['failed', 0],
        ['captured', 1000],
      ],
    )
    assert.deepEqual(
      end.sessions.map(({ status, charge_id }) => [status, charge_id]),
      [['completed', end.charges[1]?.id]],
    )
  })

  it('it is completed by a try whose money has lapsed since', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openSession(shop)
      return [
        world.tellsOfPayment(shop, 'declined', 1, session, says.declined('pay_1')),
        world.tellsOfPayment(shop, 'action_required', 1, session, says.actionRequired('pay_2')),
        world.tellsOfPayment(shop, 'authorized', 2, session, says.approved(0, 'pay_2')),
        world.tellsOfPayment(shop, 'lapsed', 3, session, says.ended('authorization_expired', 'pay_2')),
      ]
    })
    assert.deepEqual(
      end.charges.map(({ status }) => status),
      ['failed', 'canceled'],
    )
    assert.deepEqual(
      end.sessions.map(({ status, charge_id }) => [status, charge_id]),
      [['completed', end.charges[1]?.id]],
    )
  })

  it('it expires with the try that its shopper left', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openSession(shop)
      return [
        world.tellsOfPayment(shop, 'action_required', 2, session, says.actionRequired('pay_1')),
        world.tellsOfPayment(shop, 'abandoned', 3, session, says.ended('abandoned', 'pay_1')),
        world.tellsOfEnd(shop, 'session expired', 2, session),
      ]
    })
    assert.deepEqual(
      end.charges.map(({ status }) => status),
      ['canceled'],
    )
    assert.deepEqual(
      end.sessions.map(({ status }) => status),
      ['expired'],
    )
  })

  it('a hold that comes after the end is flagged, and goes back', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openEndedSession(shop)
      return [
        world.tellsOfPayment(shop, 'action_required', 2, session, says.actionRequired()),
        world.tellsOfPayment(shop, 'authorized', 4, session, says.approved(0)),
        world.tellsOfEnd(shop, 'session expired', 1, session),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.pending_operation, charge.flags],
      ['authorized', 'cancel', ['paid_after_session_end']],
    )
    assert.deepEqual(attemptsOf(end), ['authorize approved', 'cancel sent?', 'create_session approved'])
  })

  it('a hold that its merchant keeps stays, though it comes after the end', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openEndedSession(shop, 'keep')
      return [
        world.tellsOfPayment(shop, 'action_required', 2, session, says.actionRequired()),
        world.tellsOfPayment(shop, 'authorized', 4, session, says.approved(0)),
        world.tellsOfEnd(shop, 'session expired', 1, session),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.pending_operation, charge.flags],
      ['authorized', null, ['paid_after_session_end']],
    )
  })

  it('late money goes back as a refund when the PSP captured it before its hold could be canceled', async () => {
    const end = await theEndOf(async () => {
      shop = await world.openShop()
      const session = await world.openEndedSession(shop)
      await world.tellsOfPayment(shop, 'authorized', 1, session, says.approved(0)).apply(world.deps)
      const cancel = await world.latestAttempt(shop, 'cancel')
      return [
        world.tellsOfPayment(shop, 'action_required', 1, session, says.actionRequired()),
        world.tellsOfPayment(shop, 'authorized', 2, session, says.approved(0)),
        world.tellsOfPayment(shop, 'captured', 3, session, says.approved(1000)),
        world.hears('the refusal to cancel', cancel, says.declined(null)),
      ]
    })
    const charge = theChargeOf(end)
    assert.deepEqual(
      [charge.status, charge.refunds_pending, charge.flags],
      ['captured', 1000, ['paid_after_session_end']],
    )
    assert.deepEqual(attemptsOf(end), [
      'authorize approved',
      'cancel declined',
      'create_session approved',
      'refund sent?',
    ])
  })

  it('a hold that comes after the end and lapses is flagged, and nothing is left to go back', async () => {
    const ends = await allEndsOf(async () => {
      shop = await world.openShop()
      const session = await world.openEndedSession(shop)
      return [
        world.tellsOfPayment(shop, 'action_required', 1, session, says.actionRequired()),
        world.tellsOfPayment(shop, 'authorized', 2, session, says.approved(0)),
        world.tellsOfPayment(shop, 'lapsed', 3, session, says.ended('authorization_expired')),
        world.tellsOfEnd(shop, 'session expired', 1, session),
      ]
    })
    for (const end of ends) {
      const { status, pending_operation, flags } = theChargeOf(end)
      assert.deepEqual([status, pending_operation, flags], ['canceled', null, ['paid_after_session_end']])
      assert.deepEqual(end.refunds, [])
    }
  })

  it('an open one ends by what is heard first, its end or its money, and the money is accounted for either way', async () => {
    const ends = await allEndsOf(async () => {
      shop = await world.openShop()
      const session = await world.openSession(shop)
      return [
        world.tellsOfPayment(shop, 'action_required', 2, session, says.actionRequired()),
        world.tellsOfPayment(shop, 'authorized', 3, session, says.approved(0)),
        world.tellsOfEnd(shop, 'session expired', 2, session),
      ]
    })
    const outlines = ends.map((end) => {
      const { status, pending_operation, flags } = theChargeOf(end)
      return [end.sessions[0]?.status, status, pending_operation, ...flags].join(' ')
    })
    assert.deepEqual(outlines.sort(), ['completed authorized ', 'expired authorized cancel paid_after_session_end'])
  })
})

describe('news that cannot all be true', () => {
  /** What is heard of a charge in this state, and cannot be true of it. */
  const denied: Record<string, string[]> = {
    authorized: ['declined'],
    captured: ['declined', 'canceled', 'captured in part'],
    failed: ['authorized', 'captured', 'captured in part'],
    canceled: ['captured', 'captured in part'],
  }

  it('leave a final state as it is, in every order, and are flagged for an operator', async () => {
    let flagged = 0
    const ends = await allEndsOf(
      async () => {
        shop = await world.openShop()
        const begun = await world.begin(shop, 'automatic')
        return [
          world.tells(shop, 'action_required', 1, of(begun), says.actionRequired()),
          world.tells(shop, 'authorized', 1, of(begun), says.approved(0)),
          world.tells(shop, 'captured', 1, of(begun), says.approved(1000)),
          world.tells(shop, 'captured in part', 1, of(begun), says.approved(700)),
          world.tells(shop, 'declined', 1, of(begun), says.declined()),
          world.tells(shop, 'canceled', 1, of(begun), says.ended('requested')),
          world.tells(shop, 'unreadable', 1, of(begun), says.unknown),
        ]
      },
      ({ before, after, news, fate, path }) => {
        const [was, is] = [theChargeOf(before), theChargeOf(after)]
        const hasOtherAmount =
          news.name.startsWith('captured') && was.captured > 0 && !path.slice(0, -1).includes(news.name)
        const isDenied = hasOtherAmount
          ? was.captured !== (news.name === 'captured' ? 1000 : 700)
          : denied[was.status]?.includes(news.name) === true
        assert.equal(fate, news.name === 'unreadable' ? 'ignored' : isDenied ? 'flagged' : 'applied', path.join(', '))
        if (!isDenied) return
        flagged++
        assert.deepEqual([is.status, is.captured], [was.status, was.captured])
        assert.ok(is.flags.includes('psp_contradicts'))
      },
    )
    assert.ok(flagged > 100, `${flagged} steps were flagged`)
    assert.deepEqual([...new Set(ends.map((end) => theChargeOf(end).status))].sort(), [
      'canceled',
      'captured',
      'failed',
    ])
    for (const end of ends) assert.deepEqual(theChargeOf(end).flags, ['psp_contradicts'])
  })

  it('leave a refund as it was first said to be, and the charge flagged', async () => {
    const ends = await allEndsOf(async () => {
      shop = await world.openShop()
      const begun = await world.beginAs(shop, 'automatic', says.approved(1000))
      const refund = await world.askRefund(shop, begun, 400)
      return [
        world.tells(shop, 'payment.captured', 2, of(begun), says.approved(1000)),
        world.tells(shop, 'refund.pending', 1, ['refund', refund], says.unknown),
        world.tells(shop, 'refund.succeeded', 2, ['refund', refund], says.done(0, 'ref_1')),
        world.tells(shop, 'refund.failed', 2, ['refund', refund], says.declined('ref_1')),
      ]
    })
    const outlines = ends.map((end) => {
      const { refunded, refunds_pending, flags } = theChargeOf(end)
      return [end.refunds[0]?.status, refunded, refunds_pending, ...flags].join(' ')
    })
    assert.deepEqual(outlines.sort(), ['failed 0 0 psp_contradicts', 'succeeded 400 0 psp_contradicts'])
  })

  for (const { kind, status } of [
    { kind: 'capture', status: 'captured' },
    { kind: 'cancel', status: 'canceled' },
  ] as const) {
    it(`a ${kind} that was refused, and done: the charge says that it was done, and is flagged`, async () => {
      const ends = await allEndsOf(async () => {
        shop = await world.openShop()
        const begun = await world.beginAs(shop, 'manual', says.approved(0))
        const attempt = await world.ask(shop, begun, kind)
        return [
          world.tells(shop, 'action_required', 1, of(begun), says.actionRequired()),
          world.tells(shop, 'authorized', 2, of(begun), says.approved(0)),
          world.tells(shop, 'done', 2, [kind, attempt], says.done(kind === 'capture' ? 1000 : 0, 'op_1')),
          world.tells(shop, 'refused', 2, [kind, attempt], says.declined('op_1')),
        ]
      })
      for (const end of ends) {
        const charge = theChargeOf(end)
        assert.deepEqual([charge.status, charge.pending_operation, charge.flags], [status, null, ['psp_contradicts']])
      }
    })
  }
})
