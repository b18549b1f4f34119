import type { NotificationRequestItem as SdkItem } from '@adyen/api-library/lib/src/typings/notification/notificationRequestItem.js'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { Dispute, Outcome, PspEvent } from '../port.ts'
import { fromAdyen } from './amounts.ts'
import { approve, type FollowUpKind, readCard } from './outcomes.ts'
import { readReference } from './references.ts'
import { readRefusal } from './refusal-reasons.ts'
import { type NotificationRequestItem, readText } from './wire.ts'

type About = PspEvent['about']
type EventCode = `${SdkItem.EventCodeEnum}`

type Rule =
  | 'authorization'
  | 'expiry of an authorization'
  | 'offer closed'
  | FollowUpKind
  | { dispute: Dispute['status'] }
  /** It moves no money, and another event tells what it leads to. */
  | 'nothing'
  /** Money may have moved in a way that FinCore did not ask for, or a final state is taken back: an operator looks. */
  | 'unforeseen'

/** Every event of Adyen's standard webhook (Adyen, “Webhook types”, default and non-default event codes). */
export const rules: Readonly<Record<EventCode, Rule>> = {
  AUTHORISATION: 'authorization',
  EXPIRE: 'expiry of an authorization',
  OFFER_CLOSED: 'offer closed',
  CAPTURE: 'capture',
  CANCELLATION: 'cancel',
  REFUND: 'refund',

  // What had succeeded is taken back, days later.
  CAPTURE_FAILED: 'unforeseen',
  REFUND_FAILED: 'unforeseen',
  REFUNDED_REVERSED: 'unforeseen',

  REQUEST_FOR_INFORMATION: { dispute: 'inquiry' },
  NOTIFICATION_OF_CHARGEBACK: { dispute: 'opened' },
  CHARGEBACK: { dispute: 'opened' },
  DISPUTE_DEFENSE_PERIOD_ENDED: { dispute: 'opened' },
  CHARGEBACK_REVERSED: { dispute: 'won' },
  ISSUER_RESPONSE_TIMEFRAME_EXPIRED: { dispute: 'won' },
  PREARBITRATION_WON: { dispute: 'won' },
  PREARBITRATION_LOST: { dispute: 'lost' },
  SECOND_CHARGEBACK: { dispute: 'lost' },

  INFORMATION_SUPPLIED: 'nothing',
  ISSUER_COMMENTS: 'nothing',
  MANUAL_REVIEW_ACCEPT: 'nothing',
  NOTIFICATION_OF_FRAUD: 'nothing',
  ORDER_CLOSED: 'nothing',
  ORDER_OPENED: 'nothing',
  PENDING: 'nothing',
  POSTPONED_REFUND: 'nothing',
  PROCESS_RETRY: 'nothing',
  RECURRING_CONTRACT: 'nothing',
  REPORT_AVAILABLE: 'nothing',

  // FinCore asks for none of these.
  AUTHORISATION_ADJUSTMENT: 'unforeseen',
  AUTORESCUE: 'unforeseen',
  CANCEL_AUTORESCUE: 'unforeseen',
  CANCEL_OR_REFUND: 'unforeseen',
  DONATION: 'unforeseen',
  HANDLED_EXTERNALLY: 'unforeseen',
  MANUAL_REVIEW_REJECT: 'unforeseen',
  PAIDOUT_REVERSED: 'unforeseen',
  PAYOUT_DECLINE: 'unforeseen',
  PAYOUT_EXPIRE: 'unforeseen',
  PAYOUT_THIRDPARTY: 'unforeseen',
  REFUND_WITH_DATA: 'unforeseen',
  TECHNICAL_CANCEL: 'unforeseen',
  VOID_PENDING_REFUND: 'unforeseen',
}

/**
 * An item of a webhook in FinCore's words. Its id has the three things that make it one event: Adyen repeats an event
 * with the same code and reference, and may say later that what had failed has succeeded after all.
 */
export function readItem(item: NotificationRequestItem): PspEvent {
  const { eventCode, pspReference, success } = item
  return { id: `${eventCode}.${pspReference}.${success}`, type: eventCode, about: readAbout(item) }
}

function readAbout(item: NotificationRequestItem): About {
  const rule = Object.hasOwn(rules, item.eventCode) ? rules[item.eventCode as EventCode] : 'unforeseen'
  const isSuccess = item.success === 'true'
  const unforeseen: About = { kind: 'unforeseen', reference: readReference(item.merchantReference).reference || null }
  if (typeof rule === 'object') return (isSuccess ? aboutDispute(item, rule.dispute) : null) ?? unforeseen
  switch (rule) {
    case 'nothing':
      return { kind: 'nothing' }
    case 'authorization':
      return aboutAuthorization(item) ?? unforeseen
    case 'expiry of an authorization':
      return isSuccess && item.originalReference ? aboutExpiry(item, item.originalReference) : unforeseen
    case 'offer closed':
      return isSuccess ? aboutOfferClosed(item) : { kind: 'nothing' }
    case 'capture':
    case 'cancel':
    case 'refund':
      return aboutModification(rule, item) ?? unforeseen
    default:
      return unforeseen
  }
}

/** A payment's answer: of a charge by its reference, and of a try on a payment link by the link's. */
function aboutAuthorization(item: NotificationRequestItem): About | null {
  const { pspReference, additionalData } = item
  const amount = item.amount.value < 0 ? null : fromAdyen(item.amount)
  if (amount === null) return null
  const { reference, captureMethod } = readReference(item.merchantReference)
  const brand = item.paymentMethod ?? undefined
  const isSuccess = item.success === 'true'
  const outcome: Outcome = isSuccess
    ? approve({ pspReference, amount, captureMethod, brand, additionalData })
    : {
        outcome: 'declined',
        pspReference,
        ...readRefusal({
          text: item.reason ?? undefined,
          raw: readText(additionalData, 'refusalReasonRaw') ?? item.reason ?? undefined,
        }),
        card: readCard(additionalData, brand),
      }
  return isOfLink(item)
    ? { kind: 'hosted_payment', reference, payment: { pspReference, amount, outcome } }
    : { kind: 'attempt', reference, attemptKind: 'authorize', outcome, ...(isSuccess ? { amount } : {}) }
}

/** What was held is free again. Of a link's payment it is not told that it is one: the reference is then the link's. */
function aboutExpiry({ merchantReference }: NotificationRequestItem, payment: string): About {
  const { reference } = readReference(merchantReference)
  const outcome: Outcome = { outcome: 'ended', pspReference: payment, reason: 'authorization_expired' }
  return { kind: 'attempt', reference, attemptKind: 'authorize', outcome }
}

/**
 * The shopper never came back from the bank. It is read as a decline and not as an end, because a decline takes nothing
 * back: should the payment have been authorised after all, an operator sees that the two contradict each other. A link
 * that nobody paid is closed by its own time.
 */
function aboutOfferClosed(item: NotificationRequestItem): About {
  const { reference } = readReference(item.merchantReference)
  if (isOfLink(item)) return { kind: 'nothing' }
  const outcome: Outcome = {
    outcome: 'declined',
    pspReference: null,
    code: 'authentication_failed',
    pspCode: 'OFFER_CLOSED',
    card: null,
  }
  return { kind: 'attempt', reference, attemptKind: 'authorize', outcome }
}

/** No shopper stands by, so it is never about trying another card. */
const declinedFollowUps = {
  capture: 'do_not_honor',
  cancel: 'do_not_honor',
  refund: 'refund_declined',
} as const satisfies Record<FollowUpKind, DeclineCode>

function aboutModification(kind: FollowUpKind, item: NotificationRequestItem): About | null {
  const { pspReference, merchantReference: reference } = item
  const amount = item.amount.value < 0 ? null : fromAdyen(item.amount)
  if (item.success === 'false') {
    const outcome: Outcome = {
      outcome: 'declined',
      pspReference,
      code: declinedFollowUps[kind],
      pspCode: null,
      card: null,
    }
    return { kind: 'attempt', reference, attemptKind: kind, outcome }
  }
  if (amount === null || (kind === 'capture' && amount.amount === 0n)) return null
  const captured = kind === 'capture' ? amount.amount : 0n
  return {
    kind: 'attempt',
    reference,
    attemptKind: kind,
    outcome: { outcome: 'approved', pspReference, captured, card: null },
    // What a cancel releases it need not tell.
    ...(kind === 'cancel' ? {} : { amount }),
  }
}

/** Adyen, “Dispute webhooks”: the item's reference is the dispute's, its original reference the payment's. */
function aboutDispute(item: NotificationRequestItem, status: Dispute['status']): About | null {
  const amount = fromAdyen({ ...item.amount, value: Math.abs(item.amount.value) })
  if (amount === null || !item.originalReference) return null
  const endsAt = Date.parse(readText(item.additionalData, 'defensePeriodEndsAt') ?? '')
  const isOpen = status === 'inquiry' || status === 'opened'
  return {
    kind: 'dispute',
    payment: item.originalReference,
    dispute: {
      id: item.pspReference,
      status,
      amount,
      reason: item.reason?.slice(0, 200) || null,
      evidenceDueBy: isOpen && Number.isFinite(endsAt) ? new Date(endsAt) : null,
    },
  }
}

function isOfLink({ additionalData }: NotificationRequestItem): boolean {
  return readText(additionalData, 'paymentLinkId') !== undefined
}
