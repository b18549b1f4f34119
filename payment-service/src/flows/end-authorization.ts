import { errorTable } from '@fincore/api-contract/errors'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { insertAttempt } from '../store/attempts.ts'
import { type ChargeRow, lockCharge, renderCharge, updateCharge } from '../store/charges.ts'
import { isUsableAccount } from '../store/environment.ts'
import { type Claim, claimKey, fingerprintOf } from '../store/idempotency.ts'
import { decideInTransaction } from '../store/pool.ts'
import { callPsp, type FollowUp, refuseUnsayable } from './follow-up.ts'
import { type Answer, answerRepeat } from './replay.ts'
import { settleAttempt } from './settle-attempt.ts'
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
  using place = deps.pspPlaces.ours.open()
  const reserved = await decideInTransaction(deps.pool, (tx) => reserve(deps, tx, kind, input, { asked, place }))
  if (isRefusal(reserved)) return reserved
  if ('kind' in reserved && (reserved.kind === 'replay' || reserved.kind === 'refused'))
    return answerRepeat(deps, input.merchantId, reserved, 200)
  place.callBegins()
  const outcome = await callPsp(deps, reserved)
  place.end()
  const settled = await settleAttempt(deps, reserved.attemptId, outcome, {
    key: input.idempotencyKey,
    render: (charge) => {
      const refusal = refusalFor(kind, charge, outcome)
      if (refusal !== null) return { status: errorTable[refusal.refused].status, body: refusal }
      return { status: 200, body: charge.pending_operation === null ? renderCharge(charge) : null }
    },
  })
  if (settled === null) throw new Error('An attempt is gone')
  return (
    refusalFor(kind, settled.charge, outcome) ?? { status: 200, body: renderCharge(settled.charge), replayed: false }
  )
}

/** The state of a charge of which it was done. */
const done = { capture: 'captured', cancel: 'canceled' } as const

/** What the merchant is told when it was not done: null when it was, or may yet be. */
function refusalFor(kind: 'capture' | 'cancel', charge: ChargeRow, outcome: Outcome): Refusal | null {
  if (charge.status === done[kind]) return null
  // It lapsed, or was captured or canceled at the PSP, while we asked.
  if (charge.status !== 'authorized') return refuseState(kind, charge)
  if (outcome.outcome !== 'declined' && outcome.outcome !== 'rejected') return null
  const code = kind === 'capture' ? 'capture_declined' : 'cancel_declined'
  return refuse(code, { detail: `The PSP did not ${kind} the charge (${outcome.code}). ${errorTable[code].meaning}` })
}

function refuseState(kind: 'capture' | 'cancel', { status }: ChargeRow): Refusal {
  return refuse(kind === 'capture' ? 'charge_not_capturable' : 'charge_not_cancelable', {
    detail: `The charge is ${status}; only an authorized charge can be ${done[kind]}.`,
  })
}

async function reserve(
  deps: Deps,
  tx: Parameters<typeof lockCharge>[0],
  kind: 'capture' | 'cancel',
  input: Input,
  { asked, place }: { asked: bigint | undefined; place: PspPlace },
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
  if (charge.status !== 'authorized') return refuseState(kind, charge)
  if (charge.pending_operation !== null) return refuse('operation_in_progress')
  const amount = asked ?? charge.amount
  if (amount > charge.amount) {
    const detail = `At most ${charge.amount} can be captured, in the minor unit of ${charge.currency}.`
    return refuse('amount_exceeds_authorized', { param: 'amount', detail })
  }
  if (!isUsableAccount(deps.config.environment, charge.psp)) return refuse('psp_account_missing')
  const unsayable = kind === 'capture' ? refuseUnsayable(deps, charge, amount) : null
  if (unsayable !== null) return unsayable
  if (!place.take(charge.psp_account_id)) return refuse('psp_overloaded')
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
