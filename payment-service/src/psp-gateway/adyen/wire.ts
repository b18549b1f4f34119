import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { parseJson } from '../parse-json.ts'
import type { PspReply } from '../port.ts'
import { readPspCode } from '../psp-code.ts'

/**
 * What Adyen sends, as far as FinCore reads it. Fields that are not named here may come and change; a field that is
 * named and has another form makes the whole object unreadable, and so its outcome unknown.
 */

const maybe = <T extends import('typebox').TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))
const PspReference = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })
const Reference = Type.String({ maxLength: 80 })
const Code = Type.String({ maxLength: 100 })
const WebUrl = Type.String({ pattern: '^https?://[\\x21-\\x7e]{1,8000}$' })
const MinorUnits = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Amount = Type.Object({ value: MinorUnits, currency: Type.String({ pattern: '^[A-Z]{3}$' }) })
const AdditionalData = Type.Record(Type.String(), Type.Unknown())

/** `PaymentResponse` and `PaymentDetailsResponse` of the Checkout API. */
export const Payment = Type.Object({
  resultCode: Code,
  pspReference: maybe(PspReference),
  merchantReference: maybe(Reference),
  amount: maybe(Amount),
  refusalReasonCode: maybe(Code),
  action: Type.Optional(Type.Unknown()),
  paymentMethod: Type.Optional(Type.Unknown()),
  additionalData: maybe(AdditionalData),
})
export type Payment = Static<typeof Payment>

/** `PaymentCaptureResponse`, `PaymentCancelResponse`, `PaymentRefundResponse`; a cancel names no amount. */
export const Modification = Type.Object({
  status: Code,
  pspReference: PspReference,
  paymentPspReference: PspReference,
  reference: maybe(Reference),
  amount: maybe(Amount),
})
export type Modification = Static<typeof Modification>

/** `PaymentLinkResponse`. */
export const PaymentLink = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' }),
  status: Code,
  url: WebUrl,
  reference: Reference,
  amount: Amount,
})
export type PaymentLink = Static<typeof PaymentLink>

/** `PaymentMethodsResponse`. */
const PaymentMethods = Type.Object({ paymentMethods: Type.Array(Type.Object({ type: Type.Optional(Code) })) })

/** `NotificationRequestItem` of the Webhooks API. */
export const NotificationRequestItem = Type.Object({
  eventCode: Type.String({ pattern: '^[A-Z0-9_]{1,60}$' }),
  success: Type.Enum(['true', 'false']),
  pspReference: PspReference,
  originalReference: maybe(Type.String({ maxLength: 100 })),
  merchantAccountCode: Type.String({ maxLength: 100 }),
  merchantReference: Type.String({ maxLength: 200 }),
  amount: Type.Object({
    value: Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Type.String({ maxLength: 10 }),
  }),
  paymentMethod: maybe(Type.String({ maxLength: 100 })),
  reason: maybe(Type.String({ maxLength: 2_000 })),
  additionalData: AdditionalData,
})
export type NotificationRequestItem = Static<typeof NotificationRequestItem>

const Notification = Type.Object({
  live: Type.Enum(['true', 'false']),
  notificationItems: Type.Array(Type.Object({ NotificationRequestItem }), { minItems: 1, maxItems: 100 }),
})
const ErrorBody = Type.Object({ errorCode: Code, errorType: Code })
const RedirectAction = Type.Object({ type: Type.Literal('redirect'), method: Type.Literal('GET'), url: WebUrl })

export const wire = {
  amount: Schema.Compile(Amount),
  payment: Schema.Compile(Payment),
  modification: Schema.Compile(Modification),
  paymentLink: Schema.Compile(PaymentLink),
  paymentMethods: Schema.Compile(PaymentMethods),
  notification: Schema.Compile(Notification),
  redirectAction: Schema.Compile(RedirectAction),
  error: Schema.Compile(ErrorBody),
}

/** Adyen's words in a reply: a body to read on, a documented refusal to act, or nothing that can be relied on. */
export type ReplyRead =
  | { kind: 'body'; value: unknown }
  | { kind: 'rejected'; code: DeclineCode; pspCode: string | null }
  | { kind: 'unknown'; why: string }

/**
 * Error codes of Adyen that have a word of their own in FinCore (Adyen, “Error codes and messages”). Every other is
 * `rejected_by_psp`: not the shopper's fault, and nothing happened.
 */
const rejectionCodes = new Map<string, DeclineCode>([
  ['101', 'incorrect_number'],
  ['103', 'incorrect_cvc'],
  ['129', 'expired_card'],
  // The encrypted fields are too old, cannot be opened, or hold nothing that can be read.
  ['172', 'token_invalid'],
  ['174', 'token_invalid'],
  ['175', 'token_invalid'],
  ['905', 'card_not_supported'],
  ['905_1', 'card_not_supported'],
  ['905_3', 'card_not_supported'],
])

/** The statuses by which Adyen says that the request was at fault (Adyen, “HTTP status codes” and “Errors”). */
const refusingStatuses = new Set([400, 401, 403, 404, 422])
/** Of the four kinds of error, those that the request has; the fourth, `internal`, is Adyen's own, and says nothing. */
const refusingTypes = new Set(['validation', 'security', 'configuration'])
/**
 * A refusal that says only that this call did nothing, not the one before under the same key: 703, a resource that is
 * not there for the moment, and 704, “request already processed or in progress” (Adyen, “API idempotency”).
 */
const undecidedCodes = new Set(['703', '704'])

export function classifyReply(reply: PspReply): ReplyRead {
  if ('failure' in reply) {
    return reply.requestWasSent
      ? { kind: 'unknown', why: `the connection failed after the request was sent (${reply.failure})` }
      : { kind: 'rejected', code: 'not_executed', pspCode: null }
  }
  const { status } = reply
  if (status === 200 || status === 201) {
    const value = parseJson(reply.body)
    return value === undefined ? unreadable(status) : { kind: 'body', value }
  }
  if (!refusingStatuses.has(status)) return { kind: 'unknown', why: `the PSP answered ${status}` }
  const body = parseJson(reply.body)
  if (!wire.error.Check(body)) return unreadable(status)
  const { errorCode, errorType } = body
  // “Send it again under the same key” is no answer to it yet.
  const isTransient = reply.headers['transient-error'] === 'true'
  if (isTransient || undecidedCodes.has(errorCode) || !refusingTypes.has(errorType))
    return { kind: 'unknown', why: `the PSP answered ${status}, which does not say that nothing was done` }
  const code = status === 401 || status === 403 ? undefined : rejectionCodes.get(errorCode)
  return { kind: 'rejected', code: code ?? 'rejected_by_psp', pspCode: readPspCode(errorCode) }
}

/** A text of `additionalData`, or undefined. */
export function readText(data: Record<string, unknown> | null | undefined, name: string): string | undefined {
  const value = data && Object.hasOwn(data, name) ? data[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function unreadable(status: number): ReplyRead {
  return { kind: 'unknown', why: `the PSP's answer (${status}) could not be read` }
}
