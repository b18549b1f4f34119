import type { PspAccount, PspReply } from '../../port.ts'

/** Stripe's objects as its API reference shows them, with the fields that are read and a few that are not. */

export const account: PspAccount = {
  id: 'pspa_1',
  merchantId: 'mer_1',
  psp: 'stripe',
  name: 'Stripe',
  config: {},
  credentials: {
    secret_key: 'sk_test_51FinCoreFinCoreFinCore',
    publishable_key: 'pk_test_51FinCoreFinCoreFinCore',
    webhook_secret: 'whsec_0123456789abcdef0123456789',
  },
}

export const cardDetails = {
  brand: 'visa',
  last4: '4242',
  exp_month: 12,
  exp_year: 2034,
  network_transaction_id: '979812654287653',
  three_d_secure: null,
}
export const cardShown = { brand: 'visa', first6: null, last4: '4242', exp_month: 12, exp_year: 2034 }

export const charge = {
  object: 'charge',
  id: 'ch_1',
  amount: 1000,
  amount_captured: 1000,
  captured: true,
  currency: 'eur',
  metadata: { fincore_reference: 'att_1' },
  payment_intent: 'pi_1',
  status: 'succeeded',
  payment_method_details: { type: 'card', card: cardDetails },
}

export const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1000,
  amount_capturable: 0,
  amount_received: 1000,
  cancellation_reason: null,
  capture_method: 'automatic',
  client_secret: 'pi_1_secret_x',
  created: 1_790_000_000,
  currency: 'eur',
  last_payment_error: null,
  latest_charge: charge,
  livemode: false,
  metadata: { fincore_reference: 'att_1' },
  next_action: null,
  status: 'succeeded',
}
export const cardError = {
  type: 'card_error',
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  charge: 'ch_0',
  message: 'Your card has insufficient funds.',
  payment_method: { id: 'pm_1', object: 'payment_method', card: cardDetails },
}
export const failedIntent = {
  ...intent,
  amount_received: 0,
  last_payment_error: cardError,
  latest_charge: 'ch_0',
  status: 'requires_payment_method',
}
export const heldIntent = { ...intent, amount_capturable: 1000, amount_received: 0, status: 'requires_capture' }
export const waitingIntent = {
  ...intent,
  amount_received: 0,
  latest_charge: null,
  next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'https://hooks.stripe.com/3ds', return_url: 'x' } },
  status: 'requires_action',
}
export const canceledIntent = {
  ...intent,
  amount_received: 0,
  cancellation_reason: 'requested_by_customer',
  status: 'canceled',
}

export const refund = {
  id: 're_1',
  object: 'refund',
  amount: 1000,
  charge: 'ch_1',
  currency: 'eur',
  metadata: { fincore_reference: 'att_1' },
  payment_intent: 'pi_1',
  reason: null,
  status: 'succeeded',
}

export const session = {
  id: 'cs_test_1',
  object: 'checkout.session',
  client_reference_id: 'att_1',
  expires_at: 1_790_086_400,
  metadata: { fincore_reference: 'att_1' },
  payment_intent: null,
  payment_status: 'unpaid',
  status: 'open',
  success_url: 'https://pay.example/s/x/return',
  url: 'https://checkout.stripe.com/c/pay/cs_test_1',
}

export const dispute = {
  id: 'dp_1',
  object: 'dispute',
  amount: 1000,
  charge: 'ch_1',
  currency: 'eur',
  evidence_details: { due_by: 1_791_000_000, has_evidence: false },
  payment_intent: 'pi_1',
  reason: 'fraudulent',
  status: 'needs_response',
}

export const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): PspReply => ({
  status,
  headers,
  body: JSON.stringify(body),
})
export const list = (data: unknown[], has_more = false, object = 'list') =>
  answer({ object, url: '/v1/x', has_more, data })
