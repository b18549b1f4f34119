import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import type { Tell } from '../observability/tracing.ts'
import { nextLookUpAt, noWayToAskEveryMs } from '../payments/decide-follow-up.ts'
import { lookUpWords, type Said } from '../payments/look-up-words.ts'
import { type AttemptRow, claimAttemptsToLookUp, moveNextLookUp, objectOfAttempt } from '../store/attempts.ts'
import type { ChargeRow } from '../store/charges.ts'
import { recordLookUp } from '../store/look-ups.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { findSession } from '../store/sessions.ts'
import { sendGiveBack } from './give-back.ts'
import { findChargeOf, lookUpAttempt, movesMoney } from './look-up-attempt.ts'
import { resolveSessionAttempt } from './resolve-session-attempt.ts'
import { askForTruth } from './session-at-psp.ts'
import { settleAttempt } from './settle-attempt.ts'
import { keyIsKnown, lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

/** How many attempts one round takes, and how many of one PSP account it asks about side by side. */
const roundSize = 64
const perAccount = 8
/**
 * A claimed attempt that its process does not finish is taken again after this time: soon, because a killed process
 * must not keep a charge in doubt, and asked twice does no harm.
 */
const claimMs = 12_000
/** After so many look-ups without any answer, an account's others wait for their next time: its PSP is away. */
const giveUpAfter = 3

/** Due attempts by their PSP account, and whether there may be more of them. */
export type DueAttempts = { byAccount: Map<string, AttemptRow[]>; mayHaveMore: boolean }

/** Takes the attempts that are due. `busyAccounts`: those whose attempts are being resolved, and are left alone. */
export async function claimDueAttempts(deps: Deps, busyAccounts: readonly string[] = []): Promise<DueAttempts> {
  const due = await claimAttemptsToLookUp(deps.pool, deps.now(), roundSize, claimMs, busyAccounts)
  return { byAccount: Map.groupBy(due, (attempt) => attempt.psp_account_id), mayHaveMore: due.length === roundSize }
}

/**
 * One whole round of the resolver: asks the PSPs what became of every attempt without a known outcome. The PSP's own
 * word is the only thing that settles one; nothing unknown is ever called failed.
 *
 * @returns whether there may be more to do at once.
 */
export async function resolveDueAttempts(deps: Deps): Promise<boolean> {
  const { byAccount, mayHaveMore } = await claimDueAttempts(deps)
  await Promise.all([...byAccount.values()].map((attempts) => resolveOfAccount(deps, attempts)))
  return mayHaveMore
}

/**
 * Resolves what was claimed of one PSP account. Never throws.
 *
 * @param isStopping asked before each look-up; once it says true, what was not begun is made due at once for others.
 */
export async function resolveOfAccount(
  deps: Deps,
  attempts: readonly AttemptRow[],
  isStopping: () => boolean = () => false,
): Promise<void> {
  const queue = [...attempts]
  let silences = 0
  const work = async () => {
    for (let attempt = queue.shift(); attempt !== undefined; attempt = queue.shift()) {
      if (isStopping()) {
        const claimed = attempt
        await moveOn(deps, claimed, () => moveNextLookUp(deps.pool, claimed, deps.now()))
        continue
      }
      // A claim that has become too short for another call is left to run out.
      if ((attempt.next_lookup_at?.getTime() ?? 0) - deps.now().getTime() < lookUpTimeoutMs) continue
      if (silences >= giveUpAfter) await skip(deps, attempt)
      else if (lookUpWords[await askAbout(deps, attempt)].silent) silences++
    }
  }
  await Promise.all(Array.from({ length: Math.min(perAccount, attempts.length) }, work))
}

/** Asks the PSP about one attempt, applies what it says, and writes the look-up down. */
async function askAbout(deps: Deps, attempt: AttemptRow): Promise<Said['said']> {
  const askedAt = deps.now()
  const begunAt = performance.now()
  const ids = { 'fincore.attempt': attempt.id, 'fincore.psp_account': attempt.psp_account_id }
  const work = async (tell: Tell) => {
    const said = await resolveAttempt(deps, attempt)
    tell({ 'fincore.outcome': said.said })
    return said
  }
  const asked = deps.tracing.work('look up the attempt', objectOfAttempt(attempt), ids, work)
  const said = await asked.catch((error): Said => {
    deps.log.error('a look-up failed', { attempt: attempt.id, error: describeError(error) })
    return { said: 'not_asked', why: null }
  })
  const next = nextOf(attempt, askedAt, said.said)
  // What was not asked leaves no entry but the first, and an operator's.
  if (said.said === 'no_way_to_ask' && attempt.lookups > 0 && attempt.look_up_asked_by === null) {
    await moveOn(deps, attempt, () => moveNextLookUp(deps.pool, attempt, next))
    return said.said
  }
  const by = attempt.look_up_asked_by === null ? 'resolver' : `operator ${attempt.look_up_asked_by}`
  const ms = Math.round(performance.now() - begunAt)
  const lookUp = { at: askedAt.toISOString(), by, ms, ...said }
  await moveOn(deps, attempt, () => recordLookUp(deps.pool, attempt, lookUp, next))
  return said.said
}

async function skip(deps: Deps, attempt: AttemptRow): Promise<void> {
  await moveOn(deps, attempt, () => moveNextLookUp(deps.pool, attempt, nextOf(attempt, deps.now())))
}

function nextOf(attempt: AttemptRow, askedAt: Date, said?: Said['said']): Date {
  if (said === 'no_way_to_ask') return new Date(askedAt.getTime() + noWayToAskEveryMs)
  return nextLookUpAt(attempt.state, attempt.in_doubt_since ?? attempt.sent_at, askedAt)
}

/** Never throws, so that one attempt holds up no other: what was not written is due again when its claim runs out. */
async function moveOn(deps: Deps, attempt: AttemptRow, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    deps.log.error('a look-up could not be recorded; it is made again', {
      attempt: attempt.id,
      merchant: attempt.merchant_id,
      error: describeError(error),
    })
  }
}

/** Asks the PSP about one attempt, and applies what it says. */
export async function resolveAttempt(deps: Deps, attempt: AttemptRow): Promise<Said> {
  if (!movesMoney(attempt)) return resolveSessionAttempt(deps, attempt)
  const charge = await findChargeOf(deps, attempt)
  // A try in a hosted session is known to the PSP by its session, and not by an attempt of its own.
  if (attempt.kind === 'authorize' && charge.payment_session_id !== null) return resolveHostedTry(deps, charge)
  const { answer, consistencyWindowMs, said, why } = await lookUpAttempt(deps, attempt, lookUpTimeoutMs)
  if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)
  if (answer.found === false) {
    if (attempt.origin === 'give_back') await sendGiveBack(deps, attempt)
    else if (provesNothingHappened(deps, attempt, consistencyWindowMs))
      await settleAttempt(deps, attempt.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })
  }
  // It must go back, and a PSP that cannot be asked about it may not have it: sent until the PSP has accepted it, for as
  // long as the PSP surely knows the key again. Later it could go back twice; an operator was alerted long before.
  const mayRepeat = attempt.expected_by === null && keyIsKnown(deps, attempt)
  if (said === 'no_way_to_ask' && attempt.origin === 'give_back' && mayRepeat) await sendGiveBack(deps, attempt)
  return { said, why }
}

async function resolveHostedTry(deps: Deps, charge: ChargeRow): Promise<Said> {
  const { merchant_id: merchantId, payment_session_id: sessionId } = charge
  const session = sessionId === null ? null : await findSession(deps.pool, merchantId, sessionId)
  const created = session === null ? null : await findCreateAttempt(deps.pool, merchantId, session.id)
  if (session === null || created === null) throw new Error('A charge has lost its session')
  const { said, why } = await askForTruth(deps, session, created, lookUpTimeoutMs)
  return { said, why }
}
