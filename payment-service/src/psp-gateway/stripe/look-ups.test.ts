import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LookUpAnswer, MoneyKind, PspReply, Question } from '../port.ts'
import { hostedSessions } from './hosted-sessions.ts'
import { lookUp, readLookUp } from './look-ups.ts'
import * as stripe from './testing/objects.ts'

const { account, answer, intent, list } = stripe
const sentAt = new Date(1_790_000_000_000)
const ask = (kind: MoneyKind, payment: string | null = 'pi_1'): Question => ({
  kind,
  reference: 'att_1',
  payment,
  sentAt,
  askedAt: sentAt,
  amount: { amount: 1000n, currency: 'EUR' },
})
/** What an answer says, in a word or two; of a next request, its method and path. */
function tell(found: LookUpAnswer | ReturnType<typeof hostedSessions.readLookUp>): string {
  if (found.found === 'next')
    return `${found.request.method} ${decodeURIComponent(new URL(found.request.url).pathname)}`
  if (found.found !== true) return String(found.found)
  if (!('outcome' in found))
    return [
      found.status,
      ...found.payments.map(({ pspReference, outcome }) => `${pspReference} ${outcome.outcome}`),
    ].join(', ')
  return found.outcome.outcome
}
const at = (seconds: number) => ({ date: new Date((intent.created + seconds) * 1_000).toUTCString() })

describe('look-ups at Stripe', () => {
  const search = (data: unknown[]) => list(data, false, 'search_result')
  const capturing = { ...intent, metadata: { fincore_reference: 'att_0', fincore_capture: 'att_1' } }
  const other = { ...intent, id: 'pi_9', metadata: { fincore_reference: 'att_9' } }
  const cancel = 'POST /v1/payment_intents/pi_1/cancel'
  const cases: [string, MoneyKind, string | null, PspReply, string][] = [
    ['a search that finds it', 'authorize', null, search([intent]), 'GET /v1/payment_intents/pi_1'],
    ['a search that finds nothing yet', 'authorize', null, search([]), 'GET /v1/payment_intents'],
    ['a search that finds two', 'authorize', null, search([intent, { ...intent, id: 'pi_2' }]), 'unknown'],
    ['a list that has it', 'authorize', null, list([other, intent]), 'GET /v1/payment_intents/pi_1'],
    ['a list that has it on another page', 'authorize', null, list([other], true), 'GET /v1/payment_intents'],
    ['a whole list without it', 'authorize', null, list([other]), 'false'],
    ['a list with something unreadable', 'authorize', null, list([other, { object: 'payment_intent' }]), 'unknown'],
    ['a list that has more and shows nothing', 'authorize', null, list([], true), 'unknown'],
    ['the payment', 'authorize', 'pi_1', answer(intent), 'approved'],
    ['the payment, once its id was found', 'authorize', null, answer(intent), 'approved'],
    ['another payment', 'authorize', 'pi_2', answer(intent), 'unknown'],
    ['a payment of another reference', 'authorize', 'pi_1', answer({ ...intent, metadata: {} }), 'unknown'],
    ['a payment of another amount', 'authorize', 'pi_1', answer({ ...intent, amount: 1001 }), 'unknown'],
    [
      'a payment of a Checkout Session',
      'authorize',
      null,
      answer({ ...intent, metadata: { ...intent.metadata, fincore_flow: 'hosted' } }),
      'unknown',
    ],
    // What failed could still be paid, so it is closed before it is called declined.
    ['a payment that failed', 'authorize', 'pi_1', answer(stripe.failedIntent), cancel],
    [
      'a payment that failed, of another reference',
      'authorize',
      'pi_1',
      answer({ ...stripe.failedIntent, metadata: {} }),
      'unknown',
    ],
    [
      'a payment that failed, and was closed',
      'authorize',
      'pi_1',
      answer({ ...stripe.failedIntent, status: 'canceled' }),
      'declined',
    ],
    [
      'a payment that was paid before it could be closed',
      'authorize',
      'pi_1',
      answer(
        { error: { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', payment_intent: intent } },
        400,
      ),
      'approved',
    ],
    [
      'a payment that just waits for the shopper',
      'authorize',
      'pi_1',
      answer(stripe.waitingIntent, 200, at(3_500)),
      'action_required',
    ],
    [
      'a payment whose shopper never came back',
      'authorize',
      'pi_1',
      answer(stripe.waitingIntent, 200, at(3_700)),
      cancel,
    ],
    ['the same, from a reply without a time', 'authorize', 'pi_1', answer(stripe.waitingIntent), 'action_required'],
    [
      'a payment that Stripe began and never finished',
      'authorize',
      'pi_1',
      answer({ ...stripe.waitingIntent, next_action: null, status: 'requires_confirmation' }, 200, at(3_700)),
      cancel,
    ],
    ['a capture', 'capture', 'pi_1', answer(capturing), 'approved'],
    ['a hold that was never captured', 'capture', 'pi_1', answer(stripe.heldIntent), 'false'],
    ['a hold that is gone', 'capture', 'pi_1', answer(stripe.canceledIntent), 'false'],
    ['a payment that somebody else captured', 'capture', 'pi_1', answer(intent), 'unknown'],
    ['a capture of another amount', 'capture', 'pi_1', answer({ ...capturing, amount_received: 400 }), 'unknown'],
    ['a canceled hold', 'cancel', 'pi_1', answer(stripe.canceledIntent), 'approved'],
    ['a hold', 'cancel', 'pi_1', answer(stripe.heldIntent), 'false'],
    ['a payment that was captured instead', 'cancel', 'pi_1', answer(intent), 'false'],
    ['a refund', 'refund', 'pi_1', list([stripe.refund]), 'approved'],
    ['no refund of ours', 'refund', 'pi_1', list([{ ...stripe.refund, metadata: {} }]), 'false'],
    [
      'a refund on another page',
      'refund',
      'pi_1',
      list([{ ...stripe.refund, metadata: null }], true),
      'GET /v1/refunds',
    ],
    ['a refund of another payment', 'refund', 'pi_2', list([stripe.refund]), 'unknown'],
    ['a refund of another amount', 'refund', 'pi_1', list([{ ...stripe.refund, amount: 1 }]), 'unknown'],
    ['a payment where refunds were asked for', 'refund', 'pi_1', answer(intent), 'unknown'],
    ['a list where a payment was asked for', 'capture', 'pi_1', list([]), 'unknown'],
    ['an empty list where the payment is known', 'authorize', 'pi_1', list([]), 'unknown'],
    [
      'a refusal',
      'authorize',
      'pi_1',
      answer({ error: { type: 'invalid_request_error', code: 'resource_missing' } }, 404),
      'unknown',
    ],
  ]
  for (const [what, kind, payment, reply, expected] of cases) {
    it(`finds ${what}: ${expected}`, () => assert.equal(tell(readLookUp(account, ask(kind, payment), reply)), expected))
  }

  it('asks for all payments of the time at which it was sent, page by page', () => {
    const first = readLookUp(account, ask('authorize', null), search([]))
    const next = readLookUp(account, ask('authorize', null), list([other], true))
    assert(first.found === 'next' && next.found === 'next')
    const read = (url: string) => Object.fromEntries(new URL(url).searchParams)
    const bounds = { 'created[gte]': '1789999880', 'created[lte]': '1790000185', limit: '30' }
    assert.deepEqual(read(first.request.url), bounds)
    assert.deepEqual(read(next.request.url), { ...bounds, starting_after: 'pi_9' })
    assert.deepEqual(read(lookUp(account, ask('authorize', null))?.url ?? ''), {
      query: "metadata['fincore_reference']:'att_1'",
      limit: '2',
    })
  })

  it('cannot ask about what is done to a payment that it does not know', () => {
    for (const kind of ['capture', 'cancel', 'refund'] as const) assert.equal(lookUp(account, ask(kind, null)), null)
  })
})

describe('Checkout Sessions', () => {
  const { session } = stripe
  const hosted = { fincore_reference: 'att_1', fincore_flow: 'hosted' }
  const paid = { ...intent, metadata: hosted }
  const failed = { ...stripe.failedIntent, metadata: hosted }
  const ended = { ...session, url: null }
  const cases: [string, string | null, PspReply, string][] = [
    ['open', 'cs_test_1', answer(session), 'open'],
    ['a try that failed', 'cs_test_1', answer({ ...session, payment_intent: failed }), 'open, ch_0 declined'],
    [
      'a try that failed at the bank',
      'cs_test_1',
      answer({
        ...session,
        payment_intent: { ...failed, last_payment_error: { ...stripe.cardError, charge: undefined } },
      }),
      'open',
    ],
    [
      'a shopper at the bank',
      'cs_test_1',
      answer({ ...session, payment_intent: { ...stripe.waitingIntent, metadata: hosted } }),
      'open',
    ],
    ['paid', 'cs_test_1', answer({ ...ended, status: 'complete', payment_intent: paid }), 'completed, pi_1 approved'],
    [
      'held',
      'cs_test_1',
      answer({ ...ended, status: 'complete', payment_intent: { ...stripe.heldIntent, metadata: hosted } }),
      'completed, pi_1 approved',
    ],
    [
      'a hold that was canceled',
      'cs_test_1',
      answer({ ...ended, status: 'complete', payment_intent: { ...stripe.canceledIntent, metadata: hosted } }),
      'completed, pi_1 ended',
    ],
    ['expired', 'cs_test_1', answer({ ...ended, status: 'expired' }), 'expired'],
    [
      'expired after a try',
      'cs_test_1',
      answer({
        ...ended,
        status: 'expired',
        payment_intent: { ...failed, status: 'canceled', cancellation_reason: 'abandoned' },
      }),
      'expired, ch_0 declined',
    ],
    [
      'left',
      'cs_test_1',
      answer({
        ...ended,
        status: 'expired',
        payment_intent: {
          ...stripe.canceledIntent,
          cancellation_reason: 'automatic',
          latest_charge: null,
          metadata: hosted,
        },
      }),
      'expired',
    ],
    ['a status of tomorrow', 'cs_test_1', answer({ ...session, status: 'paused' }), 'unknown'],
    ['a status like Object’s', 'cs_test_1', answer({ ...session, status: 'constructor' }), 'unknown'],
    ['another’s', 'cs_test_1', answer({ ...session, client_reference_id: 'att_2' }), 'unknown'],
    ['another’s payment', 'cs_test_1', answer({ ...session, payment_intent: { ...paid, metadata: {} } }), 'unknown'],
    ['a payment that is not shown', 'cs_test_1', answer({ ...session, payment_intent: 'pi_1' }), 'unknown'],
    [
      'in a list',
      null,
      list([{ ...session, id: 'cs_2', client_reference_id: null }, session]),
      'GET /v1/checkout/sessions/cs_test_1',
    ],
    ['not in the list', null, list([{ ...session, client_reference_id: 'att_2' }]), 'false'],
    [
      'not in this page of the list',
      null,
      list([{ ...session, client_reference_id: 'att_2' }], true),
      'GET /v1/checkout/sessions',
    ],
    ['a payment', 'cs_test_1', answer(intent), 'unknown'],
    [
      'nothing',
      'cs_test_1',
      answer({ error: { type: 'invalid_request_error', code: 'resource_missing' } }, 404),
      'unknown',
    ],
  ]
  for (const [what, pspReference, reply, expected] of cases) {
    it(`reads a session: ${what}: ${expected}`, () => {
      assert.equal(
        tell(hostedSessions.readLookUp(account, { reference: 'att_1', pspReference, sentAt }, reply)),
        expected,
      )
    })
  }

  const closings: [string, PspReply, string][] = [
    ['closed', answer({ ...ended, status: 'expired' }), 'closed'],
    ['paid meanwhile', answer({ ...ended, status: 'complete' }), 'completed'],
    ['open', answer(session), 'unknown'],
    ...(['expired', 'complete', 'open', 'processing'] as const).map((status): [string, PspReply, string] => [
      `refused, as ${status}`,
      answer(
        {
          error: {
            type: 'invalid_request_error',
            message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
          },
        },
        400,
      ),
      status === 'expired' ? 'closed' : status === 'complete' ? 'completed' : 'unknown',
    ]),
    [
      'refused in other words',
      answer({ error: { type: 'invalid_request_error', message: 'No: expired.' } }, 400),
      'unknown',
    ],
    [
      'not found',
      answer(
        { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such checkout session' } },
        404,
      ),
      'unknown',
    ],
  ]
  for (const [what, reply, expected] of closings) {
    it(`reads a closing: ${what}: ${expected}`, () => assert.equal(hostedSessions.readExpire(reply), expected))
  }
})
