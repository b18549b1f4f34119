import type Stripe from 'stripe'

/** The body of an error, as Stripe's API reference has it under "Errors". */
export type ErrorBody = {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  param?: string
  decline_code?: string
  charge?: string
  doc_url?: string
  payment_intent?: Stripe.PaymentIntent
  payment_method?: Stripe.PaymentMethod
}

/** A request that is refused: thrown by whatever reads it, caught where answers are made. */
export class Refusal extends Error {
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.status = status
    this.body = body.code
      ? { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` }
      : body
  }
}

/** 400, the caller's mistake. `code` is left out where Stripe documents none. */
export function invalid(message: string, more: { code?: string; param?: string } = {}): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', message, ...more })
}

/** 404 of an object that an address names, and 400 of one that a parameter names: both are `resource_missing`. */
export function missing(kind: string, id: string, param: string, status: 400 | 404 = 404): Refusal {
  // An id is repeated only when it looks like one: nobody's card number is written back.
  const shown = /^[a-z]{2,6}_[A-Za-z0-9_]{1,200}$/.test(id) ? `: '${id}'` : ''
  return new Refusal(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}${shown}`,
    param,
  })
}
