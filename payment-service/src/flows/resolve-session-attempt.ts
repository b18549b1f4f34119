import type { Deps } from '../deps.ts'
import { type AttemptRow, setAttemptState } from '../store/attempts.ts'
import { inTransaction } from '../store/pool.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { recordSessionAtPsp } from '../store/sessions.ts'
import { lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

/**
 * Finds out whether a session was made, or closed, at the PSP after all. No money moves by either, so nothing is
 * urgent here; who pays in the session, and when it ends, is judged by its events, the shopper's return and the expiry
 * job.
 *
 * @returns false when the PSP gave no answer.
 */
export async function resolveSessionAttempt(deps: Deps, attempt: AttemptRow): Promise<boolean> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  const hosted = account === null ? undefined : deps.psps[account.psp].hostedSessions
  const sessionId = attempt.payment_session_id
  if (account === null || hosted === undefined || sessionId === null)
    throw new Error('A session’s attempt has lost its PSP')
  // The PSP knows a session by the reference that made it, whatever is asked about it.
  const created = await findCreateAttempt(deps.pool, attempt.merchant_id, sessionId)
  if (created === null) throw new Error('A session has lost its attempt')
  const answer = hosted.readLookUp(await deps.send(hosted.lookUp(account, created.id), lookUpTimeoutMs))
  if (answer.found === 'unknown') return false
  if (answer.found === false) {
    if (provesNothingHappened(deps, attempt))
      await setAttemptState(deps.pool, attempt, { state: 'rejected', nextLookUpAt: null })
    return true
  }
  // Still open although we asked to close it: the expiry job asks again, under this same attempt.
  if (attempt.kind === 'expire_session' && answer.status === 'open') return true
  await inTransaction(deps.pool, async (tx) => {
    await recordSessionAtPsp(tx, attempt.merchant_id, sessionId, { pspReference: answer.pspReference, url: answer.url })
    await setAttemptState(tx, attempt, { state: 'approved', nextLookUpAt: null, pspReference: answer.pspReference })
  })
  return true
}
