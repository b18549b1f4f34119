import { type DeclineCode, declineCodes } from '@fincore/api-contract/decline-codes'
import type { EventType } from '@fincore/api-contract/events'
import type { CardShown, Outcome } from '../psp-gateway/port.ts'
import { type ChargeHappening, type ChargeStatus, chargeTransitions } from './charge-states.ts'

/** Why a charge or a refund failed, as the API shows it. */
export type Failure = {
  code: DeclineCode
  message: string
  shopper_can_retry: 'same_card' | 'other_card' | 'no'
  psp_code: string | null
}

/** What the decision needs to know of a charge. */
export type ChargeFacts = {
  status: ChargeStatus
  amount: bigint
  captured: bigint
  psp_reference: string | null
  network_transaction_id: string | null
  card: CardShown | null
  cancellation_reason: CancellationReason | null
}
export type CancellationReason = 'requested' | 'abandoned' | 'authorization_expired'

/** The new values of a charge that changed, and the type of the event that tells it. */
export type ChargeChange = {
  status: ChargeStatus
  captured: bigint
  psp_reference: string | null
  network_transaction_id: string | null
  card: CardShown | null
  action_url: string | null
  failure: Failure | null
  cancellation_reason: CancellationReason | null
  eventType: EventType
}

/** What news that came late still tell of a payment: what may be shown of its card, and the network's id of it. */
export type Learnt = Partial<Pick<ChargeChange, 'card' | 'network_transaction_id'>>

export type ChargeDecision =
  | { kind: 'change'; change: ChargeChange }
  /** Nothing new, but for what was not known of the payment yet; null when it was. */
  | { kind: 'same'; learnt: Learnt | null }
  /** No answer that can be trusted. */
  | { kind: 'unknown'; why: string }
  /** It would reverse a final state: kept, flagged, and shown to an operator; never applied. */
  | { kind: 'contradiction'; why: string }

/**
 * Decides what a PSP's outcome means for a charge. Pure: it knows neither where the outcome came from (reply, look-up or
 * webhook) nor in which order, so every order of the same facts ends in the same state.
 */
export function decideCharge(charge: ChargeFacts, outcome: Outcome): ChargeDecision {
  if (outcome.outcome === 'unknown') return { kind: 'unknown', why: outcome.why }
  const told = 'pspReference' in outcome ? outcome.pspReference : null
  if (told !== null && charge.psp_reference !== null && told !== charge.psp_reference) {
    return { kind: 'contradiction', why: 'the PSP named another payment than before' }
  }
  if (outcome.outcome === 'approved' && (outcome.captured < 0n || outcome.captured > charge.amount)) {
    return { kind: 'contradiction', why: 'the PSP captured more than the charge’s amount' }
  }
  const step = chargeTransitions[charge.status][happeningOf(outcome)]
  if (step === 'same' && outcome.outcome === 'approved' && cannotHaveBeenApproved(charge)) {
    return { kind: 'contradiction', why: 'the PSP approved a charge that had ended without an authorization' }
  }
  if (step === 'same') {
    const captured = outcome.outcome === 'approved' ? outcome.captured : 0n
    if (charge.status === 'captured' && captured > 0n && captured !== charge.captured)
      return { kind: 'contradiction', why: 'the PSP captured another amount than before' }
    return { kind: 'same', learnt: findLearnt(charge, outcome) }
  }
  if (step === 'contradiction')
    return { kind: 'contradiction', why: `“${happeningOf(outcome)}” cannot follow ${charge.status}` }
  return { kind: 'change', change: describeChange(charge, outcome, step) }
}

function findLearnt(charge: ChargeFacts, outcome: Outcome): Learnt | null {
  const card = charge.card === null && 'card' in outcome ? outcome.card : null
  const networkId = charge.network_transaction_id === null ? networkIdOf(outcome) : null
  if (card === null && networkId === null) return null
  return {
    ...(card === null ? {} : { card }),
    ...(networkId === null ? {} : { network_transaction_id: networkId }),
  }
}

/** One that a later charge could not name is none: what does not have its form, and ones, with which card numbers are masked. */
function networkIdOf(outcome: Outcome): string | null {
  const told = outcome.outcome === 'approved' ? outcome.networkTransactionId : undefined
  return told !== undefined && /^(?!1+$)[A-Za-z0-9_-]{9,36}$/.test(told) ? told : null
}

/** An abandoned charge was never authorized, so an approval of it is news and not an event that comes late. */
function cannotHaveBeenApproved(charge: ChargeFacts): boolean {
  return charge.status === 'canceled' && charge.cancellation_reason === 'abandoned'
}

function happeningOf(outcome: Exclude<Outcome, { outcome: 'unknown' }>): ChargeHappening {
  switch (outcome.outcome) {
    case 'approved':
      return outcome.captured > 0n ? 'captured' : 'authorized'
    case 'action_required':
      return 'action_required'
    case 'declined':
    case 'rejected':
      return 'declined'
    case 'ended':
      return 'ended'
  }
}

const eventTypeOf: Record<Exclude<ChargeStatus, 'processing'>, EventType> = {
  requires_action: 'charge.requires_action',
  authorized: 'charge.authorized',
  captured: 'charge.captured',
  failed: 'charge.failed',
  canceled: 'charge.canceled',
}

function describeChange(
  charge: ChargeFacts,
  outcome: Exclude<Outcome, { outcome: 'unknown' }>,
  status: ChargeStatus,
): ChargeChange {
  if (status === 'processing') throw new Error('No happening leads back to processing')
  const failed = outcome.outcome === 'declined' || outcome.outcome === 'rejected'
  return {
    status,
    captured: outcome.outcome === 'approved' ? outcome.captured : 0n,
    psp_reference: ('pspReference' in outcome ? outcome.pspReference : null) ?? charge.psp_reference,
    network_transaction_id: charge.network_transaction_id ?? networkIdOf(outcome),
    card: mergeCard('card' in outcome ? outcome.card : null, charge.card),
    action_url: outcome.outcome === 'action_required' ? outcome.actionUrl : null,
    failure: failed ? makeFailure(outcome.code, outcome.pspCode) : null,
    cancellation_reason: outcome.outcome === 'ended' ? outcome.reason : null,
    eventType: eventTypeOf[status],
  }
}

/** Not every PSP tells a card's first six digits; where the card relay saw them, they stay known. */
function mergeCard(told: CardShown | null, known: CardShown | null): CardShown | null {
  if (told === null || known === null) return told ?? known
  return told.first6 === null && told.last4 === known.last4 ? { ...told, first6: known.first6 } : told
}

export function makeFailure(code: DeclineCode, pspCode: string | null): Failure {
  const row = declineCodes[code]
  return { code, message: row.message, shopper_can_retry: row.shopperCanRetry, psp_code: pspCode }
}

/** Of a refund, whatever its code: what a code says of a payment (“Nothing was charged”) would be wrong of one. */
export function makeRefundFailure(code: DeclineCode, pspCode: string | null): Failure {
  return { ...makeFailure('refund_declined', pspCode), code }
}
