import type { Deps } from '../deps.ts'
import { decideCharge } from '../payments/decide-charge.ts'
import { sessionTransitions } from '../payments/session-states.ts'
import type { HostedPayment, PspName } from '../psp-gateway/port.ts'
import { findAttempt } from '../store/attempts.ts'
import {
  applyChange,
  type ChargeRow,
  findChargeByPspReference,
  insertCharge,
  lockCharge,
  renderCharge,
  updateCharge,
} from '../store/charges.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'
import { findClosingAttempt } from '../store/session-attempts.ts'
import { lockSession, type SessionRow, updateSession } from '../store/sessions.ts'
import { reserveGiveBack } from './give-back.ts'
import { makeHostedCharge, recordTry } from './hosted-charge.ts'
import { showSession } from './session-link.ts'
import { flagContradiction, learn } from './settle-attempt.ts'

/** What became of a payment that a PSP reported: see `EventFate`. */
export type HostedPaymentFate = 'applied' | 'flagged' | 'ignored'

/** `told`: a try that has ended, and who had opened its session. */
type Settlement = { fate: HostedPaymentFate; why?: string; told?: { charge: ChargeRow; openedFrom: string | null } }

/**
 * Applies what the PSP says of one payment inside a hosted session: the one place where webhook, return and expiry
 * meet. One transaction, the session locked first. Every try of the shopper is a charge; the first that is approved
 * completes the session, and money that comes after its end is recorded, flagged, and given back unless the merchant
 * keeps it.
 */
export async function settleHostedPayment(
  deps: Deps,
  input: { merchantId: string; createAttemptId: string; payment: HostedPayment; source: 'webhook' | 'look_up' },
): Promise<HostedPaymentFate> {
  const { merchantId, createAttemptId, payment } = input
  const attempt = await findAttempt(deps.pool, createAttemptId)
  const sessionId = attempt?.merchant_id === merchantId ? attempt.payment_session_id : null
  if (attempt === null || sessionId === null) return 'flagged'
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const settled = await inTransaction(deps.pool, async (tx): Promise<Settlement> => {
    const session = await lockSession(tx, merchantId, sessionId)
    if (session === null) throw new Error('An attempt has lost its session')
    return settleLocked(deps, tx, session, account.psp, payment)
  })
  if (settled.fate === 'applied') deps.wakeOutbox()
  if (settled.told !== undefined) await deps.cardTesting.learn(settled.told)
  if (settled.fate === 'flagged') {
    deps.log.error('a PSP reports a payment that does not fit its session; an operator must look', {
      object: sessionId,
      attempt: createAttemptId,
      reason: `${input.source}: ${settled.why ?? ''}`,
    })
  }
  return settled.fate
}

async function settleLocked(
  deps: Deps,
  tx: Transaction,
  session: SessionRow,
  psp: PspName,
  payment: HostedPayment,
): Promise<Settlement> {
  if (payment.outcome.outcome === 'unknown') return { fate: 'ignored' }
  if (payment.amount.amount !== session.amount || payment.amount.currency !== session.currency) {
    return { fate: 'flagged', why: 'the payment’s amount is not the session’s' }
  }
  const found = await findChargeByPspReference(tx, session.psp_account_id, payment.pspReference)
  const known = found === null ? null : await lockCharge(tx, session.merchant_id, found.id)
  if (known !== null && known.payment_session_id !== session.id)
    return { fate: 'flagged', why: 'the payment belongs to another charge' }
  const charge = known ?? makeHostedCharge(deps, session, psp, payment.pspReference)
  const decision = decideCharge(charge, payment.outcome)
  if (decision.kind === 'contradiction') {
    if (known !== null) await flagContradiction(deps, tx, known, payment.pspReference, decision.why)
    return { fate: 'flagged', why: decision.why }
  }
  if (decision.kind === 'unknown') return { fate: 'ignored' }
  if (decision.kind === 'same') {
    if (known !== null && decision.learnt !== null) await learn(deps, tx, known, decision.learnt)
    return { fate: 'applied' }
  }

  const now = deps.now()
  const changed = applyChange(charge, decision.change, now)
  const isPaid = wasApproved(changed) && !wasApproved(charge)
  const step = isPaid ? sessionTransitions[session.status].paid : 'same'
  const marked: ChargeRow =
    step === 'late' ? { ...changed, flags: [...new Set([...changed.flags, 'paid_after_session_end'])] } : changed
  const goesBack = mustGoBack(session, charge, marked)
  // A hold that could not be canceled, because the PSP captured it meanwhile, goes back as a refund after all.
  const next = goesBack ? { ...marked, flags: marked.flags.filter((flag) => flag !== 'give_back_failed') } : marked
  if (known === null) await insertCharge(tx, next)
  else await updateCharge(tx, next)
  await recordTry(deps, tx, next, payment, known === null)
  await insertEvent(tx, makeEvent(decision.change.eventType, next.merchant_id, renderCharge(next), next.sequence, now))
  if (step === 'completed') await endLocked(deps, tx, { ...session, charge_id: next.id }, 'completed')
  if (goesBack) await reserveGiveBack(deps, tx, next)
  return { fate: 'applied', told: { charge: next, openedFrom: session.opened_from } }
}

function hasMoney(charge: ChargeRow): boolean {
  return charge.status === 'authorized' || charge.status === 'captured'
}

/**
 * Whether the bank said yes once. An authorization that was canceled or has lapsed was one, also when the news of its
 * end came first: the session was paid with it, and its PSP never calls it open again.
 */
function wasApproved(charge: ChargeRow): boolean {
  return hasMoney(charge) || (charge.status === 'canceled' && charge.cancellation_reason !== 'abandoned')
}

/** Late money goes back when it arrives, and again when a late hold was captured, unless the merchant captured it. */
function mustGoBack(session: SessionRow, before: ChargeRow, after: ChargeRow): boolean {
  return (
    session.late_payments === 'refund' &&
    after.flags.includes('paid_after_session_end') &&
    hasMoney(after) &&
    after.status !== before.status &&
    before.pending_operation !== 'capture'
  )
}

/**
 * What the PSP announced by itself: its page is closed. While we are closing it ourselves the announcement is only the
 * echo of that, and who asked (the shopper, the merchant, the clock) decides the word.
 */
export async function closeSession(
  deps: Deps,
  input: { merchantId: string; createAttemptId: string; as: 'expired' | 'canceled' },
): Promise<void> {
  const attempt = await findAttempt(deps.pool, input.createAttemptId)
  if (attempt?.merchant_id !== input.merchantId || attempt.payment_session_id === null) return
  const closing = await findClosingAttempt(deps.pool, input.merchantId, attempt.payment_session_id)
  // Also when it was answered a moment ago: whoever asked ends the session now, or the expiry job does.
  if (closing?.state === 'sent' || closing?.state === 'approved') return
  await endSession(deps, input.merchantId, attempt.payment_session_id, input.as)
}

/** Ends an open session in the database, with its event; changes nothing when it has ended already. */
export async function endSession(
  deps: Deps,
  merchantId: string,
  sessionId: string,
  as: 'expired' | 'canceled',
): Promise<SessionRow> {
  const session = await inTransaction(deps.pool, async (tx) => {
    const current = await lockSession(tx, merchantId, sessionId)
    if (current === null) throw new Error('A session is gone')
    return sessionTransitions[current.status][as] === as ? endLocked(deps, tx, current, as) : current
  })
  deps.wakeOutbox()
  return session
}

async function endLocked(
  deps: Deps,
  tx: Transaction,
  session: SessionRow,
  as: 'completed' | 'expired' | 'canceled',
): Promise<SessionRow> {
  const now = deps.now()
  const ended: SessionRow = { ...session, status: as, sequence: session.sequence + 1, updated_at: now }
  await updateSession(tx, ended)
  await insertEvent(
    tx,
    makeEvent(`payment_session.${as}`, session.merchant_id, showSession(deps, ended), ended.sequence, now),
  )
  return ended
}
