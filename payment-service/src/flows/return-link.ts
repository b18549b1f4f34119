import type { Deps } from '../deps.ts'
import type { Said } from '../payments/look-up-words.ts'
import { findUnsettledOfSession, recordLookUp } from '../store/look-ups.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { addParameter } from './merchant-url.ts'
import { askWithin } from './poll.ts'
import type { Link } from './read-link.ts'
import { askForTruth, hostedOf, reload } from './session-at-psp.ts'
import { shopperWaitsMs } from './time-limits.ts'

/** What is known of a shopper's payment when they come back. */
export type Returned =
  | { is: 'paid'; url: string }
  | { is: 'ended'; as: 'expired' | 'canceled' }
  /** The PSP says for certain that nothing was paid: the shopper may go on where they were. */
  | { is: 'unpaid' }
  | { is: 'unknown' }

/**
 * The shopper comes back from the PSP's page: asks the PSP for the truth, bounded at 3 s, so that the merchant's page
 * never races the webhook. “Nothing paid” is believed only after the PSP's consistency window.
 */
export async function returnFromPsp(deps: Deps, link: Exclude<Link, { state: 'unknown' }>): Promise<Returned> {
  const { session } = link
  const paid: Returned = { is: 'paid', url: addParameter(session.success_url, 'payment_session', session.id) }
  if (session.status === 'completed') return paid
  const attempt = await findCreateAttempt(deps.pool, session.merchant_id, session.id)
  if (attempt === null) throw new Error('A session has lost its attempt')
  const { consistencyWindowMs } = await hostedOf(deps, session)
  const waiting = await findUnsettledOfSession(deps.pool, session.merchant_id, session.id)
  const at = deps.now().toISOString()
  const begunAt = performance.now()
  let last: Said = { said: 'timeout', why: null }
  const returned = await askWithin<Returned>(shopperWaitsMs, async (leftMs, passedMs) => {
    const truth = await askForTruth(deps, session, attempt, Math.ceil(leftMs))
    last = { said: truth.said, why: truth.why }
    const { status } = await reload(deps, session)
    if (status === 'completed') return paid
    // Also an ended session was asked about: money that came after its end must go back.
    if (status !== 'open') return { is: 'ended', as: status }
    return truth.known === 'found' && truth.status !== 'completed' && passedMs >= consistencyWindowMs
      ? { is: 'unpaid' }
      : null
  })
  const lookUp = { at, by: 'return of the shopper', ms: Math.round(performance.now() - begunAt), ...last }
  for (const one of waiting) await recordLookUp(deps.pool, one, lookUp, null)
  return returned ?? { is: 'unknown' }
}
