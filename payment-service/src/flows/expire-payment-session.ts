import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { claimKey, completeKey, fingerprintOf, releaseKey } from '../store/idempotency.ts'
import { decideInTransaction } from '../store/pool.ts'
import { claimSessionsToExpire, findSession, type SessionRow } from '../store/sessions.ts'
import { closeAtPsp } from './close-session.ts'
import type { Answer } from './replay.ts'
import { showSession } from './session-link.ts'
import { startCallClock } from './time-limits.ts'

/** How many sessions one round closes side by side. */
const roundSize = 50
/** A claimed session that its process does not finish is taken again after this time. */
const claimMs = 40_000

/** Ends an open session before its time, as its merchant asks. */
export async function expirePaymentSession(
  deps: Deps,
  input: { merchantId: string; sessionId: string; idempotencyKey: string },
): Promise<Answer | Refusal> {
  const { merchantId, sessionId, idempotencyKey } = input
  const asked = await findSession(deps.pool, merchantId, sessionId)
  if (asked !== null && (await deps.directory.findPspAccount(asked.psp_account_id)) === null)
    return refuse('psp_account_missing')
  using place = deps.pspPlaces.ours.open()
  const begun = await decideInTransaction(deps.pool, async (tx) => {
    const fingerprint = fingerprintOf(`POST /v1/payment_sessions/${sessionId}/expire`, {})
    const claim = await claimKey(tx, {
      merchantId,
      key: idempotencyKey,
      fingerprint,
      objectId: sessionId,
      lockedUntil: startCallClock(deps).leaseUntil,
    })
    if (claim.kind === 'refused') return claim.refusal
    const session = await findSession(tx, merchantId, sessionId)
    if (session === null) return refuse('resource_not_found', { param: 'id' })
    if (session.status === 'open' && !place.take(session.psp_account_id)) return refuse('psp_overloaded')
    if (claim.kind === 'replay') return { session, stored: claim }
    return session.status === 'open'
      ? { session, stored: null }
      : refuse('session_not_open', { detail: notOpen(session) })
  })
  if (isRefusal(begun)) return begun
  const { session, stored } = begun
  if (stored !== null && stored.status !== null) {
    return stored.status >= 400
      ? (stored.body as Refusal)
      : { status: stored.status, body: stored.body as object, replayed: true }
  }
  const ended = session.status === 'open' ? await closeAtPsp(deps, session, 'expired', place) : session
  if (ended.status === 'open') {
    await releaseKey(deps.pool, merchantId, idempotencyKey)
    return refuse('psp_unavailable', {
      detail:
        'The PSP did not say whether it closed its page, so the session is still open. It is tried again by itself; send the same request again to see.',
    })
  }
  if (ended.status !== 'expired') {
    const refusal = refuse('session_not_open', { detail: notOpen(ended) })
    await completeKey(deps.pool, merchantId, idempotencyKey, 409, refusal)
    return refusal
  }
  const body = showSession(deps, ended)
  await completeKey(deps.pool, merchantId, idempotencyKey, 200, body)
  return { status: 200, body, replayed: stored !== null }
}

function notOpen(session: SessionRow): string {
  return `The payment session is ${session.status}; only an open one can be expired.`
}

/**
 * One round of the expiry job: closes, at the PSP first, the open sessions whose time is over. What the PSP knows as
 * paid is settled as paid; when it cannot be reached, the session stays open and is tried again.
 *
 * @returns how many sessions were looked at.
 */
export async function expireDueSessions(deps: Deps): Promise<number> {
  const due = await claimSessionsToExpire(deps.pool, deps.now(), roundSize, claimMs)
  await Promise.all(
    due.map(async (session) => {
      try {
        await closeAtPsp(deps, session, 'expired')
      } catch (error) {
        deps.log.error('a session could not be closed; it is tried again', {
          object: session.id,
          error: describeError(error),
        })
      }
    }),
  )
  return due.length
}
