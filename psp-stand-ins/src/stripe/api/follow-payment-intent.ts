import type Stripe from 'stripe'
import { findAmountProblem } from '../currencies.ts'
import { invalid, missing, Refusal } from '../errors.ts'
import { makeId } from '../ids.ts'
import { cancelIntent } from '../objects/cancel-intent.ts'
import { chargeOf } from '../objects/charges.ts'
import { scheduleDispute } from '../objects/disputes.ts'
import { mergeMetadata, touch } from '../objects/payment-intents.ts'
import { recordMovement } from '../truth.ts'
import type { IntentRow } from '../world.ts'
import type { Act, Call, Expanding } from './call.ts'
import { checkSuffix } from './payment-intent-rules.ts'
import { listNames, refuseOthers } from './unsupported.ts'

type CaptureParams = {
  amount_to_capture?: number
  expand?: string[]
  final_capture?: boolean
  metadata?: Stripe.Metadata | ''
  statement_descriptor_suffix?: string
}
const actedOfCapture = listNames('amount_to_capture expand final_capture metadata statement_descriptor_suffix')

/** `POST /v1/payment_intents/{id}/capture`: once, for no more than was authorized; the rest is released. */
export const capturePaymentIntent: Act<CaptureParams> = (call) => {
  const { world, account, params } = call
  refuseOthers(params, actedOfCapture, '')
  checkSuffix(params.statement_descriptor_suffix, 'statement_descriptor_suffix')
  const row = findIntent(call)
  const { intent } = row
  if (intent.status !== 'requires_capture') throw refuseState(row, 'captured', ['requires_capture'])
  if (params.final_capture === false)
    throw invalid('Multicapture is not available for this PaymentIntent', { param: 'final_capture' })
  const amount = params.amount_to_capture ?? intent.amount_capturable
  const problem = findAmountProblem(amount, intent.currency)
  if (problem)
    throw invalid(problem.message, { param: 'amount_to_capture', ...(problem.code ? { code: problem.code } : {}) })
  if (amount > intent.amount_capturable)
    throw invalid('The amount to capture is greater than the amount that can be captured from this PaymentIntent.', {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    })
  const charge = chargeOf(account, row)
  if (row.behaviour?.do === 'fail_capture')
    throw new Refusal(402, {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'generic_decline',
      message: 'Your card was declined.',
      charge: charge.id,
      payment_intent: structuredClone(intent),
    })
  intent.metadata = mergeMetadata(intent.metadata, params.metadata)
  intent.status = 'succeeded'
  intent.amount_capturable = 0
  intent.amount_received = amount
  charge.captured = true
  charge.balance_transaction = makeId('txn', 24)
  charge.amount_captured = amount
  charge.amount_refunded = charge.amount - amount
  touch(world, row)
  recordMovement(world, {
    kind: 'capture',
    id: charge.id,
    account: account.id,
    payment: intent.id,
    reference: row.reference,
    own_reference: call.idempotencyKey,
    amount,
    currency: intent.currency,
  })
  world.announce(account, 'charge.captured', charge, call.cause)
  world.announce(account, 'payment_intent.succeeded', intent, call.cause)
  scheduleDispute(world, account, row)
  return { body: intent }
}

const cancelable = ['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action']

/** `POST /v1/payment_intents/{id}/cancel`. A Checkout Session's payment is canceled by expiring the session. */
export const cancelPaymentIntent: Act<Expanding & { cancellation_reason?: string }> = (call) => {
  const row = findIntent(call)
  if (!cancelable.includes(row.intent.status)) throw refuseState(row, 'canceled', cancelable)
  if (row.session !== null && row.intent.status !== 'requires_capture')
    throw invalid(
      'You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire the session instead.',
      { code: 'payment_intent_unexpected_state' },
    )
  const reason = call.params.cancellation_reason ?? null
  cancelIntent(call.world, call.account, row, { reason, reference: call.idempotencyKey, cause: call.cause })
  return { body: row.intent }
}

/** The PaymentIntent that the path names. Throws 404 when the account has none such. */
export function findIntent<P>({ account, id }: Call<P>): IntentRow {
  const row = account.intents.get(id)
  if (!row) throw missing('payment_intent', id, 'intent')
  return row
}

function refuseState({ intent }: IntentRow, done: string, states: readonly string[]): Refusal {
  return new Refusal(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `This PaymentIntent could not be ${done} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${done}: ${states.join(', ')}.`,
    payment_intent: structuredClone(intent),
  })
}
