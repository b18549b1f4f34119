import { FincoreUsageError } from './errors.ts'
import type { Observe } from './observe.ts'

/** PEM, as `readFileSync` gives it. */
export type Pem = string | Uint8Array

export type RelayOptions = {
  /** Where the card relay is, such as `https://cards.example.com`. */
  url: string
  /** The client certificate that your raw-card grant lists, and its key. */
  cert: Pem
  key: Pem
  /** The authority of the relay’s own certificate, when it is not one that Node knows. */
  ca?: Pem | undefined
}

export type FincoreOptions = {
  /** Where FinCore’s API is, such as `https://pay.example.com`. */
  api: string
  /** `sk_…`. It belongs on a server, never into a page or an app. */
  secretKey: string
  /** Only for merchants who send raw cards. */
  relay?: RelayOptions | undefined
  /** How long one try may take, from connecting to the last byte, in milliseconds: 20 000 without it. FinCore waits 10 s for a PSP. */
  timeoutMs?: number | undefined
  /**
   * How often a call is sent again at most, when that is safe: 3 without it, and 0 for never. Waiting for one’s own first
   * request (409 `idempotency_key_in_use`, `operation_in_progress`) does not count; `totalTimeoutMs` bounds it.
   */
  maxRetries?: number | undefined
  /** How long a call with all its tries may take, in milliseconds: 60 000 without it. */
  totalTimeoutMs?: number | undefined
  /** Told of every try, for logs and metrics. */
  observe?: Observe | undefined
}

/** What may be set for one call alone. */
export type RequestOptions = {
  /** Ends the call. A POST that was under way may have been carried out all the same. */
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
  maxRetries?: number | undefined
  totalTimeoutMs?: number | undefined
  observe?: Observe | undefined
}

/** For what makes or moves something. */
export type WriteOptions = RequestOptions & {
  /**
   * Names the intention, such as `order-1001-try-1`: 1 to 255 printable characters. Store it with the order before you
   * send, and a program that was restarted can ask again and cannot pay twice. One is made when it is absent.
   */
  idempotencyKey?: string | undefined
}

export type Limits = { timeoutMs: number; maxRetries: number; totalTimeoutMs: number }
export type Settings = Limits & {
  api: string
  secretKey: string
  relay: RelayOptions | null
  observe: Observe | null
}

/** Reads the options of a client. @throws FincoreUsageError that says what is wrong, and never quotes a key. */
export function readOptions(options: FincoreOptions): Settings {
  if (typeof options !== 'object' || options === null) throw usage('Make the client with { api, secretKey }.')
  if ('window' in globalThis && 'document' in globalThis)
    throw usage(
      '@fincore/node runs on a server: a secret key must never be in a browser. Use @fincore/browser in the page.',
    )
  refuseUnknown(options, optionsOfAClient, 'of a client')
  const { relay = null } = options
  return {
    api: readAddress('api', options.api),
    secretKey: readSecretKey(options.secretKey),
    relay: relay === null ? null : { ...relay, url: readAddress('relay.url', relay.url) },
    observe: options.observe ?? null,
    ...readLimits(options, { timeoutMs: 20_000, maxRetries: 3, totalTimeoutMs: 60_000 }),
  }
}

const optionsOfBoth = ['timeoutMs', 'maxRetries', 'totalTimeoutMs', 'observe']
const optionsOfAClient = ['api', 'secretKey', 'relay', ...optionsOfBoth]
const optionsOfACall = ['idempotencyKey', 'signal', ...optionsOfBoth]

/**
 * Refuses the options of a call that are none, as TypeScript does where it is used: a misspelt `idempotencyKey` would be
 * ignored, the SDK would make a key of its own, and a program that was restarted would pay twice.
 */
export function checkOptionsOfACall(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw usage('The options of a call are an object, such as { idempotencyKey }. Nothing was sent.')
  refuseUnknown(options, optionsOfACall, 'of a call')
}

function refuseUnknown(options: object, known: readonly string[], whose: string): void {
  const name = Object.keys(options).find((each) => !known.includes(each))
  if (name === undefined) return
  // What is no plain word may be a secret in the wrong place.
  const said = /^[A-Za-z_]{1,40}$/.test(name) ? name : 'What was given'
  throw usage(`${said} is not an option ${whose}. Those are ${known.join(', ')}. Nothing was sent.`)
}

/** The limits of a call: those of the client, or in their place the call’s own. */
export function readLimits(options: Partial<Record<keyof Limits, number | undefined>>, otherwise: Limits): Limits {
  const read = (name: keyof Limits, most: number) => {
    const value = options[name] ?? otherwise[name]
    if (!Number.isInteger(value) || value < (name === 'maxRetries' ? 0 : 1) || value > most)
      throw usage(`${name} must be a whole number of at most ${most}.`)
    return value
  }
  return {
    timeoutMs: read('timeoutMs', 600_000),
    maxRetries: read('maxRetries', 10),
    totalTimeoutMs: read('totalTimeoutMs', 3_600_000),
  }
}

export function usage(detail: string): FincoreUsageError {
  return new FincoreUsageError({ code: 'option_invalid', detail })
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function readAddress(name: string, text: string): string {
  if (text === undefined || text === null || text === '')
    throw usage(`${name} is missing: give its address, such as https://pay.example.com.`)
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw usage(`${name} must be an https: address.`)
  if (url.protocol === 'http:' && !loopback.test(url.hostname))
    throw usage(
      `${name} must be an https: address: without TLS anybody on the way reads the key. http: is for this machine alone.`,
    )
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usage(`${name} must have no user, no query and no fragment.`)
  if (/\/v1\/*$/.test(url.pathname))
    throw usage(`${name} must be the address without /v1: the SDK puts that behind it itself.`)
  return url.href.replace(/\/+$/, '')
}

function readSecretKey(key: string): string {
  if (typeof key !== 'string' || key === '') throw usage('secretKey is missing: give your secret key, sk_….')
  if (key.startsWith('pk_'))
    throw usage('secretKey is a publishable key (pk_…), which may charge nothing. Give your secret key, sk_….')
  if (!/^sk_[\x21-\x7e]{1,250}$/.test(key)) throw usage('secretKey must look like sk_…, without spaces.')
  return key
}
