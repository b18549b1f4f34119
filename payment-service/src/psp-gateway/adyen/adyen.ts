import type { Psp } from '../port.ts'
import { takesAmount } from './amounts.ts'
import { checks } from './checks.ts'
import { clientTokens } from './client-tokens.ts'
import { hostedSessions } from './payment-links.ts'
import { payments } from './payments.ts'
import { rawCards } from './raw-cards.ts'
import { findAccountFaults, isLive } from './settings.ts'
import { webhooks } from './webhooks.ts'

/** Adyen, by its Checkout API. What was chosen and why: docs/psps/adyen.md. */
export const adyenPsp: Psp = {
  name: 'adyen',
  isTestAccount: (account) => !isLive(account),
  // Adyen documents no time after which a payment link's status is sure to be what the shopper just did.
  consistencyWindowMs: 60_000,
  takesAmount,
  payments,
  webhooks,
  hostedSessions,
  clientTokens,
  rawCards,
  checks,
  preflight: findAccountFaults,
}
