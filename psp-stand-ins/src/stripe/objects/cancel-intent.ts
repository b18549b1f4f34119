import { recordMovement } from '../truth.ts'
import { type Account, type Cause, type IntentRow, seconds, type World } from '../world.ts'
import { chargeOf } from './charges.ts'
import { touch } from './payment-intents.ts'

/** Ends a PaymentIntent; what was authorized and not captured is released. */
export function cancelIntent(
  world: World,
  account: Account,
  row: IntentRow,
  how: { reason: string | null; reference: string; cause: Cause },
): void {
  const { intent } = row
  if (intent.status === 'requires_capture') {
    const charge = chargeOf(account, row)
    charge.amount_refunded = charge.amount
    charge.refunded = true
    recordMovement(world, {
      kind: 'cancellation',
      id: intent.id,
      account: account.id,
      payment: intent.id,
      reference: row.reference,
      own_reference: how.reference,
      amount: intent.amount_capturable,
      currency: intent.currency,
    })
    world.announce(account, 'charge.refunded', charge, how.cause)
  }
  row.challenge = null
  intent.status = 'canceled'
  intent.canceled_at = seconds(world)
  intent.cancellation_reason = how.reason
  intent.amount_capturable = 0
  intent.next_action = null
  touch(world, row)
  world.announce(account, 'payment_intent.canceled', intent, how.cause)
}
