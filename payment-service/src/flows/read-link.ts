import type { Deps } from '../deps.ts'
import { digestOf } from '../secrets.ts'
import { findSessionByLink, type LinkedSession } from '../store/sessions.ts'

/** How a link stands for the browser that opens it. The rows of the link matrix (docs/link-matrix.md). */
export const linkStates = {
  fresh: 'The session is open, and nobody has used the link.',
  used_here: 'The session is open, and this browser used the link.',
  used_elsewhere: 'The session is open, and another browser used the link.',
  completed: 'The session was paid.',
  expired: 'The session’s time is over, or the merchant ended it.',
  canceled: 'The shopper pressed cancel.',
  unknown: 'No session has this link.',
} as const
export type LinkState = keyof typeof linkStates

export type Link =
  | { state: Exclude<LinkState, 'unknown'>; session: LinkedSession; isThisBrowser: boolean }
  | { state: 'unknown' }

/** @param browserSecret the value of the link's cookie; null when the browser has none. */
export async function readLink(
  deps: Deps,
  token: string,
  browserSecret: (sessionId: string) => string | null,
): Promise<Link> {
  if (!/^[\w-]{43}$/.test(token)) return { state: 'unknown' }
  const session = await findSessionByLink(deps.pool, digestOf(token))
  if (session === null) return { state: 'unknown' }
  // A session of a test PSP in a database that production was given: no shopper is sent there.
  if ((await deps.directory.findPspAccount(session.psp_account_id)) === null) return { state: 'unknown' }
  const secret = browserSecret(session.id)
  // Digests of 256 random bits: comparing them tells nothing of the secret through its time.
  const isThisBrowser = secret !== null && session.browser_digest?.equals(digestOf(secret)) === true
  return { state: stateOf(deps, session, isThisBrowser), session, isThisBrowser }
}

function stateOf(deps: Deps, session: LinkedSession, isThisBrowser: boolean): Exclude<LinkState, 'unknown'> {
  if (session.status !== 'open') return session.status
  // The PSP's page closes at this moment; the expiry job says so a little later.
  if (session.expires_at <= deps.now()) return 'expired'
  if (session.link_used_at === null) return 'fresh'
  return isThisBrowser ? 'used_here' : 'used_elsewhere'
}
