import { makeError } from './errors.ts'
import type { MountOptions } from './mount.ts'
import type { CardFields, TokenResult } from './types.ts'
import { readCard, readText } from './untrusted.ts'

const readyTimeoutMs = 10_000
// The PSP's own call may be slow; after this long the shopper is better served by an answer than by a spinner.
const tokenizeTimeoutMs = 30_000
// What FinCore takes. The longest are Adyen's four ciphertexts of some 700 characters each.
const longestToken = 10_000

export type Deferred<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void }

/** What differs from PSP to PSP. */
export type Drawing = Pick<CardFields, 'kind' | 'focus'> & {
  account: string
  /** What is put into the merchant's page. */
  root: HTMLElement
  /** Where the PSP's part comes from, for the developer. */
  from: string
  /** Draws the fields; settles when the shopper can type. `isGone` tells whether they are still wanted. */
  draw: (isGone: () => boolean) => Promise<unknown>
  /** What the PSP says, as it says it. */
  tokenize: () => Promise<{ token: unknown; card: unknown }>
  /** Takes away what `root` is not. */
  remove: () => void
  /** What the PSP complained of meanwhile, which may be why nothing came. */
  trouble?: () => unknown
}

/** `Promise.withResolvers`, which phones of before 2024 do not have. */
export function makeDeferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {}
  let reject: Deferred<T>['reject'] = () => {}
  const promise = new Promise<T>((whenDone, whenFailed) => {
    resolve = whenDone
    reject = whenFailed
  })
  return { promise, resolve, reject }
}

/**
 * What all fields have in common: drawn in bounded time or taken away again; one token at a time, in bounded time, and
 * none once they are off the page.
 */
export async function mountFields(
  element: HTMLElement,
  { kind, account, root, from, draw, tokenize, focus, remove, trouble }: Drawing,
  { locale, signal, onReady, readyTimeoutMs: waitMs = readyTimeoutMs }: MountOptions,
): Promise<CardFields> {
  let asked: Deferred<TokenResult> | null = null
  let isGone = false
  const ended = makeDeferred<never>()
  // While nothing is drawn any more, nobody waits for it.
  ended.promise.catch(() => {})
  const destroy = () => {
    if (isGone) return
    isGone = true
    remove()
    root.remove()
    const error = makeError('destroyed', locale)
    ended.reject(error)
    asked?.reject(error)
  }
  if (signal?.aborted) throw makeError('destroyed', locale)
  signal?.addEventListener('abort', destroy)
  element.replaceChildren(root)

  const giveUp = () => ended.reject(new Error(`${from} was not ready within ${waitMs} ms.`, { cause: trouble?.() }))
  const timer = setTimeout(giveUp, waitMs)
  try {
    await Promise.race([ended.promise, draw(() => isGone)])
  } catch (cause) {
    const error = isGone ? cause : makeError('fields_unavailable', locale, cause)
    destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
  onReady?.()

  return {
    kind,
    focus,
    destroy,
    tokenize() {
      // A second press of the button while the first runs must not make a second token.
      if (asked !== null) return asked.promise
      if (isGone || !root.isConnected) return Promise.reject(makeError('destroyed', locale))
      const question = makeDeferred<TokenResult>()
      asked = question
      const timer = setTimeout(() => question.reject(makeError('tokenize_timeout', locale)), tokenizeTimeoutMs)
      tokenize().then(({ token, card }) => {
        const text = readText(token, longestToken)
        if (text !== null) question.resolve({ token: text, card: readCard(card), pspAccount: account })
        else question.reject(makeError('fields_error', locale, new Error(`${from} gave no token, or one too long.`)))
      }, question.reject)
      return question.promise.finally(() => {
        clearTimeout(timer)
        asked = null
      })
    },
  }
}
