import { fitText } from '../fit-text.ts'
import type { HostedPayment, HostedSessionState, HostedSessions } from '../port.ts'
import { outcomeOfPayment } from './outcomes.ts'
import { lookUp, post } from './request.ts'
import { type CheckoutSession, classifyReply, moneyOf, type Payment, toNumber, wire } from './wire.ts'

const statuses = ['open', 'completed', 'expired', 'canceled'] as const

/** The sandbox's hosted page: `checkout_sessions`. */
export const hostedSessions: HostedSessions = {
  create(account, input) {
    const { currency } = input.amount
    const locale = /^[a-z]{2}(-[a-z]{2})?$/i.test(input.locale ?? '') ? input.locale : null
    const description = fitText(input.description, 500)
    const email = fitText(input.customerEmail, 254)
    const lineItems = input.lineItems.slice(0, 100).map((item) => ({
      name: fitText(item.name, 200) ?? '-',
      quantity: item.quantity,
      amount: toNumber(item.amount),
    }))
    return post(account, '/v2/checkout_sessions', input.reference, {
      reference: input.reference,
      amount: { value: toNumber(input.amount.amount), currency },
      capture: input.captureMethod,
      return_url: input.returnUrl,
      cancel_url: input.cancelUrl,
      expires_at: input.expiresAt.toISOString(),
      ...(locale === null ? {} : { locale }),
      ...(description === undefined ? {} : { description }),
      ...(email === undefined ? {} : { customer_email: email }),
      ...(lineItems.length === 0 ? {} : { line_items: lineItems }),
    })
  },

  readCreate(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { outcome: 'unknown', why: read.why }
    if (read.kind === 'rejected') return { outcome: 'rejected', pspCode: read.pspCode }
    if (!wire.checkoutSession.Check(read.value) || read.value.status !== 'open') {
      return { outcome: 'unknown', why: 'the reply is no open checkout session' }
    }
    return { outcome: 'approved', pspReference: read.value.id, url: read.value.url }
  },

  lookUp,

  readLookUp(_account, { reference, pspReference }, reply): HostedSessionState {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
    if (read.kind === 'rejected') return { found: 'unknown', why: 'the look-up was refused' }
    if (!wire.lookUp.Check(read.value)) return { found: 'unknown', why: 'the reply is no look-up' }
    const { payments, operations, checkout_sessions: sessions } = read.value
    if (payments.length + operations.length + sessions.length === 0) return { found: false }
    const [session] = sessions
    if (session === undefined || sessions.length > 1 || operations.length > 0) {
      return { found: 'unknown', why: 'the PSP knows the reference as something other than one session' }
    }
    const isOurs = session.reference === reference && (pspReference === null || session.id === pspReference)
    return isOurs ? readSession(session) : { found: 'unknown', why: 'the session is another’s' }
  },

  // The key is not the reference alone: the session was made under its own, and a session is closed only once anyway.
  expire: (account, { reference, pspReference }) =>
    post(account, `/v2/checkout_sessions/${encodeURIComponent(pspReference)}/expire`, `${reference}:expire`, null),

  readExpire(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'rejected') return read.pspCode === 'session_completed' ? 'completed' : 'unknown'
    if (read.kind === 'unknown' || !wire.checkoutSession.Check(read.value)) return 'unknown'
    if (read.value.status === 'completed') return 'completed'
    return read.value.status === 'expired' || read.value.status === 'canceled' ? 'closed' : 'unknown'
  },
}

/** A try of the shopper, as far as it has an outcome. */
export function readHostedPayment(payment: Payment): HostedPayment {
  return { pspReference: payment.id, amount: moneyOf(payment.amount), outcome: outcomeOfPayment(payment) }
}

function readSession(session: CheckoutSession): HostedSessionState {
  const status = statuses.find((name) => name === session.status)
  if (status === undefined) {
    return { found: 'unknown', why: 'the PSP gave the session a status that FinCore does not know' }
  }
  if (session.payments.some((payment) => payment.reference !== session.reference)) {
    return { found: 'unknown', why: "the session has a payment of another's reference" }
  }
  const payments = session.payments.map(readHostedPayment)
  return { found: true, pspReference: session.id, url: session.url, status, payments }
}
