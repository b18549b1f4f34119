/**
 * Every operation that this stand-in offers, and no other: method, path, and the type of its parameters in the official
 * SDK, as the file below `stripe/esm/resources` and the name in it. `{id}` is an object's id.
 */
export const operations = [
  {
    name: 'account.retrieve',
    method: 'GET',
    path: '/v1/account',
    file: 'Accounts',
    type: 'AccountRetrieveCurrentParams',
  },
  {
    name: 'checkout.sessions.create',
    method: 'POST',
    path: '/v1/checkout/sessions',
    file: 'Checkout/Sessions',
    type: 'Checkout.SessionCreateParams',
  },
  {
    name: 'checkout.sessions.expire',
    method: 'POST',
    path: '/v1/checkout/sessions/{id}/expire',
    file: 'Checkout/Sessions',
    type: 'Checkout.SessionExpireParams',
  },
  {
    name: 'checkout.sessions.list',
    method: 'GET',
    path: '/v1/checkout/sessions',
    file: 'Checkout/Sessions',
    type: 'Checkout.SessionListParams',
  },
  {
    name: 'checkout.sessions.retrieve',
    method: 'GET',
    path: '/v1/checkout/sessions/{id}',
    file: 'Checkout/Sessions',
    type: 'Checkout.SessionRetrieveParams',
  },
  {
    name: 'payment_intents.cancel',
    method: 'POST',
    path: '/v1/payment_intents/{id}/cancel',
    file: 'PaymentIntents',
    type: 'PaymentIntentCancelParams',
  },
  {
    name: 'payment_intents.capture',
    method: 'POST',
    path: '/v1/payment_intents/{id}/capture',
    file: 'PaymentIntents',
    type: 'PaymentIntentCaptureParams',
  },
  {
    name: 'payment_intents.create',
    method: 'POST',
    path: '/v1/payment_intents',
    file: 'PaymentIntents',
    type: 'PaymentIntentCreateParams',
  },
  {
    name: 'payment_intents.list',
    method: 'GET',
    path: '/v1/payment_intents',
    file: 'PaymentIntents',
    type: 'PaymentIntentListParams',
  },
  {
    name: 'payment_intents.retrieve',
    method: 'GET',
    path: '/v1/payment_intents/{id}',
    file: 'PaymentIntents',
    type: 'PaymentIntentRetrieveParams',
  },
  {
    name: 'payment_intents.search',
    method: 'GET',
    path: '/v1/payment_intents/search',
    file: 'PaymentIntents',
    type: 'PaymentIntentSearchParams',
  },
  {
    name: 'payment_methods.create',
    method: 'POST',
    path: '/v1/payment_methods',
    file: 'PaymentMethods',
    type: 'PaymentMethodCreateParams',
    publishable: true,
  },
  { name: 'refunds.create', method: 'POST', path: '/v1/refunds', file: 'Refunds', type: 'RefundCreateParams' },
  { name: 'refunds.list', method: 'GET', path: '/v1/refunds', file: 'Refunds', type: 'RefundListParams' },
  { name: 'refunds.retrieve', method: 'GET', path: '/v1/refunds/{id}', file: 'Refunds', type: 'RefundRetrieveParams' },
  {
    name: 'tokens.create',
    method: 'POST',
    path: '/v1/tokens',
    file: 'Tokens',
    type: 'TokenCreateParams',
    publishable: true,
  },
  {
    name: 'webhook_endpoints.list',
    method: 'GET',
    path: '/v1/webhook_endpoints',
    file: 'WebhookEndpoints',
    type: 'WebhookEndpointListParams',
  },
] as const satisfies readonly Operation[]

/** A row of the table. */
export type Operation = {
  name: string
  method: 'GET' | 'POST'
  path: string
  file: string
  type: string
  /** A shopper's browser may call it, with the publishable key. */
  publishable?: true
}

export type KnownOperation = (typeof operations)[number]
export type OperationName = KnownOperation['name']
