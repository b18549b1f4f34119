import { randomBytes } from 'node:crypto'
import { hexOfId } from '../ids.ts'

/**
 * The trace of an object or a request: the UUID that its id is made of. A charge has the digits of the request that made
 * it, so both name one trace, and whoever holds the id of either needs nothing else.
 */
export const traceIdOf = hexOfId

/** The span of the request itself. Its id follows from the trace's, so that other processes can hang theirs under it. */
export const rootSpanIdOf = (traceId: string): string => traceId.slice(16)

export const newSpanId = (): string => randomBytes(8).toString('hex')
export const newTraceId = (): string => randomBytes(16).toString('hex')

/** Whether a trace is among those that are kept: of one trace, every process says the same. */
export function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32
}

export type SpanLink = { traceId: string; spanId: string }

/**
 * The caller's own span (W3C Trace Context, `traceparent`), to be linked and never to be believed: a trace has one owner.
 * Null for what is none, and for ids with so many decimal digits in a row that they could be a card number.
 */
export function readTraceparent(header: unknown): SpanLink | null {
  const [, traceId = '', spanId = ''] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(String(header)) ?? []
  const isOne = /[^0]/.test(traceId) && /[^0]/.test(spanId)
  return isOne && !/\d{12}/.test(`${traceId}${spanId}`) ? { traceId, spanId } : null
}
