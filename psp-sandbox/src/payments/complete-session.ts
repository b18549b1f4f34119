import { findSession, presentSession, setSessionStatus } from '../ledger/checkout-sessions.ts'
import type { Psp } from '../psp.ts'

/** Marks an open session paid. A session that a late success pays stays `expired`. */
export function completeSession(psp: Psp, id: string): void {
  if (findSession(psp.ledger, id)?.status !== 'open') return
  const session = setSessionStatus(psp.ledger, id, 'completed')
  psp.announce(session.account, 'checkout_session.completed', {
    checkout_session: presentSession(psp.ledger, session, psp.pagesUrl),
  })
}
