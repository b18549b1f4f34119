import { createHash } from 'node:crypto'
import { AdyenError } from '../adyen-error.ts'
import type { Result } from './operation.ts'

type Kept = { fingerprint: string; running: boolean; result: Exclude<Result, { lost: unknown }> | null }

/**
 * Answers by idempotency key. Adyen keeps them for at least 7 days, within one company account; this stand-in, which lives in
 * memory, as long as it runs.
 */
export type KeptAnswers = Map<string, Kept>

/**
 * Acts once per account and key (Adyen, “API idempotency”). The same key and request gets the first answer, whole, even when a
 * fault spoiled it; another request under the key, and one while the first is running, is refused with 704. A refusal
 * before anything was done is not kept.
 *
 * @param act `spent` is true when the key was seen before and nothing came of it.
 * @returns the result, and what to call when its answer has left.
 */
export function actOnce(
  answers: KeptAnswers,
  call: { account: string; key: string; route: string; body: unknown },
  act: (spent: boolean) => Result,
): { result: Result; replayed: boolean; done(): void } {
  const name = `${call.account} ${call.key}`
  const fingerprint = createHash('sha256')
    .update(`${call.route}\n${inOrder(call.body)}`)
    .digest('hex')
  const known = answers.get(name)
  if (known && known.fingerprint !== fingerprint) throw new AdyenError('already_processed')
  if (known?.running) throw new AdyenError('in_progress')
  if (known?.result) return { result: known.result, replayed: true, done: () => {} }
  const result = act(known !== undefined)
  if ('lost' in result) {
    answers.set(name, { fingerprint, running: false, result: null })
    return { result, replayed: false, done: () => {} }
  }
  const { fault: _fault, told: _told, ...kept } = result
  const entry: Kept = { fingerprint, running: true, result: kept }
  answers.set(name, entry)
  return {
    result,
    replayed: false,
    done: () => {
      entry.running = false
    },
  }
}

/** @throws AdyenError when there is none, or one that is longer than Adyen takes. */
export function readIdempotencyKey(header: string | string[] | undefined): string {
  if (typeof header === 'string' && /^[\x21-\x7e]{1,64}$/.test(header)) return header
  throw new AdyenError('no_idempotency_key')
}

/** JSON that is the same for the same content, in whatever order its names came. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}
