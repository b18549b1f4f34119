import { isLetterOrDigit, matchDigits, readSign, type Span } from './written-digits.ts'

/**
 * Finds a known security code in a PSP's reply. Three or four digits stand in many places with other meanings, so they
 * count as the code only where they are a whole string or form value, or where they stand under a name such as `cvc`.
 */

const codeName = /cvc|cvv|csc|security[_-]?code/i
/** What such a name may go on with: `cvv2`, `cvc_value`. A `cvc_check` holds a result, and no code. */
const wholeCodeName = /^(?:cvc|cvv|csc|security[_-]?code)(?:[_-]?(?:code|value|number|no))?2?$/i
const mostNameBytes = 32
/** What may stand between a name and its value, such as `": "`, `\\": \\"`, `%3D`, `]=`, `>`, and how much of it. */
const separators = new Set(Buffer.from('\t\n\r "\'+:=>\\]'))
const mostSeparatorBytes = 24
const mostPaddingBytes = 12

/** Overwrites the code wherever it stands as the code. Lengths stay, and JSON stays JSON. */
export function starCardCode(bytes: Buffer, cvc: Buffer): void {
  blankNamedCode(bytes, cvc)
  starWholeValues(bytes, cvc)
}

/** True when a header's name is one of a code (`x-cvc: 123`), or stands inside its value (`x-echo: cvc=123`). */
export function headerHoldsCode(name: string, value: string, cvc: Buffer): boolean {
  const bytes = Buffer.from(value)
  return (codeName.test(name) && bytes.includes(cvc)) || blankNamedCode(bytes, cvc)
}

/** Stars a whole JSON string, padded or not (also of JSON inside a JSON string), and a whole form value, of any name. */
function starWholeValues(bytes: Buffer, cvc: Buffer): void {
  for (let at = 1; at < bytes.length; at++) {
    const before = bytes[at - 1]
    if (before !== 0x22 && before !== 0x3d) continue
    const digits = matchDigits(bytes, cvc, skipPadding(bytes, at), 0)
    const end = digits?.at(-1)?.end
    if (digits === null || end === undefined) continue
    const isJsonValue = before === 0x22 && isStringEnd(bytes, skipPadding(bytes, end))
    const isFormValue = before === 0x3d && (end === bytes.length || bytes[end] === 0x26)
    if (isJsonValue || isFormValue) star(bytes, digits)
  }
}

/** Blanks the code after a name of a code, in JSON, forms, XML and plain words. True when it stood there. */
function blankNamedCode(bytes: Buffer, cvc: Buffer): boolean {
  let isFound = false
  for (let at = 0; at < bytes.length; at++) {
    const value = findNamedValue(bytes, at)
    if (value === null) continue
    const digits = matchDigits(bytes, cvc, value.start, 0)
    if (value.isBare && blankNumber(bytes, value.start, cvc)) isFound = true
    else if (digits !== null && endsNumber(bytes, digits.at(-1)?.end ?? 0)) {
      star(bytes, digits)
      isFound = true
    }
  }
  return isFound
}

/** Where the value of the name at `at` begins, and whether it is bare after its colon, as a JSON number is. */
function findNamedValue(bytes: Buffer, at: number): { start: number; isBare: boolean } | null {
  // Every name begins with a c or an s.
  const first = (bytes[at] ?? 0) | 0x20
  if (first !== 0x63 && first !== 0x73) return null
  let end = at
  while (end - at < mostNameBytes && isNameByte(bytes[end] ?? 0)) end += 1
  if (bytes[end] === 0x32) end += 1
  if (!wholeCodeName.test(bytes.toString('latin1', at, end))) return null
  let start = end
  let last = 0
  for (let sign = readSign(bytes, start); separators.has(sign.value); sign = readSign(bytes, start)) {
    if (sign.value > 0x20) last = sign.value
    start += sign.length
    if (start - end > mostSeparatorBytes) return null
  }
  return start === end ? null : { start, isBare: last === 0x3a }
}

/**
 * Makes a JSON number that is equal to the code a 0 with spaces after it, since stars would break the JSON. A number
 * has no zeros before it, so the code `012` comes back as 12.
 */
function blankNumber(bytes: Buffer, start: number, cvc: Buffer): boolean {
  let zeros = 0
  while (zeros < cvc.length - 1 && cvc[zeros] === 0x30) zeros += 1
  let end = start + cvc.length - zeros
  if (!bytes.subarray(start, end).equals(cvc.subarray(zeros))) return false
  if (bytes[end] === 0x2e && bytes[end + 1] === 0x30) {
    end += 1
    while (bytes[end] === 0x30) end += 1
  }
  if (!endsNumber(bytes, end)) return false
  bytes.fill(0x20, start, end)
  bytes[start] = 0x30
  return true
}

function endsNumber(bytes: Buffer, at: number): boolean {
  const next = readSign(bytes, at)
  const isFraction = next.value === 0x2e && isLetterOrDigit(readSign(bytes, at + next.length).value)
  return !isLetterOrDigit(next.value) && !isFraction
}

function isNameByte(value: number): boolean {
  return value === 0x5f || value === 0x2d || ((value | 0x20) >= 0x61 && (value | 0x20) <= 0x7a)
}

/** Over spaces, written plainly, as JSON escapes, or as a form does. */
function skipPadding(bytes: Buffer, from: number): number {
  let at = from
  while (at - from <= mostPaddingBytes) {
    const sign = readSign(bytes, at)
    const isEscape = sign.value === 0x5c && /^[bfnrt]$/.test(String.fromCharCode(bytes[at + 1] ?? 0))
    if (!isEscape && sign.value !== 0x20 && sign.value !== 0x09 && sign.value !== 0x2b) break
    at += sign.length
  }
  return at
}

function star(bytes: Buffer, digits: readonly Span[]): void {
  for (const digit of digits) bytes.fill(0x2a, digit.start, digit.end)
}

/** A quote, or the escaped quote of a JSON text inside a JSON string, that does not end a key. */
function isStringEnd(bytes: Buffer, at: number): boolean {
  let next = bytes[at] === 0x5c ? at + 1 : at
  if (bytes[next] !== 0x22) return false
  do next += 1
  while (bytes[next] === 0x20 || bytes[next] === 0x09 || bytes[next] === 0x0a || bytes[next] === 0x0d)
  return bytes[next] !== 0x3a
}
