import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { decideDispute } from '../payments/decide-dispute.ts'
import type { Dispute } from '../psp-gateway/port.ts'
import { findChargeByPspReference, lockCharge } from '../store/charges.ts'
import { type DisputeRow, findDisputeByPspId, insertDispute, renderDispute, updateDispute } from '../store/disputes.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { inTransaction } from '../store/pool.ts'

/**
 * Applies what a PSP says of a dispute. One short transaction, the charge locked first, so that news which come at once
 * take their turn. The charge stays as it is: what was disputed has an object of its own.
 *
 * @param told.payment the PSP's id of the disputed payment. One that is not known (yet) is held.
 */
export async function settleDispute(
  deps: Deps,
  told: { merchantId: string; pspAccountId: string; payment: string; dispute: Dispute },
): Promise<'applied' | 'held' | 'flagged'> {
  const { merchantId, pspAccountId, payment, dispute } = told
  const found = await findChargeByPspReference(deps.pool, pspAccountId, payment)
  if (found === null) return 'held'
  const settled = await inTransaction(deps.pool, async (tx): Promise<{ changed: boolean } | { why: string }> => {
    const charge = await lockCharge(tx, merchantId, found.id)
    if (charge === null) throw new Error('A charge is gone')
    const known = await findDisputeByPspId(tx, pspAccountId, dispute.id)
    if (known !== null && known.charge_id !== charge.id) return { why: 'the PSP named another payment than before' }
    const decision = decideDispute(known, dispute)
    if (decision.kind === 'contradiction') return decision
    if (decision.kind === 'same') return { changed: false }
    const now = deps.now()
    const begun = known ?? {
      merchant_id: merchantId,
      id: newId('dispute'),
      charge_id: charge.id,
      psp_account_id: pspAccountId,
      psp_dispute_id: dispute.id,
      sequence: 0,
      created_at: now,
    }
    const next: DisputeRow = { ...begun, ...decision.facts, sequence: begun.sequence + 1, updated_at: now }
    await (known === null ? insertDispute(tx, next) : updateDispute(tx, next))
    await insertEvent(tx, makeEvent(decision.eventType, merchantId, renderDispute(next), next.sequence, now))
    return { changed: true }
  })
  if ('why' in settled) {
    deps.log.error('a PSP contradicts itself about a dispute; an operator must look', {
      object: found.id,
      reason: settled.why,
    })
    return 'flagged'
  }
  if (settled.changed) deps.wakeOutbox()
  return 'applied'
}
