import { createHmac, timingSafeEqual } from 'node:crypto'
import { maxTextLength, parseJson } from '../parse-json.ts'
import type { PspEvent, WebhookIntake } from '../port.ts'
import { readWebhookSecret } from './account.ts'
import { readHostedPayment } from './hosted-sessions.ts'
import { type FollowUpKind, outcomeOfOperation, outcomeOfPayment, unknown } from './outcomes.ts'
import { type Payment, wire } from './wire.ts'

/** A signature is good for five minutes, either way, so that a recorded webhook cannot be played back later. */
const toleranceMs = 5 * 60_000

/** The header's form: `t=<Unix seconds>,v1=<hex>`, with several `v1` while a secret is being changed. */
const headerForm = /^t=(\d{1,12})((?:,v1=[0-9a-f]{64}){1,5})$/

type About = PspEvent['about']

/** The events that are about a payment, and the status that the payment must then have. */
const paymentEvents = new Map([
  ['payment.authorized', 'authorized'],
  ['payment.captured', 'captured'],
  ['payment.declined', 'declined'],
  ['payment.action_required', 'action_required'],
  ['payment.canceled', 'canceled'],
  ['payment.abandoned', 'abandoned'],
  ['payment.expired', 'expired'],
])

/** The events that are about an operation on a payment. */
const operationEvents = new Map<string, { kind: FollowUpKind; status: string }>([
  ['capture.succeeded', { kind: 'capture', status: 'succeeded' }],
  ['capture.failed', { kind: 'capture', status: 'failed' }],
  ['cancellation.succeeded', { kind: 'cancel', status: 'succeeded' }],
  ['refund.succeeded', { kind: 'refund', status: 'succeeded' }],
  ['refund.failed', { kind: 'refund', status: 'failed' }],
  ['refund.pending', { kind: 'refund', status: 'pending' }],
])

const contradictory = unknown("the event's name and its content contradict each other")

export const webhooks: WebhookIntake = {
  verify(account, { body, headers, now }) {
    const refuse = (why: string) => ({ ok: false as const, why })
    const secret = readWebhookSecret(account)
    if (secret === null) return refuse('the account has no webhook secret')
    if (body.length > maxTextLength) return refuse('the body is too large')
    const header = headers['sandbox-signature']
    const [, seconds, listed] = headerForm.exec(typeof header === 'string' ? header : '') ?? []
    if (seconds === undefined || listed === undefined) return refuse('the signature is missing or malformed')
    const expected = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
    const isSigned = listed
      .split(',v1=')
      .slice(1)
      // Every candidate is compared, and each in constant time.
      .map((hex) => timingSafeEqual(Buffer.from(hex, 'hex'), expected))
      .includes(true)
    if (!isSigned) return refuse('the signature is not right')
    if (Math.abs(now.getTime() - Number(seconds) * 1000) > toleranceMs)
      return refuse('the signature is too old or too new')
    const event = parseJson(body.toString('utf8'))
    if (!wire.webhook.Check(event)) return refuse('the body is no event')
    const about = readAbout(event.type, event.data)
    return about === null
      ? refuse('the event lacks what its name promises')
      : { ok: true, events: [{ id: event.id, type: event.type, about }] }
  },
}

/** Null when the event cannot be read: it is refused, so that the PSP keeps and repeats it. */
function readAbout(type: string, data: Record<string, unknown>): About | null {
  const status = paymentEvents.get(type)
  if (status !== undefined) return wire.payment.Check(data.payment) ? aboutPayment(data.payment, status) : null
  const operation = operationEvents.get(type)
  if (operation !== undefined) {
    if (!wire.operation.Check(data.operation)) return null
    const { reference } = data.operation
    const fits = data.operation.status === operation.status
    const outcome = fits ? outcomeOfOperation(operation.kind, data.operation) : contradictory
    return { kind: 'attempt', reference, attemptKind: operation.kind, outcome }
  }
  if (type !== 'checkout_session.completed' && type !== 'checkout_session.expired') {
    return { kind: 'unforeseen', reference: wire.payment.Check(data.payment) ? data.payment.reference : null }
  }
  if (!wire.checkoutSession.Check(data.checkout_session)) return null
  const session = data.checkout_session
  if (type === 'checkout_session.expired' && session.status === 'expired') {
    return { kind: 'hosted_session', reference: session.reference, status: 'expired' }
  }
  // A completed session tells of its payment a second time; applying both changes nothing.
  if (type !== 'checkout_session.completed' || session.payment?.reference !== session.reference)
    return { kind: 'nothing' }
  return { kind: 'hosted_payment', reference: session.reference, payment: readHostedPayment(session.payment) }
}

function aboutPayment(payment: Payment, status: string): About {
  const { reference } = payment
  const fits = payment.status === status
  if (payment.checkout_session === null) {
    const outcome = fits ? outcomeOfPayment(payment) : contradictory
    return { kind: 'attempt', reference, attemptKind: 'authorize', outcome }
  }
  const hosted = readHostedPayment(payment)
  return { kind: 'hosted_payment', reference, payment: fits ? hosted : { ...hosted, outcome: contradictory } }
}
