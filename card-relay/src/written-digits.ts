import { readHex4 } from './json-scanner.ts'

/** Reads digits in bytes of any format: plain, as JSON escapes (`\u0034`), or percent-encoded (`%34`). */

export type Span = { start: number; end: number }
/** One sign as it is written: the character that it stands for, and how many bytes it takes. */
type Sign = { value: number; length: number }

/**
 * Where each of the wanted digits lies when they all stand at `start`, in order, with at most so many bytes of other
 * signs between two of them; null when they do not.
 */
export function matchDigits(bytes: Buffer, wanted: Buffer, start: number, mostBetween: number): Span[] | null {
  if (readSign(bytes, start).value !== wanted[0]) return null
  const digits: Span[] = []
  let at = start
  let between = 0
  while (digits.length < wanted.length) {
    if (at >= bytes.length) return null
    const sign = readSign(bytes, at)
    if (sign.value === wanted[digits.length]) {
      digits.push({ start: at, end: at + sign.length })
      between = 0
    } else {
      between += sign.length
      if (isLetterOrDigit(sign.value) || between > mostBetween) return null
    }
    at += sign.length
  }
  return digits
}

/** At the end of the bytes it is the sign 0. */
export function readSign(bytes: Buffer, at: number): Sign {
  const first = bytes[at] ?? 0
  if (first === 0x5c) {
    const code = bytes[at + 1] === 0x75 ? readHex4(bytes, at + 2) : -1
    // `\n`, `\"` and their like: the letter after the backslash is no letter of the text.
    return code >= 0 ? { value: code, length: 6 } : { value: first, length: 2 }
  }
  if (first === 0x25) {
    const code = readHex2(bytes, at + 1)
    if (code >= 0) return { value: code, length: 3 }
  }
  return { value: first, length: 1 }
}

function readHex2(bytes: Buffer, at: number): number {
  const text = bytes.toString('latin1', at, at + 2)
  return /^[0-9A-Fa-f]{2}$/.test(text) ? Number.parseInt(text, 16) : -1
}

export function isLetterOrDigit(value: number): boolean {
  return (value >= 0x30 && value <= 0x39) || ((value | 0x20) >= 0x61 && (value | 0x20) <= 0x7a)
}
