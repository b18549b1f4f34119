import { type Deferred, makeDeferred, mountFields } from './card-fields.ts'
import { makeFieldError } from './errors.ts'
import { fieldNames, watchFields } from './field-watch.ts'
import { readLook } from './look.ts'
import type { MountOptions, ReadOffer } from './mount.ts'
import { textsOf } from './texts.ts'
import type { CardFields, FieldName, FieldState } from './types.ts'
import { isRecord, parseWebAddress, readText } from './untrusted.ts'

/** A page of the PSP that draws the fields and speaks in messages, as docs/card-fields.md describes them. */
type IframePage = { account: string; url: URL; origin: string }

const leastHeightPx = 40
const mostHeightPx = 1200
const fieldStates: readonly unknown[] = ['empty', 'incomplete', 'invalid', 'complete'] satisfies FieldState[]

export const readIframeOffer: ReadOffer = (account, fields) => {
  const url = parseWebAddress(fields.url)
  // The origin is what every message is checked against, so a config that contradicts itself is not used at all.
  if (url === null || url.origin !== fields.origin) return null
  return (element, options) => mountIframe({ account, url, origin: url.origin }, element, options)
}

async function mountIframe(page: IframePage, element: HTMLElement, options: MountOptions): Promise<CardFields> {
  const { styles, locale } = options
  if (styles !== undefined) readLook(options)
  const iframe = makeIframe(page, options)
  const ready = makeDeferred<void>()
  const watch = watchFields(options)
  let asked: ({ id: string } & Deferred<{ token: unknown; card: unknown }>) | null = null

  const tell = (message: Record<string, unknown>) => {
    iframe.contentWindow?.postMessage({ fincore: 1, ...message }, page.origin)
  }
  const focus = (field: FieldName = 'number') => {
    iframe.focus()
    tell({ do: 'focus', field })
  }

  const handleMessage = (event: MessageEvent) => {
    // Any window may post to this one: only the very frame that was made here counts, and only while it shows the PSP.
    if (event.source !== iframe.contentWindow || event.origin !== page.origin) return
    const message: unknown = event.data
    if (!isRecord(message) || message.fincore !== 1) return
    const { event: name, height } = message
    const field = fieldNames.find((known) => known === message.field)
    if (name === 'ready' && styles !== undefined) tell({ do: 'style', styles })
    else if (name === 'ready' || name === 'styled') {
      setHeight(iframe, height)
      ready.resolve()
    }
    if (name === 'resize') setHeight(iframe, height)
    if (name === 'change' && field !== undefined && fieldStates.includes(message.state))
      watch.note(field, message.state as FieldState, readText(message.message), readText(message.brand))
    if ((name === 'focus' || name === 'blur') && field !== undefined) watch.noteFocus(field, name === 'focus')
    if (asked === null || message.id !== asked.id) return
    if (name === 'token') asked.resolve({ token: message.token, card: message.card })
    if (name === 'error') {
      if (field !== undefined) focus(field)
      asked.reject(makeFieldError({ field: field ?? null, code: message.code, text: message.message }, locale))
    }
  }

  addEventListener('message', handleMessage)
  return mountFields(
    element,
    {
      kind: 'iframe',
      account: page.account,
      root: iframe,
      from: page.origin,
      draw: () => ready.promise,
      tokenize() {
        // It only tells an answer from a late one to an earlier question; who may answer at all is decided above.
        const id = String(Math.random())
        asked = { id, ...makeDeferred<{ token: unknown; card: unknown }>() }
        tell({ do: 'tokenize', id })
        return asked.promise
      },
      focus,
      remove: () => removeEventListener('message', handleMessage),
    },
    options,
  )
}

function makeIframe(page: IframePage, { locale, theme }: MountOptions): HTMLIFrameElement {
  const url = new URL(page.url)
  url.searchParams.set('locale', locale)
  url.searchParams.set('origin', location.origin)
  if (theme !== undefined) url.searchParams.set('theme', theme)
  const iframe = document.createElement('iframe')
  iframe.src = url.href
  iframe.title = textsOf(locale).title
  iframe.allow = 'payment'
  iframe.referrerPolicy = 'origin'
  Object.assign(iframe.style, { border: '0', display: 'block', width: '100%', height: '0' })
  return iframe
}

function setHeight(iframe: HTMLIFrameElement, height: unknown): void {
  if (typeof height !== 'number' || !Number.isFinite(height)) return
  iframe.style.height = `${Math.min(Math.max(Math.ceil(height), leastHeightPx), mostHeightPx)}px`
}
