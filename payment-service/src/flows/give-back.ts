import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { describeError } from '../log.ts'
import { insertAttempt } from '../store/attempts.ts'
import { type ChargeRow, updateCharge } from '../store/charges.ts'
import type { Transaction } from '../store/pool.ts'
import { reserveRefund } from './create-refund.ts'
import { callPsp, type FollowUp, leaseUntil } from './follow-up.ts'
import { settleAttempt } from './settle-attempt.ts'

/**
 * Writes the intent to return money that came after its session had ended: a hold is canceled, captured money is
 * refunded. In the transaction that records the money, so that neither exists without the other; whatever happens to
 * this process, the resolver sends it until the PSP has done it.
 *
 * @param charge locked by the caller, authorized or captured.
 */
export async function reserveGiveBack(deps: Deps, tx: Transaction, charge: ChargeRow): Promise<FollowUp> {
  if (charge.status === 'captured') {
    // A hold that could not be canceled, because the PSP captured it meanwhile, goes back this way after all.
    const flags = charge.flags.filter((flag) => flag !== 'give_back_failed')
    const left = charge.captured - charge.refunded - charge.refunds_pending
    const row = { id: newId('refund'), amount: left, reason: 'Paid after the payment session had ended', metadata: {} }
    const reserved = await reserveRefund(deps, tx, { ...charge, flags }, row, 'give_back')
    return { kind: 'refund', attemptId: reserved.attemptId, charge: reserved.charge, amount: left }
  }
  const held: ChargeRow = { ...charge, pending_operation: 'cancel', pending_amount: charge.amount }
  const attemptId = newId('attempt')
  await updateCharge(tx, held)
  await insertAttempt(tx, {
    merchant_id: charge.merchant_id,
    id: attemptId,
    kind: 'cancel',
    psp_account_id: charge.psp_account_id,
    charge_id: charge.id,
    amount: charge.amount,
    origin: 'give_back',
    leaseUntil: leaseUntil(deps),
  })
  return { kind: 'cancel', attemptId, charge: held, amount: charge.amount }
}

/** Asks the PSP to return the money, after the intent was committed. Never throws: the resolver is the second net. */
export async function giveBack(deps: Deps, intent: FollowUp): Promise<void> {
  try {
    await settleAttempt(deps, intent.attemptId, await callPsp(deps, intent))
  } catch (error) {
    deps.log.error('money that came too late could not be given back yet; it is sent again', {
      attempt: intent.attemptId,
      error: describeError(error),
    })
  }
}
