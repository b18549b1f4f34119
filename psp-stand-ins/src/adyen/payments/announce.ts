import type { Refusal } from '../refusals.ts'
import type { Payment, World } from '../world.ts'
import { describeCard } from './describe-card.ts'

/** The webhook of an authorisation, granted or refused. */
export function announceAuthorisation(world: World, payment: Payment, refusal: Refusal | null): Promise<void> {
  const { pspReference, reference, amount, card, authCode, link } = payment
  return world.webhooks.announce(
    payment.account,
    {
      eventCode: 'AUTHORISATION',
      success: refusal === null,
      pspReference,
      merchantReference: reference,
      amount,
      paymentMethod: card.brand,
      reason: refusal ? refusal.reason : `${authCode}:${card.summary}:${card.expiryDate}`,
      operations: refusal ? [] : ['CANCEL', 'CAPTURE', 'REFUND'],
      additionalData: {
        ...describeCard(payment, refusal),
        ...(link === null ? {} : { paymentLinkId: link }),
      },
    },
    { twice: payment.behaviour.do === 'webhooks_twice' },
  )
}

/** The webhook of what became of a capture, cancellation or refund. */
export function announceModification(
  world: World,
  payment: Payment,
  told: {
    eventCode: 'CAPTURE' | 'CAPTURE_FAILED' | 'CANCELLATION' | 'REFUND' | 'REFUND_FAILED'
    pspReference: string
    reference: string
    value: number
    /** Why not, or null when it is done. */
    problem: string | null
  },
): Promise<void> {
  return world.webhooks.announce(
    payment.account,
    {
      eventCode: told.eventCode,
      // A failure that comes after all is an event of its own, and as such it took place.
      success: told.problem === null || told.eventCode.endsWith('_FAILED'),
      pspReference: told.pspReference,
      originalReference: payment.pspReference,
      merchantReference: told.reference,
      amount: { value: told.value, currency: payment.amount.currency },
      paymentMethod: payment.card.brand,
      reason: told.problem ?? '',
    },
    { twice: payment.behaviour.do === 'webhooks_twice' },
  )
}
