import type { Deps } from '../deps.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import type { ChargeRow } from '../store/charges.ts'

/** A capture, cancel or refund whose intent is durable. */
export type FollowUp = { kind: 'capture' | 'cancel' | 'refund'; attemptId: string; charge: ChargeRow; amount: bigint }

/** How much longer than the PSP's own time limit the process may take from intent to outcome. */
const leaseMarginMs = 4_000

/** Until when a living process is expected to bring the outcome of a call that starts now. */
export function leaseUntil(deps: Deps): Date {
  return new Date(deps.now().getTime() + deps.config.pspTimeoutMs + leaseMarginMs)
}

/**
 * Asks the PSP to capture, cancel or refund. The attempt's id is the PSP's idempotency key, so asking twice acts once.
 * Never throws for what the PSP does; whatever is not clear is `unknown`.
 */
export async function callPsp(deps: Deps, followUp: FollowUp): Promise<Outcome> {
  const { kind, attemptId, charge, amount } = followUp
  const account = await deps.directory.findPspAccount(charge.psp_account_id)
  if (account === null || charge.psp_reference === null)
    throw new Error('A charge with money has lost its PSP account or payment')
  const { payments } = deps.psps[account.psp]
  const input = { reference: attemptId, payment: charge.psp_reference, amount: { amount, currency: charge.currency } }
  const asked = payments[kind](account, input)
  return payments.readReply(kind, await deps.send(asked, deps.config.pspTimeoutMs), input)
}
