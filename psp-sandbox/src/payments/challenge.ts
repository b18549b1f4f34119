import { findPayment, type PaymentRow, updatePayment } from '../ledger/payments.ts'
import { outcomeNamed } from '../magic-cards.ts'
import type { Psp } from '../psp.ts'
import { announcePayment } from './announcements.ts'
import { approve } from './authorize.ts'

export type ChallengeDecision = 'confirm' | 'fail' | 'leave'

/** Ends a 3-D Secure challenge as the shopper decided. A challenge that ended already stays as it is. */
export function endChallenge(psp: Psp, payment: PaymentRow, decision: ChallengeDecision): PaymentRow {
  if (payment.status !== 'action_required') return payment
  if (decision === 'leave') return abandonChallenge(psp, payment)
  const outcome = outcomeNamed(payment.outcome)
  const fails = decision === 'fail' || (outcome.do === 'challenge' && outcome.ends === 'failed')
  if (!fails) return approve(psp, payment).payment
  const declined = updatePayment(
    psp.ledger,
    payment.id,
    { status: 'declined', decline_code: 'authentication_failed' },
    psp.now(),
  )
  announcePayment(psp, 'payment.declined', declined)
  return declined
}

/** Nobody answered the challenge, or the shopper left it. */
export function abandonChallenge(psp: Psp, payment: PaymentRow): PaymentRow {
  if (payment.status !== 'action_required') return payment
  const abandoned = updatePayment(psp.ledger, payment.id, { status: 'abandoned' }, psp.now())
  announcePayment(psp, 'payment.abandoned', abandoned)
  return abandoned
}

/** The job `abandon_challenge`. */
export function abandonChallengeOf(psp: Psp, id: string): void {
  const payment = findPayment(psp.ledger, id)
  if (payment) abandonChallenge(psp, payment)
}
