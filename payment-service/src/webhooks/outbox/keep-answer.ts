import { keptAnswerLength } from '@fincore/api-contract/webhook-endpoints'
import { blankCardNumbersIn, holdsCardNumber } from '../../card-door/tripwire.ts'
import type { KeptAnswer } from '../../store/webhook-tries.ts'

/** More is read than is kept, so that a card number across the cut is seen whole: 19 digits with something between them. */
export const readAnswerBytes = 4 * keptAnswerLength + 256
const maxTypeLength = 100

/** The beginning of an answer as it came: bytes, and the headers that say what they are. */
export type AnswerStart = {
  bytes: Buffer
  /** Whether the answer goes on behind `bytes`. */
  goesOn: boolean
  contentType: string | null
  contentEncoding: string | null
}

/**
 * What the log may keep of a merchant's answer. It is somebody else's text: card numbers are overwritten, what is no
 * text is left out (compressed or binary), and what PostgreSQL or JSON cannot hold is replaced.
 */
export function keepAnswer({ bytes, goesOn, contentType, contentEncoding }: AnswerStart): KeptAnswer {
  const type = contentType === null || holdsCardNumber(contentType, 'latin1') ? null : contentType
  const kept = { contentType: type?.replaceAll(/[^\x20-\x7e]/g, '').slice(0, maxTypeLength) || null }
  const isPlain = contentEncoding === null || contentEncoding.toLowerCase() === 'identity'
  if (!isPlain || isBinary(bytes)) return { ...kept, body: null, isCut: false }
  blankCardNumbersIn(bytes)
  // A character that the reading cut in two is no fault of the merchant's.
  const text = new TextDecoder('utf-8').decode(bytes, { stream: goesOn }).replaceAll('\0', '\ufffd')
  return { ...kept, body: cutText(text), isCut: goesOn || text.length > keptAnswerLength }
}

/** Without half a surrogate pair at the end. */
function cutText(text: string): string {
  const cut = text.slice(0, keptAnswerLength)
  return cut.isWellFormed() ? cut : cut.slice(0, -1).toWellFormed()
}

/** Text has no NUL; binary formats have one among their first bytes. */
function isBinary(bytes: Buffer): boolean {
  return bytes.includes(0)
}
