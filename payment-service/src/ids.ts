import { uuidv7obj } from 'uuidv7'

/** The prefixes of all public and internal ids. An id's prefix says what it names. */
export const idPrefixes = {
  merchant: 'mer',
  apiKey: 'key',
  pspAccount: 'pspa',
  grant: 'grant',
  charge: 'ch',
  session: 'ps',
  refund: 're',
  dispute: 'dp',
  attempt: 'att',
  settlement: 'set',
  event: 'evt',
  webhookEndpoint: 'whe',
  webhookTry: 'try',
  notice: 'ntc',
  request: 'req',
  reconciliationRun: 'rec',
  finding: 'find',
  cardTestingBlock: 'ctb',
} as const
export type IdKind = keyof typeof idPrefixes

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: the kind's prefix and a UUIDv7 in Crockford base 32 (26 characters), so that ids sort by time. */
export function newId(kind: IdKind): string {
  return `${idPrefixes[kind]}_${toCrockford(uuidv7obj().bytes)}`
}

/** Longer than a request is under way before what it asks for is written, and than two processes' clocks differ. */
const requestLastsMs = 600_000

/**
 * The id of what a request makes: the request's own digits behind another prefix, so that whoever has one of the two ids
 * has the other, and with it the trace. A new id where there is no request, and where its id is not of an id's form or
 * not of this time: ids sort by time, and the card relay's come over the internal socket.
 */
export function idOfRequest(kind: IdKind, requestId: string | undefined, now: Date): string {
  const isFresh =
    requestId !== undefined &&
    isId('request', requestId) &&
    Math.abs(timeOfId(requestId).getTime() - now.getTime()) < requestLastsMs
  return isFresh ? `${idPrefixes[kind]}${requestId.slice(idPrefixes.request.length)}` : newId(kind)
}

/** No id of the kind that was made at `time` or later comes before this text; none that was made earlier, after it. */
export function lowestIdAt(kind: IdKind, time: Date): string {
  return `${idPrefixes[kind]}_${lowestDigitsAt(time)}`
}

/** The same without the prefix. */
export function lowestDigitsAt(time: Date): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(time.getTime(), 0, 6)
  return toCrockford(bytes)
}

/** When an id was made, by the clock of the process that made it: the first 48 bits of a UUIDv7 (RFC 9562). */
export function timeOfId(id: string): Date {
  let value = 0n
  for (const digit of id.slice(id.indexOf('_') + 1)) value = (value << 5n) | BigInt(crockford.indexOf(digit))
  return new Date(Number(value >> 80n))
}

/** 16 bytes as 26 digits of 5 bits, the first of which has 3. Without BigInt, because every request makes several ids. */
export function toCrockford(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  // Two zero bits before the first byte make 130 of 128.
  let count = 2
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    for (count += 8; count >= 5; count -= 5) text += crockford.charAt((bits >> (count - 5)) & 31)
  }
  return text
}

/** The 16 bytes that an id is made of, as 32 hexadecimal digits: `toCrockford` the other way round. */
export function hexOfId(id: string): string {
  const digits = id.slice(id.indexOf('_') + 1)
  // The first two digits have 8 bits, and each four of the others 20.
  const groups = [digits.slice(0, 2), ...(digits.slice(2).match(/.{4}/g) ?? [])]
  const values = groups.map((group) => [...group].reduce((value, digit) => (value << 5) | crockford.indexOf(digit), 0))
  return values.map((value, index) => value.toString(16).padStart(index === 0 ? 2 : 5, '0')).join('')
}

/** Whether a text has the form of an id of this kind; says nothing of whether the object exists. */
export function isId(kind: IdKind, text: string): boolean {
  return (
    text.length === idPrefixes[kind].length + 27 &&
    /^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/.test(text) &&
    text.startsWith(`${idPrefixes[kind]}_`)
  )
}
