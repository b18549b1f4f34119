import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { nextLookUpDelayMs } from '../payments/decide-follow-up.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { insertAttempt, setAttemptState } from '../store/attempts.ts'
import {
  findClosingAttempt,
  findCreateAttempt,
  restartAttempt,
  type SessionAttempt,
} from '../store/session-attempts.ts'
import { type SessionRow, setNextExpiryTry } from '../store/sessions.ts'
import { sendToAccount } from './send-to-account.ts'
import { askForTruth, hostedOf, makeAgainAtPsp, reload } from './session-at-psp.ts'
import { endSession } from './settle-session.ts'
import { lookUpTimeoutMs, provesNothingHappened, startCallClock } from './time-limits.ts'

/** After a PSP could not be reached, the next try comes after this at the least and the most. */
const retryMs = { least: 5_000, most: 300_000 }

/**
 * Closes a session: at the PSP first, so that no payment can begin any more, then here. Whoever pays before the PSP
 * closes its page has paid, and the session ends as completed.
 *
 * @param place of the calls, where a merchant waits for them; ended when the PSP has said whether its page is closed.
 * @returns the session as it is now: ended, or still open when the PSP could not be reached. The expiry job tries such
 *   a session again soon.
 */
export async function closeAtPsp(
  deps: Deps,
  session: SessionRow,
  as: 'expired' | 'canceled',
  place?: PspPlace,
): Promise<SessionRow> {
  const created = await reloadCreated(deps, session)
  // From here on, should this process die, the expiry job goes on.
  await setNextExpiryTry(deps.pool, session, new Date(startCallClock(deps).leaseUntil.getTime() + 2 * lookUpTimeoutMs))
  const ended = (await isClosedAtPsp(deps, session, created, place))
    ? await endSession(deps, session.merchant_id, session.id, as)
    : await reload(deps, session)
  if (ended.status === 'open') await setNextExpiryTry(deps.pool, session, nextTry(deps, session))
  return ended
}

async function reloadCreated(deps: Deps, session: SessionRow): Promise<SessionAttempt> {
  const created = await findCreateAttempt(deps.pool, session.merchant_id, session.id)
  if (created === null) throw new Error('A session has lost its attempt')
  return created
}

/** True when nothing can be paid with the session any more, and nothing was. */
async function isClosedAtPsp(
  deps: Deps,
  session: SessionRow,
  created: SessionAttempt,
  place: PspPlace | undefined,
): Promise<boolean> {
  if (session.psp_reference === null) {
    place?.callBegins()
    let truth = await askForTruth(deps, session, created, lookUpTimeoutMs)
    // It cannot be asked whether it made a page, but to make the same one again, which tells where the page is.
    if (truth.said === 'no_way_to_ask' && truth.known === 'unknown') {
      await makeAgainAtPsp(deps, session, created)
      truth = await askForTruth(deps, await reload(deps, session), await reloadCreated(deps, session), lookUpTimeoutMs)
    }
    if (truth.known !== 'found') place?.end()
    // Never made at the PSP, and proven so: there is nothing to close.
    if (truth.known === 'absent') {
      const { consistencyWindowMs } = await hostedOf(deps, session)
      return created.state === 'rejected' || provesNothingHappened(deps, created, consistencyWindowMs)
    }
    if (truth.known === 'unknown') return false
  }
  const current = await reload(deps, session)
  if (current.status !== 'open' || current.psp_reference === null) return false
  const said = await askToClose(deps, current, current.psp_reference, created.id, place)
  // Also after “closed”: the look-up brings the tries that ended with the page, and corrects what we misread.
  const truth = await askForTruth(deps, current, created, lookUpTimeoutMs)
  if (truth.known !== 'found') return said === 'closed'
  if (truth.status === 'completed') return false
  return said === 'closed' || truth.status !== 'open'
}

async function askToClose(
  deps: Deps,
  session: SessionRow,
  pspReference: string,
  createAttemptId: string,
  place: PspPlace | undefined,
): Promise<'closed' | 'completed' | 'unknown'> {
  const { account, hosted } = await hostedOf(deps, session)
  const attempt = await beginClosing(deps, session)
  place?.callBegins()
  const asked = hosted.expire(account, { reference: attempt.id, pspReference })
  const call = { kind: 'expire_session', request: asked, timeoutMs: deps.config.pspTimeoutMs } as const
  const said = await sendToAccount(deps, account, call, (reply) => hosted.readExpire(reply))
  place?.end()
  const nextLookUpAt = said === 'unknown' ? new Date(deps.now().getTime() + nextLookUpDelayMs('unknown', 0)) : null
  await setAttemptState(deps.pool, attempt, {
    state: said === 'closed' ? 'approved' : said === 'completed' ? 'declined' : 'unknown',
    nextLookUpAt,
  })
  if (said === 'unknown')
    deps.log.warn('a PSP did not say whether it closed a session; it is asked again', {
      object: session.id,
      attempt: createAttemptId,
    })
  return said
}

/** The intent to close, durable before the call. Another try is the same attempt again, and closes nothing twice. */
async function beginClosing(deps: Deps, session: SessionRow): Promise<Pick<SessionAttempt, 'merchant_id' | 'id'>> {
  const earlier = await findClosingAttempt(deps.pool, session.merchant_id, session.id)
  if (earlier !== null) {
    await restartAttempt(deps.pool, earlier, deps.now(), startCallClock(deps).leaseUntil)
    return earlier
  }
  const attempt = { merchant_id: session.merchant_id, id: newId('attempt') }
  await insertAttempt(deps.pool, {
    ...attempt,
    kind: 'expire_session',
    psp_account_id: session.psp_account_id,
    payment_session_id: session.id,
    leaseUntil: startCallClock(deps).leaseUntil,
  })
  return attempt
}

/** The longer a session is overdue, the longer the pause: a quarter of that time, between 5 s and 5 min. */
function nextTry(deps: Deps, session: SessionRow): Date {
  const now = deps.now().getTime()
  const pauseMs = Math.min(retryMs.most, Math.max(retryMs.least, (now - session.expires_at.getTime()) / 4))
  return new Date(now + pauseMs)
}
