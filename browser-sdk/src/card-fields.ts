import { makeError } from './errors.ts'
import type { CardFields, FieldsOptions, FieldsState, TokenResult } from './types.ts'

const readyTimeoutMs = 10_000
// The PSP's own call may be slow; after this long the shopper is better served by an answer than by a spinner.
const tokenizeTimeoutMs = 30_000

export type Deferred<T> = { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void }

/** What differs from PSP to PSP once the fields are drawn. `remove` takes away what was put into the page. */
export type Drawn = {
  kind: CardFields['kind']
  root: HTMLElement
  tokenize: () => Promise<TokenResult>
  focus: () => void
  remove: () => void
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

/** What all fields have in common: one token at a time, in bounded time, and none once they are off the page. */
export function makeCardFields({ kind, root, tokenize, focus, remove }: Drawn): CardFields {
  let asked: Deferred<TokenResult> | null = null
  return {
    kind,
    focus,
    tokenize() {
      // A second press of the button while the first runs must not make a second token.
      if (asked !== null) return asked.promise
      if (!root.isConnected) return Promise.reject(makeError('unmounted'))
      const question = makeDeferred<TokenResult>()
      asked = question
      const timer = setTimeout(() => question.reject(makeError('tokenize_timeout')), tokenizeTimeoutMs)
      tokenize().then(question.resolve, question.reject)
      return question.promise.finally(() => {
        clearTimeout(timer)
        asked = null
      })
    },
    unmount() {
      remove()
      asked?.reject(makeError('unmounted'))
    },
  }
}

type Waiting = {
  from: string
  remove: () => void
  options: FieldsOptions
  /** What the PSP complained of meanwhile, which may be why nothing came. */
  trouble?: () => unknown
}

/**
 * Waits until the PSP has drawn its fields. When that fails or takes too long, what was drawn so far is taken away, and
 * `fields_unavailable` is thrown with `from` named for the developer.
 */
export async function waitUntilReady(
  ready: Promise<unknown>,
  { from, remove, options, trouble }: Waiting,
): Promise<void> {
  const waitMs = options.readyTimeoutMs ?? readyTimeoutMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise((_resolve, reject) => {
    const giveUp = () => reject(new Error(`${from} was not ready within ${waitMs} ms.`, { cause: trouble?.() }))
    timer = setTimeout(giveUp, waitMs)
  })
  try {
    await Promise.race([ready, tooLate])
  } catch (cause) {
    remove()
    throw makeError('fields_unavailable', cause)
  } finally {
    clearTimeout(timer)
  }
}

/** Tells the page what is known of the card, when it is something new. */
export function tellChanges(options: FieldsOptions): (state: FieldsState) => void {
  let last = ''
  return (state) => {
    const now = JSON.stringify(state)
    if (now === last) return
    last = now
    options.onChange?.(state)
  }
}
