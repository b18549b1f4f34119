import type { Deps } from '../deps.ts'
import type { Money, Outcome, PspEvent } from '../psp-gateway/port.ts'
import { type AttemptRow, findAttempt, objectOfAttempt } from '../store/attempts.ts'
import { findCharge, findChargeByPspReference } from '../store/charges.ts'
import { settleAttempt } from './settle-attempt.ts'
import { settleDispute } from './settle-dispute.ts'
import { closeSession, settleHostedPayment } from './settle-session.ts'

/** What became of a PSP's event. `held` is tried again; `flagged` is shown to an operator; neither is ever dropped. */
export type EventFate = 'applied' | 'held' | 'flagged' | 'ignored'

/** Applies an event that is already stored. Doing so twice, or in any order, ends in the same state. */
export async function applyPspEvent(
  deps: Deps,
  merchantId: string,
  pspAccountId: string,
  event: PspEvent,
): Promise<EventFate> {
  const { about } = event
  if (about.kind === 'nothing') return 'ignored'
  if (about.kind === 'unforeseen') return 'flagged'
  if (about.kind === 'dispute') {
    const { payment, dispute } = about
    return settleDispute(deps, { merchantId, pspAccountId, payment, dispute })
  }
  const attempt = await findAttempt(deps.pool, about.reference)
  // It may be about a payment whose intent is still being committed, or one that was made elsewhere: keep it.
  if (attempt === null) return 'held'
  deps.tracing.about(objectOfAttempt(attempt))
  // Signed by one account, about another's payment: whoever sent it does not know our payments by right.
  if (attempt.merchant_id !== merchantId || attempt.psp_account_id !== pspAccountId) return 'flagged'
  switch (about.kind) {
    case 'hosted_payment':
      return settleHostedPayment(deps, {
        merchantId,
        createAttemptId: attempt.id,
        payment: about.payment,
        source: 'webhook',
      })
    case 'hosted_session':
      await closeSession(deps, { merchantId, createAttemptId: attempt.id, as: about.status })
      return 'applied'
    case 'attempt': {
      // Of the end of a payment on its page, a PSP may name the page's reference and not a try's.
      if (attempt.kind === 'create_session' && about.attemptKind === 'authorize' && about.outcome.outcome === 'ended')
        return endHostedPayment(deps, attempt, about.outcome)
      // The PSP speaks of another kind of operation than we asked for under this reference.
      if (attempt.kind !== about.attemptKind) return 'flagged'
      if (about.amount !== undefined && !(await isOfAmount(deps, attempt, about.amount))) return 'flagged'
      const settled = await settleAttempt(deps, attempt.id, about.outcome)
      if (settled === null) return 'flagged'
      return settled.result === 'contradiction' ? 'flagged' : settled.result === 'unknown' ? 'ignored' : 'applied'
    }
  }
}

/** Ends a payment that is known by the PSP's id of it; held while it is not known yet. */
async function endHostedPayment(
  deps: Deps,
  page: AttemptRow,
  outcome: Outcome & { outcome: 'ended' },
): Promise<EventFate> {
  const { merchant_id: merchantId, id: createAttemptId, psp_account_id: pspAccountId } = page
  const { pspReference } = outcome
  const charge = await findChargeByPspReference(deps.pool, pspAccountId, pspReference)
  if (charge === null) return 'held'
  const payment = { pspReference, amount: { amount: charge.amount, currency: charge.currency }, outcome }
  return settleHostedPayment(deps, { merchantId, createAttemptId, payment, source: 'webhook' })
}

/** Whether that was asked for: less than a charge's amount, or as much in another currency, is not the charge's money. */
async function isOfAmount(deps: Deps, attempt: AttemptRow, { amount, currency }: Money): Promise<boolean> {
  const { charge_id: id, merchant_id: merchantId } = attempt
  const charge = id === null ? null : await findCharge(deps.pool, merchantId, id)
  return charge?.currency === currency && attempt.amount === amount
}
