import type { Psp } from '../port.ts'
import { findAccountFaults, identifyAccount } from './account.ts'
import { checks } from './checks.ts'
import { clientTokens } from './client-tokens.ts'
import { hostedSessions } from './hosted-sessions.ts'
import { reconciliation } from './movements.ts'
import { payments } from './payments.ts'
import { rawCards } from './raw-cards.ts'
import { webhooks } from './webhooks.ts'

/** FinCore's own PSP for development and tests; it moves no money. Its reference is the README of psp-sandbox. */
export const sandboxPsp: Psp = {
  name: 'sandbox',
  isTest: true,
  consistencyWindowMs: 2_000,
  payments,
  webhooks,
  hostedSessions,
  clientTokens,
  rawCards,
  reconciliation,
  checks,
  preflight: findAccountFaults,
  identify: identifyAccount,
}
