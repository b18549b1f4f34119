import type { OperationName } from '../operations.ts'
import { createCardToken, createPaymentMethod, listWebhookEndpoints, retrieveAccount } from './account-operations.ts'
import type { Act } from './call.ts'
import { createPaymentIntent } from './create-payment-intent.ts'
import { cancelPaymentIntent, capturePaymentIntent } from './follow-payment-intent.ts'
import { listPaymentIntents, retrievePaymentIntent, searchPaymentIntents } from './read-payment-intents.ts'
import { createRefund, listRefunds, retrieveRefund } from './refunds.ts'
import {
  createCheckoutSession,
  expireCheckoutSession,
  listCheckoutSessions,
  retrieveCheckoutSession,
} from './sessions.ts'

/** What each operation does. Its parameters were read by their types before, so each is given the form it asks for. */
export const acts: Record<OperationName, Act<never>> = {
  'account.retrieve': retrieveAccount,
  'checkout.sessions.create': createCheckoutSession,
  'checkout.sessions.expire': expireCheckoutSession,
  'checkout.sessions.list': listCheckoutSessions,
  'checkout.sessions.retrieve': retrieveCheckoutSession,
  'payment_intents.cancel': cancelPaymentIntent,
  'payment_intents.capture': capturePaymentIntent,
  'payment_intents.create': createPaymentIntent,
  'payment_intents.list': listPaymentIntents,
  'payment_intents.retrieve': retrievePaymentIntent,
  'payment_intents.search': searchPaymentIntents,
  'payment_methods.create': createPaymentMethod,
  'refunds.create': createRefund,
  'refunds.list': listRefunds,
  'refunds.retrieve': retrieveRefund,
  'tokens.create': createCardToken,
  'webhook_endpoints.list': listWebhookEndpoints,
}
