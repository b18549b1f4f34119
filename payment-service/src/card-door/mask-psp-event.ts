import { maxAmount } from '@fincore/api-contract/money'
import { walkJson } from './json-walk.ts'
import { blankCardNumbersIn } from './tripwire.ts'

/** What names something at the PSP. Changed, it would name something else, or the same as another event. */
const identifiers = new Set(['id', 'payment', 'pspReference', 'actionUrl'])
/**
 * Visa, American Express and Discover number their transactions with as many digits as an American Express card has, so
 * that one in some hundreds looks like a card number. One of another length that does is masked.
 */
const isNetworkId = (name: string | undefined, length: number) => name === 'networkTransactionId' && length === 15
/**
 * An amount is our own writing of a number, and as long as a Maestro card: 5,018,000,000.09 rupiah have 12 digits. Masked,
 * it would be another amount. One that is longer is no payment's.
 */
const isMoney = (name: string | undefined, length: number) =>
  (name === 'amount' || name === 'captured') && length <= String(maxAmount).length

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
      if (!isName && (isNetworkId(path.at(-1), end - start) || isMoney(path.at(-1), end - start))) return
      if (!blankCardNumbersIn(bytes.subarray(start, end))) return
      isMasked = true
      if (isName || identifiers.has(path.at(-1) ?? '')) isInIdentifier = true
    },
    number() {},
    field() {},
  })
  return isInIdentifier ? null : { json: bytes.toString('utf8'), isMasked }
}
