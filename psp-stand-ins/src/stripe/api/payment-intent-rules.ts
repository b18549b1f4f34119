import { invalid } from '../errors.ts'
import type { MethodParams } from '../objects/payment-methods.ts'
import { isWebUrl } from '../urls.ts'
import { listNames, refuseOthers } from './unsupported.ts'

/** What `POST /v1/payment_intents` takes, of the parameters that this stand-in acts on. */
export type CreateParams = {
  amount: number
  currency: string
  allowed_payment_method_types?: string[]
  automatic_payment_methods?: { enabled: boolean; allow_redirects?: string }
  capture_method?: string
  confirm?: boolean
  confirmation_token?: string
  description?: string
  error_on_requires_action?: boolean
  expand?: string[]
  metadata?: Record<string, string>
  off_session?: boolean | string
  payment_method?: string
  payment_method_data?: MethodParams
  payment_method_options?: { card?: CardOptions }
  receipt_email?: string
  return_url?: string
  statement_descriptor?: string
  statement_descriptor_suffix?: string
  use_stripe_sdk?: boolean
}

export type CardOptions = {
  capture_method?: 'manual' | ''
  moto?: boolean
  request_three_d_secure?: string
  three_d_secure?: {
    cryptogram: string
    electronic_commerce_indicator?: string
    transaction_id: string
    version: string
  }
}

const acted = listNames(
  'allowed_payment_method_types amount automatic_payment_methods capture_method confirm confirmation_token currency',
  'description error_on_requires_action expand metadata off_session payment_method payment_method_data',
  'payment_method_options receipt_email return_url statement_descriptor statement_descriptor_suffix use_stripe_sdk',
)
const actedCardOptions = listNames(
  'capture_method moto network request_three_d_secure setup_credential_usage stored_credential_usage three_d_secure',
)

/** Parameters that Stripe documents as "can only be used with confirm=true". */
const withConfirm = ['confirmation_token', 'error_on_requires_action', 'off_session', 'return_url'] as const

/**
 * What Stripe documents of `POST /v1/payment_intents` ("Create a PaymentIntent") beyond the types. Throws the `Refusal` of
 * the first rule that is broken.
 */
export function checkCreate(params: CreateParams): void {
  refuseOthers(params, acted, '')
  refuseOthers(params.payment_method_options ?? {}, listNames('card'), 'payment_method_options')
  refuseOthers(params.payment_method_options?.card ?? {}, actedCardOptions, 'payment_method_options[card]')
  const { payment_method: method, payment_method_data: data, automatic_payment_methods: automatic } = params
  if (method !== undefined && data !== undefined)
    throw invalid('You may only specify one of these parameters: payment_method, payment_method_data.', {
      code: 'parameters_exclusive',
      param: 'payment_method',
    })
  if (method?.startsWith('tok_'))
    throw invalid(
      'A token may not be passed in as a PaymentMethod. Instead, use payment_method_data with type=card and card[token].',
      { param: 'payment_method' },
    )
  if (automatic?.enabled && params.allowed_payment_method_types)
    throw invalid(
      'You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.',
      { code: 'parameters_exclusive', param: 'automatic_payment_methods' },
    )
  if (params.allowed_payment_method_types && !params.allowed_payment_method_types.includes('card'))
    throw invalid('This stand-in takes cards only', { param: 'allowed_payment_method_types' })
  for (const name of withConfirm)
    if (params[name] !== undefined && params.confirm !== true)
      throw invalid(`The parameter \`${name}\` can only be used with \`confirm=true\`.`, { param: name })
  if (params.return_url !== undefined && !isWebUrl(params.return_url))
    throw invalid('Not a valid URL', { code: 'url_invalid', param: 'return_url' })
  if (params.receipt_email !== undefined && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(params.receipt_email))
    throw invalid('Invalid email address', { code: 'email_invalid', param: 'receipt_email' })
  if (params.statement_descriptor !== undefined)
    throw invalid(
      'The `statement_descriptor` parameter is not supported for card charges. Use `statement_descriptor_suffix` instead.',
      { param: 'statement_descriptor' },
    )
  checkSuffix(params.statement_descriptor_suffix, 'statement_descriptor_suffix')
  checkThreeDSecure(params.payment_method_options?.card?.three_d_secure)
  if (params.confirm) checkConfirm(params)
}

/** "Maximum 22 characters", Latin letters and none of `<>\'"*` ("Statement descriptors"). */
export function checkSuffix(suffix: string | undefined, param: string): void {
  if (suffix !== undefined && (suffix.length > 22 || !/^[\x20-\x7e]+$/.test(suffix) || /[<>\\'"*]/.test(suffix)))
    throw invalid(
      'The statement descriptor suffix is longer than 22 characters, or has a character that is not allowed',
      {
        param,
      },
    )
}

function checkConfirm(params: CreateParams): void {
  if (params.payment_method === undefined && params.payment_method_data === undefined && !params.confirmation_token)
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      { code: 'payment_intent_unexpected_state' },
    )
  const cardsOnly = params.allowed_payment_method_types?.every((type) => type === 'card') ?? false
  if (params.return_url === undefined && !cardsOnly && params.automatic_payment_methods?.allow_redirects !== 'never')
    throw invalid(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
      { param: 'return_url' },
    )
  if (params.return_url !== undefined && params.automatic_payment_methods?.allow_redirects === 'never')
    throw invalid(
      'You may not specify a `return_url` with a PaymentIntent whose `automatic_payment_methods[allow_redirects]` is `never`.',
      { param: 'return_url' },
    )
}

/** "This value is 20 bytes, base64-encoded into a 28-character string." */
function checkThreeDSecure(given: CardOptions['three_d_secure']): void {
  if (given && !/^[A-Za-z0-9+/]{27}=$/.test(given.cryptogram))
    throw invalid('The cryptogram must be 20 bytes in base64', {
      param: 'payment_method_options[card][three_d_secure][cryptogram]',
    })
}
