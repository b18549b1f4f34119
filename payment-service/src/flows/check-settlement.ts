import type { Deps } from '../deps.ts'
import { decideCharge } from '../payments/decide-charge.ts'
import { alertAfterMs } from '../payments/decide-follow-up.ts'
import { type ByHand, outcomeByHand } from '../payments/outcome-by-hand.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { findOpenSettlementByReference } from '../store/attempt-settlements.ts'
import { type AttemptRow, findOperationByReference } from '../store/attempts.ts'
import { type ChargeRow, findCharge, findChargeByPspReference } from '../store/charges.ts'
import type { Queryable } from '../store/pool.ts'
import { type MoneyAttempt, movesMoney } from './look-up-attempt.ts'
import { callEndedBy } from './time-limits.ts'

type CheckDeps = Pick<Deps, 'config' | 'now' | 'psps'>

/**
 * Whether operators may give an attempt this outcome: what is wrong with it, in the order in which an operator can do
 * something about it. Asked when it is wanted, when it is approved, and once more under lock when it is applied.
 */
export async function checkSettlement(
  deps: CheckDeps,
  tx: Queryable,
  attempt: AttemptRow,
  said: ByHand,
): Promise<{ outcome: Outcome; charge: ChargeRow } | Refusal> {
  const unfit = refuseUnfitAttempt(attempt)
  if (unfit !== null) return unfit
  if (!movesMoney(attempt)) return refuse('attempt_not_settleable', { detail: sessionText })
  const charge = attempt.charge_id === null ? null : await findCharge(tx, attempt.merchant_id, attempt.charge_id)
  if (charge === null) throw new Error('An attempt has lost its charge')
  if (attempt.kind === 'authorize' && charge.payment_session_id !== null)
    return refuse('attempt_not_settleable', { detail: hostedText })
  const early = refuseEarly(deps, attempt, charge)
  if (early !== null) return early
  const outcome = outcomeByHand(said, {
    kind: attempt.kind,
    origin: attempt.origin,
    amount: attempt.kind === 'capture' && attempt.amount !== null ? attempt.amount : charge.amount,
  })
  if ('field' in outcome) {
    const code = {
      amount: 'settlement_amount_wrong',
      form: 'parameter_invalid',
      impossible: 'attempt_not_settleable',
    } as const
    return refuse(code[outcome.why], { param: outcome.field, detail: outcome.text })
  }
  const wrongReference = await refuseWrongReference(tx, attempt, charge, said.pspReference)
  return wrongReference ?? refuseWrongState(attempt, charge, outcome) ?? { outcome, charge }
}

/** Null when the attempt still has no outcome. */
export function refuseUnfitAttempt(attempt: AttemptRow): Refusal | null {
  if (attempt.next_lookup_at !== null) return null
  return refuse('attempt_settled', {
    detail: `The attempt is ${attempt.state}${attempt.settled_by_hand ? ', by hand' : ''}. A final outcome never changes: settle what differs with the PSP and the merchant.`,
  })
}

const sessionText =
  'No money moves by making or closing a page at the PSP, so there is nothing to settle. The PSP is asked until it answers; the session ends when it has.'
const hostedText =
  'This is a try on the PSP’s own page, and the shopper may still be there. It ends with its session: expire that.'

/** Whether another settlement, that only waits for its end, stands on the same reference: one of the two is mistaken. */
export async function refuseReferenceInUse(
  tx: Queryable,
  attempt: AttemptRow,
  reference: string | null,
): Promise<Refusal | null> {
  const other = reference === null ? null : await findOpenSettlementByReference(tx, attempt, reference)
  if (other === null) return null
  return refuse('psp_reference_wrong', {
    param: 'psp_reference',
    detail: `The settlement ${other.id} of ${other.attemptId} stands on it, and is ${other.state}. One reference is one operation: withdraw the one that is mistaken.`,
  })
}

/** The PSP, its webhooks and the resolver come first; and within its consistency window “not found” says nothing. */
function refuseEarly(deps: CheckDeps, attempt: AttemptRow, charge: ChargeRow): Refusal | null {
  const { consistencyWindowMs } = deps.psps[charge.psp]
  const from = Math.max(
    (attempt.in_doubt_since ?? attempt.sent_at).getTime() + alertAfterMs,
    callEndedBy(deps, attempt) + consistencyWindowMs,
  )
  if (deps.now().getTime() >= from) return null
  return refuse('settlement_too_early', {
    detail: `Until ${new Date(from).toISOString()} only the PSP’s own word counts. Ask it with …/look_up, and wait.`,
  })
}

async function refuseWrongReference(
  tx: Queryable,
  attempt: MoneyAttempt,
  charge: ChargeRow,
  reference: string | null,
): Promise<Refusal | null> {
  if (reference === null) return null
  const wrong = (detail: string) => refuse('psp_reference_wrong', { param: 'psp_reference', detail })
  if (attempt.kind !== 'authorize') {
    const other = await findOperationByReference(tx, attempt.psp_account_id, reference)
    if (other === null || other.id === attempt.id) return null
    return wrong(
      `At this PSP account it belongs to ${other.id}, a ${other.kind} of ${other.charge_id}. One reference is one operation.`,
    )
  }
  if (charge.psp_reference !== null && charge.psp_reference !== reference)
    return wrong(`The PSP has named another reference for this charge: ${charge.psp_reference}.`)
  const other = await findChargeByPspReference(tx, attempt.psp_account_id, reference)
  if (other === null || other.id === charge.id) return null
  return wrong(`At this PSP account it belongs to ${other.id}. One payment at the PSP is one charge.`)
}

function refuseWrongState(attempt: MoneyAttempt, charge: ChargeRow, outcome: Outcome): Refusal | null {
  if (attempt.kind === 'authorize') {
    const decision = decideCharge(charge, outcome)
    return decision.kind === 'change' ? null : refuseState(charge, 'why' in decision ? decision.why : null)
  }
  if (attempt.kind === 'refund') return null
  // The charge ended in another way. What was not done changes nothing of it, and only so the attempt ever ends.
  if (outcome.outcome !== 'approved' && charge.status !== 'authorized') return null
  return charge.status === 'authorized' && charge.pending_operation === attempt.kind ? null : refuseState(charge, null)
}

function refuseState(charge: ChargeRow, why: string | null): Refusal {
  const because = why === null ? '' : `, and ${why}`
  return refuse('attempt_not_settleable', {
    detail: `The charge is ${charge.status}${because}: this outcome cannot follow.`,
  })
}
