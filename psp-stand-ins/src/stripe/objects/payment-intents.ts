import type Stripe from 'stripe'
import { findAmountProblem, isCurrency } from '../currencies.ts'
import { invalid } from '../errors.ts'
import { makeSecret } from '../ids.ts'
import { type Account, type IntentRow, seconds, type World } from '../world.ts'

/** What a PaymentIntent is made from, by a request or by the page of a Checkout Session. */
export type NewIntent = {
  amount: number
  currency: string
  manualCapture: boolean
  captureMethod: string
  metadata: Stripe.Metadata
  description: string | null
  receiptEmail: string | null
  statementDescriptorSuffix: string | null
  returnUrl: string | null
  reference: string
  session: string | null
}

export function createIntent(world: World, account: Account, made: NewIntent): IntentRow {
  const id = `pi_3${makeSecret(23)}`
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: made.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: made.captureMethod,
    client_secret: `${id}_secret_${makeSecret(25)}`,
    confirmation_method: 'automatic',
    created: seconds(world),
    currency: made.currency,
    customer: null,
    customer_account: null,
    description: made.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: { ...made.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: made.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: made.statementDescriptorSuffix,
    status: 'requires_payment_method',
    transfer_group: null,
  }
  const row: IntentRow = {
    intent,
    reference: made.reference,
    session: made.session,
    manualCapture: made.manualCapture,
    returnUrl: made.returnUrl,
    challengeSecret: null,
    challenge: null,
    behaviour: null,
    searchableAt: world.now() + world.timings.searchLagMs,
  }
  account.intents.set(id, row)
  return row
}

/** Throws the `Refusal` of an amount or a currency that Stripe does not take; `param` is the amount's name. */
export function checkMoney(amount: number, currency: string, param: string, currencyParam: string): void {
  if (!isCurrency(currency))
    throw invalid(`Invalid currency: Stripe does not support it, or it is not in lowercase`, { param: currencyParam })
  const problem = findAmountProblem(amount, currency)
  if (problem) throw invalid(problem.message, { param, ...(problem.code ? { code: problem.code } : {}) })
}

/** Metadata after an update: an empty value unsets its key, an empty text all of them ("Metadata", API reference). */
export function mergeMetadata(known: Stripe.Metadata, update: Stripe.Metadata | '' | undefined): Stripe.Metadata {
  if (update === undefined) return known
  if (update === '') return {}
  return Object.fromEntries(Object.entries({ ...known, ...update }).filter(([, value]) => value !== ''))
}

/** Search finds a changed object only some time after the change. */
export function touch(world: World, row: IntentRow): void {
  row.searchableAt = world.now() + world.timings.searchLagMs
}
