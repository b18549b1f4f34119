import type { Charge, EventType, FincoreEvent, OpenPaymentSession } from '@fincore/node'
import type { ProductId } from '../products.ts'

export const ways = ['hosted', 'fields', 'server'] as const
/** The three ways to pay: on the secure page, here in the PSP's fields, or from server to server. */
export type Way = (typeof ways)[number]

export type OrderStatus = 'pending' | 'paid' | 'failed' | 'canceled'

export type Order = {
  /** `ord_…`, unguessable: whoever knows it may see the order. It is the `merchant_reference` of its payment. */
  id: string
  /** Made with the checkout page, so that a form that is sent twice is one order and one payment. */
  attempt: string
  product: ProductId
  way: Way
  amount: number
  currency: string
  status: OrderStatus
  /** Written for the shopper: why the payment failed, or what they should know meanwhile. */
  message: string | null
  charge: string | null
  /** Where the shopper goes on: the hosted page, or the bank's. */
  nextUrl: string | null
  refunded: number
  createdAt: number
}

export type OrderChange = Partial<Pick<Order, 'status' | 'message' | 'charge' | 'nextUrl' | 'refunded'>>

const failedMessage = 'The payment did not go through. Nothing was charged.'
const unfinishedMessage = 'The payment was not finished. Nothing was charged.'
const closedMessage = 'The payment page has closed. Nothing was charged.'
const lateMessage = 'Your money arrived after the payment page had closed. You are getting it back.'

/**
 * What a verified event changes about an order, or null when it changes nothing. Events may come late, twice and in any
 * order, so a paid order stays paid, and money that arrived always counts, also after the shopper had left.
 */
export function applyEvent(order: Order, event: FincoreEvent): OrderChange | null {
  const { object } = event.data
  if (object?.object === 'charge') return applyChargeEvent(order, event.type, object)
  if (object?.object !== 'payment_session') return null
  if (event.type === 'payment_session.completed') return markPaid(order, object, object.charge)
  if (order.status !== 'pending') return null
  if (event.type === 'payment_session.expired') return { status: 'canceled', message: closedMessage, nextUrl: null }
  return event.type === 'payment_session.canceled' ? { status: 'canceled', nextUrl: null } : null
}

function applyChargeEvent(order: Order, type: EventType, charge: Charge): OrderChange | null {
  if (type === 'charge.refunded') return { refunded: charge.amount_refunded }
  if (type === 'charge.captured') {
    // Sessions are made with `late_payments` left at `refund`, so this money does not stay.
    if (charge.flags.includes('paid_after_session_end'))
      return { status: 'canceled', message: lateMessage, nextUrl: null }
    return markPaid(order, charge, charge.id)
  }
  // On the hosted page a shopper may try another card at once, so one declined card does not end the order.
  if (order.status !== 'pending') return null
  if (type === 'charge.failed') {
    const message = charge.failure?.message ?? failedMessage
    return order.way === 'hosted' ? { message } : { status: 'failed', message, nextUrl: null }
  }
  if (type === 'charge.canceled' && order.way !== 'hosted') {
    return { status: 'canceled', message: unfinishedMessage, nextUrl: null }
  }
  return null
}

/** A payment of another amount is not a payment of this order. */
function markPaid(order: Order, paid: { amount: number; currency: string }, charge: string | null): OrderChange | null {
  if (paid.amount !== order.amount || paid.currency !== order.currency) return null
  return { status: 'paid', message: null, nextUrl: null, charge: charge ?? order.charge }
}

/** What the API's own answer to a charge changes. Paid is left to the signed webhook. */
export function applyCharge(charge: Charge): OrderChange {
  if (charge.status === 'failed') {
    return { status: 'failed', charge: charge.id, message: charge.failure.message }
  }
  if (charge.status === 'canceled') return { status: 'canceled', charge: charge.id, message: unfinishedMessage }
  return { charge: charge.id, nextUrl: charge.status === 'requires_action' ? charge.next_action.url : null }
}

export function applySession(session: OpenPaymentSession): OrderChange {
  return { nextUrl: session.url }
}
