import { walkJson } from './json-walk.ts'
import { blankCardNumbersIn, watchForCardData } from './tripwire.ts'

const byte = { escape: 0x5c, u: 0x75, star: 0x2a }
/** What the short escapes of JSON stand for; any other character stands for itself. */
const shortEscapes = new Map(
  [...'bfnrt'].map((letter, index) => [letter.charCodeAt(0), '\b\f\n\r\t'.charCodeAt(index)]),
)

/**
 * Looks for a second card in what the relay passes on, before it is parsed: the merchant's body, as a text inside the
 * relay's own JSON, without the card that the relay has blanked; and every text beside it. What is found is overwritten.
 *
 * @param findExemptKeys gives the merchant's exempt keys of `metadata` by the SHA-256 of the API key, in hexadecimal.
 * @returns whether there was a card.
 */
export async function watchRelayedBody(
  body: Buffer,
  findExemptKeys: (keyDigest: string) => Promise<ReadonlySet<string>>,
): Promise<boolean> {
  let found = false
  let keyDigest = ''
  const merchantBodies: { start: number; end: number }[] = []
  walkJson(body, {
    string(start, end, path, isName) {
      const place = isName ? '' : path.join('.')
      if (place === 'blankedBody') merchantBodies.push({ start, end })
      else if (blankCardNumbersIn(body.subarray(start, end))) found = true
      if (place === 'caller.keyDigest') keyDigest = body.toString('latin1', start, end)
    },
    number() {},
    field() {},
  })
  const exemptKeys = /^[0-9a-f]{64}$/.test(keyDigest) ? await findExemptKeys(keyDigest) : new Set<string>()
  for (const { start, end } of merchantBodies) {
    const text = unescapeBytes(body.subarray(start, end))
    if (watchForCardData(text, { card: 'blanked', exemptKeys }) !== null) {
      body.fill(byte.star, start, end)
      found = true
    }
    text.fill(0)
  }
  return found
}

/** The bytes that a JSON string stands for, so that what it holds does not become a JavaScript string to be looked at. */
function unescapeBytes(escaped: Buffer): Buffer {
  // Outside V8's heap, and never longer than it was.
  const text = Buffer.from(new ArrayBuffer(escaped.length))
  let length = 0
  for (let at = 0; at < escaped.length; ) {
    const here = escaped[at] ?? 0
    const next = escaped[at + 1] ?? 0
    if (here !== byte.escape) {
      text[length++] = here
      at++
    } else if (next === byte.u) {
      length += writeCodeUnit(text, length, Number.parseInt(escaped.toString('latin1', at + 2, at + 6), 16))
      at += 6
    } else {
      text[length++] = shortEscapes.get(next) ?? next
      at += 2
    }
  }
  return text.subarray(0, length)
}

/** Writes a UTF-16 code unit as UTF-8; half of a surrogate pair becomes three bytes that are no character. */
function writeCodeUnit(text: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    text[at] = code
    return 1
  }
  if (code < 0x800) {
    text[at] = 0xc0 | (code >> 6)
    text[at + 1] = 0x80 | (code & 0x3f)
    return 2
  }
  text[at] = 0xe0 | (code >> 12)
  text[at + 1] = 0x80 | ((code >> 6) & 0x3f)
  text[at + 2] = 0x80 | (code & 0x3f)
  return 3
}
