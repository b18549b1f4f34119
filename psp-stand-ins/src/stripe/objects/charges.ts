import type Stripe from 'stripe'
import { makeDigits, makeId, makeSecret } from '../ids.ts'
import type { Decline } from '../test-cards.ts'
import { type Account, type IntentRow, type MethodRow, seconds, type World } from '../world.ts'

/** How the cardholder was authenticated, when they were. */
export type Authentication = 'by_the_bank_page' | { version: string; eci: string | null; transactionId: string } | null

/** Makes the charge of one try to pay a PaymentIntent: approved, or declined. */
export function createCharge(
  world: World,
  account: Account,
  row: IntentRow,
  method: MethodRow,
  authentication: Authentication,
  decline: Decline | null,
): Stripe.Charge {
  const { intent } = row
  const captured = decline === null && !row.manualCapture
  const charge: Stripe.Charge = {
    id: `ch_3${makeSecret(23)}`,
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: captured ? makeId('txn', 24) : null,
    billing_details: method.method.billing_details,
    calculated_statement_descriptor: 'STAND-IN',
    captured,
    created: seconds(world),
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: describeOutcome(decline),
    paid: decline === null,
    payment_intent: intent.id,
    payment_method: method.method.id,
    payment_method_details: { type: 'card', card: describeCard(row, method, authentication, decline) },
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: decline === null ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  }
  account.charges.set(charge.id, charge)
  return charge
}

/** The charge by which a PaymentIntent was paid. */
export function chargeOf(account: Account, row: IntentRow): Stripe.Charge {
  const charge = account.charges.get(String(row.intent.latest_charge))
  if (!charge) throw new Error('A paid PaymentIntent has a charge')
  return charge
}

function describeOutcome(decline: Decline | null): Stripe.Charge.Outcome {
  const common = { advice_code: null, network_advice_code: null, network_decline_code: null, risk_level: 'normal' }
  if (decline === null)
    return {
      ...common,
      network_status: 'approved_by_network',
      reason: null,
      seller_message: 'Payment complete.',
      type: 'authorized',
    }
  return {
    ...common,
    ...(decline.blocked ? { risk_level: 'highest' } : {}),
    network_status: decline.blocked ? 'not_sent_to_network' : 'declined_by_network',
    reason: decline.blocked ? 'highest_risk_level' : (decline.declineCode ?? decline.code),
    seller_message: decline.blocked ? 'Stripe blocked this payment as too risky.' : 'The bank did not approve.',
    type: decline.blocked ? 'blocked' : 'issuer_declined',
  }
}

function describeCard(
  row: IntentRow,
  { method, cvcGiven }: MethodRow,
  authentication: Authentication,
  decline: Decline | null,
): Stripe.Charge.PaymentMethodDetails.Card {
  const { card } = method
  if (!card) throw new Error('A payment method of a card has a card')
  const cvcCheck = decline?.code === 'incorrect_cvc' ? 'fail' : 'pass'
  return {
    amount_authorized: decline === null ? row.intent.amount : null,
    authorization_code: decline === null ? makeSecret(6) : null,
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: cvcGiven ? cvcCheck : null },
    country: card.country,
    electronic_commerce_indicator: null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    extended_authorization: { status: 'disabled' },
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4: card.last4,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: card.brand,
    network_token: { used: false },
    // Every authorization has one at its network; a declined one may not.
    network_transaction_id: decline === null ? makeDigits(15) : null,
    overcapture: { maximum_amount_capturable: row.intent.amount, status: 'unavailable' },
    regulated_status: 'unregulated',
    three_d_secure: describeAuthentication(authentication),
    transaction_link_id: null,
    wallet: null,
  }
}

function describeAuthentication(
  authentication: Authentication,
): Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure | null {
  if (authentication === null) return null
  const given = authentication === 'by_the_bank_page' ? null : authentication
  return {
    authentication_flow: given ? null : 'challenge',
    electronic_commerce_indicator: given ? given.eci : '05',
    exemption_indicator: null,
    result: 'authenticated',
    result_reason: null,
    transaction_id: given ? given.transactionId : makeId('dst', 24),
    version: given ? given.version : '2.2.0',
  }
}
