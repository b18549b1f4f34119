import type { Deps } from '../deps.ts'
import { describeError } from '../log.ts'
import type { Said } from '../payments/look-up-words.ts'
import type { LookUpAnswer } from '../psp-gateway/port.ts'
import { isRefusal } from '../refusal.ts'
import {
  claimSettlementsToApply,
  endMootSettlements,
  endSettlement,
  lockPspReference,
  lockSettlement,
  type Settlement,
} from '../store/attempt-settlements.ts'
import { type AttemptRow, findAttempt, lockAttempt, markSettledByHand } from '../store/attempts.ts'
import { type AuditRecord, recordAudit, recordAudits } from '../store/audit.ts'
import { lockCharge } from '../store/charges.ts'
import { recordLookUp } from '../store/look-ups.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'
import { checkSettlement, refuseUnfitAttempt } from './check-settlement.ts'
import { lookUpAttempt, movesMoney } from './look-up-attempt.ts'
import { settleAttempt, settleLocked } from './settle-attempt.ts'
import { lookUpTimeoutMs, provesNothingHappened } from './time-limits.ts'

const roundSize = 8
/** One that its process does not finish is taken again after this time. */
const claimMs = 20_000

type End = { state: 'applied' | 'superseded' | 'refused'; note: string | null }

/**
 * Applies the settlements that two operators agreed on. The PSP is asked once more: whatever outcome it gives is the one
 * that holds. Only where it gives none is the operators' applied, by the same tables as a PSP's own word.
 */
export async function applyDueSettlements(deps: Deps): Promise<void> {
  const due = await claimSettlementsToApply(deps.pool, deps.now(), roundSize, claimMs)
  await Promise.all(
    due.map(async (settlement) => {
      try {
        await applySettlement(deps, settlement)
      } catch (error) {
        deps.log.error('a settlement by hand could not be applied; it is tried again', {
          attempt: settlement.attemptId,
          merchant: settlement.merchantId,
          error: describeError(error),
        })
      }
    }),
  )
}

/** Ends what nobody needs to approve any more, because the attempt got its outcome from the PSP. */
export async function endNeedlessSettlements(deps: Pick<Deps, 'pool'>): Promise<void> {
  await inTransaction(deps.pool, async (tx) => {
    const ended = await endMootSettlements(tx, 'The PSP gave an outcome of its own before this was approved.')
    await recordAudits(tx, ended.map(recordOf))
  })
}

async function applySettlement(deps: Deps, settlement: Settlement): Promise<void> {
  const attempt = await findAttempt(deps.pool, settlement.attemptId)
  if (attempt === null) throw new Error('A settlement has lost its attempt')
  const word = refuseUnfitAttempt(attempt) === null ? await askOnceMore(deps, attempt, settlement) : null
  const applied = await inTransaction(deps.pool, async (tx) => {
    const end = await settleByHand(deps, tx, settlement, word)
    if (end === null) return false
    const ended = await endSettlement(tx, settlement, end.state, end.note)
    await recordAudit(tx, recordOf(ended))
    return end.state === 'applied'
  })
  if (applied) deps.wakeOutbox()
}

/**
 * The PSP's own word, applied: why it stands in the settlement's way. Null when it gave none, or one that proves nothing.
 */
async function askOnceMore(deps: Deps, attempt: AttemptRow, settlement: Settlement): Promise<End | null> {
  if (!movesMoney(attempt)) return null
  const at = deps.now().toISOString()
  const begunAt = performance.now()
  const asked = await lookUpAttempt(deps, attempt, lookUpTimeoutMs)
  const by = `settlement ${settlement.id}`
  const { said, why, answer } = asked
  await recordLookUp(deps.pool, attempt, { at, by, ms: Math.round(performance.now() - begunAt), said, why }, null)
  return applyAnswer(deps, attempt, asked, answer)
}

async function applyAnswer(
  deps: Deps,
  attempt: AttemptRow,
  { said, consistencyWindowMs }: Said & { consistencyWindowMs: number },
  answer: LookUpAnswer,
): Promise<End | null> {
  if (answer.found === true && answer.outcome.outcome !== 'unknown') {
    const settled = await settleAttempt(deps, attempt.id, answer.outcome)
    if (settled?.result === 'applied' || settled?.result === 'same')
      return { state: 'superseded', note: `The PSP answered “${said}”, and that holds.` }
    const because = settled?.why == null ? '' : `: ${settled.why}`
    return {
      state: 'refused',
      note: `The PSP answered “${said}”, which does not fit what is known here${because}. Neither was taken over: compare both, and settle the difference with the PSP.`,
    }
  }
  if (answer.found !== false || attempt.state === 'action_required') return null
  if (attempt.origin === 'give_back')
    return { state: 'refused', note: 'The PSP does not know it, so FinCore sends it again.' }
  if (!provesNothingHappened(deps, attempt, consistencyWindowMs)) return null
  await settleAttempt(deps, attempt.id, { outcome: 'rejected', code: 'not_executed', pspCode: null })
  return { state: 'superseded', note: 'The PSP does not know it, which proves that it never happened.' }
}

/** Under the locks of the charge and the attempt; null when the settlement was ended meanwhile, or taken twice. */
async function settleByHand(
  deps: Deps,
  tx: Transaction,
  settlement: Settlement,
  word: End | null,
): Promise<End | null> {
  const found = await findAttempt(tx, settlement.attemptId)
  const { merchantId } = settlement
  const charge = found?.charge_id ? await lockCharge(tx, merchantId, found.charge_id) : null
  const attempt = await lockAttempt(tx, merchantId, settlement.attemptId)
  if (charge === null || attempt === null) throw new Error('A settlement has lost its attempt')
  if ((await lockSettlement(tx, settlement.id))?.state !== 'approved') return null
  if (word !== null) return word
  const unfit = refuseUnfitAttempt(attempt)
  if (unfit !== null) return { state: 'superseded', note: unfit.detail ?? null }
  if (settlement.pspReference !== null) await lockPspReference(tx, attempt.psp_account_id, settlement.pspReference)
  const checked = await checkSettlement(deps, tx, attempt, settlement)
  if (isRefusal(checked)) return { state: 'refused', note: checked.detail ?? checked.refused }
  const settled = await settleLocked(deps, tx, attempt, charge, checked.outcome)
  // That nothing was done leaves a charge that has ended as it is.
  const changesNothing = settled.result === 'same' && checked.outcome.outcome !== 'approved'
  if (settled.result !== 'applied' && !changesNothing) throw new Error(`A settlement by hand came to ${settled.result}`)
  await markSettledByHand(tx, attempt)
  return { state: 'applied', note: null }
}

/** Who, what and by what proof stands in one record, whatever came of it. */
function recordOf(settlement: Settlement): AuditRecord<'attempt_settlement.apply'> {
  return {
    actorType: 'system',
    actor: 'resolver',
    type: 'attempt_settlement.apply',
    outcome: settlement.state === 'applied' ? 'success' : 'refused',
    origin: 'resolver',
    merchantId: settlement.merchantId,
    resource: settlement.attemptId,
    details: { settlement: settlement.id, ...detailsOf(settlement), state: settlement.state, note: settlement.note },
  }
}

/** What the audit log says of a settlement. */
export function detailsOf(settlement: Settlement) {
  return {
    outcome: settlement.outcome,
    captured: settlement.captured === null ? null : Number(settlement.captured),
    psp_reference: settlement.pspReference,
    proof: settlement.proof,
    reason: settlement.reason,
    requested_by: settlement.requestedBy,
    approved_by: settlement.approvedBy,
  }
}
