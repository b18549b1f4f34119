import type Stripe from 'stripe'
import { fitText } from '../fit-text.ts'
import type { Asked, AuthorizeInput, FollowUpInput, MoneyKind, Outcome, PaymentOperations, PspReply } from '../port.ts'
import { readPspCode } from '../psp-code.ts'
import { toStripeAmount } from './amounts.ts'
import type { FormOf } from './form.ts'
import { lookUp, readLookUp } from './look-ups.ts'
import {
  outcomeOfCancel,
  outcomeOfCapture,
  outcomeOfPayment,
  outcomeOfRefund,
  outcomeOfRefusedPayment,
  unknown,
} from './outcomes.ts'
import { post } from './request.ts'
import { classifyReply, type PaymentIntent, type StripeError, wire } from './wire.ts'

/** Payments by token, and what can be done to a payment: Stripe's PaymentIntents and Refunds. */
export const payments: PaymentOperations = {
  authorizeToken: (account, input) =>
    post(account, '/v1/payment_intents', input.reference, {
      ...authorizeParameters(input),
      ...tokenParameters(input.token),
    } satisfies FormOf<CardPaymentParams>),
  capture: (account, input) =>
    post(account, pathOf(input, 'capture'), input.reference, {
      amount_to_capture: toStripeAmount(input.amount),
      // Not under the name of the payment's own reference, which it would overwrite.
      metadata: { fincore_capture: input.reference },
    } satisfies FormOf<Stripe.PaymentIntentCaptureParams>),
  cancel: (account, input) =>
    post(account, pathOf(input, 'cancel'), input.reference, {
      cancellation_reason: 'requested_by_customer',
    } satisfies FormOf<Stripe.PaymentIntentCancelParams>),
  refund: (account, input) =>
    post(account, '/v1/refunds', input.reference, {
      payment_intent: input.payment,
      amount: toStripeAmount(input.amount),
      metadata: { fincore_reference: input.reference },
    } satisfies FormOf<Stripe.RefundCreateParams>),
  readReply,
  lookUp,
  readLookUp,
}

/**
 * The parameters that a token payment and a card payment share. One call creates and confirms, so a reply that is not
 * an approval leaves nothing that would still have to be done.
 *
 * Where the shopper cannot act (no way back, or an authentication that was made elsewhere: "Import 3D Secure results")
 * Stripe is told to fail instead of waiting for them. A payment that the merchant begins fails so by itself.
 */
export function authorizeParameters(input: AuthorizeInput) {
  const isOffSession = input.initiator === 'merchant'
  const canAct = input.returnUrl !== null && input.threeDSecure === null && !isOffSession
  return {
    amount: toStripeAmount(input.amount),
    currency: input.amount.currency.toLowerCase(),
    capture_method: input.captureMethod,
    confirm: true,
    allowed_payment_method_types: ['card'],
    metadata: { fincore_reference: input.reference },
    description: fitText(input.description, 500),
    expand: ['latest_charge'],
    return_url: canAct ? (input.returnUrl ?? undefined) : undefined,
    error_on_requires_action: canAct || isOffSession ? undefined : true,
    off_session: isOffSession ? true : undefined,
    payment_method_options: input.threeDSecure
      ? {
          card: {
            three_d_secure: {
              version: input.threeDSecure.version,
              electronic_commerce_indicator: input.threeDSecure.eci,
              cryptogram: input.threeDSecure.cavv,
              transaction_id: input.threeDSecure.dsTransactionId,
            },
          },
        }
      : undefined,
  } satisfies FormOf<Stripe.PaymentIntentCreateParams>
}

/**
 * The SDK's types leave `card` out of a PaymentIntent's `payment_method_data`, though Stripe takes it there from whom it
 * allowed raw cards ("Import 3D Secure results" shows it). Its form is that of the same object in a PaymentMethod.
 */
export type CardPaymentParams = Omit<Stripe.PaymentIntentCreateParams, 'payment_method_data'> & {
  payment_method_data?: {
    type: 'card'
    card: Stripe.PaymentMethodCreateParams.Card
    billing_details?: Stripe.PaymentMethodCreateParams.BillingDetails
  }
}

/** A PaymentMethod, as Elements makes it, or one of Stripe's two other tokens for a card. What is none, Stripe refuses. */
function tokenParameters(token: string) {
  if (token.startsWith('ctoken_')) return { confirmation_token: token }
  if (token.startsWith('tok_')) return { payment_method_data: { type: 'card' as const, card: { token } } }
  return { payment_method: token }
}

function pathOf(input: FollowUpInput, action: string): string {
  return `/v1/payment_intents/${encodeURIComponent(input.payment)}/${action}`
}

function readReply(kind: MoneyKind, reply: PspReply, asked?: Asked): Outcome {
  const read = classifyReply(reply)
  switch (read.kind) {
    case 'unknown':
      return unknown(read.why)
    case 'not_sent':
      return { outcome: 'rejected', code: 'not_executed', pspCode: null }
    case 'refused':
      return kind === 'authorize' ? outcomeOfRefusedPayment(read.error, asked) : readRefusal(kind, read.error, asked)
    case 'body':
      return readBody(kind, read.value, asked)
  }
}

function readBody(kind: MoneyKind, body: unknown, asked: Asked | undefined): Outcome {
  if (kind === 'refund')
    return wire.refund.Check(body) ? outcomeOfRefund(body, asked) : unknown('the reply is no refund')
  if (!wire.paymentIntent.Check(body)) return unknown('the reply is no payment')
  if (kind === 'authorize') return outcomeOfPayment(body, asked)
  return outcomeOfFollowUp(kind, body, asked) ?? unknown('Stripe took the request, and did not do what it asks for')
}

/** A capture or cancel that is refused, because it was done before, was done: the error shows the payment. */
function readRefusal(kind: 'capture' | 'cancel' | 'refund', error: StripeError, asked: Asked | undefined): Outcome {
  const intent = error.payment_intent
  if (kind !== 'refund' && wire.paymentIntent.Check(intent)) {
    const outcome = outcomeOfFollowUp(kind, intent, asked)
    if (outcome?.outcome === 'approved') return outcome
  }
  const pspCode = readPspCode(error.decline_code ?? error.code)
  if (error.type !== 'card_error') return { outcome: 'rejected', code: 'rejected_by_psp', pspCode }
  // No shopper stands by, so it is never about trying another card.
  const code = kind === 'refund' ? 'refund_declined' : 'do_not_honor'
  return { outcome: 'declined', pspReference: null, code, pspCode, card: null }
}

function outcomeOfFollowUp(
  kind: 'capture' | 'cancel',
  intent: PaymentIntent,
  asked: Asked | undefined,
): Outcome | null {
  if (kind === 'cancel') return outcomeOfCancel(intent)
  const reference = intent.metadata.fincore_capture
  return outcomeOfCapture(intent, asked ?? (reference === undefined ? {} : { reference }))
}
