import { readHex4 } from './json-scanner.ts'

/**
 * Finds a known card number in bytes however it is written: plain, with spaces, dashes or other signs between its
 * digits, with digits as JSON escapes (`\u0034`) or percent-encoded (`%34`). Works on the bytes as they lie, so one
 * search serves the merchant's request and the PSP's reply, JSON or form.
 */

type Span = { start: number; end: number }
/** One sign as it is written: the character that it stands for, and how many bytes it takes. */
type Sign = { value: number; length: number }

/** Enough for `", "`, an escaped no-break space or a percent-encoded dash between two digits. */
const mostSeparatorBytes = 12

/** True when the number stands anywhere in the bytes. */
export function holdsCardNumber(bytes: Buffer, number: Buffer): boolean {
  return findCardNumber(bytes, number, 0) !== null
}

/** Overwrites every digit of the number, wherever it stands, with `*`. Nothing else changes, the length neither. */
export function starCardNumber(bytes: Buffer, number: Buffer): void {
  let digits = findCardNumber(bytes, number, 0)
  while (digits !== null) {
    for (const digit of digits) bytes.fill(0x2a, digit.start, digit.end)
    digits = findCardNumber(bytes, number, digits[0]?.end ?? bytes.length)
  }
}

/**
 * Overwrites the security code where it is a whole JSON string value (also of JSON inside a JSON string) or a whole
 * form value. Three digits stand in many places with other meanings, so no other place is touched.
 */
export function starCardCode(bytes: Buffer, cvc: Buffer): void {
  for (let at = 1; at < bytes.length; at++) {
    const before = bytes[at - 1]
    if (before !== 0x22 && before !== 0x3d) continue
    const digits = matchDigits(bytes, cvc, at, 0)
    const end = digits?.at(-1)?.end
    if (digits === null || end === undefined) continue
    const isJsonValue = before === 0x22 && isStringEnd(bytes, end)
    const isFormValue = before === 0x3d && (end === bytes.length || bytes[end] === 0x26)
    if (isJsonValue || isFormValue) for (const digit of digits) bytes.fill(0x2a, digit.start, digit.end)
  }
}

/** A quote, or the escaped quote of a JSON text inside a JSON string, that does not end a key. */
function isStringEnd(bytes: Buffer, at: number): boolean {
  let next = bytes[at] === 0x5c ? at + 1 : at
  if (bytes[next] !== 0x22) return false
  do next += 1
  while (bytes[next] === 0x20 || bytes[next] === 0x09 || bytes[next] === 0x0a || bytes[next] === 0x0d)
  return bytes[next] !== 0x3a
}

function findCardNumber(bytes: Buffer, number: Buffer, from: number): Span[] | null {
  for (let at = from; at < bytes.length; at++) {
    const digits = matchDigits(bytes, number, at, mostSeparatorBytes)
    if (digits !== null) return digits
  }
  return null
}

/** Where each of the wanted digits lies when they all stand at `start`, in order; null when they do not. */
function matchDigits(bytes: Buffer, wanted: Buffer, start: number, mostBetween: number): Span[] | null {
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

function readSign(bytes: Buffer, at: number): Sign {
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

function isLetterOrDigit(value: number): boolean {
  return (value >= 0x30 && value <= 0x39) || ((value | 0x20) >= 0x61 && (value | 0x20) <= 0x7a)
}
