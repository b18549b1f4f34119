import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { insertAttempt } from '../store/attempts.ts'
import { type ChargeRow, lockCharge, renderCharge, updateCharge } from '../store/charges.ts'
import { type Claim, claimKey, fingerprintOf } from '../store/idempotency.ts'
import { decideInTransaction } from '../store/pool.ts'
import { callPsp, type FollowUp } from './follow-up.ts'
import { type Answer, answerRepeat } from './replay.ts'
import { type Settled, settleAttempt } from './settle-attempt.ts'
import { startCallClock } from './time-limits.ts'

type Input = { merchantId: string; chargeId: string; idempotencyKey: string }

/** Captures an authorized charge, all of it or the given part; the rest is released by the PSP. */
export function captureCharge(deps: Deps, input: Input & { amount: number | undefined }): Promise<Answer | Refusal> {
  return endAuthorization(deps, 'capture', input, input.amount === undefined ? undefined : BigInt(input.amount))
}

/** Cancels an authorized charge, so that its funds are no longer held. */
export function cancelCharge(deps: Deps, input: Input): Promise<Answer | Refusal> {
  return endAuthorization(deps, 'cancel', input, undefined)
}

/** Capture and cancel exclude each other: the first to reserve the charge goes on, the other is told to wait. */
async function endAuthorization(
  deps: Deps,
  kind: 'capture' | 'cancel',
  input: Input,
  asked: bigint | undefined,
): Promise<Answer | Refusal> {
  const reserved = await decideInTransaction(deps.pool, (tx) => reserve(deps, tx, kind, input, asked))
  if (isRefusal(reserved)) return reserved
  if ('kind' in reserved && (reserved.kind === 'replay' || reserved.kind === 'refused'))
    return answerRepeat(deps, input.merchantId, reserved, 200)
  const outcome = await callPsp(deps, reserved)
  const settled = await settleAttempt(deps, reserved.attemptId, outcome, {
    key: input.idempotencyKey,
    render: (charge) => storedAnswer(kind, charge, outcome.outcome),
  })
  if (settled === null) throw new Error('An attempt is gone')
  return wasDeclined(outcome.outcome, settled)
    ? refuse(declined[kind])
    : { status: 200, body: renderCharge(settled.charge), replayed: false }
}

const declined = { capture: 'capture_declined', cancel: 'cancel_declined' } as const

function wasDeclined(outcome: string, settled: Pick<Settled, 'charge'>): boolean {
  return (outcome === 'declined' || outcome === 'rejected') && settled.charge.status === 'authorized'
}

function storedAnswer(
  kind: 'capture' | 'cancel',
  charge: ChargeRow,
  outcome: string,
): { status: number; body: object | null } {
  if (wasDeclined(outcome, { charge })) return { status: 422, body: refuse(declined[kind]) }
  return { status: 200, body: charge.pending_operation === null ? renderCharge(charge) : null }
}

async function reserve(
  deps: Deps,
  tx: Parameters<typeof lockCharge>[0],
  kind: 'capture' | 'cancel',
  input: Input,
  asked: bigint | undefined,
): Promise<FollowUp | Exclude<Claim, { kind: 'claimed' }> | Refusal> {
  const { merchantId, chargeId, idempotencyKey } = input
  const clock = startCallClock(deps)
  const fingerprint = fingerprintOf(`POST /v1/charges/${chargeId}/${kind}`, { amount: asked?.toString() })
  const claim = await claimKey(tx, {
    merchantId,
    key: idempotencyKey,
    fingerprint,
    objectId: chargeId,
    lockedUntil: clock.leaseUntil,
  })
  if (claim.kind !== 'claimed') return claim
  const charge = await lockCharge(tx, merchantId, chargeId)
  if (charge === null) return refuse('resource_not_found', { param: 'id' })
  if (charge.status !== 'authorized') {
    return refuse(kind === 'capture' ? 'charge_not_capturable' : 'charge_not_cancelable', {
      detail: `The charge is ${charge.status}; only an authorized charge can be ${kind === 'capture' ? 'captured' : 'canceled'}.`,
    })
  }
  if (charge.pending_operation !== null) return refuse('operation_in_progress')
  const amount = asked ?? charge.amount
  if (amount > charge.amount) return refuse('amount_exceeds_authorized', { param: 'amount' })
  const attemptId = newId('attempt')
  await updateCharge(tx, { ...charge, pending_operation: kind, pending_amount: amount })
  await insertAttempt(tx, {
    merchant_id: merchantId,
    id: attemptId,
    kind,
    psp_account_id: charge.psp_account_id,
    charge_id: charge.id,
    amount,
    leaseUntil: clock.leaseUntil,
  })
  return { kind, attemptId, charge, amount, clock }
}
