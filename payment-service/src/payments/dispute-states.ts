/**
 * The states of a dispute, and what a PSP can say of it. Drawn into the docs, and compared with SQL by a test.
 *
 * News come in any order, and a PSP's event says how the dispute stood when it was made, not when. So the states have an
 * order, and what is further on holds: the same news end in the same state however they come.
 */
export const disputeStates = {
  inquiry: 'The bank asks, and no money has moved.',
  opened: 'The bank has taken the money back for the time being; the merchant can answer with evidence.',
  won: 'The money is the merchant’s again. At some PSPs the bank can charge back a second time.',
  lost: 'Final: the money is the shopper’s.',
} as const
export type DisputeStatus = keyof typeof disputeStates

export const disputeHappenings = {
  inquiry: 'The bank asks.',
  opened: 'The bank charges back.',
  won: 'It was decided for the merchant, or the bank dropped it.',
  lost: 'It was decided for the shopper, or the merchant let it go.',
} as const
export type DisputeHappening = keyof typeof disputeHappenings
export type DisputeStep = DisputeStatus | 'same' | 'contradiction'

/**
 * `lost` follows `won`: a second chargeback, which has the first one's id (Adyen, “Dispute webhooks”: all events of a
 * dispute have one reference, SECOND_CHARGEBACK after CHARGEBACK_REVERSED among them). Nothing follows `lost`. Stripe can
 * reinstate funds after a loss (“charge.dispute.funds_reinstated”); that is for an operator to look at, as is a `won` that
 * comes late.
 */
export const disputeTransitions: Record<DisputeStatus, Record<DisputeHappening, DisputeStep>> = {
  inquiry: { inquiry: 'same', opened: 'opened', won: 'won', lost: 'lost' },
  opened: { inquiry: 'same', opened: 'same', won: 'won', lost: 'lost' },
  won: { inquiry: 'same', opened: 'same', won: 'same', lost: 'lost' },
  lost: { inquiry: 'same', opened: 'same', won: 'contradiction', lost: 'same' },
}
