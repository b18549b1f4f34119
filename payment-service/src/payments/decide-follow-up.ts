import type { Outcome } from '../psp-gateway/port.ts'
import type { AttemptState } from './attempt-states.ts'
import type { RefundHappening } from './refund-states.ts'

/** The state that an outcome gives its attempt; `unknown` and `action_required` are still looked up. */
export function attemptStateOf(outcome: Outcome): AttemptState {
  switch (outcome.outcome) {
    case 'approved':
      return 'approved'
    case 'action_required':
      return 'action_required'
    case 'declined':
      return 'declined'
    case 'ended':
      // What was canceled or has lapsed had been approved, whichever of the two is heard first.
      return outcome.reason === 'abandoned' ? 'declined' : 'approved'
    case 'rejected':
      return 'rejected'
    case 'unknown':
      return 'unknown'
  }
}

/** What an outcome of a refund's attempt means for the refund; null when nothing is known yet. */
export function refundHappeningOf(outcome: Outcome): RefundHappening | null {
  switch (outcome.outcome) {
    case 'approved':
      return 'succeeded'
    case 'declined':
    case 'rejected':
    case 'ended':
      return 'failed'
    case 'action_required':
      return 'pending'
    case 'unknown':
      return null
  }
}

/** When the resolver asks about an attempt without an outcome, in milliseconds after it became unknown. */
const lookUpScheduleMs = [2_000, 5_000, 15_000, 30_000]
const lookUpEveryMs = 60_000
/** A shopper may take long in front of a 3-D Secure page, and the PSP's webhook tells: asking is the second net. */
const actionLookUpEveryMs = 60_000
/** After this long without an outcome an operator is alerted. It is still never guessed. */
export const alertAfterMs = 15 * 60_000

/** How long until the next look-up, after `lookups` of them. */
export function nextLookUpDelayMs(state: AttemptState, lookups: number): number {
  if (state === 'action_required') return actionLookUpEveryMs
  const at = lookUpScheduleMs[lookups]
  if (at === undefined) return lookUpEveryMs
  return at - (lookUpScheduleMs[lookups - 1] ?? 0)
}
