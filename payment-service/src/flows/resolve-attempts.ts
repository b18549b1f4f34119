import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import { alertAfterMs, nextLookUpDelayMs } from '../payments/decide-follow-up.ts'
import type { LookUpAnswer } from '../psp-gateway/port.ts'
import { type AttemptRow, claimAttemptsToLookUp, markAlerted, moveNextLookUp } from '../store/attempts.ts'
import { recordAudit } from '../store/audit.ts'
import { type ChargeRow, findCharge } from '../store/charges.ts'
import { inTransaction } from '../store/pool.ts'
import { findCreateAttempt } from '../store/session-attempts.ts'
import { findSession } from '../store/sessions.ts'
import { sendGiveBack } from './give-back.ts'
import { resolveSessionAttempt } from './resolve-session-attempt.ts'
import { askForTruth } from './session-at-psp.ts'
import { settleAttempt } from './settle-attempt.ts'
import { lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

/** How many attempts one round takes, and how many of one PSP account it asks about side by side. */
const roundSize = 64
const perAccount = 8
/**
 * A claimed attempt that its process does not finish is taken again after this time: soon, because a killed process
 * must not keep a charge in doubt, and asked twice does no harm.
 */
const claimMs = 12_000
/** After so many look-ups without any answer, an account's others wait for the next round: its PSP is away. */
const giveUpAfter = 3

/** How long an alert waits for a locked row or log. */
const lockTimeoutMs = 1_000

type MoneyAttempt = AttemptRow & { kind: 'authorize' | 'capture' | 'cancel' | 'refund' }

/**
 * One round of the resolver: asks the PSPs what became of every attempt without a known outcome. The PSP's own word is
 * the only thing that settles one; nothing unknown is ever called failed. A PSP that does not answer holds up its own
 * accounts' attempts and no others.
 *
 * @returns whether there may be more to do at once.
 */
export async function resolveDueAttempts(deps: Deps): Promise<boolean> {
  const due = await claimAttemptsToLookUp(deps.pool, deps.now(), roundSize, claimMs)
  const byAccount = Map.groupBy(due, (attempt) => attempt.psp_account_id)
  await Promise.all([...byAccount.values()].map((attempts) => resolveOfAccount(deps, attempts)))
  return due.length === roundSize
}

async function resolveOfAccount(deps: Deps, attempts: AttemptRow[]): Promise<void> {
  const queue = [...attempts]
  let silences = 0
  const work = async () => {
    for (let attempt = queue.shift(); attempt !== undefined; attempt = queue.shift()) {
      if (silences < giveUpAfter && !(await tryToResolve(deps, attempt))) silences++
      await moveOn(deps, attempt)
    }
  }
  await Promise.all(Array.from({ length: Math.min(perAccount, attempts.length) }, work))
}

/** False when the PSP gave no answer at all. */
async function tryToResolve(deps: Deps, attempt: AttemptRow): Promise<boolean> {
  try {
    return await resolveAttempt(deps, attempt)
  } catch (error) {
    deps.log.error('a look-up failed', { attempt: attempt.id, error: describeError(error) })
    return true
  }
}

/** Never throws, so that one attempt holds up no other: what was not written is written after the next look-up. */
async function moveOn(deps: Deps, attempt: AttemptRow): Promise<void> {
  try {
    const next = new Date(deps.now().getTime() + nextLookUpDelayMs(attempt.state, attempt.lookups))
    await moveNextLookUp(deps.pool, attempt, next)
    await alertWhenOld(deps, attempt)
  } catch (error) {
    deps.log.error('a look-up or its alert could not be recorded; it is tried again after the next look-up', {
      attempt: attempt.id,
      merchant: attempt.merchant_id,
      error: describeError(error),
    })
  }
}

/** Asks the PSP about one attempt, and applies what it says. False when the PSP gave no answer. */
export async function resolveAttempt(deps: Deps, attempt: AttemptRow): Promise<boolean> {
  if (!movesMoney(attempt)) return resolveSessionAttempt(deps, attempt)
  const charge = await findChargeOf(deps, attempt)
  // A try in a hosted session is known to the PSP by its session, and not by an attempt of its own.
  if (attempt.kind === 'authorize' && charge.payment_session_id !== null) return resolveHostedTry(deps, charge)
  const answer = await lookUpAttempt(deps, attempt, lookUpTimeoutMs)
  if (answer.found === 'unknown') return false
  if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)
  else if (attempt.origin === 'give_back') await sendGiveBack(deps, attempt)
  else if (provesNothingHappened(deps, attempt)) {
    await settleAttempt(deps, attempt.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })
  }
  return true
}

function movesMoney(attempt: AttemptRow): attempt is MoneyAttempt {
  return attempt.kind !== 'create_session' && attempt.kind !== 'expire_session'
}

async function resolveHostedTry(deps: Deps, charge: ChargeRow): Promise<boolean> {
  const { merchant_id: merchantId, payment_session_id: sessionId } = charge
  const session = sessionId === null ? null : await findSession(deps.pool, merchantId, sessionId)
  const created = session === null ? null : await findCreateAttempt(deps.pool, merchantId, session.id)
  if (session === null || created === null) throw new Error('A charge has lost its session')
  return (await askForTruth(deps, session, created, lookUpTimeoutMs)).known !== 'unknown'
}

/** Asks the PSP what became of our reference, without applying it. */
export async function lookUpAttempt(deps: Deps, attempt: MoneyAttempt, timeoutMs: number): Promise<LookUpAnswer> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const { payments } = deps.psps[account.psp]
  const reply = await deps.send(payments.lookUp(account, attempt.id), timeoutMs)
  const { currency } = await findChargeOf(deps, attempt)
  const amount = attempt.amount === null ? undefined : { amount: attempt.amount, currency }
  return payments.readLookUp(attempt.kind, attempt.id, reply, amount)
}

async function findChargeOf(deps: Deps, attempt: AttemptRow): Promise<ChargeRow> {
  const charge = attempt.charge_id === null ? null : await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null) throw new Error('An attempt has lost its charge')
  return charge
}

async function alertWhenOld(deps: Deps, attempt: AttemptRow): Promise<void> {
  const ageMs = deps.now().getTime() - attempt.sent_at.getTime()
  if (attempt.state === 'action_required' || ageMs < alertAfterMs || attempt.alerted_at !== null) return
  // The mark and its record are one: without the record the mark is taken back, and the next look-up alerts again.
  const alerted = await inTransaction(deps.pool, async (tx) => {
    // A log that somebody holds locked must not hold up the look-ups.
    await tx.query(`set local lock_timeout = ${lockTimeoutMs}`)
    if (!(await markAlerted(tx, attempt))) return false
    await recordAudit(tx, {
      actorType: 'system',
      actor: 'resolver',
      type: 'attempt.unresolved',
      outcome: 'success',
      origin: 'resolver',
      merchantId: attempt.merchant_id,
      resource: attempt.id,
      details: { lookups: attempt.lookups },
    })
    return true
  })
  if (!alerted) return
  deps.log.error('an attempt has had no outcome for 15 minutes; an operator must look', {
    attempt: attempt.id,
    merchant: attempt.merchant_id,
  })
}
