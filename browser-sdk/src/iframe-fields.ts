import { makeCardFields, makeDeferred, waitUntilReady } from './card-fields.ts'
import { makeError, makeFieldError } from './errors.ts'
import { describeFields } from './field-texts.ts'
import type { CardFields, FieldsOptions, ReadOffer, TokenResult } from './types.ts'
import { isRecord, parseWebAddress, readInteger, readText } from './untrusted.ts'

/** A page of the PSP that draws the fields and speaks in messages, as docs/card-fields.md describes them. */
type IframePage = { account: string; url: URL; origin: string }

const heightRangePx = { least: 40, most: 1200 }

export const readIframeOffer: ReadOffer = (account, fields) => {
  const url = parseWebAddress(fields.url)
  // The origin is what every message is checked against, so a config that contradicts itself is not used at all.
  if (url === null || url.origin !== fields.origin) return null
  return (element, options) => mountIframe({ account, url, origin: url.origin }, element, options)
}

async function mountIframe(page: IframePage, element: HTMLElement, options: FieldsOptions): Promise<CardFields> {
  const iframe = makeIframe(page, options)
  const ready = makeDeferred<void>()
  let asked: { id: string; resolve: (token: TokenResult) => void; reject: (error: Error) => void } | null = null

  const tell = (message: Record<string, unknown>) => {
    iframe.contentWindow?.postMessage({ fincore: 1, ...message }, page.origin)
  }

  const handleMessage = (event: MessageEvent) => {
    // Any window may post to this one: only the very frame that was made here counts, and only while it shows the PSP.
    if (event.source !== iframe.contentWindow || event.origin !== page.origin) return
    const message: unknown = event.data
    if (!isRecord(message) || message.fincore !== 1) return
    if (message.event === 'ready' || message.event === 'resize') setHeight(iframe, message.height)
    if (message.event === 'ready') ready.resolve()
    if (message.event === 'change') {
      options.onChange?.({ complete: message.complete === true, brand: readText(message.brand) })
    }
    if (asked === null || message.id !== asked.id) return
    if (message.event === 'token') settleToken(asked, message, page.account)
    if (message.event === 'error') asked.reject(makeFieldError(message.code, message.message, readText(message.field)))
  }

  const remove = () => {
    window.removeEventListener('message', handleMessage)
    iframe.remove()
  }

  window.addEventListener('message', handleMessage)
  element.replaceChildren(iframe)
  await waitUntilReady(ready.promise, { from: page.origin, remove, options })
  return makeCardFields({
    kind: 'iframe',
    root: iframe,
    tokenize: () =>
      new Promise((resolve, reject) => {
        asked = { id: makeId(), resolve, reject }
        tell({ do: 'tokenize', id: asked.id })
      }),
    focus: () => tell({ do: 'focus' }),
    remove,
  })
}

function makeIframe(page: IframePage, options: FieldsOptions): HTMLIFrameElement {
  const { locale, texts } = describeFields(options)
  const url = new URL(page.url)
  url.searchParams.set('locale', locale)
  url.searchParams.set('origin', window.location.origin)
  if (options.theme !== undefined) url.searchParams.set('theme', options.theme)
  const iframe = document.createElement('iframe')
  iframe.src = url.href
  iframe.title = texts.title
  iframe.allow = 'payment'
  iframe.referrerPolicy = 'origin'
  Object.assign(iframe.style, { border: '0', display: 'block', width: '100%', height: '0' })
  return iframe
}

function setHeight(iframe: HTMLIFrameElement, height: unknown): void {
  if (typeof height !== 'number' || !Number.isFinite(height)) return
  iframe.style.height = `${Math.min(Math.max(Math.ceil(height), heightRangePx.least), heightRangePx.most)}px`
}

function settleToken(
  asked: { resolve: (token: TokenResult) => void; reject: (error: Error) => void },
  message: Record<string, unknown>,
  pspAccount: string,
): void {
  const token = readText(message.token)
  const card = isRecord(message.card) ? message.card : {}
  if (token === null) {
    asked.reject(makeError('fields_unavailable', new Error('The fields page sent a token message without a token.')))
    return
  }
  const summary = {
    brand: readText(card.brand) ?? 'unknown',
    last4: readText(card.last4) ?? '',
    exp_month: readInteger(card.exp_month),
    exp_year: readInteger(card.exp_year),
  }
  asked.resolve({ token, card: summary, pspAccount })
}

/** Not `crypto.randomUUID`, which browsers withhold from pages that are not on HTTPS, such as a phone on a developer's LAN. */
function makeId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
