import type { Deps } from '../deps.ts'
import type { AttemptState } from '../payments/attempt-states.ts'
import { type ChargeDecision, decideCharge, type Learnt, makeRefundFailure } from '../payments/decide-charge.ts'
import { attemptStateOf, expectedByOf, nextLookUpDelayMs, refundHappeningOf } from '../payments/decide-follow-up.ts'
import { refundTransitions } from '../payments/refund-states.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import { type AttemptRow, findAttempt, lockAttempt, setAttemptState } from '../store/attempts.ts'
import { recordAudit } from '../store/audit.ts'
import { applyChange, type ChargeRow, lockCharge, renderCharge, updateCharge } from '../store/charges.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { completeKey } from '../store/idempotency.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'
import { findRefund, type RefundRow, renderRefund, updateRefund } from '../store/refunds.ts'

/** What became of an outcome that was brought to an attempt. */
export type Settled = {
  result: 'applied' | 'same' | 'unknown' | 'contradiction'
  why: string | null
  charge: ChargeRow
  refund: RefundRow | null
}

/**
 * Applies a PSP's outcome to an attempt of a charge: the one place where reply, look-up and webhook meet. One short
 * transaction, the charge locked first; whoever comes second finds the work done and changes nothing.
 *
 * @param answer when the outcome answers a merchant's request: its key, and what a repeat shall get.
 * @returns null when there is no such attempt, or it belongs to a session.
 */
export async function settleAttempt(
  deps: Deps,
  attemptId: string,
  outcome: Outcome,
  answer?: {
    key: string
    render: (charge: ChargeRow, refund: RefundRow | null) => { status: number; body: object | null } | null
  },
): Promise<Settled | null> {
  const found = await findAttempt(deps.pool, attemptId)
  if (found === null || found.charge_id === null) return null
  const { merchant_id: merchantId, charge_id: chargeId } = found
  let before: ChargeRow['status'] | null = null
  const settled = await inTransaction(deps.pool, async (tx) => {
    const charge = await lockCharge(tx, merchantId, chargeId)
    const attempt = await lockAttempt(tx, merchantId, attemptId)
    if (charge === null || attempt === null) throw new Error('An attempt has lost its charge')
    before = charge.status
    const result = await settleLocked(deps, tx, attempt, charge, outcome)
    if (result.result === 'applied' && wasSettledAsNotDone(attempt)) {
      result.result = 'contradiction'
      result.why = 'the PSP did what operators had settled by hand as not done'
    }
    if (result.result === 'contradiction')
      result.charge = await flagContradiction(deps, tx, result.charge, attemptId, result.why)
    const stored = answer?.render(result.charge, result.refund)
    if (answer !== undefined && stored !== undefined && stored !== null)
      await completeKey(tx, merchantId, answer.key, stored.status, stored.body)
    return result
  })
  if (settled.result === 'applied' || settled.result === 'contradiction') deps.wakeOutbox()
  if (found.kind === 'authorize' && settled.charge.status !== before)
    await deps.cardTesting.learn({ charge: settled.charge })
  if (settled.result === 'contradiction') {
    deps.log.error('a PSP contradicts a final state; an operator must look', {
      attempt: attemptId,
      object: chargeId,
      reason: settled.why ?? '',
    })
  }
  return settled
}

/**
 * An attempt that waited for the shopper is in doubt: the PSP was told to go on, and its answer is lost. So it is asked
 * about as any other, and an operator is alerted when nothing tells.
 */
export async function doubtAttempt(deps: Deps, { merchant_id, id, charge_id }: AttemptRow): Promise<void> {
  await inTransaction(deps.pool, async (tx) => {
    if (charge_id === null || (await lockCharge(tx, merchant_id, charge_id)) === null) return
    const attempt = await lockAttempt(tx, merchant_id, id)
    if (attempt?.state === 'action_required')
      await setAttemptState(tx, attempt, { state: 'unknown', nextLookUpAt: laterThan(deps, 'unknown', 0) })
  })
}

/** The same for who holds the locks of the charge and the attempt, in this order. */
export async function settleLocked(
  deps: Deps,
  tx: Transaction,
  attempt: AttemptRow,
  charge: ChargeRow,
  outcome: Outcome,
): Promise<Settled> {
  if (attempt.kind === 'refund') return settleRefund(deps, tx, attempt, charge, outcome)
  const isSettled = attempt.next_lookup_at === null
  if (
    attempt.kind !== 'authorize' &&
    !isSettled &&
    (outcome.outcome === 'declined' || outcome.outcome === 'rejected')
  ) {
    return refuseFollowUp(deps, tx, attempt, charge, outcome)
  }
  const decision = decideFor(attempt, charge, outcome)
  switch (decision.kind) {
    case 'unknown':
      await markUnknown(deps, tx, attempt, outcome)
      return { result: 'unknown', why: decision.why, charge, refund: null }
    case 'contradiction':
      return { result: 'contradiction', why: decision.why, charge, refund: null }
    case 'same':
      if (!isSettled && outcome.outcome !== 'action_required')
        await setAttemptState(tx, attempt, {
          state: stateFor(attempt, outcome),
          nextLookUpAt: null,
          pspReference: referenceOf(outcome),
        })
      // The PSP was told to go on, and did not: it still waits for the shopper.
      else if (
        attempt.state === 'unknown' &&
        outcome.outcome === 'action_required' &&
        charge.status === 'requires_action'
      )
        await setAttemptState(tx, attempt, {
          state: 'action_required',
          nextLookUpAt: laterThan(deps, 'action_required', 0),
        })
      if (decision.learnt === null) return { result: 'same', why: null, charge, refund: null }
      return { result: 'applied', why: null, charge: await learn(deps, tx, charge, decision.learnt), refund: null }
    case 'change': {
      const next = applyChange(charge, decision.change, deps.now())
      await updateCharge(tx, next)
      await insertEvent(
        tx,
        makeEvent(decision.change.eventType, next.merchant_id, renderCharge(next), next.sequence, deps.now()),
      )
      const state = stateFor(attempt, outcome)
      if (!isSettled)
        await setAttemptState(tx, attempt, {
          state,
          nextLookUpAt: state === 'action_required' ? laterThan(deps, state, 0) : null,
          pspReference: referenceOf(outcome),
        })
      else if (attempt.kind !== 'authorize' && attempt.state !== 'approved') {
        // The money moved, so the charge says so; that it had been said not to is for an operator to know.
        return { result: 'contradiction', why: 'the PSP did what it had refused before', charge: next, refund: null }
      }
      return { result: 'applied', why: null, charge: next, refund: null }
    }
  }
}

/** What an outcome of this attempt means for its charge. */
function decideFor(attempt: AttemptRow, charge: ChargeRow, outcome: Outcome): ChargeDecision {
  if (attempt.kind === 'authorize')
    return attempt.state === 'rejected' ? decideSuperseded(outcome) : decideCharge(charge, outcome)
  // A declined capture or cancel says nothing of the charge.
  if (outcome.outcome === 'declined' || outcome.outcome === 'rejected') {
    return attempt.state === 'approved'
      ? { kind: 'contradiction', why: 'the PSP took back an approval' }
      : { kind: 'same', learnt: null }
  }
  // Capture and cancel have references of their own at a PSP; the charge keeps that of its payment.
  const own =
    'pspReference' in outcome && charge.psp_reference !== null
      ? { ...outcome, pspReference: charge.psp_reference }
      : outcome
  return decideCharge(
    charge,
    attempt.kind === 'cancel' && own.outcome === 'approved'
      ? { outcome: 'ended', pspReference: own.pspReference, reason: 'requested' }
      : own,
  )
}

/**
 * An attempt that was proven never to have acted has no say any more: the charge has failed, or another attempt, at
 * another PSP, has taken its place. If the PSP acted after all, an operator must know.
 */
function decideSuperseded(outcome: Outcome): ChargeDecision {
  const acted = outcome.outcome === 'approved' || outcome.outcome === 'action_required'
  return acted
    ? { kind: 'contradiction', why: 'the PSP acted on an attempt that it had not known' }
    : { kind: 'same', learnt: null }
}

/** A cancel that the PSP approved reads as “ended” for the charge, and as approved for its attempt. */
function stateFor(attempt: AttemptRow, outcome: Outcome): AttemptState {
  return attempt.kind === 'cancel' && outcome.outcome === 'ended' ? 'approved' : attemptStateOf(outcome)
}

function referenceOf(outcome: Outcome): string | null {
  return 'pspReference' in outcome ? outcome.pspReference : null
}

/** A capture or cancel that the PSP declined, or never got: the charge stays authorized, and says so in an event. */
async function refuseFollowUp(
  deps: Deps,
  tx: Transaction,
  attempt: AttemptRow,
  charge: ChargeRow,
  outcome: Outcome,
): Promise<Settled> {
  await setAttemptState(tx, attempt, {
    state: attemptStateOf(outcome),
    nextLookUpAt: null,
    pspReference: referenceOf(outcome),
  })
  if (charge.pending_operation !== attempt.kind) return { result: 'same', why: null, charge, refund: null }
  const flags = attempt.origin === 'give_back' ? [...new Set([...charge.flags, 'give_back_failed'])] : charge.flags
  const next: ChargeRow = {
    ...charge,
    pending_operation: null,
    pending_amount: null,
    flags,
    sequence: charge.sequence + 1,
    updated_at: deps.now(),
  }
  await updateCharge(tx, next)
  await insertEvent(tx, makeEvent('charge.updated', next.merchant_id, renderCharge(next), next.sequence, deps.now()))
  return { result: 'applied', why: 'code' in outcome ? outcome.code : null, charge: next, refund: null }
}

async function settleRefund(
  deps: Deps,
  tx: Transaction,
  attempt: AttemptRow,
  charge: ChargeRow,
  outcome: Outcome,
): Promise<Settled> {
  const refund = attempt.refund_id === null ? null : await findRefund(tx, attempt.merchant_id, attempt.refund_id)
  if (refund === null) throw new Error('A refund’s attempt has lost its refund')
  const happening = refundHappeningOf(outcome)
  if (happening === null || happening === 'pending') {
    await markUnknown(deps, tx, attempt, outcome)
    return {
      result: happening === null ? 'unknown' : 'same',
      why: 'why' in outcome ? outcome.why : null,
      charge,
      refund,
    }
  }
  const step = refundTransitions[refund.status][happening]
  if (step === 'contradiction')
    return { result: 'contradiction', why: `“${happening}” cannot follow ${refund.status}`, charge, refund }
  if (step === 'same') return { result: 'same', why: null, charge, refund }
  const now = deps.now()
  const nextRefund: RefundRow = {
    ...refund,
    status: step,
    failure:
      'code' in outcome
        ? makeRefundFailure(outcome.code, outcome.pspCode)
        : step === 'failed'
          ? makeRefundFailure('processing_error', null)
          : null,
    psp_reference: referenceOf(outcome) ?? refund.psp_reference,
    sequence: refund.sequence + 1,
    updated_at: now,
  }
  const succeeded = step === 'succeeded'
  const givingBackFailed = !succeeded && attempt.origin === 'give_back'
  const changesCharge = succeeded || givingBackFailed
  const nextCharge: ChargeRow = {
    ...charge,
    refunded: charge.refunded + (succeeded ? refund.amount : 0n),
    refunds_pending: charge.refunds_pending - refund.amount,
    flags: givingBackFailed ? [...new Set([...charge.flags, 'give_back_failed'])] : charge.flags,
    sequence: charge.sequence + (changesCharge ? 1 : 0),
    updated_at: now,
  }
  await updateCharge(tx, nextCharge)
  await updateRefund(tx, nextRefund)
  await setAttemptState(tx, attempt, {
    state: outcome.outcome === 'ended' ? 'declined' : attemptStateOf(outcome),
    nextLookUpAt: null,
    pspReference: referenceOf(outcome),
  })
  await insertEvent(
    tx,
    makeEvent(
      succeeded ? 'refund.succeeded' : 'refund.failed',
      refund.merchant_id,
      renderRefund(nextRefund),
      nextRefund.sequence,
      now,
    ),
  )
  if (changesCharge) {
    await insertEvent(
      tx,
      makeEvent(
        succeeded ? 'charge.refunded' : 'charge.updated',
        charge.merchant_id,
        renderCharge(nextCharge),
        nextCharge.sequence,
        now,
      ),
    )
  }
  return { result: 'applied', why: null, charge: nextCharge, refund: nextRefund }
}

/** What news that came late still tell of a locked charge: which card it was, the network's id of the payment. */
export async function learn(deps: Deps, tx: Transaction, charge: ChargeRow, learnt: Learnt): Promise<ChargeRow> {
  const next: ChargeRow = { ...charge, ...learnt, sequence: charge.sequence + 1, updated_at: deps.now() }
  await updateCharge(tx, next)
  await insertEvent(tx, makeEvent('charge.updated', next.merchant_id, renderCharge(next), next.sequence, deps.now()))
  return next
}

const contradictionFlag = 'psp_contradicts'

/** What a PSP said and FinCore would not believe stays visible: on the charge, in an event, and in the audit log. Once. */
export async function flagContradiction(
  deps: Deps,
  tx: Transaction,
  charge: ChargeRow,
  attemptId: string,
  why: string | null,
): Promise<ChargeRow> {
  if (charge.flags.includes(contradictionFlag)) return charge
  const flags = [...charge.flags, contradictionFlag]
  const next: ChargeRow = { ...charge, flags, sequence: charge.sequence + 1, updated_at: deps.now() }
  await updateCharge(tx, next)
  await insertEvent(tx, makeEvent('charge.updated', next.merchant_id, renderCharge(next), next.sequence, deps.now()))
  await recordAudit(tx, {
    actorType: 'system',
    actor: 'settlement',
    type: 'psp.contradiction',
    outcome: 'refused',
    origin: 'psp',
    merchantId: charge.merchant_id,
    resource: charge.id,
    details: { attempt: attemptId, why },
  })
  return next
}

/**
 * A capture or cancel that operators settled as declined, or as never executed, and that the PSP calls done after all.
 * The charge was not final, so it takes the step that the money took; but an operator must know.
 */
function wasSettledAsNotDone(attempt: AttemptRow): boolean {
  const endsAuthorization = attempt.kind === 'capture' || attempt.kind === 'cancel'
  return endsAuthorization && attempt.settled_by_hand && attempt.state !== 'approved'
}

/** No outcome yet. The first time it is due for its first look-up; and by when the PSP will tell is learnt once. */
async function markUnknown(deps: Deps, tx: Transaction, attempt: AttemptRow, outcome: Outcome): Promise<void> {
  if (attempt.next_lookup_at === null) return
  const expectedBy = attempt.expected_by === null ? expectedByOf(outcome, deps.now()) : null
  if (attempt.state === 'sent')
    await setAttemptState(tx, attempt, {
      state: 'unknown',
      nextLookUpAt: laterThan(deps, 'unknown', attempt.lookups),
      expectedBy,
    })
  else if (expectedBy !== null)
    await setAttemptState(tx, attempt, { state: attempt.state, nextLookUpAt: attempt.next_lookup_at, expectedBy })
}

function laterThan(deps: Deps, state: AttemptState, lookups: number): Date {
  return new Date(deps.now().getTime() + nextLookUpDelayMs(state, lookups))
}
