import type { EventType } from '@fincore/api-contract/events'
import type { Dispute } from '../psp-gateway/port.ts'
import { type DisputeStatus, disputeTransitions } from './dispute-states.ts'

/** What a PSP's news can change of a dispute. Amounts in minor units. */
export type DisputeFacts = {
  status: DisputeStatus
  amount: bigint
  currency: string
  reason: string | null
  evidence_due_by: Date | null
}

export type DisputeDecision =
  | { kind: 'change'; facts: DisputeFacts; eventType: EventType }
  | { kind: 'same' }
  /** It would reverse what is final: kept, flagged, and shown to an operator; never applied. */
  | { kind: 'contradiction'; why: string }

/**
 * Decides what a PSP's news mean for a dispute, in whatever order they come.
 *
 * @param known how the dispute stands; null for the first news of it.
 */
export function decideDispute(known: DisputeFacts | null, told: Dispute): DisputeDecision {
  if (known === null) return { kind: 'change', facts: factsOf(told), eventType: `dispute.${told.status}` }
  const step = disputeTransitions[known.status][told.status]
  if (step === 'contradiction') return { kind: 'contradiction', why: `“${told.status}” cannot follow ${known.status}` }
  const facts = step === 'same' ? mergeOldNews(known, told) : goOn(known, told)
  if (step !== 'same') return { kind: 'change', facts, eventType: `dispute.${step}` }
  return areEqual(known, facts) ? { kind: 'same' } : { kind: 'change', facts, eventType: 'dispute.updated' }
}

function factsOf({ status, amount: { amount, currency }, reason, evidenceDueBy }: Dispute): DisputeFacts {
  return { status, amount, currency, reason: readReason(reason), evidence_due_by: evidenceDueBy }
}

function goOn(known: DisputeFacts, told: Dispute): DisputeFacts {
  const facts = factsOf(told)
  return {
    ...facts,
    reason: facts.reason ?? known.reason,
    evidence_due_by: laterOf(known.evidence_due_by, facts.evidence_due_by),
  }
}

/**
 * Of two amounts in one state nobody can say which is the newer, so the larger one stands: no merchant is told of less
 * than may be lost. The time for evidence is only ever made longer.
 */
function mergeOldNews(known: DisputeFacts, told: Dispute): DisputeFacts {
  const facts = factsOf(told)
  const isMore = told.status === known.status && facts.currency === known.currency && facts.amount > known.amount
  return {
    ...known,
    amount: isMore ? facts.amount : known.amount,
    reason: known.reason ?? facts.reason,
    evidence_due_by: laterOf(known.evidence_due_by, facts.evidence_due_by),
  }
}

function laterOf(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other
  return one > other ? one : other
}

const longestReason = 255

/** A PSP's own word, as much of it as is kept. */
function readReason(reason: string | null): string | null {
  return reason === null || reason === '' ? null : reason.slice(0, longestReason)
}

function areEqual(one: DisputeFacts, other: DisputeFacts): boolean {
  return (
    one.amount === other.amount &&
    one.reason === other.reason &&
    one.evidence_due_by?.getTime() === other.evidence_due_by?.getTime()
  )
}
