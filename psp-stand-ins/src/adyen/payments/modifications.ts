import { newPspReference } from '../ids.ts'
import type { Payment, World } from '../world.ts'
import { announceModification } from './announce.ts'
import { captureWhenDue } from './authorise.ts'
import { recordMovement, takeBackMovement } from './movements.ts'

type Modification = { pspReference: string; reference: string; value: number }

/** Why a modification was not possible; Adyen's reports name a modification's failure in words of this kind. */
const problems = {
  not_authorised: 'Transaction is not authorised',
  captured: 'Transaction is already captured',
  balance: 'Insufficient balance on payment',
  scheme: 'Rejected by the scheme',
} as const

/**
 * Takes a capture, cancellation or refund, of which the caller hears “received”. What becomes of it is decided a little later,
 * from what the payment is then, and told by webhook.
 *
 * @returns the `pspReference` of the modification.
 */
export function receiveModification(
  world: World,
  payment: Payment,
  kind: 'capture' | 'cancel' | 'refund',
  asked: { reference: string | undefined; value: number; currency: string },
): string {
  const modification = {
    pspReference: newPspReference(),
    // Without one of its own, Adyen tells the payment's.
    reference: asked.reference ?? payment.reference,
    value: asked.value,
  }
  const { behaviour } = payment
  const isSlow = kind === 'refund' && behaviour.do === 'refund' && behaviour.how === 'slow'
  world.later(isSlow ? world.timings.slowRefundMs : world.timings.modificationMs, () => {
    captureWhenDue(world, payment)
    const isItsCurrency = asked.currency === payment.amount.currency
    if (kind === 'cancel') cancel(world, payment, modification)
    else if (kind === 'capture') capture(world, payment, modification, isItsCurrency)
    else refund(world, payment, modification, isItsCurrency)
  })
  return modification.pspReference
}

/** By default a payment is captured once, and what is left over is released (Adyen, “Capture”). */
function capture(world: World, payment: Payment, modification: Modification, isItsCurrency: boolean): void {
  const { behaviour } = payment
  const how = behaviour.do === 'capture' ? behaviour.how : null
  const problem =
    payment.status !== 'authorised'
      ? problems.not_authorised
      : payment.captured > 0 || modification.value > payment.amount.value || !isItsCurrency
        ? problems.balance
        : how === 'refused'
          ? problems.scheme
          : null
  if (problem === null) {
    payment.captured = modification.value
    const { reference, pspReference, value } = modification
    recordMovement(world, payment, 'capture', reference, pspReference, value)
  }
  announceModification(world, payment, { eventCode: 'CAPTURE', ...modification, problem })
  if (problem === null && how === 'fails_later')
    world.later(world.timings.lateFailureMs, () => {
      payment.captured = 0
      takeBackMovement(world, modification.pspReference, 'capture')
      announceModification(world, payment, { eventCode: 'CAPTURE_FAILED', ...modification, problem: problems.scheme })
    })
}

function cancel(world: World, payment: Payment, modification: Modification): void {
  const problem =
    payment.status !== 'authorised' ? problems.not_authorised : payment.captured > 0 ? problems.captured : null
  if (problem === null) {
    payment.status = 'cancelled'
    const { reference, pspReference, value } = modification
    recordMovement(world, payment, 'cancellation', reference, pspReference, value)
  }
  announceModification(world, payment, { eventCode: 'CANCELLATION', ...modification, problem })
}

function refund(world: World, payment: Payment, modification: Modification, isItsCurrency: boolean): void {
  const { behaviour } = payment
  const how = behaviour.do === 'refund' ? behaviour.how : null
  const problem =
    payment.refunded + modification.value > payment.captured || !isItsCurrency
      ? problems.balance
      : how === 'refused'
        ? problems.scheme
        : null
  if (problem === null) {
    payment.refunded += modification.value
    const { reference, pspReference, value } = modification
    recordMovement(world, payment, 'refund', reference, pspReference, value)
  }
  announceModification(world, payment, { eventCode: 'REFUND', ...modification, problem })
  if (problem === null && how === 'fails_later')
    world.later(world.timings.lateFailureMs, () => {
      payment.refunded -= modification.value
      takeBackMovement(world, modification.pspReference, 'refund')
      announceModification(world, payment, { eventCode: 'REFUND_FAILED', ...modification, problem: problems.scheme })
    })
}
