import type Stripe from 'stripe'
import { testCardNumber } from '../test-cards.ts'
import type { Bench } from './bench.ts'

let count = 0

export function cardNamed(name: string) {
  return { number: testCardNumber(name), exp_month: 12, exp_year: 2034, cvc: '123' }
}

/** What FinCore sends for a payment by token with a test card, under a reference of its own. */
export async function preparePayment(bench: Bench, name: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const reference = `att_${++count}`
  const method = await bench.shopper.paymentMethods.create({ type: 'card', card: cardNamed(name) })
  const params: Stripe.PaymentIntentCreateParams = {
    amount: 1_234,
    currency: 'eur',
    confirm: true,
    payment_method: method.id,
    return_url: 'https://shop.example/return?order=1',
    metadata: { fincore_reference: reference },
    ...more,
  }
  return { reference, params, options: { idempotencyKey: reference } }
}

/** Pays 12.34 EUR with a test card, or what `more` says. */
export async function pay(bench: Bench, name: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  const { params, options } = await preparePayment(bench, name, more)
  return bench.stripe.paymentIntents.create(params, options)
}
