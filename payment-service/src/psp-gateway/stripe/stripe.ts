import type { Psp } from '../port.ts'
import { findAccountFaults, isTestAccount } from './account.ts'
import { takesAmount } from './amounts.ts'
import { checks } from './checks.ts'
import { clientTokens } from './client-tokens.ts'
import { hostedSessions } from './hosted-sessions.ts'
import { consistencyWindowMs } from './look-ups.ts'
import { payments } from './payments.ts'
import { rawCards } from './raw-cards.ts'
import { webhooks } from './webhooks.ts'

/** Stripe, by its API of the version in request.ts. What is to be set up there, and why it is used so: docs/psps/stripe.md. */
export const stripePsp: Psp = {
  name: 'stripe',
  isTestAccount,
  consistencyWindowMs,
  takesAmount,
  payments,
  webhooks,
  hostedSessions,
  clientTokens,
  rawCards,
  checks,
  preflight: findAccountFaults,
}
