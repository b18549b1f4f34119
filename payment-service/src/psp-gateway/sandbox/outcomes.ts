import { cardBrandNames } from '@fincore/api-contract/card-door'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Asked, CardShown, Money, Outcome } from '../port.ts'
import { readPspCode } from '../psp-code.ts'
import { moneyOf, type Operation, type Payment, wire } from './wire.ts'

/** The sandbox's decline and failure codes in FinCore's words. One that is not here is declined without a reason. */
const declineCodes = new Map<string, DeclineCode>([
  ['insufficient_funds', 'insufficient_funds'],
  ['do_not_honor', 'do_not_honor'],
  ['expired_card', 'expired_card'],
  ['incorrect_cvc', 'incorrect_cvc'],
  ['lost_card', 'lost_card'],
  ['stolen_card', 'stolen_card'],
  ['suspected_fraud', 'suspected_fraud'],
  ['card_not_supported', 'card_not_supported'],
  ['currency_not_supported', 'currency_not_supported'],
  ['limit_exceeded', 'limit_exceeded'],
  ['issuer_unavailable', 'issuer_unavailable'],
  ['processing_error', 'processing_error'],
  ['generic', 'card_declined'],
  ['authentication_failed', 'authentication_failed'],
  ['capture_declined', 'do_not_honor'],
  ['refund_declined', 'refund_declined'],
])

export type FollowUpKind = 'capture' | 'cancel' | 'refund'

/** The sandbox's name of each operation. */
export const operationNames = { capture: 'capture', cancel: 'cancellation', refund: 'refund' } as const

/** What a refusal without a reason is called. No shopper stands by, so it is never about trying another card. */
const declinedFollowUps = {
  capture: 'do_not_honor',
  cancel: 'do_not_honor',
  refund: 'refund_declined',
} as const satisfies Record<FollowUpKind, DeclineCode>

/** What became of a payment. `asked`, when given, is what the payment must be of; another one is not ours. */
export function outcomeOfPayment(payment: Payment, asked?: Partial<Asked>): Outcome {
  if (!isOurs(payment, asked?.reference, asked?.amount))
    return unknown('the PSP answered with another payment than was asked for')
  const pspReference = payment.id
  const card = readCard(payment.card)
  const captured = BigInt(payment.captured)
  switch (payment.status) {
    case 'authorized':
      return captured === 0n
        ? { outcome: 'approved', pspReference, captured, card }
        : unknown('the PSP calls a payment authorized, and captured money of it')
    case 'captured':
      return captured > 0n && captured <= BigInt(payment.amount.value)
        ? { outcome: 'approved', pspReference, captured, card }
        : unknown('the PSP calls a payment captured, and names an amount that cannot be')
    case 'action_required':
      return payment.action
        ? { outcome: 'action_required', pspReference, actionUrl: payment.action.url, card }
        : unknown('the PSP wants the shopper to act, and does not say where')
    case 'declined':
      return { outcome: 'declined', pspReference, card, ...readTrouble(payment.decline, 'card_declined') }
    case 'canceled':
      return { outcome: 'ended', pspReference, reason: 'requested' }
    // The sandbox's payments expire in one way only: their checkout session ended before the shopper had confirmed.
    case 'abandoned':
    case 'expired':
      return { outcome: 'ended', pspReference, reason: 'abandoned' }
    default:
      return unknown('the PSP gave the payment a status that FinCore does not know')
  }
}

/** What became of a capture, a cancel or a refund. */
export function outcomeOfOperation(kind: FollowUpKind, operation: Operation, asked?: Partial<Asked>): Outcome {
  if (operation.object !== operationNames[kind]) return unknown('the PSP answered with another kind of operation')
  // A cancel names no amount: the sandbox answers with the whole authorization.
  if (!isOurs(operation, asked?.reference, kind === 'cancel' ? undefined : asked?.amount)) {
    return unknown('the PSP answered with another operation than was asked for')
  }
  const pspReference = operation.id
  switch (operation.status) {
    case 'succeeded': {
      const captured = kind === 'capture' ? BigInt(operation.amount.value) : 0n
      if (kind === 'capture' && captured === 0n) return unknown('the PSP calls a capture of nothing a success')
      return { outcome: 'approved', pspReference, captured, card: null }
    }
    case 'failed':
      return {
        outcome: 'declined',
        pspReference,
        card: null,
        ...readTrouble(operation.failure, declinedFollowUps[kind]),
      }
    case 'pending':
      return unknown('the PSP has not finished the operation yet')
    default:
      return unknown('the PSP gave the operation a status that FinCore does not know')
  }
}

export function unknown(why: string): Outcome & { outcome: 'unknown' } {
  return { outcome: 'unknown', why }
}

function readTrouble(
  trouble: { code: string } | null,
  withoutReason: DeclineCode,
): { code: DeclineCode; pspCode: string | null } {
  if (trouble === null) return { code: withoutReason, pspCode: null }
  return { code: declineCodes.get(trouble.code) ?? withoutReason, pspCode: readPspCode(trouble.code) }
}

function isOurs(given: Payment | Operation, reference: string | undefined, asked: Money | undefined): boolean {
  if (reference !== undefined && given.reference !== reference) return false
  const { amount, currency } = moneyOf(given.amount)
  return asked === undefined || (amount === asked.amount && currency === asked.currency)
}

/** What may be shown of the card. A card that cannot be read says nothing against the payment. */
function readCard(card: unknown): CardShown | null {
  if (!wire.card.Check(card)) return null
  const { first6, last4, expiry_month: exp_month, expiry_year: exp_year } = card
  const brand = cardBrandNames.find((name) => name === card.brand) ?? 'unknown'
  return { brand, first6, last4, exp_month, exp_year }
}
