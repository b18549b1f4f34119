import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { findChargeOf, lookUpAttempt, type MoneyAttempt, movesMoney } from '../flows/look-up-attempt.ts'
import { askForTruth, lookUpSession } from '../flows/session-at-psp.ts'
import { settleAttempt } from '../flows/settle-attempt.ts'
import { lookUpTimeoutMs } from '../flows/time-limits.ts'
import { decideCharge } from '../payments/decide-charge.ts'
import type { HostedPayment, Outcome, PspReply, PspRequest } from '../psp-gateway/port.ts'
import { findAttempt } from '../store/attempts.ts'
import { type ChargeRow, findChargeByPspReference } from '../store/charges.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { findSession } from '../store/sessions.ts'

/**
 * What the PSP says of one of our requests, asked by our reference, against what is held here. `fits` also when it was
 * news and is known now; `changed` says which.
 */
export type Said = { said: 'fits' | 'contradicts' | 'absent' | 'unknown'; why: string | null; changed: boolean }

/** A PSP that gives no answer at all: the comparison stops, because its silence would be taken for differences. */
export class PspSilentError extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'PspSilentError'
  }
}

/** Before each further try of a request that only reads. */
const pausesMs = [100, 400, 1_500]

/**
 * The way to the PSP for one run: a request that only reads is repeated, and a PSP that still gives no answer ends the
 * run. One silence is enough: it says nothing, and must not become a difference.
 */
export function createPatientSend(send: Deps['send'], signal?: AbortSignal): Deps['send'] {
  return async (request: PspRequest, timeoutMs: number): Promise<PspReply> => {
    let reply = await send(request, timeoutMs)
    if (request.method !== 'GET') return reply
    let tries = 1
    for (const pauseMs of pausesMs) {
      if (!isSilence(reply)) return reply
      // A process that ends does not wait for a PSP that is away.
      if (signal?.aborted === true) break
      await sleep(pauseMs)
      reply = await send(request, timeoutMs)
      tries++
    }
    if (!isSilence(reply)) return reply
    const last = 'failure' in reply ? reply.failure : reply.status
    throw new PspSilentError(`The PSP gave no answer, asked ${tries} times (${last}).`)
  }
}

function isSilence(reply: PspReply): boolean {
  return 'failure' in reply || reply.status >= 500 || reply.status === 429
}

/**
 * Asks the PSP what became of an attempt, and applies it through the flow of webhooks and look-ups.
 *
 * @param payment the PSP's id of the payment, where one session may hold several.
 * @param applies false reads only, and says what would be.
 */
export async function askAboutAttempt(
  deps: Deps,
  attemptId: string,
  payment: string | null,
  applies: boolean,
): Promise<Said> {
  const attempt = await findAttempt(deps.pool, attemptId)
  if (attempt === null) throw new Error('An attempt is gone')
  if (attempt.payment_session_id !== null)
    return askAboutSession(deps, attempt.merchant_id, attempt.payment_session_id, payment, applies)
  const charge = await findChargeOf(deps, attempt)
  if (attempt.kind === 'authorize' && charge.payment_session_id !== null)
    return askAboutSession(deps, charge.merchant_id, charge.payment_session_id, charge.psp_reference, applies)
  if (!movesMoney(attempt)) throw new Error('A session’s attempt has lost its session')
  const { answer } = await lookUpAttempt(deps, attempt, lookUpTimeoutMs)
  if (answer.found === 'unknown') return { said: 'unknown', why: answer.why, changed: false }
  if (answer.found === false) return { said: 'absent', why: null, changed: false }
  if (!applies) return foresee(attempt, charge, answer.outcome)
  const settled = await settleAttempt(deps, attempt.id, answer.outcome)
  if (settled === null) throw new Error('An attempt has lost its charge')
  if (settled.result === 'contradiction') return { said: 'contradicts', why: settled.why, changed: false }
  if (settled.result === 'unknown') return { said: 'unknown', why: settled.why, changed: false }
  return { said: 'fits', why: null, changed: settled.result === 'applied' }
}

async function askAboutSession(
  deps: Deps,
  merchantId: string,
  sessionId: string,
  payment: string | null,
  applies: boolean,
): Promise<Said> {
  const session = await findSession(deps.pool, merchantId, sessionId)
  const created = session === null ? null : await findCreateAttempt(deps.pool, merchantId, session.id)
  if (session === null || created === null) throw new Error('A charge has lost its session')
  const before = payment === null ? null : await findChargeByPspReference(deps.pool, session.psp_account_id, payment)
  let payments: HostedPayment[]
  if (applies) {
    const truth = await askForTruth(deps, session, created, lookUpTimeoutMs)
    if (truth.known === 'unknown') return { said: 'unknown', why: null, changed: false }
    if (truth.known === 'absent') return { said: 'absent', why: null, changed: false }
    payments = truth.payments
  } else {
    const { state } = await lookUpSession(deps, session, created, lookUpTimeoutMs)
    if (state.found === 'unknown') return { said: 'unknown', why: state.why, changed: false }
    if (state.found === false) return { said: 'absent', why: null, changed: false }
    payments = state.payments
  }
  const found = payments.find(({ pspReference }) => pspReference === payment)
  if (found === undefined) return { said: 'absent', why: null, changed: false }
  const isOfSession = found.amount.amount === session.amount && found.amount.currency === session.currency
  if (!isOfSession) return { said: 'contradicts', why: 'the payment’s amount is not the session’s', changed: false }
  const after = await findChargeByPspReference(deps.pool, session.psp_account_id, found.pspReference)
  // Nothing was applied: a payment that is not known here would be.
  if (after === null) return { said: applies ? 'contradicts' : 'fits', why: null, changed: !applies }
  const { said, why, changed } = foreseeCharge(after, found.outcome)
  return { said, why, changed: applies ? before?.sequence !== after.sequence : changed }
}

/** What applying an outcome would come to; it decides nothing, `settleAttempt` does. */
function foresee(attempt: MoneyAttempt, charge: ChargeRow, outcome: Outcome): Said {
  if (outcome.outcome === 'unknown') return { said: 'unknown', why: outcome.why, changed: false }
  if (attempt.kind === 'authorize' && attempt.state !== 'rejected') return foreseeCharge(charge, outcome)
  const isDone = outcome.outcome === 'approved' || (attempt.kind === 'cancel' && outcome.outcome === 'ended')
  if (attempt.next_lookup_at !== null)
    return { said: 'fits', why: null, changed: outcome.outcome !== 'action_required' }
  const fits = isDone === (attempt.state === 'approved')
  return { said: fits ? 'fits' : 'contradicts', why: null, changed: false }
}

function foreseeCharge(charge: ChargeRow, outcome: Outcome): Said {
  const decision = decideCharge(charge, outcome)
  if (decision.kind === 'contradiction') return { said: 'contradicts', why: decision.why, changed: false }
  if (decision.kind === 'unknown') return { said: 'unknown', why: decision.why, changed: false }
  return { said: 'fits', why: null, changed: decision.kind === 'change' }
}
