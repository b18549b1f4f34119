import { walkJson } from './json-walk.ts'
import { blankCardNumbersIn } from './tripwire.ts'

/** What names something at the PSP. Changed, it would name something else, or the same as another event. */
const identifiers = new Set(['id', 'pspReference', 'actionUrl'])

/**
 * Overwrites card numbers in an event of a PSP, as it is to be stored: in its texts, which nothing depends on. An event
 * is not refused for them, because it says what became of money.
 *
 * @returns null when an identifier holds one. Then the event can be neither kept as it is nor changed.
 */
export function maskPspEvent(json: string): { json: string; isMasked: boolean } | null {
  const bytes = Buffer.from(json)
  let isMasked = false
  let isInIdentifier = false
  walkJson(bytes, {
    string(start, end, path, isName) {
      if (!blankCardNumbersIn(bytes.subarray(start, end))) return
      isMasked = true
      if (isName || identifiers.has(path.at(-1) ?? '')) isInIdentifier = true
    },
    number() {},
    field() {},
  })
  return isInIdentifier ? null : { json: bytes.toString('utf8'), isMasked }
}
