import { matchDigits, type Span } from './written-digits.ts'

/**
 * Finds a known card number in bytes however it is written: plain, with spaces, dashes or other signs between its
 * digits, with digits as JSON escapes (`\u0034`) or percent-encoded (`%34`). Works on the bytes as they lie, so one
 * search serves the merchant's request and the PSP's reply, JSON or form.
 */

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

function findCardNumber(bytes: Buffer, number: Buffer, from: number): Span[] | null {
  for (let at = from; at < bytes.length; at++) {
    const digits = matchDigits(bytes, number, at, mostSeparatorBytes)
    if (digits !== null) return digits
  }
  return null
}
