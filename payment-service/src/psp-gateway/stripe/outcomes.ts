import { cardBrandNames } from '@fincore/api-contract/card-door'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Asked, CardShown, Money, Outcome } from '../port.ts'
import { readPspCode } from '../psp-code.ts'
import { readStripeAmount } from './amounts.ts'
import { declineOf } from './decline-codes.ts'
import { type Charge, type PaymentIntent, type Refund, type StripeError, wire } from './wire.ts'

type Declined = Outcome & { outcome: 'declined' }

/** Statuses in which no money of a PaymentIntent is held or was taken ("How PaymentIntents work"). */
const withoutMoney = new Set(['requires_payment_method', 'requires_confirmation', 'canceled'])

/** What became of a payment. `asked`, when given, is what the payment must be of; another one is not ours. */
export function outcomeOfPayment(intent: PaymentIntent, asked?: Partial<Asked>): Outcome {
  const money = readStripeAmount(intent.amount, intent.currency)
  const isOurs = asked?.reference === undefined || intent.metadata.fincore_reference === asked.reference
  if (money === null || !isOurs || !isSame(money, asked?.amount)) {
    return unknown('Stripe answered with another payment than was asked for')
  }
  const pspReference = intent.id
  switch (intent.status) {
    case 'succeeded': {
      const captured = readStripeAmount(intent.amount_received, intent.currency)?.amount ?? 0n
      return captured > 0n && captured <= money.amount
        ? { outcome: 'approved', pspReference, captured, ...readChargedCard(intent.latest_charge) }
        : unknown('Stripe calls a payment succeeded, and names an amount that cannot be')
    }
    case 'requires_capture':
      return intent.amount_capturable === intent.amount && intent.amount_received === 0
        ? { outcome: 'approved', pspReference, captured: 0n, ...readChargedCard(intent.latest_charge) }
        : unknown('Stripe holds another amount than was asked for')
    case 'requires_action':
      return readAction(intent)
    case 'requires_payment_method':
      return unknown('the payment failed, and can still be tried again at Stripe')
    case 'canceled':
      return outcomeOfCanceled(intent)
    case 'processing':
    case 'requires_confirmation':
      return unknown('Stripe has not finished the payment yet')
    default:
      return unknown('Stripe gave the payment a status that FinCore does not know')
  }
}

/** What a charge says of its payment when it was made: held, or captured at once. It alone tells of the card. */
export function outcomeOfCharge(charge: Charge & { payment_intent: string }): Outcome {
  const { amount, amount_captured, captured, currency, payment_intent: pspReference, status } = charge
  const isWhole = captured ? amount_captured === amount : amount_captured === 0
  const money = readStripeAmount(amount, currency)
  if (status !== 'succeeded' || !isWhole || money === null || money.amount === 0n)
    return unknown('Stripe calls a charge new, and it is not')
  return { outcome: 'approved', pspReference, captured: captured ? money.amount : 0n, ...readChargedCard(charge) }
}

/** What a PaymentIntent's last error says of the try that failed. */
export function declinedTry(intent: PaymentIntent, pspReference: string | null): Declined {
  const error = intent.last_payment_error
  return { outcome: 'declined', pspReference, ...reasonOf(error), card: readCard(error?.payment_method?.card) }
}

/** What an error says of an authorization: declined, not done for another reason, or nothing that is certain. */
export function outcomeOfRefusedPayment(error: StripeError, asked?: Asked): Outcome {
  const intent = error.payment_intent ?? undefined
  if (intent !== undefined) {
    if (!wire.paymentIntent.Check(intent)) return unknown('Stripe’s error is about a payment that cannot be read')
    const isOurs = asked === undefined || intent.metadata.fincore_reference === asked.reference
    if (!isOurs || !withoutMoney.has(intent.status)) return unknown('Stripe’s error is about a payment that went on')
  }
  if (error.type !== 'card_error')
    return { outcome: 'rejected', code: readRejection(error), pspCode: readPspCode(error.code) }
  return {
    outcome: 'declined',
    pspReference: intent?.id ?? null,
    ...reasonOf(error),
    card: readCard(error.payment_method?.card),
  }
}

/** What became of a capture: the payment names it, since it came with it. Null when the payment never heard of it. */
export function outcomeOfCapture(intent: PaymentIntent, { reference, amount }: Partial<Asked>): Outcome | null {
  if (intent.metadata.fincore_capture !== reference) {
    if (intent.status === 'requires_capture' || intent.status === 'canceled') return null
    return unknown('the payment is not what it was when the capture was asked for, and names another')
  }
  const captured = readStripeAmount(intent.amount_received, intent.currency)
  if (intent.status !== 'succeeded' || captured === null || captured.amount === 0n)
    return unknown('Stripe has not finished the capture yet')
  if (!isSame(captured, amount)) return unknown('Stripe captured another amount than was asked for')
  return { outcome: 'approved', pspReference: intent.id, captured: captured.amount, card: null }
}

/** What became of a cancel. Null when the money is still held, or was captured: then it was not canceled. */
export function outcomeOfCancel(intent: PaymentIntent): Outcome | null {
  if (intent.status === 'canceled') return { outcome: 'approved', pspReference: intent.id, captured: 0n, card: null }
  if (intent.status === 'requires_capture' || intent.status === 'succeeded') return null
  return unknown('Stripe has not finished the cancellation yet')
}

export function outcomeOfRefund(refund: Refund, asked?: Partial<Asked>): Outcome {
  const money = readStripeAmount(refund.amount, refund.currency)
  const isOurs = asked?.reference === undefined || refund.metadata?.fincore_reference === asked.reference
  if (money === null || !isOurs || !isSame(money, asked?.amount)) {
    return unknown('Stripe answered with another refund than was asked for')
  }
  const pspReference = refund.id
  switch (refund.status) {
    case 'succeeded':
      return { outcome: 'approved', pspReference, captured: 0n, card: null }
    case 'failed':
    case 'canceled':
      return {
        outcome: 'declined',
        pspReference,
        code: 'refund_declined',
        pspCode: readPspCode(refund.failure_reason),
        card: null,
      }
    case 'pending':
    case 'requires_action':
      return unknown('Stripe has not finished the refund yet')
    default:
      return unknown('Stripe gave the refund a status that FinCore does not know')
  }
}

export function unknown(why: string): Outcome & { outcome: 'unknown' } {
  return { outcome: 'unknown', why }
}

/**
 * A canceled PaymentIntent moves no money any more, so this is where a failed try becomes a decline. Its last error is
 * that of the try; a payment that was authorized has none, and has a charge.
 */
function outcomeOfCanceled(intent: PaymentIntent): Outcome {
  const pspReference = intent.id
  if (intent.last_payment_error !== null) return declinedTry(intent, pspReference)
  const reason = intent.cancellation_reason
  if (reason === 'abandoned' || intent.latest_charge === null)
    return { outcome: 'ended', pspReference, reason: 'abandoned' }
  const hasLapsed = reason === 'automatic' || reason === 'expired'
  return { outcome: 'ended', pspReference, reason: hasLapsed ? 'authorization_expired' : 'requested' }
}

function readAction(intent: PaymentIntent): Outcome {
  const url = intent.next_action?.type === 'redirect_to_url' ? intent.next_action.redirect_to_url?.url : null
  return typeof url === 'string'
    ? {
        outcome: 'action_required',
        pspReference: intent.id,
        actionUrl: url,
        card: readChargedCard(intent.latest_charge).card,
      }
    : unknown('Stripe wants the shopper to act, and does not say where')
}

function readChargedCard(charge: unknown): { card: CardShown | null; networkTransactionId?: string } {
  if (!wire.chargedCard.Check(charge)) return { card: null }
  const { card } = charge.payment_method_details
  const network = wire.networkId.Check(card) ? { networkTransactionId: card.network_transaction_id } : {}
  return { card: readCard(card), ...network }
}

/** What may be shown of the card. Stripe does not tell its first six digits, whatever the account. */
function readCard(card: unknown): CardShown | null {
  if (!wire.card.Check(card)) return null
  const { last4, exp_month, exp_year } = card
  const brand = cardBrandNames.find((name) => name === card.brand) ?? 'unknown'
  return { brand, first6: null, last4, exp_month, exp_year }
}

function reasonOf(error: { code?: string | null; decline_code?: string | null } | null): {
  code: DeclineCode
  pspCode: string | null
} {
  const code = declineOf(error?.code ?? undefined, error?.decline_code ?? undefined)
  return { code, pspCode: readPspCode(error?.decline_code) ?? readPspCode(error?.code) }
}

/** The parameters that hold a token. An error about one of them is about a token that is spent, or was never any. */
const tokenParameters = new Set(['confirmation_token', 'payment_method', 'payment_method_data[card][token]'])
const wrongCards: Readonly<Record<string, DeclineCode>> = {
  incorrect_number: 'incorrect_number',
  invalid_number: 'incorrect_number',
  incorrect_cvc: 'incorrect_cvc',
  invalid_cvc: 'incorrect_cvc',
  token_already_used: 'token_invalid',
}

function readRejection({ code, param }: StripeError): DeclineCode {
  if (typeof code === 'string' && Object.hasOwn(wrongCards, code)) return wrongCards[code] ?? 'rejected_by_psp'
  return tokenParameters.has(param ?? '') ? 'token_invalid' : 'rejected_by_psp'
}

function isSame(given: Money, asked: Money | undefined): boolean {
  return asked === undefined || (given.amount === asked.amount && given.currency === asked.currency)
}
