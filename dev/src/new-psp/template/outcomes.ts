import { cardBrandNames } from '@fincore/api-contract/card-door'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Asked, CardShown, Money, Outcome } from '@fincore/payment-service/psp-gateway/port'
import { readPspCode } from '@fincore/payment-service/psp-gateway/psp-code'
import { nextStep } from './next-step.ts'
import { moneyOf, type Operation, type Payment, wire } from './wire.ts'

/**
 * What newpsp's errors mean, in FinCore's words: only a code that its documents call “not done” stands here, most as
 * `rejected_by_psp`, and that of a token that is spent or was never any as `token_invalid`. A repeated idempotency key
 * with another request never does, because something was done under it.
 */
export const rejectedCodes = new Map<string, DeclineCode>([])

/** newpsp's decline codes in FinCore's words (docs/decline-codes.md). One that is not here is declined without a reason. */
const declineCodes = new Map<string, DeclineCode>([])

/** What a refusal without a reason is called. For a follow-up no shopper stands by: it is never about another card. */
const withoutReason = {
  authorize: 'card_declined',
  capture: 'do_not_honor',
  cancel: 'do_not_honor',
  refund: 'refund_declined',
} as const satisfies Record<'authorize' | Operation['kind'], DeclineCode>

/** What became of a payment. `asked`, when given, is what it must be of; another one is not ours. */
export function outcomeOfPayment(payment: Payment, asked?: Partial<Asked>): Outcome {
  if (!isOurs(payment, asked?.reference, asked?.amount))
    return unknown('the PSP answered with another payment than was asked for')
  switch (payment.status) {
    // A case for each status of the PSP's documents: approved, action_required, declined, ended. `captured` is what has
    // been captured. So reads a decline; see sandbox/outcomes.ts for the others.
    case 'declined':
      return declined('authorize', payment, readCard(payment.card))
    default:
      return unknown(
        nextStep(4, 'outcomes.ts', `say what the status ${JSON.stringify(payment.status)} of a payment means`),
      )
  }
}

/** What became of a capture, a cancel or a refund. A PSP that cancels the whole names no amount that was asked for. */
export function outcomeOfOperation(kind: Operation['kind'], operation: Operation, asked?: Partial<Asked>): Outcome {
  if (operation.kind !== kind) return unknown('the PSP answered with another kind of operation')
  if (!isOurs(operation, asked?.reference, kind === 'cancel' ? undefined : asked?.amount))
    return unknown('the PSP answered with another operation than was asked for')
  switch (operation.status) {
    case 'succeeded': {
      const captured = kind === 'capture' ? moneyOf(operation).amount : 0n
      return { outcome: 'approved', pspReference: operation.id, captured, card: null }
    }
    case 'declined':
      return declined(kind, operation, null)
    default:
      return unknown(
        nextStep(5, 'outcomes.ts', `say what the status ${JSON.stringify(operation.status)} of a ${kind} means`),
      )
  }
}

export function unknown(why: string): Outcome & { outcome: 'unknown' } {
  return { outcome: 'unknown', why }
}

function declined(kind: keyof typeof withoutReason, given: Payment | Operation, card: CardShown | null): Outcome {
  const code = declineCodes.get(given.decline_code ?? '') ?? withoutReason[kind]
  return { outcome: 'declined', pspReference: given.id, code, pspCode: readPspCode(given.decline_code), card }
}

function isOurs(given: Payment | Operation, reference: string | undefined, asked: Money | undefined): boolean {
  if (reference !== undefined && given.reference !== reference) return false
  const { amount, currency } = moneyOf(given)
  return asked === undefined || (amount === asked.amount && currency === asked.currency)
}

/** What may be shown of the card. A card that cannot be read says nothing against the payment. */
function readCard(card: unknown): CardShown | null {
  if (!wire.card.Check(card)) return null
  const { brand, first6, last4, exp_month, exp_year } = card
  return { brand: cardBrandNames.find((name) => name === brand) ?? 'unknown', first6, last4, exp_month, exp_year }
}
