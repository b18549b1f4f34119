import type Stripe from 'stripe'
import { invalid } from '../errors.ts'
import { checkMoney } from '../objects/payment-intents.ts'
import { isWebUrl } from '../urls.ts'
import { checkSuffix } from './payment-intent-rules.ts'
import { listNames, refuseOthers } from './unsupported.ts'

export type LineItemParams = {
  price_data?: {
    currency: string
    unit_amount?: number
    product_data?: { name: string; description?: string; images?: string[]; metadata?: Stripe.Metadata }
  }
  quantity?: number
}

/** What `POST /v1/checkout/sessions` takes, of the parameters that this stand-in acts on. */
export type SessionParams = {
  adaptive_pricing?: { enabled?: boolean }
  allowed_payment_method_types?: string[]
  automatic_tax?: { enabled: boolean }
  cancel_url?: string
  client_reference_id?: string
  currency?: string
  customer_email?: string
  expand?: string[]
  expires_at?: number
  line_items?: LineItemParams[]
  locale?: string
  metadata?: Stripe.Metadata
  mode?: string
  payment_intent_data?: {
    capture_method?: string
    description?: string
    metadata?: Stripe.Metadata
    receipt_email?: string
    statement_descriptor_suffix?: string
  }
  submit_type?: string
  success_url?: string
  ui_mode?: string
}

const acted = listNames(
  'adaptive_pricing allowed_payment_method_types automatic_tax cancel_url client_reference_id currency customer_email',
  'expand expires_at line_items locale metadata mode payment_intent_data submit_type success_url ui_mode',
)
const actedOfIntent = listNames('capture_method description metadata receipt_email statement_descriptor_suffix')
const actedOfItem = listNames('price_data quantity')
const actedOfPrice = listNames('currency product_data unit_amount')
const actedOfProduct = listNames('description images metadata name')

/** "It can be anywhere from 30 minutes to 24 hours after Checkout Session creation." */
const lifetime = { shortest: 30 * 60, longest: 24 * 3600 }

/** What Stripe documents of `POST /v1/checkout/sessions` ("Create a Checkout Session") beyond the types. */
export function checkSession(params: SessionParams, now: number): { amount: number; currency: string } {
  refuseOthers(params, acted, '')
  refuseOthers(params.payment_intent_data ?? {}, actedOfIntent, 'payment_intent_data')
  for (const name of ['adaptive_pricing', 'automatic_tax'] as const)
    if (params[name]?.enabled) throw invalid(`This stand-in does not act on ${name}`, { param: `${name}[enabled]` })
  if (params.mode === undefined) throw missingParam('mode')
  if (params.mode !== 'payment') throw invalid('This stand-in has sessions of mode payment only', { param: 'mode' })
  if ((params.ui_mode ?? 'hosted_page') !== 'hosted_page')
    throw invalid('This stand-in has hosted pages only', { param: 'ui_mode' })
  if (params.success_url === undefined) throw missingParam('success_url')
  for (const name of ['success_url', 'cancel_url'] as const) {
    const url = params[name]
    // The id of the session is put in the place of this one text.
    if (url !== undefined && !isWebUrl(url.replaceAll('{CHECKOUT_SESSION_ID}', 'id')))
      throw invalid('Not a valid URL', { code: 'url_invalid', param: name })
  }
  if ((params.client_reference_id ?? '').length > 200)
    throw invalid('Invalid string: must be at most 200 characters', { param: 'client_reference_id' })
  if (params.customer_email !== undefined && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(params.customer_email))
    throw invalid('Invalid email address', { code: 'email_invalid', param: 'customer_email' })
  checkSuffix(
    params.payment_intent_data?.statement_descriptor_suffix,
    'payment_intent_data[statement_descriptor_suffix]',
  )
  if (params.allowed_payment_method_types && !params.allowed_payment_method_types.includes('card'))
    throw invalid('This stand-in takes cards only', { param: 'allowed_payment_method_types' })
  checkExpiry(params.expires_at, now)
  return sumLineItems(params)
}

function checkExpiry(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined) return
  const lasts = expiresAt - now
  // A clock that is a second off on either side is no mistake of the caller's.
  if (lasts < lifetime.shortest - 1 || lasts > lifetime.longest + 1)
    throw invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      {
        param: 'expires_at',
      },
    )
}

function sumLineItems(params: SessionParams): { amount: number; currency: string } {
  const items = params.line_items ?? []
  if (items.length === 0) throw missingParam('line_items')
  // "For payment mode, there is a maximum of 100 line items."
  if (items.length > 100) throw invalid('There can be at most 100 line items', { param: 'line_items' })
  const currency = items[0]?.price_data?.currency ?? ''
  let amount = 0
  for (const [index, item] of items.entries()) {
    const path = `line_items[${index}]`
    refuseOthers(item, actedOfItem, path)
    const price = item.price_data
    if (!price) throw missingParam(`${path}[price_data]`)
    refuseOthers(price, actedOfPrice, `${path}[price_data]`)
    refuseOthers(price.product_data ?? {}, actedOfProduct, `${path}[price_data][product_data]`)
    if (!price.product_data) throw missingParam(`${path}[price_data][product_data]`)
    if (price.unit_amount === undefined) throw missingParam(`${path}[price_data][unit_amount]`)
    if (item.quantity === undefined) throw missingParam(`${path}[quantity]`)
    if (item.quantity < 1 || item.quantity > 999_999)
      throw invalid('Quantity must be from 1 to 999999', { param: `${path}[quantity]` })
    if (price.unit_amount < 0)
      throw invalid('Invalid non-negative integer', {
        code: 'parameter_invalid_integer',
        param: `${path}[price_data][unit_amount]`,
      })
    if (price.currency !== currency || (params.currency ?? currency) !== currency)
      throw invalid('All line items of a Checkout Session must have one currency.', {
        param: `${path}[price_data][currency]`,
      })
    amount += price.unit_amount * item.quantity
  }
  checkMoney(amount, currency, 'line_items', 'line_items[0][price_data][currency]')
  return { amount, currency }
}

function missingParam(param: string) {
  return invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
}
