import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import { alertAfterMs, nextLookUpDelayMs } from '../payments/decide-follow-up.ts'
import type { LookUpAnswer } from '../psp-gateway/port.ts'
import { type AttemptRow, claimAttemptsToLookUp, markAlerted, pushNextLookUp } from '../store/attempts.ts'
import { recordAudit } from '../store/audit.ts'
import { findCharge } from '../store/charges.ts'
import { callPsp, leaseUntil } from './follow-up.ts'
import { provesNothingHappened } from './proof.ts'
import { resolveSessionAttempt } from './resolve-session-attempt.ts'
import { settleAttempt } from './settle-attempt.ts'

/** How many attempts one round looks up side by side. */
const roundSize = 50
/** A claimed attempt that its process does not finish is taken again after this time. */
const claimMs = 20_000
const lookUpTimeoutMs = 5_000

/**
 * One round of the resolver: asks the PSPs what became of every attempt without a known outcome. The PSP's own word is
 * the only thing that settles one; nothing unknown is ever called failed.
 *
 * @returns how many attempts were looked up.
 */
export async function resolveDueAttempts(deps: Deps): Promise<number> {
  const due = await claimAttemptsToLookUp(deps.pool, deps.now(), roundSize, claimMs)
  await Promise.all(
    due.map(async (attempt) => {
      try {
        await resolveAttempt(deps, attempt)
      } catch (error) {
        deps.log.error('a look-up failed', { attempt: attempt.id, error: describeError(error) })
      }
      const delayMs = nextLookUpDelayMs(attempt.state, attempt.lookups)
      await pushNextLookUp(deps.pool, attempt, new Date(deps.now().getTime() + delayMs))
      await alertWhenOld(deps, attempt)
    }),
  )
  return due.length
}

/** Asks the PSP about one attempt, and applies what it says. */
export async function resolveAttempt(deps: Deps, attempt: AttemptRow): Promise<void> {
  if (attempt.kind === 'create_session' || attempt.kind === 'expire_session')
    return resolveSessionAttempt(deps, attempt)
  const answer = await lookUpAttempt(deps, { ...attempt, kind: attempt.kind }, lookUpTimeoutMs)
  if (answer.found === true) {
    await settleAttempt(deps, attempt.id, answer.outcome)
    return
  }
  if (answer.found === 'unknown' || !provesNothingHappened(deps, attempt)) return
  if (attempt.origin === 'give_back') return sendAgain(deps, attempt)
  await settleAttempt(deps, attempt.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })
}

/** Asks the PSP what became of our reference, without applying it. */
export async function lookUpAttempt(
  deps: Deps,
  attempt: AttemptRow & { kind: 'authorize' | 'capture' | 'cancel' | 'refund' },
  timeoutMs: number,
): Promise<LookUpAnswer> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const { payments } = deps.psps[account.psp]
  const reply = await deps.send(payments.lookUp(account, attempt.id), timeoutMs)
  const charge = attempt.charge_id === null ? null : await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  const amount =
    charge === null || attempt.amount === null ? undefined : { amount: attempt.amount, currency: charge.currency }
  return payments.readLookUp(attempt.kind, attempt.id, reply, amount)
}

/** Money that must go back is asked for again, under the same idempotency key; it cannot go back twice. */
async function sendAgain(deps: Deps, attempt: AttemptRow): Promise<void> {
  if (attempt.charge_id === null || attempt.amount === null || (attempt.kind !== 'refund' && attempt.kind !== 'cancel'))
    return
  const charge = await findCharge(deps.pool, attempt.merchant_id, attempt.charge_id)
  if (charge === null) return
  await pushNextLookUp(deps.pool, attempt, leaseUntil(deps))
  const outcome = await callPsp(deps, { kind: attempt.kind, attemptId: attempt.id, charge, amount: attempt.amount })
  await settleAttempt(deps, attempt.id, outcome)
}

async function alertWhenOld(deps: Deps, attempt: AttemptRow): Promise<void> {
  const ageMs = deps.now().getTime() - attempt.sent_at.getTime()
  if (attempt.state === 'action_required' || ageMs < alertAfterMs || attempt.alerted_at !== null) return
  if (!(await markAlerted(deps.pool, attempt))) return
  deps.log.error('an attempt has had no outcome for 15 minutes; an operator must look', {
    attempt: attempt.id,
    merchant: attempt.merchant_id,
  })
  await recordAudit(deps.pool, {
    actorType: 'system',
    actor: 'resolver',
    type: 'attempt.unresolved',
    outcome: 'success',
    origin: 'resolver',
    merchantId: attempt.merchant_id,
    resource: attempt.id,
    details: { lookups: attempt.lookups },
  })
}
