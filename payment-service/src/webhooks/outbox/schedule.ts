const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/**
 * How long after the try before it each try comes, in milliseconds: ten tries over 75 h 35 m, the schedule that
 * Standard Webhooks recommends. After the last one the delivery has failed.
 */
export const tryDelaysMs = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const

/** A longer `Retry-After` is read as this: events older than that are of little use. */
const maxRetryAfterMs = 24 * hour
/** Tries vary by a tenth, so that an endpoint that was away is not met by all of them at once. */
const jitter = 0.1

/**
 * When the next try comes after `tries` of them failed; null when that was the last. A `Retry-After` of the endpoint
 * can only put it off.
 *
 * @param random a number from 0 to 1.
 */
export function nextTryDelayMs(tries: number, retryAfterMs: number | null, random: number): number | null {
  const delayMs = tryDelaysMs[tries]
  if (delayMs === undefined) return null
  const jittered = Math.round(delayMs * (1 - jitter + 2 * jitter * random))
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, maxRetryAfterMs))
}

/** Reads `Retry-After`: seconds, or a date (RFC 9110 10.2.3). Null for anything else. */
export function readRetryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null
  if (/^\d{1,10}$/.test(header.trim())) return Number(header) * second
  const at = /^[A-Za-z]{3,9},? /.test(header) && header.length < 50 ? Date.parse(header) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
