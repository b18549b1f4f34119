import type Stripe from 'stripe'
import type { SessionParams } from '../api/session-params.ts'
import { makeId, makeSecret } from '../ids.ts'
import { type Account, type SessionRow, seconds, type World } from '../world.ts'

const defaultLifetimeSeconds = 24 * 3600

/** Makes a Checkout Session of parameters that were checked; its PaymentIntent is made when the shopper first tries to pay. */
export function createSession(
  world: World,
  account: Account,
  params: SessionParams,
  { amount, currency }: { amount: number; currency: string },
): SessionRow {
  const id = makeId('cs_test', 58)
  const pageSecret = makeSecret(40)
  const now = seconds(world)
  const session: Stripe.Checkout.Session = {
    id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: now,
    currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: null,
    customer_account: null,
    customer_creation: 'if_required',
    customer_details:
      params.customer_email === undefined
        ? null
        : {
            address: null,
            business_name: null,
            email: params.customer_email,
            individual_name: null,
            name: null,
            phone: null,
            tax_exempt: 'none',
            tax_ids: null,
          },
    customer_email: params.customer_email ?? null,
    discounts: [],
    expires_at: params.expires_at ?? now + defaultLifetimeSeconds,
    integration_identifier: null,
    invoice: null,
    invoice_creation: {
      enabled: false,
      invoice_data: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: null,
        metadata: {},
        rendering_options: null,
      },
    },
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: { enabled: false },
    metadata: params.metadata ?? {},
    mode: 'payment',
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: params.submit_type ?? null,
    subscription: null,
    success_url: params.success_url ?? null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `${world.pagesUrl}/c/pay/${id}/${pageSecret}`,
    wallet_options: null,
  }
  const data = params.payment_intent_data
  const row: SessionRow = {
    session,
    pageSecret,
    captureMethod: data?.capture_method ?? 'automatic_async',
    metadata: data?.metadata ?? {},
    description: data?.description ?? null,
    receiptEmail: data?.receipt_email ?? null,
    statementDescriptorSuffix: data?.statement_descriptor_suffix ?? null,
    lineItems: makeLineItems(params, currency),
  }
  account.sessions.set(id, row)
  return row
}

function makeLineItems(params: SessionParams, currency: string): Stripe.LineItem[] {
  return (params.line_items ?? []).map(({ price_data: price, quantity = 1 }) => {
    const amount = (price?.unit_amount ?? 0) * quantity
    return {
      id: makeId('li', 24),
      object: 'item',
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency,
      description: price?.product_data?.name ?? null,
      metadata: {},
      price: null,
      quantity,
    }
  })
}
