import type { Deps } from '../deps.ts'
import { describeSessionLookUp, type Said } from '../payments/look-up-words.ts'
import { type AttemptRow, rejectIfNotRestarted, setAttemptState } from '../store/attempts.ts'
import { inTransaction } from '../store/pool.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { recordSessionAtPsp } from '../store/sessions.ts'
import { lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

/**
 * Finds out whether a session was made, or closed, at the PSP after all. No money moves by either, so nothing is
 * urgent here; who pays in the session, and when it ends, is judged by its events, the shopper's return and the expiry
 * job.
 */
export async function resolveSessionAttempt(deps: Deps, attempt: AttemptRow): Promise<Said> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  const psp = account === null ? undefined : deps.psps[account.psp]
  const hosted = psp?.hostedSessions
  const sessionId = attempt.payment_session_id
  if (account === null || psp === undefined || hosted === undefined || sessionId === null)
    throw new Error('A session’s attempt has lost its PSP')
  // The PSP knows a session by the reference that made it, whatever is asked about it.
  const created = await findCreateAttempt(deps.pool, attempt.merchant_id, sessionId)
  if (created === null) throw new Error('A session has lost its attempt')
  const reply = await deps.send(hosted.lookUp(account, created.id), lookUpTimeoutMs)
  const answer = hosted.readLookUp(reply)
  const said = describeSessionLookUp(reply, answer)
  if (answer.found === false && provesNothingHappened(deps, attempt, psp.consistencyWindowMs))
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
