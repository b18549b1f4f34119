import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { findCharge, renderCharge } from '../store/charges.ts'
import type { Claim } from '../store/idempotency.ts'
import { findRefund, renderRefund } from '../store/refunds.ts'

/** What a flow answers when it did not refuse. */
export type Answer = { status: number; body: object; replayed: boolean }

/**
 * The answer to a repeat of a charge, capture, cancel or refund. The stored one; or, while the outcome was not known
 * yet (or the first request's process died), the object's current state.
 */
export async function answerRepeat(
  deps: Deps,
  merchantId: string,
  claim: Exclude<Claim, { kind: 'claimed' }>,
  successStatus: number,
): Promise<Answer | Refusal> {
  if (claim.kind === 'refused') return claim.refusal
  const status = claim.status ?? successStatus
  if (status >= 400) return claim.body as Refusal
  if (claim.body !== null) return { status, body: claim.body as object, replayed: true }
  if (claim.objectId.startsWith('re_')) {
    const refund = await findRefund(deps.pool, merchantId, claim.objectId)
    return refund === null ? refuse('resource_not_found') : { status, body: renderRefund(refund), replayed: true }
  }
  const charge = await findCharge(deps.pool, merchantId, claim.objectId)
  return charge === null ? refuse('resource_not_found') : { status, body: renderCharge(charge), replayed: true }
}
