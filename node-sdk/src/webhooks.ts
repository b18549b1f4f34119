import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FincoreEvent } from './contract.ts'
import { FincoreSignatureError, FincoreUsageError } from './errors.ts'
import type { SdkErrorCode } from './sdk-error-codes.ts'
import { sdkErrorCodes } from './sdk-error-codes.ts'

/** A request’s headers: Node’s own, or those of fetch. */
export type WebhookHeaders =
  | { get: (name: string) => string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

export type VerifyOptions = {
  /** How far the signature’s time may be from now, in seconds: 300 without it. */
  toleranceSeconds?: number | undefined
  /** The time that counts as now. */
  now?: Date | undefined
}

/**
 * Verifies a webhook as Standard Webhooks has it, and gives its event. Answer 2xx when it returns, 400 when it throws.
 *
 * @param body the request’s body as it came, before anything parses it: the signature is that of these bytes.
 * @param secret `whsec_…`; several while a secret is being changed.
 * @throws FincoreSignatureError when it is forged, changed or too old; FincoreUsageError when it cannot be verified so.
 */
export function verify(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = 300, now = new Date() }: VerifyOptions = {},
): FincoreEvent {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw misuse('webhook_body_not_raw')
  const keys = [secret].flat().map(readSecret)
  if (keys.length === 0) throw misuse('webhook_secret_invalid')
  const id = readHeader(headers, 'webhook-id')
  const timestamp = readHeader(headers, 'webhook-timestamp')
  const given = readHeader(headers, 'webhook-signature').split(' ').slice(0, mostSignatures)
  if (!/^\d{1,12}$/.test(timestamp)) throw forged('webhook_headers_missing')
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) throw forged('webhook_timestamp_too_far')
  const expected = keys.map((key) => makeSignature(key, id, timestamp, body))
  // Every pair is compared, so that the time tells nothing of which one fits.
  const fitting = expected.flatMap((one) => given.filter((other) => isSame(one, other)))
  if (fitting.length === 0) throw forged('webhook_signature_invalid')
  return readEvent(body)
}

export type SignOptions = {
  /** The event’s own id without it. */
  id?: string | undefined
  now?: Date | undefined
}

/**
 * Signs an event as FinCore does, for the tests of your own receiver.
 * @returns the body to send, and its headers.
 */
export function sign(
  event: { id: string; type: string; data: object },
  secret: string,
  { id = event.id, now = new Date() }: SignOptions = {},
): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify(event)
  const timestamp = String(Math.floor(now.getTime() / 1000))
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': makeSignature(readSecret(secret), id, timestamp, body),
    },
  }
}

/** Two secrets sign during a rotation; a forger must not make us compare thousands. */
const mostSignatures = 16

function makeSignature(key: Buffer, id: string, timestamp: string, body: string | Uint8Array): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
}

function isSame(one: string, other: string): boolean {
  const [ours, theirs] = [Buffer.from(one), Buffer.from(other)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}

function readSecret(secret: unknown): Buffer {
  const base64 = typeof secret === 'string' && secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : ''
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(base64)) throw misuse('webhook_secret_invalid')
  return Buffer.from(base64, 'base64')
}

function readHeader(headers: WebhookHeaders, name: string): string {
  if (typeof headers !== 'object' || headers === null) throw misuse('webhook_headers_missing')
  const value = isFetchHeaders(headers) ? headers.get(name) : findHeader(headers, name)
  if (typeof value !== 'string' || value === '') throw forged('webhook_headers_missing')
  return value
}

const isFetchHeaders = (headers: WebhookHeaders): headers is { get: (name: string) => string | null } =>
  typeof headers.get === 'function'

function findHeader(headers: Readonly<Record<string, unknown>>, name: string): unknown {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return Array.isArray(found) && found.length === 1 ? found[0] : found
}

function readEvent(body: string | Uint8Array): FincoreEvent {
  try {
    const event = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString())
    const { id, type, data } = event
    if (typeof id === 'string' && typeof type === 'string' && typeof data?.object?.object === 'string') return event
  } catch {
    // The error would quote the body.
  }
  throw forged('webhook_body_unreadable')
}

const forged = (code: SdkErrorCode) => new FincoreSignatureError({ code, detail: sdkErrorCodes[code].meaning })
const misuse = (code: SdkErrorCode) => new FincoreUsageError({ code, detail: sdkErrorCodes[code].meaning })
