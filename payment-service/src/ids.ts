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
  attempt: 'att',
  event: 'evt',
  webhookEndpoint: 'whe',
  request: 'req',
  reconciliationRun: 'rec',
  finding: 'find',
} as const
export type IdKind = keyof typeof idPrefixes

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: the kind's prefix and a UUIDv7 in Crockford base 32 (26 characters), so that ids sort by time. */
export function newId(kind: IdKind): string {
  return idOf(kind, BigInt(`0x${uuidv7obj().toHex()}`))
}

/** No id of the kind that was made at `time` or later comes before this text; none that was made earlier, after it. */
export function lowestIdAt(kind: IdKind, time: Date): string {
  return idOf(kind, BigInt(time.getTime()) << 80n)
}

/** When an id was made, by the clock of the process that made it: the first 48 bits of a UUIDv7 (RFC 9562). */
export function timeOfId(id: string): Date {
  let value = 0n
  for (const digit of id.slice(id.indexOf('_') + 1)) value = (value << 5n) | BigInt(crockford.indexOf(digit))
  return new Date(Number(value >> 80n))
}

function idOf(kind: IdKind, bits: bigint): string {
  let value = bits
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = crockford.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return `${idPrefixes[kind]}_${text}`
}

/** Whether a text has the form of an id of this kind; says nothing of whether the object exists. */
export function isId(kind: IdKind, text: string): boolean {
  return (
    text.length === idPrefixes[kind].length + 27 &&
    /^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/.test(text) &&
    text.startsWith(`${idPrefixes[kind]}_`)
  )
}
