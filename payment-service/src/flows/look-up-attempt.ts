import type { Deps } from '../deps.ts'
import { describeLookUp, type Said } from '../payments/look-up-words.ts'
import type { LookUpAnswer } from '../psp-gateway/port.ts'
import type { AttemptRow } from '../store/attempts.ts'
import { type ChargeRow, findCharge } from '../store/charges.ts'

export type MoneyAttempt = AttemptRow & { kind: 'authorize' | 'capture' | 'cancel' | 'refund' }

export function movesMoney(attempt: AttemptRow): attempt is MoneyAttempt {
  return attempt.kind !== 'create_session' && attempt.kind !== 'expire_session'
}

/**
 * Asks the PSP what became of our reference, without applying it. The account may be disabled: a payment that was made
 * there is asked for all the same, with the credentials that the account has now.
 */
export async function lookUpAttempt(
  deps: Deps,
  attempt: MoneyAttempt,
  timeoutMs: number,
): Promise<Said & { answer: LookUpAnswer; consistencyWindowMs: number }> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const { payments, consistencyWindowMs } = deps.psps[account.psp]
  const reply = await deps.send(payments.lookUp(account, attempt.id), timeoutMs)
  const { currency } = await findChargeOf(deps, attempt)
  const amount = attempt.amount === null ? undefined : { amount: attempt.amount, currency }
  const answer = payments.readLookUp(attempt.kind, attempt.id, reply, amount)
  return { ...describeLookUp(reply, answer), answer, consistencyWindowMs }
}

export async function findChargeOf(deps: Deps, attempt: AttemptRow): Promise<ChargeRow> {
  const charge = attempt.charge_id === null ? null : await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null) throw new Error('An attempt has lost its charge')
  return charge
}
