import { invalid, missing, Refusal } from '../errors.ts'
import { type Paid, pay, type Try } from '../objects/pay.ts'
import { checkMoney, createIntent } from '../objects/payment-intents.ts'
import { createMethod } from '../objects/payment-methods.ts'
import type { Fault } from '../test-cards.ts'
import { findTestMethod } from '../test-methods.ts'
import type { IntentRow, MethodRow } from '../world.ts'
import type { Act, Answer, Call } from './call.ts'
import { type CardOptions, type CreateParams, checkCreate } from './payment-intent-rules.ts'

/** `POST /v1/payment_intents`: makes a PaymentIntent and, with `confirm`, tries to pay it. */
export const createPaymentIntent: Act<CreateParams> = (call) => {
  const { world, account, params } = call
  checkCreate(params)
  checkMoney(params.amount, params.currency, 'amount', 'currency')
  const method = params.confirm ? takeMethod(call) : null
  const fault = method ? faultOf(method, call) : null
  if (method && (fault === 'timeout_before' || fault === 'reset_before')) {
    giveTokenBack(call)
    return { vanishes: fault }
  }
  const card = params.payment_method_options?.card
  // What is set for cards overrides what is set for all ("Create a PaymentIntent", `payment_method_options.card`).
  const manualCapture = (card?.capture_method || params.capture_method) === 'manual'
  const row = createIntent(world, account, {
    amount: params.amount,
    currency: params.currency,
    manualCapture,
    captureMethod: params.capture_method ?? 'automatic_async',
    metadata: params.metadata ?? {},
    description: params.description ?? null,
    receiptEmail: params.receipt_email ?? null,
    statementDescriptorSuffix: params.statement_descriptor_suffix ?? null,
    returnUrl: params.return_url ?? null,
    reference: params.metadata?.fincore_reference ?? call.idempotencyKey,
    session: null,
  })
  if (params.allowed_payment_method_types) {
    row.intent.allowed_payment_method_types = params.allowed_payment_method_types
    row.intent.automatic_payment_methods = null
  } else if (params.automatic_payment_methods) {
    const { enabled, allow_redirects = 'always' } = params.automatic_payment_methods
    row.intent.automatic_payment_methods = { enabled, allow_redirects }
  }
  world.announce(account, 'payment_intent.created', row.intent, call.cause)
  if (!method) return { body: row.intent }
  const paid = pay(world, account, row, method, {
    noAction: params.error_on_requires_action === true || (params.off_session ?? false) !== false,
    external: readExternal(card?.three_d_secure),
    exempt: card?.moto === true,
    challenge: card?.request_three_d_secure === 'any' || card?.request_three_d_secure === 'challenge',
    useStripeSdk: params.use_stripe_sdk === true,
    cause: call.cause,
  })
  return answer(row, method, paid, fault)
}

function answer(row: IntentRow, method: MethodRow, paid: Paid, fault: Fault | null): Answer {
  if (paid.status === 'declined') {
    const { decline, charge } = paid
    throw new Refusal(402, {
      type: 'card_error',
      code: decline.code,
      ...(decline.declineCode === null ? {} : { decline_code: decline.declineCode }),
      message: decline.message,
      charge,
      // The object as it is now: it may be paid by the time of a repeat, and a repeat is answered alike.
      payment_intent: structuredClone(row.intent),
      payment_method: method.method,
    })
  }
  return { body: row.intent, delivered: paid.delivered, ...(fault ? { fault } : {}) }
}

function takeMethod({ world, account, params }: Call<CreateParams>): MethodRow {
  if (params.confirmation_token !== undefined)
    throw missing('confirmation_token', params.confirmation_token, 'confirmation_token', 400)
  if (params.payment_method_data) return createMethod(world, account, params.payment_method_data, 'payment_method_data')
  const id = params.payment_method ?? ''
  const test = findTestMethod(id, world.now())
  if (test !== null) return createMethod(world, account, test, 'payment_method')
  const known = account.methods.get(id)
  if (!known) throw missing('PaymentMethod', id, 'payment_method', 400)
  if (known.spent)
    throw invalid(
      'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
      { param: 'payment_method' },
    )
  return known
}

function faultOf(method: MethodRow, call: Call<CreateParams>): Fault | null {
  return method.behaviour.do === 'fault' && !call.faultIsSpent ? method.behaviour.fault : null
}

/** A call that vanishes has used nothing up. */
function giveTokenBack({ account, params }: Call<CreateParams>): void {
  const token = params.payment_method_data?.card?.token
  const row = token === undefined ? undefined : account.tokens.get(token)
  if (row) row.token.used = false
}

function readExternal(given: CardOptions['three_d_secure']): Try['external'] {
  if (!given) return null
  const { version, electronic_commerce_indicator: eci = null, transaction_id: transactionId } = given
  return { version, eci, transactionId }
}
