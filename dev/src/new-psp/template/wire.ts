import { parseJson } from '@fincore/payment-service/psp-gateway/parse-json'
import type { Money, PspReply } from '@fincore/payment-service/psp-gateway/port'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'

/**
 * What newpsp sends, as far as FinCore reads it. Name only the fields that are read: a field that is named and has
 * another form makes the whole object unreadable, and so its outcome unknown.
 */
const Id = Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })
const Word = Type.String({ pattern: '^[a-z_]{1,64}$' })
const MinorUnits = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Currency = Type.String({ pattern: '^[A-Z]{3}$' })
// A shopper is sent there, so it is an address of the web and no other.
const WebUrl = Type.String({ pattern: '^https?://[\\x21-\\x7e]{1,2040}$' })

const Payment = Type.Object({
  id: Id,
  reference: Id,
  status: Word,
  amount: MinorUnits,
  captured: MinorUnits,
  currency: Currency,
  decline_code: Type.Optional(Type.String()),
  action_url: Type.Optional(WebUrl),
  card: Type.Optional(Type.Unknown()),
})
export type Payment = Static<typeof Payment>

/** A capture, a cancel or a refund. */
const Operation = Type.Object({
  kind: Type.Enum(['capture', 'cancel', 'refund']),
  id: Id,
  reference: Id,
  status: Word,
  amount: MinorUnits,
  currency: Currency,
  decline_code: Type.Optional(Type.String()),
})
export type Operation = Static<typeof Operation>

/** Read by itself: a card that has another form says nothing against its payment. */
const Card = Type.Object({
  brand: Type.String(),
  first6: Type.String({ pattern: '^[0-9]{6}$' }),
  last4: Type.String({ pattern: '^[0-9]{4}$' }),
  exp_month: Type.Integer({ minimum: 1, maximum: 12 }),
  exp_year: Type.Integer({ minimum: 2000, maximum: 2099 }),
})

const ErrorBody = Type.Object({ error: Type.Object({ code: Type.String() }) })

export const wire = {
  payment: Schema.Compile(Payment),
  operation: Schema.Compile(Operation),
  card: Schema.Compile(Card),
  error: Schema.Compile(ErrorBody),
}

/** The PSP's words in a reply: a body to read on, an error of its own, a request that never left, or nothing to rely on. */
export type ReplyRead =
  | { kind: 'body'; value: unknown }
  | { kind: 'error'; status: number; code: string }
  | { kind: 'not_sent' }
  | { kind: 'unknown'; why: string }

/** Reads a reply as far as every operation reads it alike. Never throws. */
export function classifyReply(reply: PspReply): ReplyRead {
  if ('failure' in reply) {
    return reply.requestWasSent
      ? { kind: 'unknown', why: `the connection failed after the request was sent (${reply.failure})` }
      : { kind: 'not_sent' }
  }
  const { status } = reply
  const value = parseJson(reply.body)
  if (value !== undefined && (status === 200 || status === 201)) return { kind: 'body', value }
  // Only an error in the PSP's own form is the PSP's: any other may come from something on the way.
  if (status >= 400 && status < 500 && wire.error.Check(value)) return { kind: 'error', status, code: value.error.code }
  return { kind: 'unknown', why: `the PSP's answer (${status}) could not be read` }
}

export function moneyOf({ amount, currency }: { amount: number; currency: string }): Money {
  return { amount: BigInt(amount), currency }
}
