import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { type AttemptRow, insertAttempt, pushNextLookUp } from '../store/attempts.ts'
import { type ChargeRow, findCharge, updateCharge } from '../store/charges.ts'
import type { Transaction } from '../store/pool.ts'
import { reserveRefund } from './create-refund.ts'
import { callPsp } from './follow-up.ts'
import { settleAttempt } from './settle-attempt.ts'
import { startCallClock } from './time-limits.ts'

/**
 * Writes the intent to return money that came after its session had ended: a hold is canceled, captured money is
 * refunded. In the transaction that records the money, so that neither exists without the other. The attempt is due at
 * once: the resolver sends it, and again until the PSP has answered.
 *
 * @param charge locked by the caller, authorized or captured.
 */
export async function reserveGiveBack(deps: Deps, tx: Transaction, charge: ChargeRow): Promise<void> {
  const by = { origin: 'give_back', leaseUntil: deps.now() } as const
  if (charge.status === 'captured') {
    const amount = charge.captured - charge.refunded - charge.refunds_pending
    const row = { id: newId('refund'), amount, reason: 'Paid after the payment session had ended', metadata: {} }
    await reserveRefund(deps, tx, charge, row, by)
    return
  }
  await updateCharge(tx, { ...charge, pending_operation: 'cancel', pending_amount: charge.amount })
  await insertAttempt(tx, {
    merchant_id: charge.merchant_id,
    id: newId('attempt'),
    kind: 'cancel',
    psp_account_id: charge.psp_account_id,
    charge_id: charge.id,
    amount: charge.amount,
    ...by,
  })
}

/**
 * Asks the PSP to return the money, or asks again: the attempt's id is the PSP's idempotency key, so it cannot go back
 * twice while the PSP keeps that. A request that did not leave proves nothing here; the money must go back, so it is sent
 * again later.
 */
export async function sendGiveBack(deps: Deps, attempt: AttemptRow): Promise<void> {
  if (attempt.charge_id === null || attempt.amount === null || (attempt.kind !== 'refund' && attempt.kind !== 'cancel'))
    throw new Error('Only a refund or a cancel can give money back')
  const charge = await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null) throw new Error('An attempt has lost its charge')
  const clock = startCallClock(deps)
  // Nobody else shall send it while we do.
  await pushNextLookUp(deps.pool, attempt, clock.leaseUntil)
  const call = { kind: attempt.kind, attemptId: attempt.id, charge, amount: attempt.amount, clock }
  const outcome = await callPsp(deps, call)
  if (outcome.outcome === 'rejected' && outcome.code === 'not_executed') return
  await settleAttempt(deps, attempt.id, outcome)
}
