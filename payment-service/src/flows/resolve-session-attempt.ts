import type { Deps } from '../deps.ts'
import type { Said } from '../payments/look-up-words.ts'
import { type AttemptRow, rejectIfNotRestarted, setAttemptState } from '../store/attempts.ts'
import { inTransaction } from '../store/pool.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { findSession, recordSessionAtPsp } from '../store/sessions.ts'
import { hostedOf, lookUpSession, makeAgainAtPsp } from './session-at-psp.ts'
import { lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

/**
 * Finds out whether a session was made, or closed, at the PSP after all. No money moves by either, so nothing is
 * urgent here; who pays in the session, and when it ends, is judged by its events, the shopper's return and the expiry
 * job.
 */
export async function resolveSessionAttempt(deps: Deps, attempt: AttemptRow): Promise<Said> {
  const { merchant_id: merchantId, payment_session_id: sessionId } = attempt
  const session = sessionId === null ? null : await findSession(deps.pool, merchantId, sessionId)
  // The PSP knows a session by the reference that made it, whatever is asked about it.
  const created = sessionId === null ? null : await findCreateAttempt(deps.pool, merchantId, sessionId)
  if (sessionId === null || session === null || created === null) throw new Error('An attempt has lost its session')
  const { consistencyWindowMs } = await hostedOf(deps, session)
  const { said, state: answer } = await lookUpSession(deps, session, created, lookUpTimeoutMs)
  if (said.said === 'no_way_to_ask' && session.psp_reference === null) {
    const { outcome } = await makeAgainAtPsp(deps, session, created)
    return {
      said: outcome === 'approved' ? 'session_open' : outcome === 'rejected' ? 'rejected' : 'unfinished',
      why: null,
    }
  }
  if (answer.found === false && provesNothingHappened(deps, attempt, consistencyWindowMs))
    await rejectIfNotRestarted(deps.pool, attempt)
  if (answer.found !== true) return said
  // Still open although we asked to close it: the expiry job asks again, under this same attempt.
  if (attempt.kind === 'expire_session' && answer.status === 'open') return said
  // One that was paid could not be closed any more.
  const state = attempt.kind === 'expire_session' && answer.status === 'completed' ? 'declined' : 'approved'
  await inTransaction(deps.pool, async (tx) => {
    await recordSessionAtPsp(tx, attempt.merchant_id, sessionId, { pspReference: answer.pspReference, url: answer.url })
    await setAttemptState(tx, attempt, { state, nextLookUpAt: null, pspReference: answer.pspReference })
  })
  return said
}
