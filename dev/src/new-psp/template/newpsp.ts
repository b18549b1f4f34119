import type { Psp } from '@fincore/payment-service/psp-gateway/port'
import { findAccountFaults, identifyAccount } from './account.ts'
import { payments } from './payments.ts'
import { webhooks } from './webhooks.ts'

/**
 * newpsp. What it offers beyond payments by token is added here, a file each: `hostedSessions`, `clientTokens`,
 * `rawCards`, `reconciliation`, `checks`. Having the group is the capability.
 */
export const newpspPsp: Psp = {
  name: 'newpsp',
  // How long a payment may stay invisible to `lookUp` at this PSP, as its documents say.
  consistencyWindowMs: 60_000,
  payments,
  webhooks,
  preflight: findAccountFaults,
  identify: identifyAccount,
}
