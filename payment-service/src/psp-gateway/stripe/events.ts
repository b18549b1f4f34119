import type Stripe from 'stripe'
import type { Dispute, Money, Outcome, PspEvent } from '../port.ts'
import { readPspCode } from '../psp-code.ts'
import { readStripeAmount } from './amounts.ts'
import { readHostedPayments } from './hosted-sessions.ts'
import {
  declinedTry,
  outcomeOfCancel,
  outcomeOfCapture,
  outcomeOfCharge,
  outcomeOfPayment,
  outcomeOfRefund,
  unknown,
} from './outcomes.ts'
import { type Charge, type Event, type PaymentIntent, type Dispute as StripeDispute, wire } from './wire.ts'

type About = PspEvent['about']
/** What an event is about, and for a payment the status that it must then have. */
type Rule = { about: 'payment'; status: string } | { about: 'charge' | 'refund' | 'session' | 'dispute' | 'nothing' }

/**
 * Every event that Stripe sends of payments by card ("Types of events"), and what is read of it. An event that is not
 * here is unforeseen, and shown to an operator; so only these are to be chosen for the webhook endpoint.
 */
const rules = {
  'payment_intent.succeeded': { about: 'payment', status: 'succeeded' },
  'payment_intent.amount_capturable_updated': { about: 'payment', status: 'requires_capture' },
  'payment_intent.requires_action': { about: 'payment', status: 'requires_action' },
  'payment_intent.payment_failed': { about: 'payment', status: 'requires_payment_method' },
  'payment_intent.canceled': { about: 'payment', status: 'canceled' },
  // Says what the payment's event says, and with which card.
  'charge.succeeded': { about: 'charge' },
  'refund.created': { about: 'refund' },
  'refund.updated': { about: 'refund' },
  'refund.failed': { about: 'refund' },
  'checkout.session.expired': { about: 'session' },
  'charge.dispute.created': { about: 'dispute' },
  'charge.dispute.updated': { about: 'dispute' },
  'charge.dispute.closed': { about: 'dispute' },
  'charge.dispute.funds_withdrawn': { about: 'dispute' },
  'charge.dispute.funds_reinstated': { about: 'dispute' },
  // Before anything was decided.
  'payment_intent.created': { about: 'nothing' },
  'payment_intent.processing': { about: 'nothing' },
  // The payment's own events tell the same.
  'charge.captured': { about: 'nothing' },
  'charge.expired': { about: 'nothing' },
  'charge.failed': { about: 'nothing' },
  'charge.pending': { about: 'nothing' },
  'charge.updated': { about: 'nothing' },
  'checkout.session.completed': { about: 'nothing' },
  'checkout.session.async_payment_succeeded': { about: 'nothing' },
  'checkout.session.async_payment_failed': { about: 'nothing' },
  // The refund's own events tell the same.
  'charge.refunded': { about: 'nothing' },
  'charge.refund.updated': { about: 'nothing' },
  // Opinions of Stripe and of the card networks, which move no money.
  'radar.early_fraud_warning.created': { about: 'nothing' },
  'radar.early_fraud_warning.updated': { about: 'nothing' },
  'review.opened': { about: 'nothing' },
  'review.closed': { about: 'nothing' },
} as const satisfies Partial<Record<Stripe.Event['type'], Rule>>

/** The events without which FinCore would not hear of what happened. */
export const neededEvents: readonly string[] = Object.entries(rules)
  .filter(([, { about }]) => about !== 'nothing')
  .map(([type]) => type)

const nothing: About = { kind: 'nothing' }
const unforeseen: About = { kind: 'unforeseen', reference: null }

/** What an event is about. Null when it lacks what its name promises: it is refused, so that Stripe repeats it. */
export function readAbout(event: Event): About | null {
  const rule: Rule | undefined = Object.hasOwn(rules, event.type) ? rules[event.type as keyof typeof rules] : undefined
  const { object } = event.data
  switch (rule?.about) {
    case undefined:
      return unforeseen
    case 'nothing':
      return nothing
    case 'payment':
      return wire.paymentIntent.Check(object) ? aboutPayment(event, rule.status, object) : null
    case 'charge':
      return wire.charge.Check(object) ? aboutCharge(object) : null
    case 'refund':
      return wire.refund.Check(object) ? aboutRefund(object) : null
    case 'session': {
      if (!wire.session.Check(object)) return null
      const { client_reference_id: reference, metadata } = object
      // A session of the merchant's own making is nothing to FinCore.
      if (reference === null || metadata?.fincore_reference !== reference) return nothing
      return { kind: 'hosted_session', reference, status: 'expired' }
    }
    case 'dispute':
      return wire.dispute.Check(object) ? aboutDispute(object) : null
  }
}

function aboutPayment(event: Event, status: string, intent: PaymentIntent): About {
  const { fincore_reference: reference, fincore_flow: flow, fincore_capture: capture } = intent.metadata
  // Made elsewhere, with the same account.
  if (reference === undefined) return nothing
  const fits = intent.status === status
  const contradictory = unknown("the event's name and its content contradict each other")
  if (capture !== undefined && status === 'succeeded') {
    const outcome = outcomeOfCapture(intent, { reference: capture }) ?? contradictory
    const captured = readStripeAmount(intent.amount_received, intent.currency)
    return aboutAttempt('capture', capture, fits ? outcome : contradictory, captured)
  }
  const canceler = status === 'canceled' ? readCanceler(event, reference) : null
  if (canceler !== null) {
    const outcome = (fits ? outcomeOfCancel(intent) : null) ?? contradictory
    return { kind: 'attempt', reference: canceler, attemptKind: 'cancel', outcome }
  }
  if (flow === 'hosted') {
    // One event tells of one payment, and the last of them is what it was sent for.
    const payment = fits ? readHostedPayments(intent).at(-1) : undefined
    return payment === undefined ? nothing : { kind: 'hosted_payment', reference, payment }
  }
  const isOwnFailure = status === 'requires_payment_method' && readKey(event) === reference
  const outcome = isOwnFailure ? declinedTry(intent, intent.id) : outcomeOfPayment(intent)
  const amount = readStripeAmount(intent.amount, intent.currency)
  return aboutAttempt('authorize', reference, fits ? outcome : contradictory, amount)
}

/** What was held or moved must be what was asked for; what was refused moved nothing. */
function aboutAttempt(
  attemptKind: 'authorize' | 'capture' | 'refund',
  reference: string,
  outcome: Outcome,
  amount: Money | null,
): About {
  const told = outcome.outcome === 'approved' && amount !== null ? { amount } : {}
  return { kind: 'attempt', reference, attemptKind, outcome, ...told }
}

function aboutCharge(charge: Charge): About {
  const { payment_intent: payment, metadata } = charge
  const { fincore_reference: reference, fincore_flow: flow } = metadata
  const amount = readStripeAmount(charge.amount, charge.currency)
  if (reference === undefined || payment === null || amount === null) return nothing
  const outcome = outcomeOfCharge({ ...charge, payment_intent: payment })
  if (flow === undefined) return aboutAttempt('authorize', reference, outcome, amount)
  return { kind: 'hosted_payment', reference, payment: { pspReference: payment, amount, outcome } }
}

/**
 * The key of the request that caused an event ("The Event object": `request.idempotency_key`). By it a try that failed
 * in our own call, after which nobody but Stripe has the payment's client secret, is told from one that failed after the
 * shopper had gone to their bank, and who came back with it: that one is called failed only when it was closed.
 */
function readKey(event: Event): string | null {
  return event.request?.idempotency_key ?? null
}

/** Our reference of the cancel that ended a payment; null when it ended otherwise. A cancel cannot carry metadata. */
function readCanceler(event: Event, paymentReference: string): string | null {
  const key = readKey(event)
  return key !== null && key !== paymentReference && /^att_\w{1,64}$/.test(key) ? key : null
}

function aboutRefund(refund: Parameters<typeof outcomeOfRefund>[0]): About {
  const reference = refund.metadata?.fincore_reference
  // Given back by somebody at Stripe: FinCore's books do not know of it.
  if (reference === undefined) return unforeseen
  return aboutAttempt('refund', reference, outcomeOfRefund(refund), readStripeAmount(refund.amount, refund.currency))
}

/** Stripe's statuses of a dispute ("How disputes work"). The `warning_` ones are inquiries, by which no money moves. */
const disputeStatuses: Readonly<Record<string, Dispute['status']>> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'inquiry',
  needs_response: 'opened',
  under_review: 'opened',
  appeal_needs_response: 'opened',
  appeal_under_review: 'opened',
  won: 'won',
  lost: 'lost',
}

function aboutDispute(dispute: StripeDispute): About {
  const status = Object.hasOwn(disputeStatuses, dispute.status) ? disputeStatuses[dispute.status] : undefined
  const amount = readStripeAmount(dispute.amount, dispute.currency)
  if (status === undefined || amount === null) return unforeseen
  const { due_by: dueBy } = dispute.evidence_details
  return {
    kind: 'dispute',
    payment: dispute.payment_intent ?? dispute.charge,
    dispute: {
      id: dispute.id,
      status,
      amount,
      reason: readPspCode(dispute.reason),
      evidenceDueBy: dueBy === null || dueBy === 0 ? null : new Date(dueBy * 1_000),
    },
  }
}
