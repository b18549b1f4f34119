import { parseJson } from '@fincore/payment-service/psp-gateway/parse-json'
import type { PspReply } from '@fincore/payment-service/psp-gateway/port'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'

/**
 * What newpsp sends, as far as FinCore reads it. Name only the fields that are read: a field that is named and has
 * another form makes the whole object unreadable, and so its outcome unknown.
 */
const Payment = Type.Object({
  id: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' }),
  reference: Type.String({ maxLength: 100 }),
  status: Type.String({ pattern: '^[a-z_]{1,64}$' }),
  amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
})
export type Payment = Static<typeof Payment>

const ErrorBody = Type.Object({ error: Type.Object({ code: Type.String({ pattern: '^[a-z_]{1,64}$' }) }) })

export const wire = { payment: Schema.Compile(Payment), error: Schema.Compile(ErrorBody) }

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
