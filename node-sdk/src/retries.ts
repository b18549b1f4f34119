import { type ErrorCode, errorCodes } from './error-codes.ts'
import type { Failure } from './exchange.ts'

/** What one try came to, when it was not done. */
export type FailedTry = {
  /** FinCore’s code, a failure of the exchange, or `answer_unreadable`. */
  code: string
  status: number | null
  /** False only on proof that FinCore did nothing because of this try. */
  mayHaveActed: boolean
  /** Why there was no connection, in the system’s word. */
  systemCode: string | null
  retryAfterMs: number | null
}

/** Refusals that come before anything is done, though their status would leave it open. */
const nothingDone: ReadonlySet<string> = new Set<ErrorCode>([
  'request_timeout',
  'overloaded',
  'psp_overloaded',
  'psp_unavailable',
  'audit_log_unavailable',
])
/**
 * Answers of 400 and above that leave open what became of the request: the first with the key is still running, or the
 * key belongs to another request, which may have paid this very order.
 */
const leftOpen: ReadonlySet<string> = new Set<ErrorCode>(['idempotency_key_in_use', 'idempotency_key_reused'])

/** Whether FinCore may have carried the request out, by what it answered. A 4xx of FinCore is proof that it did not. */
export function mayHaveActed(status: number, code: string | null): boolean {
  if (code === null) return true
  return leftOpen.has(code) || (!nothingDone.has(code) && (status >= 500 || status === 408))
}

/** Failures of the exchange that the next try may not meet. */
const passingFailures: ReadonlySet<string> = new Set<Failure>(['no_connection', 'connection_lost', 'timeout'])
// What is wrong with a certificate, or with a name, is still wrong a second later.
const lasting = /^(ENOTFOUND|EPROTO|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_)/

/** Whether another try can come to something else. */
export function canPass({ code, status, systemCode }: FailedTry): boolean {
  if (passingFailures.has(code)) return systemCode === null || !lasting.test(systemCode)
  if (Object.hasOwn(errorCodes, code)) return errorCodes[code as ErrorCode].retry === 'same_request'
  // A code that this SDK does not know yet, or an answer of something before FinCore.
  return status !== null && (status < 300 || status === 408 || status === 429 || status >= 500)
}

/**
 * Whether the SDK may send the request again by itself. A read may always be; so may a POST, because its idempotency key
 * keeps it from acting twice. That holds for a raw card too: when the answer of a charge got lost, FinCore answers the
 * repeat with what became of the first, and sends no card to any PSP. PATCH and DELETE have no key, so only on proof.
 */
export function maySendAgain(method: string, tried: FailedTry): boolean {
  return canPass(tried) && (method === 'GET' || method === 'POST' || !tried.mayHaveActed)
}

/** Refusals that say: what you wait for is under way. After a crash FinCore knows what became of it after 10 s. */
const stillRunning: ReadonlySet<string> = new Set<ErrorCode>(['idempotency_key_in_use', 'operation_in_progress'])

/** Whether the try met an earlier request, or an earlier capture or cancel, that is still running. */
export function isStillRunning({ code }: FailedTry): boolean {
  return stillRunning.has(code)
}

const firstPauseMs = 500
const longestPauseMs = 8_000
/** What asks for more patience than this is told to the caller in place of waiting. */
const longestRetryAfterMs = 30_000

/**
 * How long to wait before the next try: exponential backoff with full jitter, and `Retry-After` before it. Null when
 * FinCore asks for a longer wait than a call should take.
 *
 * @param tryNumber of the try that failed, from 1.
 */
export function pauseMs(tryNumber: number, retryAfterMs: number | null, random: () => number): number | null {
  if (retryAfterMs !== null && retryAfterMs > longestRetryAfterMs) return null
  const jitter = random() * Math.min(longestPauseMs, firstPauseMs * 2 ** (tryNumber - 1))
  return Math.round((retryAfterMs ?? 0) + jitter)
}

/** `Retry-After` of RFC 9110, 10.2.3: seconds, or a date. Null when there is none that can be read. */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const time = /GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(time) ? null : Math.max(0, time - now)
}
