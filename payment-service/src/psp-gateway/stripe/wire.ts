import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { parseJson } from '../parse-json.ts'
import type { PspReply } from '../port.ts'

/**
 * What Stripe sends, as far as FinCore reads it. Fields that are not named here may come and change; a field that is
 * named and has another form makes the whole object unreadable, and so its outcome unknown.
 */

const Id = Type.String({ pattern: '^\\w{1,255}$' })
const Word = Type.String({ pattern: '^[a-z0-9_.]{1,64}$' })
const Reference = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })
const WebUrl = Type.String({ pattern: '^https?://[\\x21-\\x7e]{1,4000}$' })
const Units = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Seconds = Type.Integer({ minimum: 0, maximum: 99_999_999_999 })
const Currency = Type.String({ pattern: '^[a-z]{3}$' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([Type.Null(), schema])
const maybe = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Optional(orNull(schema))

/** What FinCore writes at Stripe, to know its own again. */
const Metadata = Type.Object({
  /** Our reference of the request that made the object. Without it the object is not ours. */
  fincore_reference: Type.Optional(Reference),
  /** On a payment of a Checkout Session, whose reference the session's is. */
  fincore_flow: Type.Optional(Type.Literal('hosted')),
  /** Our reference of the capture; it comes with that. */
  fincore_capture: Type.Optional(Reference),
})

const Card = Type.Object({
  brand: Type.String(),
  last4: Type.String({ pattern: '^[0-9]{4}$' }),
  exp_month: Type.Integer({ minimum: 1, maximum: 12 }),
  exp_year: Type.Integer({ minimum: 2000, maximum: 2099 }),
})

const PaymentError = Type.Object({
  code: maybe(Type.String()),
  decline_code: maybe(Type.String()),
  charge: maybe(Type.String()),
  payment_method: maybe(Type.Object({ card: Type.Optional(Type.Unknown()) })),
})

const PaymentIntent = Type.Object({
  object: Type.Literal('payment_intent'),
  id: Id,
  status: Word,
  amount: Units,
  amount_capturable: Units,
  amount_received: Units,
  currency: Currency,
  created: Seconds,
  metadata: Metadata,
  cancellation_reason: orNull(Word),
  last_payment_error: orNull(PaymentError),
  next_action: orNull(
    Type.Object({ type: Type.String(), redirect_to_url: maybe(Type.Object({ url: orNull(WebUrl) })) }),
  ),
  /** Its id, or the charge itself where it was asked for. */
  latest_charge: Type.Union([Type.Null(), Type.String(), Type.Object({})]),
})
export type PaymentIntent = Static<typeof PaymentIntent>

/** What of a charge says which card it was; a charge that lacks it says nothing against the payment. */
const ChargedCard = Type.Object({ payment_method_details: Type.Object({ card: Type.Unknown() }) })
const NetworkId = Type.Object({ network_transaction_id: Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$' }) })

/** The charge of a payment, as its own event has it. Its metadata is the payment's at the time it was made ("Metadata"). */
const Charge = Type.Object({
  object: Type.Literal('charge'),
  status: Word,
  amount: Units,
  amount_captured: Units,
  captured: Type.Boolean(),
  currency: Currency,
  payment_intent: orNull(Id),
  metadata: Metadata,
})
export type Charge = Static<typeof Charge>

const Refund = Type.Object({
  object: Type.Literal('refund'),
  id: Id,
  status: orNull(Word),
  amount: Units,
  currency: Currency,
  metadata: orNull(Metadata),
  payment_intent: orNull(Id),
  failure_reason: maybe(Type.String()),
})
export type Refund = Static<typeof Refund>

const Session = Type.Object({
  object: Type.Literal('checkout.session'),
  id: Id,
  status: orNull(Word),
  url: orNull(WebUrl),
  success_url: orNull(WebUrl),
  client_reference_id: orNull(Type.String()),
  metadata: orNull(Metadata),
  /** Its id, or the payment itself where it was asked for; none before the shopper has tried to pay. */
  payment_intent: Type.Union([Type.Null(), Id, PaymentIntent]),
})
export type Session = Static<typeof Session>

const Dispute = Type.Object({
  object: Type.Literal('dispute'),
  id: Id,
  status: Word,
  amount: Units,
  currency: Currency,
  reason: Type.String(),
  charge: Id,
  payment_intent: orNull(Id),
  evidence_details: Type.Object({ due_by: orNull(Seconds) }),
})
export type Dispute = Static<typeof Dispute>

/** Of a list or a search only what finds ours in it; what was found is then asked for whole. */
const Page = Type.Object({
  object: Type.Enum(['list', 'search_result']),
  has_more: Type.Boolean(),
  data: Type.Array(Type.Unknown(), { maxItems: 100 }),
})
export type Page = Static<typeof Page>
const Named = Type.Object({
  object: Type.String(),
  id: Id,
  metadata: maybe(Metadata),
  client_reference_id: maybe(Type.String()),
})
export type Named = Static<typeof Named>

const Event = Type.Object({
  object: Type.Literal('event'),
  id: Id,
  type: Word,
  livemode: Type.Boolean(),
  /** Of a connected account's event: its id. An event of the account itself has none. */
  account: maybe(Type.String()),
  /** Whose request caused it; null when Stripe did by itself. */
  request: maybe(Type.Object({ idempotency_key: maybe(Type.String({ maxLength: 255 })) })),
  data: Type.Object({ object: Type.Object({}) }),
})
export type Event = Static<typeof Event>

const ErrorBody = Type.Object({
  error: Type.Object({
    type: Type.String(),
    code: maybe(Type.String()),
    decline_code: maybe(Type.String()),
    param: maybe(Type.String()),
    message: maybe(Type.String()),
    payment_intent: Type.Optional(Type.Unknown()),
    payment_method: maybe(Type.Object({ card: Type.Optional(Type.Unknown()) })),
  }),
})
export type StripeError = Static<typeof ErrorBody>['error']

export const wire = {
  paymentIntent: Schema.Compile(PaymentIntent),
  charge: Schema.Compile(Charge),
  chargedCard: Schema.Compile(ChargedCard),
  networkId: Schema.Compile(NetworkId),
  card: Schema.Compile(Card),
  refund: Schema.Compile(Refund),
  session: Schema.Compile(Session),
  dispute: Schema.Compile(Dispute),
  page: Schema.Compile(Page),
  named: Schema.Compile(Named),
  event: Schema.Compile(Event),
  error: Schema.Compile(ErrorBody),
}

/** Stripe's words in a reply: a body to read on, an error that says what was not done, or nothing to rely on. */
export type ReplyRead =
  | { kind: 'body'; value: unknown }
  | { kind: 'not_sent' }
  | { kind: 'refused'; error: StripeError }
  | { kind: 'unknown'; why: string }

/**
 * The statuses with which Stripe says that it did not do what was asked ("Errors"). Not among them: 409 and 429, which
 * say that of this call alone and not of an earlier one under the same key, and 424, where another's system failed.
 */
const refusals = new Set([400, 401, 402, 403, 404])
/** An `idempotency_error` came earlier with another request, under which something was done; an `api_error` is Stripe's. */
const refusalTypes = new Set(['card_error', 'invalid_request_error'])
const undecidedCodes = new Set(['idempotency_key_in_use', 'lock_timeout', 'rate_limit'])

export function classifyReply(reply: PspReply): ReplyRead {
  if ('failure' in reply) {
    return reply.requestWasSent
      ? { kind: 'unknown', why: `the connection failed after the request was sent (${reply.failure})` }
      : { kind: 'not_sent' }
  }
  const { status } = reply
  if (status !== 200 && !refusals.has(status)) return { kind: 'unknown', why: `Stripe answered ${status}` }
  const body = parseJson(reply.body)
  if (status === 200) return body === undefined ? unreadable(status) : { kind: 'body', value: body }
  if (!wire.error.Check(body)) return unreadable(status)
  const { error } = body
  const isRefusal = refusalTypes.has(error.type) && !undecidedCodes.has(error.code ?? '')
  return isRefusal
    ? { kind: 'refused', error }
    : { kind: 'unknown', why: `Stripe answered ${status}, which decides nothing` }
}

function unreadable(status: number): ReplyRead {
  return { kind: 'unknown', why: `Stripe's answer (${status}) could not be read` }
}
