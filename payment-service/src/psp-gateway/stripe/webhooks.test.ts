import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import Stripe from 'stripe'
import type { PspAccount } from '../port.ts'
import { neededEvents } from './events.ts'
import * as stripe from './testing/objects.ts'
import { webhooks } from './webhooks.ts'

const now = new Date('2026-11-23T12:00:00Z')
const at = now.getTime() / 1_000
const secret = stripe.account.credentials.webhook_secret ?? ''
const previous = 'whsec_before_the_roll_0123456789'

const sign = (body: string | Buffer, key = secret, seconds: number | string = at) =>
  createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex')
const verify = (body: string | Buffer, header: string | undefined, of: PspAccount = stripe.account) =>
  webhooks.verify(of, { body: Buffer.from(body), headers: { 'stripe-signature': header }, now })
const eventOf = (type: string, object: unknown, more: object = {}) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, livemode: false, request: null, data: { object }, ...more })
const read = (type: string, object: unknown, more: object = {}) => {
  const body = eventOf(type, object, more)
  return verify(body, `t=${at},v1=${sign(body)}`)
}

describe('webhooks of Stripe', () => {
  const { intent, refund, session, dispute, charge: paidCharge } = stripe
  const by = (idempotency_key: string | null) => ({ request: { id: 'req_1', idempotency_key } })
  const hosted = (payment: object) => ({ ...payment, metadata: { fincore_reference: 'att_3', fincore_flow: 'hosted' } })
  const captured = { ...intent, metadata: { fincore_reference: 'att_1', fincore_capture: 'att_2' } }
  const events: [string, string, unknown, object, string][] = [
    ['payment_intent.succeeded', 'captured at once', intent, {}, 'attempt att_1 authorize approved'],
    ['payment_intent.succeeded', 'captured by us', captured, {}, 'attempt att_2 capture approved'],
    [
      'payment_intent.succeeded',
      'captured by us, in a session',
      { ...captured, metadata: { ...captured.metadata, fincore_flow: 'hosted' } },
      {},
      'attempt att_2 capture approved',
    ],
    ['payment_intent.succeeded', 'of a session', hosted(intent), {}, 'hosted_payment att_3 approved pi_1'],
    ['payment_intent.succeeded', 'made elsewhere', { ...intent, metadata: {} }, {}, 'nothing'],
    ['payment_intent.succeeded', 'but canceled', stripe.canceledIntent, {}, 'attempt att_1 authorize unknown'],
    ['payment_intent.succeeded', 'of a session, but held', hosted(stripe.heldIntent), {}, 'nothing'],
    ['payment_intent.amount_capturable_updated', 'held', stripe.heldIntent, {}, 'attempt att_1 authorize approved'],
    [
      'payment_intent.amount_capturable_updated',
      'of a session',
      hosted(stripe.heldIntent),
      {},
      'hosted_payment att_3 approved pi_1',
    ],
    [
      'payment_intent.requires_action',
      'sent to the bank',
      stripe.waitingIntent,
      {},
      'attempt att_1 authorize action_required',
    ],
    ['payment_intent.requires_action', 'of a session', hosted(stripe.waitingIntent), {}, 'nothing'],
    // Only in our own call is a failure the end: afterwards the shopper could try again with what the bank sent them back with.
    [
      'payment_intent.payment_failed',
      'in our own call',
      stripe.failedIntent,
      by('att_1'),
      'attempt att_1 authorize declined',
    ],
    ['payment_intent.payment_failed', 'at the bank', stripe.failedIntent, by(null), 'attempt att_1 authorize unknown'],
    [
      'payment_intent.payment_failed',
      'in another’s call',
      stripe.failedIntent,
      by('att_7'),
      'attempt att_1 authorize unknown',
    ],
    [
      'payment_intent.payment_failed',
      'of a session',
      hosted(stripe.failedIntent),
      {},
      'hosted_payment att_3 declined ch_0',
    ],
    [
      'payment_intent.payment_failed',
      'of a session, without a charge',
      hosted({ ...stripe.failedIntent, last_payment_error: { ...stripe.cardError, charge: null } }),
      {},
      'nothing',
    ],
    ['payment_intent.canceled', 'by us', stripe.canceledIntent, by('att_5'), 'attempt att_5 cancel approved'],
    [
      'payment_intent.canceled',
      'by us, of a session',
      hosted(stripe.canceledIntent),
      by('att_5'),
      'attempt att_5 cancel approved',
    ],
    [
      'payment_intent.canceled',
      'by somebody else',
      stripe.canceledIntent,
      by('b1946ac9'),
      'attempt att_1 authorize ended',
    ],
    [
      'payment_intent.canceled',
      'when its time was over',
      { ...stripe.canceledIntent, cancellation_reason: 'automatic' },
      {},
      'attempt att_1 authorize ended',
    ],
    [
      'payment_intent.canceled',
      'to close what had failed',
      { ...stripe.failedIntent, status: 'canceled' },
      by('att_1:0b5cbd17'),
      'attempt att_1 authorize declined',
    ],
    [
      'payment_intent.canceled',
      'of a session that was left',
      hosted({ ...stripe.canceledIntent, latest_charge: null }),
      {},
      'nothing',
    ],
    [
      'payment_intent.canceled',
      'of a session that was held',
      hosted(stripe.canceledIntent),
      {},
      'hosted_payment att_3 ended pi_1',
    ],
    ['payment_intent.processing', '', { ...intent, status: 'processing' }, {}, 'nothing'],
    ['payment_intent.created', '', intent, {}, 'nothing'],
    ['payment_intent.partially_funded', '', intent, {}, 'unforeseen'],
    ['charge.succeeded', 'captured at once', paidCharge, {}, 'attempt att_1 authorize approved'],
    [
      'charge.succeeded',
      'held',
      { ...paidCharge, captured: false, amount_captured: 0 },
      {},
      'attempt att_1 authorize approved',
    ],
    [
      'charge.succeeded',
      'of a session',
      { ...paidCharge, metadata: { fincore_reference: 'att_3', fincore_flow: 'hosted' } },
      {},
      'hosted_payment att_3 approved pi_1',
    ],
    ['charge.succeeded', 'but failed', { ...paidCharge, status: 'failed' }, {}, 'attempt att_1 authorize unknown'],
    [
      'charge.succeeded',
      'captured in part',
      { ...paidCharge, amount_captured: 400 },
      {},
      'attempt att_1 authorize unknown',
    ],
    ['charge.succeeded', 'made elsewhere', { ...paidCharge, metadata: {} }, {}, 'nothing'],
    ['charge.succeeded', 'without a payment', { ...paidCharge, payment_intent: null }, {}, 'nothing'],
    ['refund.created', 'done', refund, {}, 'attempt att_1 refund approved'],
    ['refund.created', 'pending', { ...refund, status: 'pending' }, {}, 'attempt att_1 refund unknown'],
    ['refund.updated', 'done', refund, {}, 'attempt att_1 refund approved'],
    ['refund.failed', '', { ...refund, status: 'failed' }, {}, 'attempt att_1 refund declined'],
    ['refund.created', 'by somebody else', { ...refund, metadata: {} }, {}, 'unforeseen'],
    ['checkout.session.expired', '', { ...session, status: 'expired', url: null }, {}, 'hosted_session att_1 expired'],
    ['checkout.session.expired', 'of somebody else', { ...session, metadata: {} }, {}, 'nothing'],
    ['checkout.session.completed', '', session, {}, 'nothing'],
    ['charge.dispute.created', '', dispute, {}, 'dispute pi_1 opened 1000'],
    [
      'charge.dispute.created',
      'as an inquiry',
      { ...dispute, status: 'warning_needs_response' },
      {},
      'dispute pi_1 inquiry 1000',
    ],
    ['charge.dispute.closed', 'lost', { ...dispute, status: 'lost' }, {}, 'dispute pi_1 lost 1000'],
    ['charge.dispute.closed', 'won', { ...dispute, status: 'won', payment_intent: null }, {}, 'dispute ch_1 won 1000'],
    ['charge.dispute.updated', 'with a status of tomorrow', { ...dispute, status: 'paused' }, {}, 'unforeseen'],
    ['charge.refunded', '', stripe.charge, {}, 'nothing'],
    ['payout.paid', '', { object: 'payout' }, {}, 'unforeseen'],
    ['constructor', '', {}, {}, 'unforeseen'],
    ['payment_intent.succeeded', 'in live mode, to an account of test mode', intent, { livemode: true }, 'nothing'],
    ['payment_intent.succeeded', 'of a connected account', intent, { account: 'acct_2' }, 'nothing'],
    ['payment_intent.succeeded', 'that cannot be read', { id: 'pi_1' }, {}, 'refused'],
    ['refund.updated', 'that is a payment', intent, {}, 'refused'],
  ]
  for (const [type, what, object, more, expected] of events) {
    it(`reads ${type} ${what} as: ${expected}`, () => {
      const answer = read(type, object, more)
      if (!answer.ok) return assert.equal('refused', expected)
      const [event] = answer.events
      assert(event && answer.events.length === 1)
      assert.deepEqual([event.id, event.type], ['evt_1', type])
      const { about } = event
      const words: string[] = [about.kind]
      if ('reference' in about && about.reference !== null) words.push(about.reference)
      if (about.kind === 'attempt') words.push(about.attemptKind, about.outcome.outcome)
      if (about.kind === 'hosted_payment') words.push(about.payment.outcome.outcome, about.payment.pspReference)
      if (about.kind === 'hosted_session') words.push(about.status)
      if (about.kind === 'dispute') words.push(about.payment, about.dispute.status, String(about.dispute.amount.amount))
      assert.equal(words.join(' '), expected)
    })
  }

  it('tells how much was held or moved', () => {
    for (const [type, object, told] of [
      ['payment_intent.succeeded', { ...intent, currency: 'usd' }, [1000n, 'USD']],
      ['payment_intent.succeeded', { ...captured, amount_received: 400 }, [400n, 'EUR']],
      ['charge.succeeded', paidCharge, [1000n, 'EUR']],
      ['refund.updated', { ...refund, amount: 300 }, [300n, 'EUR']],
    ] as const) {
      const answer = read(type, object)
      assert(answer.ok && answer.events[0]?.about.kind === 'attempt')
      const { amount } = answer.events[0].about
      assert.deepEqual([amount?.amount, amount?.currency], told, type)
    }
  })

  const body = eventOf('payment_intent.succeeded', intent)
  const right = sign(body)
  const wrong = '0'.repeat(64)
  const rolling: PspAccount = {
    ...stripe.account,
    credentials: { ...stripe.account.credentials, previous_webhook_secret: previous },
  }
  const signatures: [string, string | undefined, boolean, PspAccount?][] = [
    ['one signature', `t=${at},v1=${right}`, true],
    ['a scheme that is not used', `t=${at},v1=${right},v0=${wrong}`, true],
    ['the old secret’s beside the new one’s', `t=${at},v1=${sign(body, previous)},v1=${right}`, true],
    ['the old secret’s while it is being rolled', `t=${at},v1=${sign(body, previous)}`, true, rolling],
    ['the old secret’s when it is over', `t=${at},v1=${sign(body, previous)}`, false],
    ['299 s ago', `t=${at - 299},v1=${sign(body, secret, at - 299)}`, true],
    ['301 s ago', `t=${at - 301},v1=${sign(body, secret, at - 301)}`, false],
    ['301 s ahead', `t=${at + 301},v1=${sign(body, secret, at + 301)}`, false],
    ['another time than was signed', `t=${at - 1},v1=${right}`, false],
    ['two times', `t=${at},t=${at - 1},v1=${right}`, false],
    ['a time with a sign', `t=+${at},v1=${sign(body, secret, `+${at}`)}`, false],
    ['no time', `v1=${right}`, false],
    ['another scheme alone', `t=${at},v0=${right}`, false],
    ['a signature too short', `t=${at},v1=${right.slice(2)}`, false],
    ['nine signatures', `t=${at}${`,v1=${right}`.repeat(9)}`, false],
    ['an empty secret’s', `t=${at},v1=${sign(body, '')}`, false],
    ['nothing', '', false],
    ['no header', undefined, false],
  ]
  for (const [what, header, isGood, of] of signatures) {
    it(`${isGood ? 'takes' : 'refuses'} ${what}`, () => assert.equal(verify(body, header, of).ok, isGood))
  }

  it('takes what Stripe’s own SDK signs, and signs as it verifies', () => {
    const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at })
    assert.equal(verify(body, header).ok, true)
    assert.equal(verify(`${body} `, header).ok, false)
    const seconds = Math.floor(Date.now() / 1_000)
    const own = `t=${seconds},v1=${sign(body, secret, seconds)}`
    assert.equal(Stripe.webhooks.constructEvent(body, own, secret).id, 'evt_1')
  })

  it('learns by the charge which card it was, and the network’s id of the payment', () => {
    const answer = read('charge.succeeded', paidCharge)
    assert(answer.ok && answer.events[0]?.about.kind === 'attempt')
    assert.deepEqual(answer.events[0].about.outcome, {
      outcome: 'approved',
      pspReference: 'pi_1',
      captured: 1000n,
      card: stripe.cardShown,
      networkTransactionId: '979812654287653',
    })
  })

  it('needs exactly the events that an operator is told to choose', () => {
    const page = readFileSync(new URL('../../../../docs/psps/stripe.md', import.meta.url), 'utf8')
    const [, chosen = ''] = /these events and no others[^\n]*\n((?: {3}- .*\n)+)/.exec(page) ?? []
    assert.deepEqual([...chosen.matchAll(/`([a-z_.]+)`/g)].map(([, type]) => type).sort(), [...neededEvents].sort())
  })

  it('refuses what is signed but no event, or too large', () => {
    const large = eventOf('payment_intent.succeeded', { ...intent, padding: 'x'.repeat(300_000) })
    for (const text of ['', 'null', '[]', '{}', '{"id":"evt_1"}', large, Buffer.from([0xff])]) {
      assert.equal(verify(text, `t=${at},v1=${sign(text)}`).ok, false)
    }
  })

  it('refuses everything for an account without a webhook secret', () => {
    for (const credentials of [{}, { webhook_secret: '' }, { webhook_secret: 'whsec_' }, { webhook_secret: 'short' }]) {
      const key = credentials.webhook_secret ?? ''
      assert.equal(verify(body, `t=${at},v1=${sign(body, key)}`, { ...stripe.account, credentials }).ok, false)
    }
  })
})
