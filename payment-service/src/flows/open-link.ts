import type { Deps } from '../deps.ts'
import { digestOf } from '../secrets.ts'
import { consumeLink } from '../store/sessions.ts'
import { type Link, readLink } from './read-link.ts'
import { findPspPage } from './session-at-psp.ts'

/**
 * Where opening a link leads: to the PSP's page; nowhere yet, because the PSP does not answer; nowhere for a while,
 * because card testing is suspected; or to what it says.
 */
export type Opened =
  | { to: 'psp'; url: string; link: Link }
  | { to: 'try_again'; link: Link }
  | { to: 'paused'; retryAfterSeconds: number; link: Link }
  | { to: 'page'; link: Link }

/**
 * Uses a link: binds it to this browser, and says where the PSP's page is. The same browser may come again until the
 * session ends. The link is not used up while the PSP's page cannot be had.
 *
 * @param browserSecret what this browser's cookie holds, or will hold after the answer.
 * @param address the shopper's.
 */
export async function openLink(
  deps: Deps,
  token: string,
  browserSecret: (sessionId: string) => string,
  address: string,
): Promise<Opened> {
  const link = await readLink(deps, token, browserSecret)
  if (link.state !== 'fresh' && link.state !== 'used_here') return { to: 'page', link }
  const { session } = link
  const openedFrom = await deps.cardTesting.nameAddress(session.merchant_id, address)
  const where = { merchantId: session.merchant_id, flow: 'hosted', openedFrom, session: session.id } as const
  const blocked = await deps.cardTesting.findBlock(where)
  if (blocked !== null) return { to: 'paused', retryAfterSeconds: blocked.retryAfterSeconds ?? 1, link }
  const url = await findPspPage(deps, session)
  const browser = digestOf(browserSecret(session.id))
  if (url !== null && (await consumeLink(deps.pool, digestOf(token), browser, deps.now(), openedFrom)))
    return { to: 'psp', url, link }
  // Another browser was faster, or the session ended meanwhile: the link says how it stands now.
  const current = await readLink(deps, token, browserSecret)
  return current.state === 'fresh' || current.state === 'used_here'
    ? { to: 'try_again', link: current }
    : { to: 'page', link: current }
}
