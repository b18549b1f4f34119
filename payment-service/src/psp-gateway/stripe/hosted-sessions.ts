import type Stripe from 'stripe'
import { fitText } from '../fit-text.ts'
import type { HostedPayment, HostedSessionState, HostedSessions, Money, PspAccount, PspRequest } from '../port.ts'
import { readPspCode } from '../psp-code.ts'
import { readStripeAmount, takesAmount, toStripeAmount } from './amounts.ts'
import type { FormOf } from './form.ts'
import { createdAround, findInPage, pageSize } from './lists.ts'
import { declinedTry, outcomeOfPayment } from './outcomes.ts'
import { freshKey, get, post } from './request.ts'
import { classifyReply, type Page, type PaymentIntent, type Session, type StripeError, wire } from './wire.ts'

const path = '/v1/checkout/sessions'
const expanded = { expand: ['payment_intent.latest_charge'] }
const statuses: Readonly<Record<string, 'open' | 'completed' | 'expired'>> = {
  open: 'open',
  complete: 'completed',
  expired: 'expired',
}

/** Stripe Checkout, on Stripe's own page. */
export const hostedSessions: HostedSessions = {
  /**
   * `expires_at` is left out: Stripe takes 30 minutes to 24 hours from *its* now, so a shorter session, or one that is
   * sent again a little later, would be refused. FinCore closes its sessions itself; after a day Stripe does.
   */
  create(account, input) {
    const description = fitText(input.description, 500)
    return post(account, path, input.reference, {
      mode: 'payment',
      client_reference_id: input.reference,
      metadata: { fincore_reference: input.reference },
      line_items: lineItemsOf(input),
      success_url: input.returnUrl,
      cancel_url: input.cancelUrl,
      locale: localeOf(input.locale),
      customer_email: fitText(input.customerEmail, 254),
      // A charge is a card's: what takes days to be paid (bank debits, vouchers) has other states than it.
      allowed_payment_method_types: ['card'],
      // The shopper pays the session's amount, and no other.
      adaptive_pricing: { enabled: false },
      automatic_tax: { enabled: false },
      payment_intent_data: {
        capture_method: input.captureMethod,
        metadata: { fincore_reference: input.reference, fincore_flow: 'hosted' },
        ...(description === undefined ? {} : { description }),
      },
    } satisfies FormOf<Stripe.Checkout.SessionCreateParams>)
  },

  readCreate(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { outcome: 'unknown', why: read.why }
    if (read.kind === 'not_sent') return { outcome: 'rejected', pspCode: null }
    if (read.kind === 'refused') return { outcome: 'rejected', pspCode: readPspCode(read.error.code) }
    if (!wire.session.Check(read.value) || read.value.status !== 'open' || read.value.url === null) {
      return { outcome: 'unknown', why: 'the reply is no open Checkout Session' }
    }
    return { outcome: 'approved', pspReference: read.value.id, url: read.value.url }
  },

  lookUp: (account, { pspReference, sentAt }) =>
    pspReference === null ? listSessions(account, sentAt, undefined) : getSession(account, pspReference),

  readLookUp(account, question, reply): HostedSessionState {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
    if (read.kind !== 'body') return { found: 'unknown', why: 'the look-up was refused' }
    if (wire.page.Check(read.value)) return readPage(account, question, read.value)
    if (!wire.session.Check(read.value)) return { found: 'unknown', why: 'the reply is no look-up' }
    return readSession(read.value, question.reference)
  },

  expire: (account, { reference, pspReference }) =>
    post(account, `${path}/${encodeURIComponent(pspReference)}/expire`, freshKey(reference), {}),

  readExpire(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'refused') return readRefusedExpiry(read.error)
    if (read.kind !== 'body' || !wire.session.Check(read.value)) return 'unknown'
    return read.value.status === 'expired' ? 'closed' : read.value.status === 'complete' ? 'completed' : 'unknown'
  },
}

/**
 * What the shopper did with one PaymentIntent of a session. Checkout lets them try again with it, so a try that failed
 * is no end of it: each is a failed charge of its own at Stripe, under whose id it is told. What has not come to an end
 * is not told at all.
 */
export function readHostedPayments(intent: PaymentIntent): HostedPayment[] {
  const amount = readStripeAmount(intent.amount, intent.currency)
  if (amount === null) return []
  const failedCharge = intent.last_payment_error?.charge
  const failed =
    typeof failedCharge === 'string' ? [hosted(failedCharge, amount, declinedTry(intent, failedCharge))] : []
  const outcome = outcomeOfPayment(intent)
  // Left without having been authorized: the session's own end tells it.
  const hasEnded = outcome.outcome === 'approved' || (outcome.outcome === 'ended' && outcome.reason !== 'abandoned')
  return hasEnded ? [...failed, hosted(intent.id, amount, outcome)] : failed
}

function hosted(pspReference: string, amount: Money, outcome: HostedPayment['outcome']): HostedPayment {
  return { pspReference, amount, outcome }
}

/** The merchant's own lines where they add up to the amount in Stripe's units; otherwise one line of the whole. */
function lineItemsOf(input: Parameters<HostedSessions['create']>[1]): Stripe.Checkout.SessionCreateParams.LineItem[] {
  const { currency } = input.amount
  const lines = input.lineItems.slice(0, 100)
  const sum = lines.reduce((total, { amount, quantity }) => total + amount * BigInt(quantity), 0n)
  const canBeTold = lines.length > 0 && lines.every(({ amount }) => takesAmount({ amount, currency }))
  const told =
    canBeTold && lines.length === input.lineItems.length && sum === input.amount.amount
      ? lines
      : [{ name: fitText(input.description, 200) ?? 'Payment', quantity: 1, amount: input.amount.amount }]
  return told.map(({ name, quantity, amount }) => ({
    quantity,
    price_data: {
      currency: currency.toLowerCase(),
      unit_amount: toStripeAmount({ amount, currency }),
      product_data: { name: fitText(name, 200) ?? '-' },
    },
  }))
}

/** The languages of Checkout that FinCore's form of a locale can name. In any other Stripe asks the browser. */
const locales = new Set(
  (
    'bg cs da de el en en-GB es et fi fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv ' +
    'th tr vi zh zh-HK zh-TW'
  ).split(' '),
)

function localeOf(locale: string | null): Stripe.Checkout.SessionCreateParams.Locale | undefined {
  if (locale === null) return undefined
  return [locale, locale.slice(0, 2)].find((name) => locales.has(name))
}

function getSession(account: PspAccount, id: string): PspRequest {
  return get(
    account,
    `${path}/${encodeURIComponent(id)}`,
    expanded satisfies FormOf<Stripe.Checkout.SessionRetrieveParams>,
  )
}

function listSessions(account: PspAccount, sentAt: Date, after: string | undefined): PspRequest {
  return get(account, path, {
    created: createdAround(sentAt),
    limit: pageSize,
    starting_after: after,
  } satisfies FormOf<Stripe.Checkout.SessionListParams>)
}

function readPage(
  account: PspAccount,
  { pspReference, reference, sentAt }: { pspReference: string | null; reference: string; sentAt: Date },
  page: Page,
): HostedSessionState {
  if (pspReference !== null || page.object !== 'list') return { found: 'unknown', why: 'the reply is no session' }
  const inPage = findInPage(
    page,
    ({ client_reference_id, object }) => object === 'checkout.session' && client_reference_id === reference,
    (after) => listSessions(account, sentAt, after),
  )
  if (inPage.found === null) return { found: false }
  return typeof inPage.found === 'object' ? { found: 'next', request: getSession(account, inPage.found.id) } : inPage
}

function readSession(session: Session, reference: string): HostedSessionState {
  const { id, payment_intent: intent } = session
  if (session.client_reference_id !== reference) return { found: 'unknown', why: 'the session is another’s' }
  const status = Object.hasOwn(statuses, session.status ?? '') ? statuses[session.status ?? ''] : undefined
  if (status === undefined)
    return { found: 'unknown', why: 'Stripe gave the session a status that FinCore does not know' }
  // A session that has ended has no page; whoever asks for it gets our own way back, which knows what became of it.
  const url = session.url ?? session.success_url
  if (url === null) return { found: 'unknown', why: 'the session has no address' }
  if (typeof intent === 'string') return { found: 'unknown', why: 'the session’s payment was not told' }
  if (intent !== null && intent.metadata.fincore_reference !== reference)
    return { found: 'unknown', why: 'the session has a payment of another’s reference' }
  return { found: true, pspReference: id, url, status, payments: intent === null ? [] : readHostedPayments(intent) }
}

/**
 * Stripe has no code for a session that cannot be closed any more; its message names the status. Where the message says
 * it in other words, the session is looked up, as after any answer that says nothing.
 */
function readRefusedExpiry({ message }: StripeError): 'closed' | 'completed' | 'unknown' {
  const [, status] =
    /^Only Checkout Sessions .* has a status of [`"]?(expired|complete)[`"]?\.?$/.exec(message ?? '') ?? []
  return status === 'expired' ? 'closed' : status === 'complete' ? 'completed' : 'unknown'
}
