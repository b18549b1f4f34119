import { lookUpWords } from '../payments/look-up-words.ts'
import type { Settlement } from '../store/attempt-settlements.ts'
import type { LookUp } from '../store/look-ups.ts'
import type { ShownAttempt } from '../store/unresolved-attempts.ts'

/** What is known of an attempt, without its look-ups one by one. */
export function showAttempt(attempt: ShownAttempt, now: Date) {
  const last = attempt.lookUpLog.at(-1)
  return {
    object: 'unresolved_attempt',
    id: attempt.id,
    merchant: attempt.merchantId,
    merchant_name: attempt.merchantName,
    kind: attempt.kind,
    state: attempt.state,
    why: explain(attempt, last),
    charge: attempt.chargeId,
    charge_status: attempt.chargeStatus,
    merchant_reference: attempt.merchantReference,
    refund: attempt.refundId,
    payment_session: attempt.paymentSessionId,
    amount: attempt.amount === null ? null : Number(attempt.amount),
    currency: attempt.currency,
    psp: attempt.psp,
    psp_account: attempt.pspAccountId,
    psp_account_name: attempt.pspAccountName,
    psp_account_status: attempt.pspAccountStatus,
    psp_reference: attempt.pspReference,
    search_for: attempt.searchFor,
    sent_at: attempt.sentAt.toISOString(),
    in_doubt_since: attempt.inDoubtSince?.toISOString() ?? null,
    age_seconds: Math.floor((now.getTime() - (attempt.inDoubtSince ?? attempt.sentAt).getTime()) / 1_000),
    lookups: attempt.lookups,
    last_look_up: last === undefined ? null : showLookUp(last),
    look_up_asked_by: attempt.nextLookupAt === null ? null : attempt.lookUpAskedBy,
    next_lookup_at: attempt.nextLookupAt?.toISOString() ?? null,
    expected_by: attempt.expectedBy?.toISOString() ?? null,
    alerted_at: attempt.alertedAt?.toISOString() ?? null,
    settled_at: attempt.settledAt?.toISOString() ?? null,
    settled_by_hand: attempt.settledByHand,
  }
}

/** The same with every look-up that is kept, the oldest first, and what operators wanted to settle. */
export function showWholeAttempt(attempt: ShownAttempt, settlements: readonly Settlement[], now: Date) {
  return {
    ...showAttempt(attempt, now),
    look_ups: attempt.lookUpLog.map(showLookUp),
    look_ups_left_out: Math.max(0, attempt.lookups - attempt.lookUpLog.length),
    settlements: settlements.map(showSettlement),
  }
}

function showLookUp({ at, by, said, why, ms }: LookUp) {
  return { at, by, said, meaning: lookUpWords[said].meaning, why, ms }
}

export function showSettlement(settlement: Settlement) {
  return {
    object: 'attempt_settlement',
    id: settlement.id,
    merchant: settlement.merchantId,
    attempt: settlement.attemptId,
    state: settlement.state,
    outcome: settlement.outcome,
    captured: settlement.captured === null ? null : Number(settlement.captured),
    psp_reference: settlement.pspReference,
    proof: settlement.proof,
    reason: settlement.reason,
    requested_by: settlement.requestedBy,
    requested_at: settlement.requestedAt.toISOString(),
    approved_by: settlement.approvedBy,
    approved_at: settlement.approvedAt?.toISOString() ?? null,
    note: settlement.note,
    ended_at: settlement.endedAt?.toISOString() ?? null,
  }
}

const whyByState: Readonly<Record<ShownAttempt['state'], string>> = {
  sent: 'The call was begun and its outcome was never recorded: the process or the card relay stopped, or it is still running.',
  unknown:
    'The PSP answered late, unreadably or not at all, so it may or may not have acted. It is asked until it knows.',
  action_required: 'The PSP waits for the shopper, for example for 3-D Secure.',
  approved: 'It has its outcome: the PSP did it.',
  declined: 'It has its outcome: the PSP, or the bank, said no.',
  rejected: 'It has its outcome: it never happened.',
}

/** The reason in plain words: what happened to the call, and how the PSP answered when it was asked last. */
function explain(attempt: ShownAttempt, last: LookUp | undefined): string {
  const giveBack =
    attempt.origin === 'give_back' && attempt.nextLookupAt !== null
      ? ' FinCore returns money by it that came too late, and sends it again until the PSP has answered.'
      : ''
  const byHand = attempt.settledByHand ? ' Two operators said so, and not the PSP.' : ''
  const answer =
    last === undefined || attempt.nextLookupAt === null
      ? ''
      : ` Asked ${attempt.lookups === 1 ? 'once' : `${attempt.lookups} times`}; the last answer of the PSP: ${last.said}. ${lookUpWords[last.said].meaning}`
  const expected =
    attempt.expectedBy === null || attempt.nextLookupAt === null
      ? ''
      : ` The PSP has accepted it, and tells its outcome by ${attempt.expectedBy.toISOString()} at the latest.`
  return `${whyByState[attempt.state]}${expected}${giveBack}${byHand}${answer}`
}
