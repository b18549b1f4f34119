import { findSession, presentSession, type SessionRow, setSessionStatus } from '../ledger/checkout-sessions.ts'
import { findPayment, listPaymentsOfSession, updatePayment } from '../ledger/payments.ts'
import type { Psp } from '../psp.ts'
import { announcePayment } from './announcements.ts'
import { approve } from './authorize.ts'

/** Closes an open session: challenges under way expire with it, and a payment that is to be late is set going. */
export function expireSession(psp: Psp, session: SessionRow): SessionRow {
  if (session.status !== 'open') return session
  const now = psp.now()
  for (const payment of listPaymentsOfSession(psp.ledger, session.id)) {
    if (payment.status === 'late') psp.schedule('approve_late', payment.id, now + psp.timings.lateApprovalMs)
    if (payment.status !== 'action_required') continue
    announcePayment(psp, 'payment.expired', updatePayment(psp.ledger, payment.id, { status: 'expired' }, now))
  }
  const expired = setSessionStatus(psp.ledger, session.id, 'expired')
  psp.announce(session.account, 'checkout_session.expired', {
    checkout_session: presentSession(psp.ledger, expired, psp.pagesUrl),
  })
  return expired
}

/** The session as it is now: one whose time is up is closed first, so that nobody ever sees it open. */
export function closeWhenDue(psp: Psp, session: SessionRow): SessionRow {
  if (session.status !== 'open' || session.expires_at > psp.now()) return session
  const expired = psp.ledger.transaction(() => expireSession(psp, session))
  psp.wake()
  return expired
}

/** The job `expire_session`. */
export function expireSessionOf(psp: Psp, id: string): void {
  const session = findSession(psp.ledger, id)
  if (session) expireSession(psp, session)
}

/** The job `approve_late`: the bank's approval that came after the session's end. */
export function approveLate(psp: Psp, id: string): void {
  const payment = findPayment(psp.ledger, id)
  if (payment?.status === 'late') approve(psp, payment)
}
