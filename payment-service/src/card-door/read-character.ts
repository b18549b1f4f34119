/**
 * One character of a text, as the tripwire sees it. `plain` is a space or a dash, `separator` any other character that is
 * neither a letter nor a digit; `invisible` is what a reader does not see, such as a soft hyphen, a zero-width space or
 * a combining mark, so that digits beside it stand side by side. `place` is the byte that says which digit it is.
 */
export type Character = {
  kind: 'digit' | 'plain' | 'separator' | 'invisible' | 'other'
  place: number
  next: number
}

const byte = { percent: 0x25, space: 0x20, dash: 0x2d, escape: 0x5c, u: 0x75 }
/** What may follow a backslash in JSON, apart from `u`. */
const shortEscapes = new Set(Buffer.from('"\\/bfnrt'))
/** Arabic-Indic, Persian and full-width, which keyboards type. As in ASCII, the last byte's low half is the digit. */
const furtherZeros = [0x0660, 0x06f0, 0xff10]

/**
 * Reads the character at a byte of UTF-8: itself, or as JSON escapes it (`\u0034`, `\t`), or, when asked for, as a URL
 * does (`%34`). What is broken is `other`, or stands for itself. The answer is `into`, filled: an object of its
 * own for each character would cost more than all the rest.
 */
export function readCharacter(
  into: Character,
  body: Buffer,
  at: number,
  end: number,
  readsPercent: boolean,
): Character {
  const here = body[at] ?? 0
  if (here === byte.escape) return readEscape(into, body, at, end)
  if (here === byte.percent && readsPercent) {
    const code = readHex(body, at + 1, 2, end)
    // A byte of a longer character is taken for a separator: `%C2%A0` is a space.
    const kind = code >= 0x80 ? 'separator' : kindOf(code)
    if (kind !== 'other') return set(into, kind, at + 2, at + 3)
  }
  if (here < 0x80) return set(into, kindOf(here), at, at + 1)
  const { code, length } = readUtf8(body, at, end)
  return set(into, kindOf(code), at + length - 1, at + length)
}

function set(into: Character, kind: Character['kind'], place: number, next: number): Character {
  into.kind = kind
  into.place = place
  into.next = next
  return into
}

/** The digit at a `place`: in all its forms the byte's low half is its value. */
export function digitAt(body: Buffer, place: number): number {
  return (body[place] ?? 0) & 0x0f
}

/** Makes the digit at a `place` a 1 of the same form: `1`, `\u0031`, `%31`, or the 1 of the same script. */
export function blankDigit(body: Buffer, place: number): void {
  body[place] = ((body[place] ?? 0) & 0xf0) | 0x01
}

function readEscape(into: Character, body: Buffer, at: number, end: number): Character {
  const next = body[at + 1] ?? 0
  const code = next === byte.u ? readHex(body, at + 2, 4, end) : -1
  if (code !== -1) return set(into, kindOf(code), at + 5, at + 6)
  // A header has no escapes, so a backslash there must not hide the digit behind it.
  return set(into, 'separator', at, at + (shortEscapes.has(next) ? 2 : 1))
}

function kindOf(code: number): Character['kind'] {
  if (code < 0) return 'other'
  // The common case first: ASCII.
  if (code < 0x80) {
    if (code >= 0x30 && code <= 0x39) return 'digit'
    if (code === byte.space || code === byte.dash) return 'plain'
    return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a ? 'other' : 'separator'
  }
  if (furtherZeros.some((zero) => code >= zero && code < zero + 10)) return 'digit'
  const text = String.fromCodePoint(code)
  if (/[\p{L}\p{N}]/u.test(text)) return 'other'
  return /[\p{Default_Ignorable_Code_Point}\p{M}]/u.test(text) ? 'invisible' : 'separator'
}

/** The value of so many hexadecimal digits; -1 when they are none. */
function readHex(body: Buffer, from: number, count: number, end: number): number {
  if (from + count > end) return -1
  let value = 0
  for (let at = from; at < from + count; at++) {
    const here = body[at] ?? 0
    const lower = here | 0x20
    if (here >= 0x30 && here <= 0x39) value = value * 16 + here - 0x30
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57
    else return -1
  }
  return value
}

/** A character of two to four bytes; a broken one is a single byte that is nothing (-1). */
function readUtf8(body: Buffer, at: number, end: number): { code: number; length: number } {
  const first = body[at] ?? 0
  const length = first >= 0xf8 || first < 0xc0 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (length === 1 || at + length > end) return { code: -1, length: 1 }
  let code = first & (0x7f >> length)
  for (let index = 1; index < length; index++) {
    const here = body[at + index] ?? 0
    if ((here & 0xc0) !== 0x80) return { code: -1, length: 1 }
    code = code * 64 + (here & 0x3f)
  }
  return { code: code > 0x10ffff ? -1 : code, length }
}
