import type { PaymentResponse } from '@adyen/api-library/lib/src/typings/checkout/paymentResponse.js'
import { type CardBrand, cardBrandNames } from '@fincore/api-contract/card-door'
import type { Asked, CardShown, Money, Outcome } from '../port.ts'
import { fromAdyen } from './amounts.ts'
import { readReference } from './references.ts'
import { readRefusal } from './refusal-reasons.ts'
import { type Modification, type Payment, readText, wire } from './wire.ts'

type ResultCode = `${PaymentResponse.ResultCodeEnum}`

/** What a result code means (Adyen, “Payment result codes”). `unclear`: it says neither yes nor no to an authorization. */
const resultCodes: Record<ResultCode, 'approved' | 'declined' | 'redirect' | 'waits' | 'unclear'> = {
  Authorised: 'approved',
  Refused: 'declined',
  Error: 'declined',
  Cancelled: 'declined',
  RedirectShopper: 'redirect',
  Pending: 'waits',
  Received: 'waits',
  // Never asked for: native 3-D Secure, vouchers, parts of an amount, authentication alone.
  AuthenticationFinished: 'unclear',
  AuthenticationNotRequired: 'unclear',
  ChallengeShopper: 'unclear',
  IdentifyShopper: 'unclear',
  PartiallyAuthorised: 'unclear',
  PresentToShopper: 'unclear',
  Success: 'unclear',
}

/**
 * How long Adyen may take to tell by webhook what it has accepted. It documents no time: captures and cancels come
 * within minutes, and a refund may wait for a balance. After a day an operator shall look.
 */
export const tellsWithinMs = 24 * 60 * 60_000

export type FollowUpKind = 'capture' | 'cancel' | 'refund'

/** What became of an authorization. `asked`, when given, is what it must be of; another one is not ours. */
export function outcomeOfPayment(payment: Payment, asked?: Asked): Outcome {
  if (!isOurs(payment, asked)) return unknown('the PSP answered with another payment than was asked for')
  const { additionalData, pspReference } = payment
  const meaning = Object.hasOwn(resultCodes, payment.resultCode) ? resultCodes[payment.resultCode as ResultCode] : null
  switch (meaning) {
    case 'approved': {
      const amount = payment.amount ? fromAdyen(payment.amount) : null
      // Without its reference it cannot be said whether it was captured, and without its amount not how much.
      if (!pspReference || !payment.merchantReference || amount === null)
        return unknown('the PSP approved, and did not say what')
      const { captureMethod } = readReference(payment.merchantReference)
      return approve({ pspReference, amount, captureMethod, brand: readBrand(payment.paymentMethod), additionalData })
    }
    case 'declined': {
      if (asked?.mustName && !payment.merchantReference) return unknown('the PSP declined, and did not say what')
      const refusal = {
        code: payment.refusalReasonCode ?? undefined,
        raw: readText(additionalData, 'refusalReasonRaw'),
      }
      const card = readCard(additionalData, readBrand(payment.paymentMethod))
      return { outcome: 'declined', pspReference: pspReference ?? null, ...readRefusal(refusal), card }
    }
    case 'redirect':
      // A form to post, or a script to run, is no address that a shopper can be sent to; it is never asked for.
      return wire.redirectAction.Check(payment.action)
        ? // The payment's id is the one that comes when the shopper is back; what stands here is another's.
          { outcome: 'action_required', pspReference: null, actionUrl: payment.action.url, card: null }
        : unknown('the PSP wants the shopper to act in a way that FinCore cannot follow')
    case 'waits':
      return { ...unknown('the PSP has accepted the payment, and tells its result by webhook'), tellsWithinMs }
    default:
      return unknown('the PSP gave the payment a result that FinCore cannot act on')
  }
}

/**
 * A payment that Adyen authorised. Of one that is captured automatically, the capture follows by itself, at once, and
 * without a webhook of its own: that is what FinCore calls captured. Should it fail, CAPTURE_FAILED says so.
 */
export function approve(payment: {
  pspReference: string
  amount: Money
  captureMethod: 'automatic' | 'manual'
  brand: string | undefined
  additionalData: Record<string, unknown> | null | undefined
}): Outcome {
  const { pspReference, amount, captureMethod, brand, additionalData } = payment
  const networkTransactionId = readText(additionalData, 'networkTxReference')
  return {
    outcome: 'approved',
    pspReference,
    captured: captureMethod === 'automatic' ? amount.amount : 0n,
    card: readCard(additionalData, brand),
    ...(networkTransactionId === undefined ? {} : { networkTransactionId }),
  }
}

/** What came of asking for a capture, a cancel or a refund: Adyen only ever says that it has the request. */
export function outcomeOfModification(modification: Modification, asked?: Asked): Outcome {
  const { reference, amount, status } = modification
  const told = amount ? fromAdyen(amount) : null
  const isAnothers =
    asked !== undefined && (reference !== asked.reference || (amount && !isSameMoney(told, asked.amount)))
  if (isAnothers) return unknown('the PSP answered with another operation than was asked for')
  if (status !== 'received') return unknown('the PSP gave the operation a status that FinCore does not know')
  return { ...unknown('the PSP has accepted the request, and tells its result by webhook'), tellsWithinMs }
}

export function unknown(why: string): Outcome & { outcome: 'unknown' } {
  return { outcome: 'unknown', why }
}

/** A refusal and a redirect may come without reference and amount; what they do name must be ours. */
function isOurs({ merchantReference, amount }: Payment, asked: Asked | undefined): boolean {
  if (asked === undefined) return true
  const isOurReference = !merchantReference || readReference(merchantReference).reference === asked.reference
  return isOurReference && (!amount || isSameMoney(fromAdyen(amount), asked.amount))
}

function isSameMoney(one: Money | null, other: Money): boolean {
  return one !== null && one.amount === other.amount && one.currency === other.currency
}

/** Adyen's names of the card networks, where they are not FinCore's; `visa_applepay` and the like begin with one. */
const brandNames: Readonly<Record<string, CardBrand>> = {
  mc: 'mastercard',
  cup: 'unionpay',
  maestrouk: 'maestro',
}

/**
 * What may be shown of the card; null when Adyen does not tell its last digits and its expiry, which is a setting of the
 * account, as its first ones are. A card that cannot be read says nothing against the payment.
 */
export function readCard(
  additionalData: Record<string, unknown> | null | undefined,
  brand: string | undefined,
): CardShown | null {
  const bin = readText(additionalData, 'cardBin')
  const last4 = readText(additionalData, 'cardSummary') ?? ''
  const [, month, year] = /^(\d{1,2})\/(20\d\d)$/.exec(readText(additionalData, 'expiryDate') ?? '') ?? []
  const exp_month = Number(month)
  const isBin = bin === undefined || /^\d{6,8}$/.test(bin)
  const isWhole = isBin && /^\d{4}$/.test(last4) && exp_month >= 1 && exp_month <= 12
  if (!isWhole) return null
  const name = (brand ?? readText(additionalData, 'paymentMethod') ?? '').split('_')[0] ?? ''
  const known = Object.hasOwn(brandNames, name) ? brandNames[name] : cardBrandNames.find((own) => own === name)
  return { brand: known ?? 'unknown', first6: bin?.slice(0, 6) ?? null, last4, exp_month, exp_year: Number(year) }
}

function readBrand(paymentMethod: unknown): string | undefined {
  const { brand } = (typeof paymentMethod === 'object' && paymentMethod !== null ? paymentMethod : {}) as {
    brand?: unknown
  }
  return typeof brand === 'string' ? brand : undefined
}
