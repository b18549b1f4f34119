import type Stripe from 'stripe'
import { makeId } from '../ids.ts'
import { type Account, type IntentRow, seconds, type World } from '../world.ts'
import { chargeOf } from './charges.ts'

const evidenceWithinSeconds = 9 * 86_400

/** A captured charge of a card that is disputed gets its dispute after a while, as in Stripe's test mode. */
export function scheduleDispute(world: World, account: Account, row: IntentRow): void {
  const { behaviour } = row
  if (behaviour?.do !== 'dispute') return
  world.later(world.timings.disputeMs, () => openDispute(world, account, row, behaviour.reason, behaviour.inquiry))
}

function openDispute(world: World, account: Account, row: IntentRow, reason: string, inquiry: boolean): void {
  const charge = chargeOf(account, row)
  const brand = charge.payment_method_details?.card?.brand ?? 'visa'
  const dispute: Stripe.Dispute = {
    id: makeId('du', 24),
    object: 'dispute',
    amount: charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created: seconds(world),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...noEvidence, enhanced_evidence: {} },
    evidence_details: {
      due_by: seconds(world) + evidenceWithinSeconds,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: row.intent.id,
    payment_method_details: {
      card: { brand, case_type: inquiry ? 'inquiry' : 'chargeback', network: brand, network_reason_code: '10.4' },
      type: 'card',
    },
    reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  }
  account.disputes.set(dispute.id, dispute)
  charge.disputed = true
  world.announce(account, 'charge.dispute.created', dispute, null)
  if (!inquiry) world.announce(account, 'charge.dispute.funds_withdrawn', dispute, null)
}

/** Ends a dispute; for the administration of this stand-in, since at Stripe the bank decides. */
export function closeDispute(world: World, account: Account, dispute: Stripe.Dispute, won: boolean): void {
  const inquiry = dispute.status === 'warning_needs_response'
  dispute.status = inquiry ? 'warning_closed' : won ? 'won' : 'lost'
  if (won && !inquiry) world.announce(account, 'charge.dispute.funds_reinstated', dispute, null)
  world.announce(account, 'charge.dispute.closed', dispute, null)
}

const noEvidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
}
