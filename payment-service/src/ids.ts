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
  settlement: 'set',
  event: 'evt',
  webhookEndpoint: 'whe',
  request: 'req',
} as const
export type IdKind = keyof typeof idPrefixes

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: the kind's prefix and a UUIDv7 in Crockford base 32 (26 characters), so that ids sort by time. */
export function newId(kind: IdKind): string {
  let value = BigInt(`0x${uuidv7obj().toHex()}`)
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
