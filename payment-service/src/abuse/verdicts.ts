import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { CardShown, Outcome } from '../psp-gateway/port.ts'
import type { ChargeRow } from '../store/charges.ts'

/** How a try ended, as far as it says something of the card. */
export type Verdict = { is: 'approved' } | { is: 'declined'; code: DeclineCode }

/** Null for what is not over. */
export function verdictOf(outcome: Outcome): Verdict | null {
  if (outcome.outcome === 'approved') return { is: 'approved' }
  return outcome.outcome === 'declined' || outcome.outcome === 'rejected'
    ? { is: 'declined', code: outcome.code }
    : null
}

/** The same of a charge that has its outcome already. */
export function verdictOfCharge({ status, failure }: ChargeRow): Verdict | null {
  if (status === 'authorized' || status === 'captured') return { is: 'approved' }
  return status === 'failed' && failure !== null ? { is: 'declined', code: failure.code } : null
}

export function cardOf(outcome: Outcome): CardShown | null {
  return 'card' in outcome ? outcome.card : null
}
