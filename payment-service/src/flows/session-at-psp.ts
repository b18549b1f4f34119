import type { Deps } from '../deps.ts'
import { describeCall, describeReply } from '../observability/describe-call.ts'
import { nextLookUpDelayMs } from '../payments/decide-follow-up.ts'
import { describeSessionLookUp, noWayToAsk, type Said } from '../payments/look-up-words.ts'
import { askPsp } from '../psp-gateway/ask-psp.ts'
import type { HostedSessionState, HostedSessions, PspAccount, PspReply } from '../psp-gateway/port.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { setAttemptState } from '../store/attempts.ts'
import { inTransaction, type Queryable } from '../store/pool.ts'
import { findCreateAttempt, restartAttempt, type SessionAttempt } from '../store/session-attempts.ts'
import { findSession, recordSessionAtPsp, type SessionRow } from '../store/sessions.ts'
import { sendToAccount } from './send-to-account.ts'
import { linkOf } from './session-link.ts'
import { endSession, settleHostedPayment } from './settle-session.ts'
import { startCallClock } from './time-limits.ts'

/** What the PSP said to making its page. */
export type MadeAtPsp =
  | { outcome: 'approved' }
  | { outcome: 'rejected'; pspCode: string | null }
  | { outcome: 'unknown' }

/**
 * Makes the session at the PSP, and writes what came of it. The attempt's id is the PSP's idempotency key, so asking
 * again gives the same page; no money moves by it. A rejected session is over, and the caller says so.
 *
 * @param alsoWrite runs in the transaction of the outcome: the answer to the merchant's request.
 * @param place of the call, where a merchant waits for it; ended when the PSP has answered.
 */
export async function makeAtPsp(
  deps: Deps,
  session: SessionRow,
  attempt: Pick<SessionAttempt, 'merchant_id' | 'id'>,
  alsoWrite: (tx: Queryable, made: MadeAtPsp) => Promise<void> = async () => {},
  place?: PspPlace,
): Promise<MadeAtPsp> {
  const made = await askToMake(deps, session, attempt, deps.config.pspTimeoutMs, place)
  await writeMade(deps, session, attempt, made, alsoWrite)
  return made
}

/** The same without writing anything. `unheard`: for certain, no byte of the request left. */
export async function askToMake(
  deps: Deps,
  session: SessionRow,
  attempt: Pick<SessionAttempt, 'id'>,
  timeoutMs: number,
  place?: PspPlace,
): Promise<Asked> {
  // Too late to ask: then nothing is sent.
  if (timeoutMs === 0) return { outcome: 'unknown', unheard: true }
  const { account, hosted } = await hostedOf(deps, session)
  const link = linkOf(deps, session.id)
  const asked = hosted.create(account, {
    reference: attempt.id,
    amount: { amount: session.amount, currency: session.currency },
    captureMethod: session.capture_method,
    returnUrl: `${link}/return`,
    cancelUrl: `${link}/cancel`,
    locale: session.locale,
    description: session.description,
    customerEmail: session.customer_email,
    lineItems: session.line_items.map((item) => ({ ...item, amount: BigInt(item.amount) })),
    expiresAt: session.expires_at,
  })
  place?.callBegins()
  const call = { kind: 'create_session', request: asked, timeoutMs } as const
  const made = await sendToAccount(deps, account, call, (reply) => readMade(hosted, reply))
  place?.end()
  return made
}

function readMade(hosted: HostedSessions, reply: PspReply): Asked {
  // A PSP that cannot be reached right now refused nothing: the same request can be made again, so the session stays.
  if ('failure' in reply) return { outcome: 'unknown', unheard: !reply.requestWasSent }
  const made = hosted.readCreate(reply)
  return made.outcome === 'unknown' ? { outcome: 'unknown', unheard: false } : made
}

type Asked =
  | Exclude<ReturnType<HostedSessions['readCreate']>, { outcome: 'unknown' }>
  | { outcome: 'unknown'; unheard: boolean }

/** Writes what came of it. */
export async function writeMade(
  deps: Deps,
  session: SessionRow,
  attempt: Pick<SessionAttempt, 'merchant_id' | 'id'>,
  made: Asked,
  alsoWrite: (tx: Queryable, made: MadeAtPsp) => Promise<void>,
): Promise<void> {
  await inTransaction(deps.pool, async (tx) => {
    await alsoWrite(tx, made)
    if (made.outcome === 'approved') {
      await recordSessionAtPsp(tx, session.merchant_id, session.id, { pspReference: made.pspReference, url: made.url })
      await setAttemptState(tx, attempt, { state: 'approved', nextLookUpAt: null, pspReference: made.pspReference })
    } else if (made.outcome === 'rejected') {
      await setAttemptState(tx, attempt, { state: 'rejected', nextLookUpAt: null })
    } else {
      const nextLookUpAt = new Date(deps.now().getTime() + nextLookUpDelayMs('unknown', 0))
      await setAttemptState(tx, attempt, { state: 'unknown', nextLookUpAt })
    }
  })
}

/** The address of the PSP's page; made now when an earlier try got no answer. Null when it cannot be had. */
export async function findPspPage(deps: Deps, session: SessionRow): Promise<string | null> {
  if (session.psp_url !== null) return session.psp_url
  const attempt = await findCreateAttempt(deps.pool, session.merchant_id, session.id)
  if (attempt === null) return null
  const made = await makeAgainAtPsp(deps, session, attempt)
  if (made.outcome === 'rejected') await endSession(deps, session.merchant_id, session.id, 'canceled')
  return (await reload(deps, session)).psp_url
}

/** The same request again, under the same idempotency key: the PSP answers with the page that it made, or makes it now. */
export async function makeAgainAtPsp(
  deps: Deps,
  session: SessionRow,
  attempt: Pick<SessionAttempt, 'merchant_id' | 'id'>,
): Promise<MadeAtPsp> {
  await restartAttempt(deps.pool, attempt, deps.now(), startCallClock(deps).leaseUntil)
  return makeAtPsp(deps, session, attempt)
}

/** What a look-up found: who has the last word on what was paid. */
export type Truth = Said &
  ({ known: 'unknown' } | { known: 'absent' } | (HostedSessionState & { found: true; known: 'found' }))

/**
 * Asks the PSP for the truth about a session and applies all of it: its page's address, every payment in it, and that
 * it is closed. Never throws for what the PSP does.
 */
export async function askForTruth(
  deps: Deps,
  session: SessionRow,
  attempt: SessionAttempt,
  timeoutMs: number,
): Promise<Truth> {
  const { said, state } = await lookUpSession(deps, session, attempt, timeoutMs)
  if (state.found === 'unknown') return { ...said, known: 'unknown' }
  if (state.found === false) return { ...said, known: 'absent' }
  if (session.psp_reference === null) {
    await inTransaction(deps.pool, async (tx) => {
      await recordSessionAtPsp(tx, session.merchant_id, session.id, state)
      await setAttemptState(tx, attempt, { state: 'approved', nextLookUpAt: null, pspReference: state.pspReference })
    })
  }
  for (const payment of state.payments) {
    await settleHostedPayment(deps, {
      merchantId: session.merchant_id,
      createAttemptId: attempt.id,
      payment,
      source: 'look_up',
    })
  }
  return { ...said, ...state, known: 'found' }
}

/** Asks the PSP how a session stands, without applying it. */
export async function lookUpSession(
  deps: Deps,
  session: SessionRow,
  attempt: SessionAttempt,
  timeoutMs: number,
): Promise<{ said: Said; state: Exclude<HostedSessionState, { found: 'next' }> }> {
  const { account, hosted } = await hostedOf(deps, session)
  const question = { reference: attempt.id, pspReference: session.psp_reference, sentAt: attempt.sent_at }
  const request = hosted.lookUp(account, question)
  if (request === null) {
    // What it refused to make it does not have; anything else is not known.
    const wasRefused = session.psp_reference === null && attempt.state === 'rejected'
    const why = 'the PSP has no look-up for it'
    return { said: noWayToAsk, state: wasRefused ? { found: false } : { found: 'unknown', why } }
  }
  const read = (reply: PspReply) => hosted.readLookUp(account, question, reply)
  return deps.tracing.part('call the PSP', describeCall(account.psp, account.id, 'look_up'), async (tell) => {
    const { reply, answer } = await askPsp(deps, request, read, timeoutMs)
    const said = describeSessionLookUp(reply, answer)
    tell({ ...describeReply(reply), 'fincore.outcome': said.said })
    return { said, state: answer }
  })
}

/** A session's PSP account and the PSP's hosted pages; both existed when the session was made. */
export async function hostedOf(
  deps: Deps,
  session: SessionRow,
): Promise<{ account: PspAccount; hosted: HostedSessions; consistencyWindowMs: number }> {
  const account = await deps.directory.findPspAccount(session.psp_account_id)
  if (account === null) throw new Error('A session has lost its PSP account')
  const { hostedSessions, consistencyWindowMs } = deps.psps[account.psp]
  if (hostedSessions === undefined) throw new Error('A session’s PSP has lost its hosted pages')
  return { account, hosted: hostedSessions, consistencyWindowMs }
}

export async function reload(deps: Deps, session: SessionRow): Promise<SessionRow> {
  const current = await findSession(deps.pool, session.merchant_id, session.id)
  if (current === null) throw new Error('A session is gone')
  return current
}
