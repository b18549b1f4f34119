import { newPspReference } from '../ids.ts'
import type { Payment, World } from '../world.ts'

const dayMs = 24 * 60 * 60_000
/** How long a merchant may defend itself; schemes give 18 to 40 days. */
const defenseMs = 30 * dayMs

/**
 * What Adyen tells of a dispute as it goes on, with the `disputeStatus` of each (Adyen, “Dispute webhooks”): all of them carry the
 * dispute's own `pspReference`.
 */
const disputeStatuses = {
  REQUEST_FOR_INFORMATION: 'Unanswered',
  NOTIFICATION_OF_CHARGEBACK: 'Undefended',
  CHARGEBACK: 'Undefended',
  CHARGEBACK_REVERSED: 'Pending',
  SECOND_CHARGEBACK: 'Lost',
} as const

type DisputeEvent = keyof typeof disputeStatuses
export type HappeningCode = DisputeEvent | 'EXPIRE'
export const happeningCodes: readonly HappeningCode[] = [...(Object.keys(disputeStatuses) as DisputeEvent[]), 'EXPIRE']

/** Lets happen to an authorised payment what nobody asks for, and tells it. @returns false when it cannot happen to it. */
export function letHappen(world: World, payment: Payment, eventCode: HappeningCode): boolean {
  if (payment.status !== 'authorised') return false
  if (eventCode === 'EXPIRE' ? payment.captured > 0 : payment.captured === 0) return false
  if (eventCode === 'EXPIRE') payment.status = 'cancelled'
  else payment.dispute ??= newPspReference()
  world.webhooks.announce(payment.account, {
    eventCode,
    success: true,
    pspReference: (eventCode === 'EXPIRE' ? null : payment.dispute) ?? newPspReference(),
    originalReference: payment.pspReference,
    merchantReference: payment.reference,
    amount: payment.amount,
    paymentMethod: payment.card.brand,
    reason: eventCode === 'EXPIRE' ? '' : 'Other Fraud-Card Absent Environment',
    ...(eventCode === 'EXPIRE' ? {} : { additionalData: describeDispute(world, payment, eventCode) }),
  })
  return true
}

function describeDispute(world: World, payment: Payment, eventCode: DisputeEvent): Record<string, string> {
  const status = disputeStatuses[eventCode]
  return {
    disputeStatus: status,
    chargebackReasonCode: '10.4',
    chargebackSchemeCode: payment.card.brand,
    ...(status === 'Unanswered' || status === 'Undefended'
      ? {
          defendable: 'true',
          defensePeriodEndsAt: `${new Date(world.now() + defenseMs).toISOString().slice(0, 19)}+00:00`,
        }
      : {}),
  }
}
