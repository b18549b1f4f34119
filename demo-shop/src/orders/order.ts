import type { Charge, PaymentSession } from '../fincore/client.ts'
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

type EventObject = Partial<Omit<Charge, 'object'>> & {
  object: string
  amount?: number
  currency?: string
  amount_refunded?: number
  merchant_reference?: string | null
  charge?: string | null
}
export type FincoreEvent = { id: string; type: string; data: EventObject }

const paidBy = new Set(['charge.captured', 'payment_session.completed'])

/**
 * What a verified event changes about an order, or null when it changes nothing. Events may come late, twice and in any
 * order, so a paid order stays paid, and money that arrived always counts, also after the shopper had left.
 */
export function applyEvent(order: Order, event: FincoreEvent): OrderChange | null {
  const { data, type } = event
  if (paidBy.has(type)) {
    // A payment of another amount is not a payment of this order.
    if (data.amount !== order.amount || data.currency !== order.currency) return null
    const charge = (data.object === 'charge' ? data.id : data.charge) ?? order.charge
    return { status: 'paid', message: null, nextUrl: null, charge }
  }
  if (type === 'charge.refunded') return { refunded: data.amount_refunded ?? order.refunded }
  if (order.status === 'paid') return null
  if (type === 'charge.failed') {
    const message = data.failure?.message ?? 'The payment did not go through. Nothing was charged.'
    // On the hosted page a shopper may try another card at once, so one declined card does not end the order.
    return order.way === 'hosted' ? { message } : { status: 'failed', message, nextUrl: null }
  }
  if (type === 'charge.canceled' && order.way !== 'hosted') {
    return { status: 'canceled', message: 'The payment was not finished. Nothing was charged.', nextUrl: null }
  }
  if (type === 'payment_session.expired' || type === 'payment_session.canceled') {
    return { status: 'canceled', message: 'The payment page has closed. Nothing was charged.', nextUrl: null }
  }
  return null
}

/** What the API's own answer to a charge changes. Paid is left to the signed webhook. */
export function applyCharge(charge: Charge): OrderChange {
  const message = charge.failure?.message ?? 'The payment did not go through. Nothing was charged.'
  if (charge.status === 'failed') return { status: 'failed', charge: charge.id, message }
  if (charge.status === 'canceled') return { status: 'canceled', charge: charge.id, message }
  return { charge: charge.id, nextUrl: charge.next_action?.url ?? null }
}

export function applySession(session: PaymentSession): OrderChange {
  return { nextUrl: session.url }
}
