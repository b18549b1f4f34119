import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { parseJson } from '../parse-json.ts'
import type { Money, PspReply } from '../port.ts'
import { readPspCode } from '../psp-code.ts'

/**
 * What the sandbox sends, as far as FinCore reads it. Fields that are not named here may come and change; a field that
 * is named and has another form makes the whole object unreadable, and so its outcome unknown.
 */

const Id = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })
const Word = Type.String({ pattern: '^[a-z_.]{1,64}$' })
const WebUrl = Type.String({ pattern: '^https?://[\\x21-\\x7e]{1,2040}$' })
const MinorUnits = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Amount = Type.Object({ value: MinorUnits, currency: Type.String({ pattern: '^[A-Z]{3}$' }) })
const Trouble = Type.Union([Type.Null(), Type.Object({ code: Type.String() })])

export const Payment = Type.Object({
  object: Type.Literal('payment'),
  id: Id,
  reference: Id,
  status: Word,
  amount: Amount,
  captured: MinorUnits,
  checkout_session: Type.Union([Type.Null(), Id]),
  decline: Trouble,
  action: Type.Union([Type.Null(), Type.Object({ type: Type.Literal('redirect'), url: WebUrl })]),
  card: Type.Optional(Type.Unknown()),
})
export type Payment = Static<typeof Payment>

export const Operation = Type.Object({
  object: Type.Enum(['capture', 'cancellation', 'refund']),
  id: Id,
  reference: Id,
  payment: Id,
  amount: Amount,
  status: Word,
  failure: Trouble,
})
export type Operation = Static<typeof Operation>

export const CheckoutSession = Type.Object({
  object: Type.Literal('checkout_session'),
  id: Id,
  reference: Id,
  url: WebUrl,
  status: Word,
  amount: Amount,
  payment: Type.Union([Type.Null(), Payment]),
  payments: Type.Array(Payment),
})
export type CheckoutSession = Static<typeof CheckoutSession>

const LookUp = Type.Object({
  payments: Type.Array(Payment),
  operations: Type.Array(Operation),
  checkout_sessions: Type.Array(CheckoutSession),
})
const Moment = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' })
export const Movement = Type.Object({
  object: Type.Literal('movement'),
  kind: Type.Enum(['authorization', 'capture', 'cancellation', 'refund']),
  id: Id,
  reference: Id,
  payment: Id,
  payment_reference: Id,
  amount: Amount,
  at: Moment,
})
export type Movement = Static<typeof Movement>
const MovementPage = Type.Object({
  movements: Type.Array(Movement, { maxItems: 500 }),
  next: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })]),
  complete_until: Moment,
})
const WebhookBody = Type.Object({ id: Id, type: Word, data: Type.Record(Type.String(), Type.Unknown()) })
const ErrorBody = Type.Object({
  error: Type.Object({ code: Type.String(), param: Type.Union([Type.Null(), Type.String()]) }),
})
const Account = Type.Object({
  object: Type.Literal('account'),
  public_key: Id,
  webhook_url: Type.Union([Type.Null(), Type.String({ maxLength: 2_048 })]),
})
const CardSchema = Type.Object({
  brand: Type.String(),
  first6: Type.String({ pattern: '^[0-9]{6}$' }),
  last4: Type.String({ pattern: '^[0-9]{4}$' }),
  expiry_month: Type.Integer({ minimum: 1, maximum: 12 }),
  expiry_year: Type.Integer({ minimum: 2000, maximum: 2099 }),
})

export const wire = {
  payment: Schema.Compile(Payment),
  operation: Schema.Compile(Operation),
  checkoutSession: Schema.Compile(CheckoutSession),
  lookUp: Schema.Compile(LookUp),
  movementPage: Schema.Compile(MovementPage),
  webhook: Schema.Compile(WebhookBody),
  error: Schema.Compile(ErrorBody),
  account: Schema.Compile(Account),
  card: Schema.Compile(CardSchema),
}

/** The PSP's words in a reply: a body to read on, a documented refusal to act, or nothing that can be relied on. */
export type ReplyRead =
  | { kind: 'body'; value: unknown }
  | { kind: 'rejected'; code: DeclineCode; pspCode: string | null }
  | { kind: 'unknown'; why: string }

/**
 * 4xx codes of the sandbox that have a word of their own in FinCore. Every other is `rejected_by_psp`: not the
 * shopper's fault, and nothing happened.
 */
const rejectionCodes = new Map<string, DeclineCode>([
  ['token_invalid', 'token_invalid'],
  ['incorrect_number', 'incorrect_number'],
  ['incorrect_cvc', 'incorrect_cvc'],
])

/** The sandbox documents 4xx as “nothing was done”; these say only that this call did nothing, not the one before. */
const undecidedStatuses = new Set([408, 425, 429])
const undecidedCodes = new Set(['idempotency_in_progress', 'idempotency_key_reused'])

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
  if (status < 400 || status >= 500 || undecidedStatuses.has(status)) {
    return { kind: 'unknown', why: `the PSP answered ${status}` }
  }
  const body = parseJson(reply.body)
  if (!wire.error.Check(body)) return unreadable(status)
  const { code, param } = body.error
  if (status === 409 && undecidedCodes.has(code)) return { kind: 'unknown', why: `the PSP answered 409 ${code}` }
  if (status === 401 || status === 403) return { kind: 'rejected', code: 'rejected_by_psp', pspCode: readPspCode(code) }
  // A token of an impossible form is refused by the schema, before anyone looks for it.
  const word = param === 'source.token' ? 'token_invalid' : (rejectionCodes.get(code) ?? 'rejected_by_psp')
  return { kind: 'rejected', code: word, pspCode: readPspCode(code) }
}

export function moneyOf(amount: Static<typeof Amount>): Money {
  return { amount: BigInt(amount.value), currency: amount.currency }
}

/** Minor units as a JSON number. Amounts are bounded far below 2^53 where they enter, so a larger one is a bug. */
export function toNumber(amount: bigint): number {
  const number = Number(amount)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error('An amount does not fit a JSON number')
  return number
}

function unreadable(status: number): ReplyRead {
  return { kind: 'unknown', why: `the PSP's answer (${status}) could not be read` }
}
