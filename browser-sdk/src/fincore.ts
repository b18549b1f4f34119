/**
 * `@fincore/browser`: draws the card fields of the merchant's PSP, returns a token for them, and carries the shopper
 * through what the charge asks next. The card's number and code stay inside the PSP's iframe: this file, the page
 * around it and the merchant's server never see them.
 *
 * One file, no imports, erasable types only, so that any server can hand it to browsers by stripping the types.
 */

/** Where FinCore's API is, and the key (`pk_…`) that may be shown to everybody. */
export type LoadOptions = { api: string; publishableKey: string }

/** `brand` is null until the digits typed so far tell it. */
export type FieldsState = { complete: boolean; brand: string | null }

export type FieldsOptions = {
  /** A BCP 47 tag; the page's own `<html lang>` when absent. */
  locale?: string
  /** The colours of the page around the fields; the PSP's own default when absent. */
  theme?: 'light' | 'dark'
  /** Called whenever the shopper's typing changed what is known of the card. */
  onChange?: (state: FieldsState) => void
  /** How long the PSP may take to draw its fields, in milliseconds. */
  readyTimeoutMs?: number
}

/** What may be shown of the card: “Visa ending in 4242”. */
export type CardSummary = { brand: string; last4: string; exp_month: number; exp_year: number }

/** Send `token` and `pspAccount` to your own server, which makes the charge with them. A token works once. */
export type TokenResult = { token: string; card: CardSummary; pspAccount: string }

export type CardFields = {
  kind: 'iframe'
  /** Rejects with a `FincoreError` whose `message` can be shown to the shopper as it is. */
  tokenize: () => Promise<TokenResult>
  focus: () => void
  /** Takes the fields off the page; a `tokenize` under way rejects. */
  unmount: () => void
}

/** The part of a charge that the browser needs. Your server may hand the whole charge on. */
export type ChargeInBrowser = { next_action: { type: string; url?: string } | null }

export type Fincore = {
  environment: string
  mountCardFields: (element: HTMLElement, options?: FieldsOptions) => Promise<CardFields>
  /**
   * Does what the charge asks of the shopper, such as a visit to the bank's page. Resolves `false` when there is
   * nothing to do; when the browser is leaving for another page it never resolves.
   */
  handleNextAction: (charge: ChargeInBrowser) => Promise<boolean>
}

/** `message` is written for shoppers, `code` for programs, `field` names the input at fault; `cause` is for developers. */
export class FincoreError extends Error {
  readonly code: string
  readonly field: string | null

  constructor(code: string, message: string, detail: { field?: string | null; cause?: unknown } = {}) {
    super(message, { cause: detail.cause })
    this.name = 'FincoreError'
    this.code = code
    this.field = detail.field ?? null
  }
}

type IframeAccount = { id: string; url: URL; origin: string }
type Deferred<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void }

const configTimeoutMs = 10_000
const readyTimeoutMs = 10_000
// The PSP's own call may be slow; after this long the shopper is better served by an answer than by a spinner.
const tokenizeTimeoutMs = 30_000
const heightRangePx = { least: 40, most: 1200 }
// The longest text that is taken out of a message, so that a broken fields page cannot flood the merchant's page.
const longestText = 500

const shopperMessages = {
  api_unreachable: 'Paying by card is not available right now. Check your connection and reload the page.',
  fields_unavailable: 'The card form could not be loaded. Check your connection and reload the page.',
  fields_not_offered: 'Paying by card on this page is not available right now. Choose another way to pay.',
  tokenize_timeout: 'The card details could not be sent in time. Nothing was charged. Try again.',
  unmounted: 'The card form was closed before it was finished. Nothing was charged.',
  next_action_unsupported: 'This payment needs a step that this page cannot show. Choose another way to pay.',
} as const

const fieldTitles: Record<string, string> = {
  en: 'Card details',
  de: 'Kartendaten',
  es: 'Datos de la tarjeta',
  fr: 'Coordonnées de la carte',
  nl: 'Kaartgegevens',
}

function makeError(code: keyof typeof shopperMessages, cause: unknown): FincoreError {
  return new FincoreError(code, shopperMessages[code], { cause })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= longestText ? value : null
}

/** Null for everything but `http:` and `https:`, since a `javascript:` address would run in the merchant's page. */
function parseWebAddress(value: unknown): URL | null {
  try {
    const url = new URL(String(value))
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
  } catch {
    return null
  }
}

/** `Promise.withResolvers`, which phones of before 2024 do not have. */
function makeDeferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {}
  let reject: Deferred<T>['reject'] = () => {}
  const promise = new Promise<T>((whenDone, whenFailed) => {
    resolve = whenDone
    reject = whenFailed
  })
  return { promise, resolve, reject }
}

/**
 * Asks FinCore how this merchant's card fields are drawn. Throws a `FincoreError` when the API cannot be reached or
 * refuses the key, and a `TypeError` when a secret key was passed, which must never reach a browser.
 */
export async function loadFincore(options: LoadOptions): Promise<Fincore> {
  if (!options.publishableKey.startsWith('pk_')) {
    throw new TypeError('loadFincore takes a publishable key (pk_…). A secret key must never be sent to a browser.')
  }
  const config = await fetchClientConfig(options)
  return {
    environment: readText(config.environment) ?? 'unknown',
    mountCardFields: (element, fieldsOptions = {}) => mountCardFields(config, element, fieldsOptions),
    handleNextAction,
  }
}

async function fetchClientConfig(options: LoadOptions): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(`${options.api.replace(/\/+$/, '')}/v1/client_config`, {
      headers: { authorization: `Bearer ${options.publishableKey}` },
      credentials: 'omit',
      signal: AbortSignal.timeout(configTimeoutMs),
    })
    const body: unknown = await response.json()
    if (response.ok && isRecord(body)) return body
    throw new Error(`client_config answered ${response.status}: ${isRecord(body) ? body.code : 'not an object'}`)
  } catch (cause) {
    throw makeError('api_unreachable', cause)
  }
}

/** The first PSP account whose fields this file can draw. */
function findIframeAccount(config: Record<string, unknown>): IframeAccount {
  const accounts = Array.isArray(config.psp_accounts) ? config.psp_accounts : []
  for (const account of accounts) {
    if (!isRecord(account) || !isRecord(account.fields) || account.fields.kind !== 'iframe') continue
    const id = readText(account.id)
    const url = parseWebAddress(account.fields.url)
    // The origin is what every message is checked against, so a config that contradicts itself is not used at all.
    if (id !== null && url !== null && url.origin === account.fields.origin) return { id, url, origin: url.origin }
  }
  throw makeError('fields_not_offered', new Error('client_config lists no PSP account with fields of kind "iframe".'))
}

function makeIframe(account: IframeAccount, locale: string, theme: FieldsOptions['theme']): HTMLIFrameElement {
  const url = new URL(account.url)
  url.searchParams.set('locale', locale)
  url.searchParams.set('origin', window.location.origin)
  if (theme !== undefined) url.searchParams.set('theme', theme)
  const iframe = document.createElement('iframe')
  iframe.src = url.href
  iframe.title = fieldTitles[locale.split('-')[0] ?? 'en'] ?? 'Card details'
  iframe.allow = 'payment'
  iframe.referrerPolicy = 'origin'
  Object.assign(iframe.style, { border: '0', display: 'block', width: '100%', height: '0' })
  return iframe
}

async function mountCardFields(
  config: Record<string, unknown>,
  element: HTMLElement,
  options: FieldsOptions,
): Promise<CardFields> {
  const account = findIframeAccount(config)
  const iframe = makeIframe(account, options.locale ?? (document.documentElement.lang || 'en'), options.theme)
  const ready = makeDeferred<void>()
  let asked: ({ id: string } & Deferred<TokenResult>) | null = null

  const tell = (message: Record<string, unknown>) => {
    iframe.contentWindow?.postMessage({ fincore: 1, ...message }, account.origin)
  }

  const handleMessage = (event: MessageEvent) => {
    // Any window may post to this one: only the very frame that was made here counts, and only while it shows the PSP.
    if (event.source !== iframe.contentWindow || event.origin !== account.origin) return
    const message: unknown = event.data
    if (!isRecord(message) || message.fincore !== 1) return
    if (message.event === 'ready' || message.event === 'resize') setHeight(iframe, message.height)
    if (message.event === 'ready') ready.resolve()
    if (message.event === 'change') options.onChange?.(readState(message))
    if (asked === null || message.id !== asked.id) return
    if (message.event === 'token') settleToken(asked, message, account.id)
    if (message.event === 'error') asked.reject(readFieldsError(message))
  }

  const unmount = () => {
    window.removeEventListener('message', handleMessage)
    iframe.remove()
    asked?.reject(makeError('unmounted', undefined))
  }

  const tokenize = (): Promise<TokenResult> => {
    // A second press of the button while the first runs must not make a second token.
    if (asked !== null) return asked.promise
    if (!iframe.isConnected) return Promise.reject(makeError('unmounted', undefined))
    const question = { id: makeId(), ...makeDeferred<TokenResult>() }
    asked = question
    const timer = setTimeout(() => question.reject(makeError('tokenize_timeout', undefined)), tokenizeTimeoutMs)
    tell({ do: 'tokenize', id: question.id })
    return question.promise.finally(() => {
      clearTimeout(timer)
      asked = null
    })
  }

  window.addEventListener('message', handleMessage)
  element.replaceChildren(iframe)
  const waitMs = options.readyTimeoutMs ?? readyTimeoutMs
  const timer = setTimeout(() => {
    ready.reject(makeError('fields_unavailable', new Error(`${account.origin} was not ready within ${waitMs} ms.`)))
  }, waitMs)
  try {
    await ready.promise
  } catch (error) {
    unmount()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return { kind: 'iframe', tokenize, focus: () => tell({ do: 'focus' }), unmount }
}

function setHeight(iframe: HTMLIFrameElement, height: unknown): void {
  if (typeof height !== 'number' || !Number.isFinite(height)) return
  iframe.style.height = `${Math.min(Math.max(Math.ceil(height), heightRangePx.least), heightRangePx.most)}px`
}

function readState(message: Record<string, unknown>): FieldsState {
  return { complete: message.complete === true, brand: readText(message.brand) }
}

function settleToken(asked: Deferred<TokenResult>, message: Record<string, unknown>, pspAccount: string): void {
  const token = readText(message.token)
  const card = isRecord(message.card) ? message.card : {}
  if (token === null) {
    asked.reject(makeError('fields_unavailable', new Error('The fields page sent a token message without a token.')))
    return
  }
  const summary = {
    brand: readText(card.brand) ?? 'unknown',
    last4: readText(card.last4) ?? '',
    exp_month: Number(card.exp_month),
    exp_year: Number(card.exp_year),
  }
  asked.resolve({ token, card: summary, pspAccount })
}

function readFieldsError(message: Record<string, unknown>): FincoreError {
  const text = readText(message.message) ?? 'The card details could not be checked. Look at them and try again.'
  return new FincoreError(readText(message.code) ?? 'fields_error', text, { field: readText(message.field) })
}

/** Not `crypto.randomUUID`, which browsers withhold from pages that are not on HTTPS, such as a phone on a developer's LAN. */
function makeId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function handleNextAction(charge: ChargeInBrowser): Promise<boolean> {
  if (charge.next_action === null) return false
  const url = parseWebAddress(charge.next_action.url)
  if (charge.next_action.type !== 'redirect' || url === null) {
    throw makeError('next_action_unsupported', new Error(`next_action of type ${charge.next_action.type}`))
  }
  window.location.assign(url.href)
  return new Promise(() => {})
}
