import type { Deps } from '../deps.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ChargeRow } from '../store/charges.ts'
import { type CallClock, sendInTime } from './time-limits.ts'

/** A capture, cancel or refund whose intent is durable. */
export type FollowUp = {
  kind: 'capture' | 'cancel' | 'refund'
  attemptId: string
  charge: ChargeRow
  amount: bigint
  /** Started before the intent was written. */
  clock: CallClock
}

/**
 * Asks the PSP to capture, cancel or refund. The attempt's id is the PSP's idempotency key, so asking twice acts once.
 * Never throws for what the PSP does; whatever is not clear is `unknown`.
 */
export async function callPsp(deps: Deps, followUp: FollowUp): Promise<Outcome> {
  const { kind, attemptId, charge, amount, clock } = followUp
  const account = await deps.directory.findPspAccount(charge.psp_account_id)
  // It belongs to the other environment, which alone may call it.
  if (account === null) return { outcome: 'rejected', code: 'not_executed', pspCode: null }
  if (charge.psp_reference === null) throw new Error('A charge with money has lost its payment')
  const { payments } = deps.psps[account.psp]
  const input = { reference: attemptId, payment: charge.psp_reference, amount: { amount, currency: charge.currency } }
  const call = { kind, request: payments[kind](account, input) }
  return sendInTime(deps, clock, account, call, (reply) => payments.readReply(kind, reply, input))
}

/**
 * Why a part of a charge's amount is not captured or refunded: its PSP counts the currency in larger units, as some do
 * (`Psp.takesAmount`). Refused before anything is written, because nothing is ever rounded. Null when it can be.
 */
export function refuseUnsayable(deps: Pick<Deps, 'psps'>, charge: ChargeRow, amount: bigint): Refusal | null {
  const { currency } = charge
  if (deps.psps[charge.psp].takesAmount?.({ amount, currency }) !== false) return null
  const detail = `The charge's PSP cannot express exactly this amount of ${currency}.`
  return refuse('capability_not_supported', { param: 'amount', detail })
}
