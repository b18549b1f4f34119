import { randomBytes } from 'node:crypto'
import {
  type Charge,
  type CreateCardCharge,
  type CreateTokenCharge,
  type ErrorCode,
  type Fincore,
  FincoreError,
  FincoreUnavailableError,
  FincoreUnknownOutcomeError,
} from '@fincore/node'
import type { ShopConfig } from './config.ts'
import type { RawCard } from './fincore/mask.ts'
import { type Recording, recordCall } from './fincore/recorded-call.ts'
import { applyCharge, applySession, type Order, type OrderChange, type Way } from './orders/order.ts'
import type { OrderStore } from './orders/store.ts'
import { type Product, shopCurrency } from './products.ts'

/** How the shopper pays. The card of `server` lives only as long as the call that carries it. */
export type Payment =
  | { way: 'hosted' }
  | { way: 'fields'; token: string; pspAccount: string | null }
  | { way: 'server'; card: RawCard }

export type CheckoutDeps = { store: OrderStore; fincore: Fincore; config: ShopConfig }

export type Checkout = (from: { attempt: string; product: Product; payment: Payment }) => Promise<CheckoutResult>
export type CheckoutResult = { order: Order; charge: Charge | null }

const refusals: Readonly<Record<string, string>> = {
  card_number_invalid: 'The card number is not right. Check it and try again.',
  card_number_missing: 'The card number is missing. Enter it and try again.',
  card_cvc_invalid: 'The security code is not right. Check it and try again.',
  card_cvc_missing: 'The security code is missing. Enter it and try again.',
  rate_limited: 'The shop is very busy. Nothing was charged; try again in a moment.',
} satisfies Partial<Record<ErrorCode, string>>
const refusedMessage = 'This way of paying is not available right now. Nothing was charged; choose another one.'
const pageUnavailable = 'The payment page could not be opened. Nothing was charged; try again.'
const unknownMessage =
  'The answer to your payment got lost on the way. It is being looked up; this page changes as soon as we know.'

/**
 * Makes the one order and the one payment of a checkout attempt. Called again with the same attempt (a double click, a
 * form sent again) it waits for the first call and gives the same result: FinCore is called once.
 */
export function makeCheckout(deps: CheckoutDeps): Checkout {
  const underWay = new Map<string, Promise<CheckoutResult>>()
  return (from) => {
    const first = underWay.get(from.attempt)
    if (first !== undefined) return first
    const result = pay(deps, from).finally(() => underWay.delete(from.attempt))
    underWay.set(from.attempt, result)
    return result
  }
}

async function pay(
  deps: CheckoutDeps,
  from: { attempt: string; product: Product; payment: Payment },
): Promise<CheckoutResult> {
  const { order, isNew } = deps.store.addOrder(makeOrder(from.attempt, from.product, from.payment.way))
  // An order that has its answer already is only shown again. One without was cut short, by a restart of the shop: the
  // same request under the same idempotency key finds out what became of it, and cannot pay twice.
  const isAnswered = order.status !== 'pending' || order.charge !== null || order.nextUrl !== null
  if (!isNew && (isAnswered || order.way !== from.payment.way)) return { order, charge: null }
  const { change, charge } = await sendPayment(deps, order, from, isNew)
  // The webhook may have been quicker than the answer: what it settled stands.
  const now = deps.store.findOrder(order.id) ?? order
  deps.store.changeOrder(order.id, now.status === 'pending' ? change : { charge: change.charge ?? now.charge })
  return { order: deps.store.findOrder(order.id) ?? order, charge }
}

function makeOrder(attempt: string, product: Product, way: Way): Order {
  return {
    id: `ord_${randomBytes(16).toString('hex')}`,
    attempt,
    product: product.id,
    way,
    amount: product.price,
    currency: shopCurrency,
    status: 'pending',
    message: null,
    charge: null,
    nextUrl: null,
    refunded: 0,
    createdAt: Date.now(),
  }
}

async function sendPayment(
  { store, fincore, config }: CheckoutDeps,
  order: Order,
  { product, payment }: { product: Product; payment: Payment },
  isFirst: boolean,
): Promise<{ change: OrderChange; charge: Charge | null }> {
  const recording: Omit<Recording, 'body'> = {
    config,
    idempotencyKey: order.attempt,
    record: (call) => store.addRecord(order.id, { kind: 'call', ...call }),
  }
  const page = `${config.publicUrl}/orders/${order.id}`
  const common = {
    amount: order.amount,
    currency: order.currency,
    merchant_reference: order.id,
    description: `${product.name}, Aske Stoneware`,
  }
  if (payment.way === 'hosted') {
    const body = {
      ...common,
      success_url: `${page}?returned=1`,
      cancel_url: `${page}?left=1`,
      locale: 'en',
      line_items: [{ name: product.name, quantity: 1, amount: product.price }],
    }
    const sending = recordCall({ ...recording, body }, (options) => fincore.paymentSessions.create(body, options))
    return { change: await sending.then(applySession, readSessionError), charge: null }
  }
  const body = { ...common, payment_method: describeMethod(payment), return_url: page } as
    | CreateTokenCharge
    | CreateCardCharge
  try {
    const charge = await recordCall({ ...recording, body }, (options) => fincore.charges.create(body, options))
    return { change: applyCharge(charge), charge }
  } catch (error) {
    return { change: readChargeError(error, isFirst), charge: null }
  }
}

function describeMethod(payment: Exclude<Payment, { way: 'hosted' }>) {
  if (payment.way === 'server') return { type: 'card', card: payment.card }
  return { type: 'token', token: payment.token, ...(payment.pspAccount && { psp_account: payment.pspAccount }) }
}

/** Opening a page moves no money, so a lost answer is simply a failure here. */
function readSessionError(error: unknown): OrderChange {
  if (!(error instanceof FincoreError)) throw error
  const isLost = error instanceof FincoreUnknownOutcomeError || error instanceof FincoreUnavailableError
  return { status: 'failed', message: isLost ? pageUnavailable : (refusals[error.code] ?? refusedMessage) }
}

/**
 * A lost answer to a charge is never read as a failure: the order stays pending until the webhook says more. Neither is
 * a refusal of an order that was sent before the shop restarted, since the earlier request may have paid.
 */
function readChargeError(error: unknown, isFirst: boolean): OrderChange {
  if (!(error instanceof FincoreError)) throw error
  if (error instanceof FincoreUnknownOutcomeError || !isFirst) return { message: unknownMessage }
  return { status: 'failed', message: refusals[error.code] ?? refusedMessage }
}
