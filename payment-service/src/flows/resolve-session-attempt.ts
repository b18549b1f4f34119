import type { Deps } from '../deps.ts'
import { type AttemptRow, setAttemptState } from '../store/attempts.ts'
import { inTransaction } from '../store/pool.ts'
import { recordSessionAtPsp } from '../store/sessions.ts'
import { provesNothingHappened } from './proof.ts'

const lookUpTimeoutMs = 5_000

/** Finds out whether a session was made at the PSP after all. No money moves by it, so nothing is urgent here. */
export async function resolveSessionAttempt(deps: Deps, attempt: AttemptRow): Promise<void> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  const hosted = account === null ? undefined : deps.psps[account.psp].hostedSessions
  if (account === null || hosted === undefined || attempt.payment_session_id === null)
    throw new Error('A session’s attempt has lost its PSP')
  const sessionId = attempt.payment_session_id
  const answer = hosted.readLookUp(await deps.send(hosted.lookUp(account, attempt.id), lookUpTimeoutMs))
  if (answer.found === 'unknown') return
  if (answer.found === false) {
    if (provesNothingHappened(deps, attempt))
      await setAttemptState(deps.pool, attempt, { state: 'rejected', nextLookUpAt: null })
    return
  }
  await inTransaction(deps.pool, async (tx) => {
    await recordSessionAtPsp(tx, attempt.merchant_id, sessionId, { pspReference: answer.pspReference, url: answer.url })
    await setAttemptState(tx, attempt, { state: 'approved', nextLookUpAt: null, pspReference: answer.pspReference })
  })
}
