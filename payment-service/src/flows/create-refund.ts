import type { CreateRefund } from '@fincore/api-contract/requests'
import type { Deps } from '../deps.ts'
import { idOfRequest, newId } from '../ids.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { insertAttempt } from '../store/attempts.ts'
import { type ChargeRow, lockCharge, updateCharge } from '../store/charges.ts'
import { isUsableAccount } from '../store/environment.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { type Claim, claimKey, fingerprintOf } from '../store/idempotency.ts'
import { decideInTransaction, type Transaction } from '../store/pool.ts'
import { insertRefund, type RefundRow, renderRefund } from '../store/refunds.ts'
import { callPsp, refuseUnsayable } from './follow-up.ts'
import { type Answer, answerRepeat } from './replay.ts'
import { settleAttempt } from './settle-attempt.ts'
import { type CallClock, startCallClock } from './time-limits.ts'

type Input = { merchantId: string; idempotencyKey: string; request: CreateRefund; requestId?: string }
type Reserved = { attemptId: string; charge: ChargeRow; refund: RefundRow; clock: CallClock }

/** Gives money of a captured charge back, all that is left or a part; a charge can have several refunds. */
export async function createRefund(deps: Deps, input: Input): Promise<Answer | Refusal> {
  using place = deps.pspPlaces.ours.open()
  const reserved = await decideInTransaction(deps.pool, (tx) => claimAndReserve(deps, tx, input, place))
  if (isRefusal(reserved)) return reserved
  if ('kind' in reserved) return answerRepeat(deps, input.merchantId, reserved, 201)
  deps.wakeOutbox()
  const { attemptId, charge, refund, clock } = reserved
  place.callBegins()
  const outcome = await callPsp(deps, { kind: 'refund', attemptId, charge, amount: refund.amount, clock })
  place.end()
  const settled = await settleAttempt(deps, attemptId, outcome, {
    key: input.idempotencyKey,
    render: (_charge, current) => ({
      status: 201,
      body: current === null || current.status === 'pending' ? null : renderRefund(current),
    }),
  })
  return { status: 201, body: renderRefund(settled?.refund ?? refund), replayed: false }
}

async function claimAndReserve(
  deps: Deps,
  tx: Transaction,
  input: Input,
  place: PspPlace,
): Promise<Reserved | Exclude<Claim, { kind: 'claimed' }> | Refusal> {
  const { merchantId, idempotencyKey, request } = input
  const clock = startCallClock(deps)
  const refundId = idOfRequest('refund', input.requestId, deps.now())
  const fingerprint = fingerprintOf('POST /v1/refunds', request)
  const claim = await claimKey(tx, {
    merchantId,
    key: idempotencyKey,
    fingerprint,
    objectId: refundId,
    lockedUntil: clock.leaseUntil,
  })
  if (claim.kind !== 'claimed') return claim
  const charge = await lockCharge(tx, merchantId, request.charge)
  if (charge === null) return refuse('resource_not_found', { param: 'charge' })
  if (charge.status !== 'captured')
    return refuse('charge_not_refundable', {
      param: 'charge',
      detail: `The charge is ${charge.status}; only a captured charge can be refunded.`,
    })
  if (!isUsableAccount(deps.config.environment, charge.psp)) return refuse('psp_account_missing')
  const left = charge.captured - charge.refunded - charge.refunds_pending
  const amount = request.amount === undefined ? left : BigInt(request.amount)
  if (amount > left || amount === 0n) {
    const detail =
      left === 0n
        ? 'Nothing of the charge is left to refund: all that was captured is given back, or reserved by refunds that are pending.'
        : `${left} can still be refunded, in the minor unit of ${charge.currency}.`
    return refuse('amount_exceeds_refundable', { detail, ...(request.amount === undefined ? {} : { param: 'amount' }) })
  }
  const unsayable = refuseUnsayable(deps, charge, amount)
  if (unsayable !== null) return unsayable
  if (!place.take(charge.psp_account_id)) return refuse('psp_overloaded')
  const row = { id: refundId, amount, reason: request.reason ?? null, metadata: request.metadata ?? {} }
  return {
    ...(await reserveRefund(deps, tx, charge, row, { origin: 'merchant', leaseUntil: clock.leaseUntil })),
    clock,
  }
}

/**
 * Writes the intent of a refund of a locked charge: reserves the amount, makes the refund and its event, and the
 * attempt. The caller has checked that the amount is left; the database checks it again.
 */
export async function reserveRefund(
  deps: Deps,
  tx: Transaction,
  charge: ChargeRow,
  wanted: Pick<RefundRow, 'id' | 'amount' | 'reason' | 'metadata'>,
  by: { origin: 'merchant' | 'give_back'; leaseUntil: Date },
): Promise<Omit<Reserved, 'clock'>> {
  const now = deps.now()
  const refund: RefundRow = {
    ...wanted,
    merchant_id: charge.merchant_id,
    charge_id: charge.id,
    status: 'pending',
    currency: charge.currency,
    failure: null,
    psp_reference: null,
    sequence: 1,
    created_at: now,
    updated_at: now,
  }
  const attemptId = newId('attempt')
  const reserved: ChargeRow = { ...charge, refunds_pending: charge.refunds_pending + wanted.amount }
  await updateCharge(tx, reserved)
  await insertRefund(tx, refund)
  await insertEvent(tx, makeEvent('refund.created', charge.merchant_id, renderRefund(refund), 1, now))
  await insertAttempt(tx, {
    merchant_id: charge.merchant_id,
    id: attemptId,
    kind: 'refund',
    psp_account_id: charge.psp_account_id,
    charge_id: charge.id,
    refund_id: refund.id,
    amount: wanted.amount,
    ...by,
  })
  return { attemptId, charge: reserved, refund }
}
