import type { PaymentSession } from '@fincore/api-contract/resources'
import type { Deps } from '../deps.ts'
import { renderSession, type SessionRow } from '../store/sessions.ts'

/** The shopper's link of a session. Its 256-bit token is derived from the session's id, and stored only as a digest. */
export function linkOf(deps: Pick<Deps, 'config' | 'vault'>, sessionId: string): string {
  return `${deps.config.publicUrl}/s/${deps.vault.linkToken('session', sessionId)}`
}

/** The session as the API shows it, with its link. */
export function showSession(deps: Pick<Deps, 'config' | 'vault'>, session: SessionRow): PaymentSession {
  return renderSession(session, linkOf(deps, session.id))
}
