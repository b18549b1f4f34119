import { createHash } from 'node:crypto'
import type { Canary } from './canaries.ts'

/** The columns of the drill's table: the ways in which a card could have been kept. */
export const encodings = ['plain', 'separated', 'utf16', 'base64', 'hex', 'bcd', 'url', 'json', 'hash', 'code'] as const
export type Encoding = (typeof encodings)[number]

/** Shorter pieces of a number are no card number: 13 digits is the least that a brand of today issues. */
const leastDigits = 13

/**
 * Every byte string that means this canary, by encoding. Digits have one hexadecimal form, since 30 to 39 hold no
 * letter, and the same base64 in both alphabets, since no six bits of theirs are 62 or 63.
 */
export const formsByEncoding: Readonly<Record<Encoding, (canary: Canary) => Buffer[]>> = {
  // Any 13 digits in a row, so that a copy which was overwritten at one end only is found as well.
  plain: ({ number }) =>
    Array.from({ length: number.length - leastDigits + 1 }, (_, at) => Buffer.from(number.slice(at, at + leastDigits))),
  separated: ({ number }) => [' ', '-', '.', '+', '%20'].map((sign) => Buffer.from(group(number).join(sign))),
  utf16: ({ number }) => inUtf16(number),
  base64: ({ number }) => inBase64(Buffer.from(number)),
  hex: ({ number }) => inHex(Buffer.from(number)),
  // As it is in memory, and as it is sent: a text's bytes from 80 on are two in UTF-8.
  bcd: ({ number }) => packDigits(number).flatMap((bytes) => [bytes, Buffer.from(bytes.toString('latin1'))]),
  url: ({ number }) => [Buffer.from(number.replace(/\d/g, '%3$&'))],
  json: ({ number }) => ['\\u003', '\\\\u003'].map((before) => Buffer.from(number.replace(/\d/g, `${before}$&`))),
  // PCI DSS 3.5.1.1: a hash without a key is searched in a second, so it counts as the number.
  hash: ({ number }) =>
    ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
      const digest = createHash(algorithm).update(number).digest()
      return [digest, ...inHex(digest), Buffer.from(digest.toString('base64').slice(0, 20))]
    }),
  code: (canary) =>
    codeContexts(canary).flatMap((text) => {
      const bytes = Buffer.from(text)
      const escaped = [text.replaceAll('"', '\\"'), encodeURIComponent(text)].map((form) => Buffer.from(form))
      return [bytes, ...escaped, ...inUtf16(text), ...inBase64(bytes), ...inHex(bytes)]
    }),
}

/**
 * Where a security code can be searched for at all. Three digits stand everywhere by chance, so a code counts only
 * beside what is of its canary alone: in the merchant's request and in the PSP's, from the code's own name to the
 * holder's, in the order in which the drill and the sandbox's adapter write them. (Beside its number it needs no search
 * of its own: the number is found.) A code that stands alone in memory cannot be told from chance by any search; that
 * its buffer is overwritten is what the relay's unit tests show.
 */
export function codeContexts({ code, marker }: Canary): string[] {
  return [
    `"cvc":"${code}","exp_month":12,"exp_year":2034,"holder_name":"${marker}"`,
    `"cvc":"${code}","expiry_month":12,"expiry_year":2034,"holder_name":"${marker}"`,
  ]
}

/** As it is printed on the card: 4-4-4-4, or 4-6 and the rest for 14 and 15 digits. */
export function group(number: string): string[] {
  return number.length < 16
    ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)]
    : (number.match(/\d{1,4}/g) ?? [])
}

function inUtf16(text: string): Buffer[] {
  const little = Buffer.from(text, 'utf16le')
  return [little, Buffer.from(little).swap16()]
}

/** Three alignments. The characters at both ends depend also on what stands beside it, so they are left out. */
function inBase64(bytes: Buffer): Buffer[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const whole = Math.floor((offset + bytes.length) / 3) * 4
    return Buffer.from(text.slice(offset === 0 ? 0 : 4, whole))
  })
}

function inHex(bytes: Buffer): Buffer[] {
  const lower = bytes.toString('hex')
  return lower === lower.toUpperCase() ? [Buffer.from(lower)] : [Buffer.from(lower), Buffer.from(lower.toUpperCase())]
}

/** Two digits a byte. Of an odd number of digits, whichever end is padded, the bytes without the padded one. */
function packDigits(number: string): Buffer[] {
  if (number.length % 2 === 0) return [Buffer.from(number, 'hex')]
  return [Buffer.from(number.slice(1), 'hex'), Buffer.from(number.slice(0, -1), 'hex')]
}
