import type Stripe from 'stripe'
import { findAmountProblem } from '../currencies.ts'
import { invalid, missing, Refusal } from '../errors.ts'
import { makeSecret } from '../ids.ts'
import { chargeOf } from '../objects/charges.ts'
import { recordMovement } from '../truth.ts'
import { type Account, type IntentRow, type RefundRow, seconds, type World } from '../world.ts'
import type { Act, Call, Expanding } from './call.ts'
import { type ListParams, makePage } from './lists.ts'
import { listNames, refuseOthers } from './unsupported.ts'

type CreateParams = Expanding & {
  amount?: number
  charge?: string
  metadata?: Stripe.Metadata | ''
  payment_intent?: string
  reason?: string
}
const acted = listNames('amount charge expand metadata payment_intent reason')

/** `POST /v1/refunds`: gives back at most what was captured and not given back yet. */
export const createRefund: Act<CreateParams> = (call) => {
  const { world, account, params } = call
  refuseOthers(params, acted, '')
  const row = findPaid(call)
  const { intent } = row
  const charge = chargeOf(account, row)
  const left = charge.amount_captured - refundedOf(account, intent.id)
  const amount = params.amount ?? left
  if (charge.disputed && ![...account.disputes.values()].some(isRefundable(charge.id)))
    throw invalid('Charge has been charged back; cannot issue a refund.', { code: 'charge_disputed' })
  if (left === 0) throw invalid('Charge has already been refunded.', { code: 'charge_already_refunded' })
  const problem = findAmountProblem(amount, intent.currency)
  if (problem) throw invalid(problem.message, { param: 'amount', ...(problem.code ? { code: problem.code } : {}) })
  if (amount > left) throw invalid('Refund amount is greater than unrefunded amount on charge', { param: 'amount' })
  const pending = row.behaviour?.do === 'refund' && row.behaviour.how === 'pending_first'
  const fails = row.behaviour?.do === 'refund' && row.behaviour.how === 'fails'
  const refund: Stripe.Refund = {
    id: `re_3${makeSecret(23)}`,
    object: 'refund',
    amount,
    balance_transaction: `txn_3${makeSecret(23)}`,
    charge: charge.id,
    created: seconds(world),
    currency: intent.currency,
    customer: null,
    customer_account: null,
    destination_details: { card: { reference_status: 'pending', type: 'refund' }, type: 'card' },
    metadata: params.metadata || {},
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    reason: params.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: pending ? 'pending' : 'succeeded',
    transfer_reversal: null,
  }
  const made: RefundRow = { refund, reference: call.idempotencyKey, intent: intent.id }
  account.refunds.set(refund.id, made)
  updateCharge(account, row)
  world.announce(account, 'refund.created', refund, call.cause)
  world.announce(account, 'charge.refunded', charge, call.cause)
  if (pending || fails) world.later(world.timings.refundChangeMs, () => changeRefund(world, account, row, made, fails))
  if (!pending && !fails) recordRefund(world, account, row, made)
  return { body: refund }
}

/** What Stripe does by itself with the refunds of two of its test cards: one succeeds at last, one turns out to have failed. */
function changeRefund(world: World, account: Account, row: IntentRow, made: RefundRow, fails: boolean): void {
  const { refund } = made
  if (fails) {
    refund.status = 'failed'
    refund.failure_reason = 'expired_or_canceled_card'
    refund.failure_balance_transaction = `txn_3${makeSecret(23)}`
    updateCharge(account, row)
    world.announce(account, 'refund.failed', refund, null)
  } else {
    refund.status = 'succeeded'
    recordRefund(world, account, row, made)
    world.announce(account, 'refund.updated', refund, null)
  }
  world.announce(account, 'charge.refund.updated', refund, null)
}

export const retrieveRefund: Act<Expanding> = ({ account, id }) => {
  const row = account.refunds.get(id)
  if (!row) throw missing('refund', id, 'id')
  return { body: row.refund }
}

export const listRefunds: Act<Expanding & ListParams & { charge?: string; payment_intent?: string }> = (call) => {
  const { charge, payment_intent: intent } = call.params
  const rows = [...call.account.refunds.values()]
    .map(({ refund }) => refund)
    .filter((refund) => charge === undefined || refund.charge === charge)
    .filter((refund) => intent === undefined || refund.payment_intent === intent)
  return { body: makePage(rows, call.params, '/v1/refunds', 'refund') }
}

function findPaid({ account, params }: Call<CreateParams>): IntentRow {
  const { charge: chargeId, payment_intent: intentId } = params
  if (chargeId === undefined && intentId === undefined)
    throw invalid('One of the following params should be provided for this request: payment_intent or charge.', {
      code: 'parameter_missing',
      param: 'payment_intent',
    })
  if (chargeId !== undefined && intentId !== undefined)
    throw invalid('You may only specify one of these parameters: charge, payment_intent.', {
      code: 'parameters_exclusive',
      param: 'charge',
    })
  const charge = chargeId === undefined ? undefined : account.charges.get(chargeId)
  if (chargeId !== undefined && !charge) throw missing('charge', chargeId, 'charge')
  const id = intentId ?? String(charge?.payment_intent)
  const row = account.intents.get(id)
  if (!row) throw missing('payment_intent', id, 'payment_intent')
  if (row.intent.status !== 'succeeded')
    throw new Refusal(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message: `This PaymentIntent (${row.intent.id}) does not have a successful charge to refund.`,
      param: 'payment_intent',
    })
  return row
}

function isRefundable(charge: string) {
  return (dispute: Stripe.Dispute) => dispute.charge === charge && dispute.is_charge_refundable
}

function refundedOf(account: Account, intent: string): number {
  return [...account.refunds.values()]
    .filter((row) => row.intent === intent && row.refund.status !== 'failed' && row.refund.status !== 'canceled')
    .reduce((sum, { refund }) => sum + refund.amount, 0)
}

/** What was never captured counts as given back on a charge. */
function updateCharge(account: Account, row: IntentRow): void {
  const charge = chargeOf(account, row)
  charge.amount_refunded = charge.amount - charge.amount_captured + refundedOf(account, row.intent.id)
  charge.refunded = charge.amount_refunded === charge.amount
}

function recordRefund(world: World, account: Account, row: IntentRow, { refund, reference }: RefundRow): void {
  recordMovement(world, {
    kind: 'refund',
    id: refund.id,
    account: account.id,
    payment: row.intent.id,
    reference: row.reference,
    own_reference: reference,
    amount: refund.amount,
    currency: refund.currency,
  })
}
