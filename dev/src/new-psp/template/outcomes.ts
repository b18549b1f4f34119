import type { Asked, Outcome } from '@fincore/payment-service/psp-gateway/port'
import { nextStep } from './next-step.ts'
import type { Payment } from './wire.ts'

/**
 * What newpsp's errors mean: only a code that its documents call “not done” stands here. A repeated idempotency key with
 * another request never does, because something was done under it.
 */
export const rejectedCodes: ReadonlySet<string> = new Set([])

/** What became of a payment. One that is not what was asked for is not ours. */
export function outcomeOfPayment(payment: Payment, asked?: Partial<Asked>): Outcome {
  const isOurs =
    (asked?.reference === undefined || asked.reference === payment.reference) &&
    (asked?.amount === undefined ||
      (asked.amount.amount === BigInt(payment.amount) && asked.amount.currency === payment.currency))
  if (!isOurs) return unknown('the PSP answered with another payment than was asked for')
  switch (payment.status) {
    // A case for each status of the PSP's documents: approved, action_required, declined (with a table of its codes in
    // FinCore's words), ended. `captured` is what has been captured, in minor units.
    default:
      return unknown(
        nextStep(4, 'outcomes.ts', `say what the status ${JSON.stringify(payment.status)} of a payment means`),
      )
  }
}

export function unknown(why: string): Outcome & { outcome: 'unknown' } {
  return { outcome: 'unknown', why }
}
