import type { Deps } from '../deps.ts'
import { closeAtPsp } from './close-session.ts'
import { addParameter } from './merchant-url.ts'
import type { Link } from './read-link.ts'

/**
 * The shopper pressed cancel on the PSP's page: closes the session, at the PSP first, and says where the shopper goes.
 * Who is not the browser that used the link changes nothing; a shopper who paid in another tab has paid.
 */
export async function cancelLink(deps: Deps, link: Exclude<Link, { state: 'unknown' }>): Promise<string> {
  const { session } = link
  const mayCancel = session.status === 'open' && link.isThisBrowser
  const ended = mayCancel ? await closeAtPsp(deps, session, 'canceled') : session
  return ended.status === 'completed' && link.isThisBrowser
    ? addParameter(session.success_url, 'payment_session', session.id)
    : addParameter(session.cancel_url, 'payment_session', session.id)
}
