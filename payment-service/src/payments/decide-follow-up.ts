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

/** From an attempt's outcome becoming unknown to its first look-up. */
export const firstLookUpMs = 2_000
/**
 * When the resolver asks the PSP about an attempt in doubt, in milliseconds after the doubt began: when the call ended
 * without an answer that can be trusted. Of a call whose process is gone nobody can say when it ended; the first look-up
 * is then made when its lease has run out. After the last of these it is asked every minute, for ever.
 */
export const lookUpScheduleMs = [firstLookUpMs, 5_000, 15_000, 30_000] as const
const lookUpEveryMs = 60_000
/** A shopper may take long in front of a 3-D Secure page, and the PSP's webhook tells: asking is the second net. */
const actionLookUpEveryMs = 60_000
/** Where the PSP cannot be asked, its webhook tells: this often it is seen whether it can be asked by now. */
export const noWayToAskEveryMs = 5 * 60_000
/** After this long without an outcome an operator is alerted. It is still never guessed. */
export const alertAfterMs = 15 * 60_000

/** When the PSP, which has accepted the request, will have told its outcome at the latest; null when it says nothing of that. */
export function expectedByOf(outcome: Outcome, now: Date): Date | null {
  if (outcome.outcome !== 'unknown' || outcome.tellsWithinMs === undefined) return null
  return new Date(now.getTime() + outcome.tellsWithinMs)
}

/** How long until the next look-up, after `lookups` of them; for who writes that an outcome is not known. */
export function nextLookUpDelayMs(state: AttemptState, lookups: number): number {
  if (state === 'action_required') return actionLookUpEveryMs
  const at = lookUpScheduleMs[lookups]
  if (at === undefined) return lookUpEveryMs
  return at - (lookUpScheduleMs[lookups - 1] ?? 0)
}

/**
 * The next look-up of an attempt that was asked about at `askedAt`: the first time of the schedule after that. So a slow
 * answer puts no later look-up off, and after an outage nothing is caught up.
 */
export function nextLookUpAt(state: AttemptState, doubtSince: Date, askedAt: Date): Date {
  if (state === 'action_required') return new Date(askedAt.getTime() + actionLookUpEveryMs)
  const passedMs = Math.max(0, askedAt.getTime() - doubtSince.getTime())
  const lastMs = lookUpScheduleMs.at(-1) ?? 0
  const afterLastMs = lastMs + (Math.floor((passedMs - lastMs) / lookUpEveryMs) + 1) * lookUpEveryMs
  const nextMs = lookUpScheduleMs.find((ms) => ms > passedMs) ?? afterLastMs
  return new Date(doubtSince.getTime() + nextMs)
}
