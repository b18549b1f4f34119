import type Stripe from 'stripe'
import type { Asked, LookUpAnswer, PspAccount, PspReply, PspRequest, Question } from '../port.ts'
import type { FormOf } from './form.ts'
import { createdAround, findInPage, pageSize } from './lists.ts'
import { outcomeOfCancel, outcomeOfCapture, outcomeOfPayment, outcomeOfRefund } from './outcomes.ts'
import { freshKey, get, post } from './request.ts'
import { classifyReply, type Page, type PaymentIntent, wire } from './wire.ts'

/**
 * How long after a request that is in doubt Stripe may still be working on it: its SDK's own limit for a call is 80 s.
 * After that nothing is late: lists are true at once (“Search”: for read-after-write flows use the list APIs).
 */
export const consistencyWindowMs = 90_000

/** Refunds are small. */
const refundsPageSize = 100
/** When a shopper has not come back from their bank for so long, by Stripe's clock, the payment is closed. */
const abandonedAfterS = 3_600

/**
 * Asks what became of a request. A payment whose id is known is asked for by it. One whose answer never came is searched
 * for by our reference; what a search does not find may still be there, so the list of all payments of that time, which
 * lags behind nothing, has the last word. That the two agree is the proof: a wrong clock misleads the list alone.
 */
export function lookUp(account: PspAccount, { kind, reference, payment }: Question): PspRequest | null {
  if (payment !== null)
    return kind === 'refund' ? listRefunds(account, payment, undefined) : getPayment(account, payment)
  if (kind !== 'authorize') return null
  const query = `metadata['fincore_reference']:'${reference.replaceAll(/['\\]/g, '\\$&')}'`
  return get(account, '/v1/payment_intents/search', {
    query,
    limit: 2,
  } satisfies FormOf<Stripe.PaymentIntentSearchParams>)
}

export function readLookUp(account: PspAccount, question: Question, reply: PspReply): LookUpAnswer {
  const read = classifyReply(reply)
  if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
  if (read.kind === 'not_sent') return { found: 'unknown', why: 'the look-up could not be sent' }
  if (read.kind === 'refused') return readRefusedClose(question, read.error.payment_intent)
  const { value } = read
  if (wire.paymentIntent.Check(value)) return readPayment(account, question, value, reply)
  if (!wire.page.Check(value)) return { found: 'unknown', why: 'the reply is no look-up' }
  return question.kind === 'refund' ? readRefunds(account, question, value) : readPayments(account, question, value)
}

function getPayment(account: PspAccount, payment: string): PspRequest {
  return get(account, `/v1/payment_intents/${encodeURIComponent(payment)}`, {
    expand: ['latest_charge'],
  } satisfies FormOf<Stripe.PaymentIntentRetrieveParams>)
}

function listPayments(account: PspAccount, sentAt: Date, after: string | undefined): PspRequest {
  return get(account, '/v1/payment_intents', {
    created: createdAround(sentAt),
    limit: pageSize,
    starting_after: after,
  } satisfies FormOf<Stripe.PaymentIntentListParams>)
}

function listRefunds(account: PspAccount, payment: string, after: string | undefined): PspRequest {
  return get(account, '/v1/refunds', {
    payment_intent: payment,
    limit: refundsPageSize,
    starting_after: after,
  } satisfies FormOf<Stripe.RefundListParams>)
}

/** A page of payments, of a search or of the list. What is found is asked for whole: a search may show it as it was. */
function readPayments(account: PspAccount, question: Question, page: Page): LookUpAnswer {
  const { kind, payment, reference, sentAt } = question
  if (kind !== 'authorize' || payment !== null) return { found: 'unknown', why: 'the reply is no payment' }
  const isOurs = ({ object, metadata }: { object: string; metadata?: { fincore_reference?: string } | null }) =>
    object === 'payment_intent' && metadata?.fincore_reference === reference
  const inPage = findInPage(page, isOurs, (after) => listPayments(account, sentAt, after))
  if (inPage.found === null) {
    return page.object === 'search_result'
      ? { found: 'next', request: listPayments(account, sentAt, undefined) }
      : { found: false }
  }
  if (typeof inPage.found === 'object') return { found: 'next', request: getPayment(account, inPage.found.id) }
  return inPage
}

function readRefunds(account: PspAccount, question: Question, page: Page): LookUpAnswer {
  const { payment, reference } = question
  if (payment === null || page.object !== 'list') return { found: 'unknown', why: 'the reply is no list of refunds' }
  const inPage = findInPage(
    page,
    ({ metadata }) => metadata?.fincore_reference === reference,
    (after) => listRefunds(account, payment, after),
  )
  if (inPage.found === null) return { found: false }
  if (typeof inPage.found !== 'object') return inPage
  return wire.refund.Check(inPage.found) && inPage.found.payment_intent === payment
    ? { found: true, outcome: outcomeOfRefund(inPage.found, askedOf(question)) }
    : { found: 'unknown', why: 'the refund cannot be read' }
}

function readPayment(account: PspAccount, question: Question, intent: PaymentIntent, reply: PspReply): LookUpAnswer {
  const { kind, payment, reference } = question
  if (payment !== null && intent.id !== payment)
    return { found: 'unknown', why: 'Stripe answered with another payment' }
  if (kind === 'refund') return { found: 'unknown', why: 'the reply is no list of refunds' }
  if (kind === 'capture') return foundUnless(outcomeOfCapture(intent, askedOf(question)))
  if (kind === 'cancel') return foundUnless(outcomeOfCancel(intent))
  if (intent.metadata.fincore_flow !== undefined)
    return { found: 'unknown', why: 'Stripe knows the reference as that of a Checkout Session' }
  const isOurs = intent.metadata.fincore_reference === reference
  if (isOurs && mustClose(intent, reply)) return { found: 'next', request: close(account, question, intent) }
  return { found: true, outcome: outcomeOfPayment(intent, askedOf(question)) }
}

function foundUnless(outcome: ReturnType<typeof outcomeOfCancel>): LookUpAnswer {
  return outcome === null ? { found: false } : { found: true, outcome }
}

/**
 * A payment whose try failed, or whose shopper never came back from the bank, could still be paid: the way back from the
 * bank hands the shopper its client secret. So before FinCore calls it failed, it is closed. Whoever paid meanwhile has
 * paid: then Stripe does not close it, and its answer says so.
 */
function mustClose({ created, last_payment_error, status }: PaymentIntent, reply: PspReply): boolean {
  if (status === 'requires_payment_method' && last_payment_error !== null) return true
  const isOpen = ['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(status)
  // Both times are by Stripe's clock. Without the reply's own nobody can say how old the payment is.
  const now = 'headers' in reply ? Date.parse(reply.headers.date ?? '') / 1_000 : Number.NaN
  return isOpen && now - created > abandonedAfterS
}

function close(account: PspAccount, { reference }: Question, { id }: PaymentIntent): PspRequest {
  return post(account, `/v1/payment_intents/${encodeURIComponent(id)}/cancel`, freshKey(reference), {
    cancellation_reason: 'abandoned',
    expand: ['latest_charge'],
  } satisfies FormOf<Stripe.PaymentIntentCancelParams>)
}

/** Of the requests of a look-up only the one that closes is refused with a payment: it went on after all. */
function readRefusedClose(question: Question, intent: unknown): LookUpAnswer {
  const why = 'the look-up was refused'
  if (question.kind !== 'authorize' || !wire.paymentIntent.Check(intent)) return { found: 'unknown', why }
  if (question.payment !== null && intent.id !== question.payment) return { found: 'unknown', why }
  return { found: true, outcome: outcomeOfPayment(intent, askedOf(question)) }
}

function askedOf({ amount, reference }: Question): Pick<Asked, 'reference'> & Partial<Asked> {
  return amount === undefined ? { reference } : { reference, amount }
}
