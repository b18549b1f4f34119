import { isUtf8 } from 'node:buffer'
import { allocateOutsideHeap } from './card-memory.ts'
import { limits } from './limits.ts'

/**
 * A recogniser of JSON text over bytes (RFC 8259, strictly), stricter than `JSON.parse` in four points: the root is an
 * object, no key comes twice in an object, and depth and number of keys are bounded. It builds no values and makes no
 * strings of what it reads, since any key or value may be a card number; it only says where the wanted values lie.
 */

/** The keys to look for, each with the keys wanted inside its object. */
export type WantedKeys = { readonly [key: string]: WantedKeys }

/** Where a wanted value lies. The span of a string is what stands between its quotes. */
export type Found = { kind: 'string' | 'number' | 'object' | 'array' | 'literal'; start: number; end: number }

export type ScanFailure = {
  reason: 'not_utf8' | 'not_an_object' | 'syntax' | 'trailing_data' | 'too_deep' | 'too_many_keys' | KeyFailure
  /** The dotted path of the wanted key at fault; null when it is not a wanted one. */
  path: string | null
}
type KeyFailure = 'duplicate_key' | 'escaped_key'

/** `found` is by dotted path, such as `payment_method.card.number`. */
export type ScanResult = { ok: true; found: Map<string, Found> } | ({ ok: false } & ScanFailure)

type Scan = { bytes: Buffer; keys: Buffer; found: Map<string, Found>; failure: ScanFailure }

/** What a scanning function returns instead of the position after what it has read. `Scan.failure` then says why. */
const failed = -1

const byte = {
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  u: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

/** RFC 8259 §7: the letter after a backslash, and the byte that it stands for. `\u` is read apart. */
const shortEscapes = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

const literals = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** Reads the whole body. What it accepts, `JSON.parse` accepts too, with the same values at the same paths. */
export function scanJsonObject(bytes: Buffer, wanted: WantedKeys): ScanResult {
  if (!isUtf8(bytes)) return { ok: false, reason: 'not_utf8', path: null }
  const scan: Scan = {
    bytes,
    // Keys are unescaped into this copy, each at its own place, to be compared; an escape is never shorter than its meaning.
    keys: allocateOutsideHeap(bytes.length),
    found: new Map(),
    failure: { reason: 'syntax', path: null },
  }
  try {
    const start = skipWhitespace(bytes, 0)
    if (bytes[start] !== byte.openBrace) return { ok: false, reason: 'not_an_object', path: null }
    const end = scanObject(scan, start, wanted, '', 1)
    if (end === failed) return { ok: false, ...scan.failure }
    if (skipWhitespace(bytes, end) !== bytes.length) return { ok: false, reason: 'trailing_data', path: null }
    return { ok: true, found: scan.found }
  } finally {
    scan.keys.fill(0)
  }
}

function fail(scan: Scan, reason: ScanFailure['reason'], path: string | null = null): typeof failed {
  scan.failure = { reason, path }
  return failed
}

function scanValue(scan: Scan, at: number, wanted: WantedKeys | null, path: string, depth: number): number {
  const first = scan.bytes[at]
  if (first === byte.openBrace) return scanObject(scan, at, wanted, path, depth)
  if (first === byte.openBracket) return scanArray(scan, at, depth)
  if (first === byte.quote) {
    const end = scanString(scan, at + 1)
    return end === failed ? failed : end + 1
  }
  if (first === byte.minus || isDigit(first)) return scanNumber(scan, at)
  for (const word of literals) {
    if (word.equals(scan.bytes.subarray(at, at + word.length))) return at + word.length
  }
  return fail(scan, 'syntax')
}

function scanObject(scan: Scan, start: number, wanted: WantedKeys | null, path: string, depth: number): number {
  if (depth > limits.jsonDepth) return fail(scan, 'too_deep')
  const { bytes } = scan
  const keys: Buffer[] = []
  let at = skipWhitespace(bytes, start + 1)
  if (bytes[at] === byte.closeBrace) return at + 1
  for (;;) {
    if (bytes[at] !== byte.quote) return fail(scan, 'syntax')
    const keyStart = at + 1
    const keyEnd = scanString(scan, keyStart)
    if (keyEnd === failed) return failed
    const key = unescapeKey(scan, keyStart, keyEnd)
    const name = wanted === null ? null : matchWantedKey(wanted, key)
    const keyPath = name === null ? null : path === '' ? name : `${path}.${name}`
    if (keyPath !== null && hasEscape(bytes, keyStart, keyEnd)) return fail(scan, 'escaped_key', keyPath)
    if (keys.some((earlier) => earlier.equals(key))) return fail(scan, 'duplicate_key', keyPath)
    // Keys are compared each with each, so their number is bounded: the worst body costs milliseconds.
    if (keys.push(key) > limits.jsonKeys) return fail(scan, 'too_many_keys')

    at = skipWhitespace(bytes, keyEnd + 1)
    if (bytes[at] !== byte.colon) return fail(scan, 'syntax')
    const valueStart = skipWhitespace(bytes, at + 1)
    const inside = name === null ? null : (wanted?.[name] ?? null)
    const valueEnd = scanValue(scan, valueStart, inside, keyPath ?? '', depth + 1)
    if (valueEnd === failed) return failed
    if (keyPath !== null) scan.found.set(keyPath, describeValue(bytes, valueStart, valueEnd))

    at = skipWhitespace(bytes, valueEnd)
    if (bytes[at] === byte.closeBrace) return at + 1
    if (bytes[at] !== byte.comma) return fail(scan, 'syntax')
    at = skipWhitespace(bytes, at + 1)
  }
}

function scanArray(scan: Scan, start: number, depth: number): number {
  if (depth > limits.jsonDepth) return fail(scan, 'too_deep')
  const { bytes } = scan
  let at = skipWhitespace(bytes, start + 1)
  if (bytes[at] === byte.closeBracket) return at + 1
  for (;;) {
    // What lies in an array is never wanted: the card stands in objects only.
    const end = scanValue(scan, at, null, '', depth + 1)
    if (end === failed) return failed
    at = skipWhitespace(bytes, end)
    if (bytes[at] === byte.closeBracket) return at + 1
    if (bytes[at] !== byte.comma) return fail(scan, 'syntax')
    at = skipWhitespace(bytes, at + 1)
  }
}

/** Takes the position after the opening quote, returns that of the closing one. */
function scanString(scan: Scan, start: number): number {
  const { bytes } = scan
  let at = start
  for (;;) {
    const value = bytes[at]
    if (value === undefined || value < 0x20) return fail(scan, 'syntax')
    if (value === byte.quote) return at
    if (value !== byte.backslash) at += 1
    else if (bytes[at + 1] === byte.u && readHex4(bytes, at + 2) !== failed) at += 6
    else if (shortEscapes.has(bytes[at + 1] ?? 0)) at += 2
    else return fail(scan, 'syntax')
  }
}

function scanNumber(scan: Scan, start: number): number {
  const { bytes } = scan
  let at = bytes[start] === byte.minus ? start + 1 : start
  const whole = skipDigits(bytes, at)
  if (whole === at || (bytes[at] === byte.zero && whole > at + 1)) return fail(scan, 'syntax')
  at = whole
  if (bytes[at] === byte.dot) {
    const fraction = skipDigits(bytes, at + 1)
    if (fraction === at + 1) return fail(scan, 'syntax')
    at = fraction
  }
  if (((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[at + 1]
    const digits = sign === byte.plus || sign === byte.minus ? at + 2 : at + 1
    at = skipDigits(bytes, digits)
    if (at === digits) return fail(scan, 'syntax')
  }
  return at
}

function describeValue(bytes: Buffer, start: number, end: number): Found {
  const first = bytes[start]
  if (first === byte.quote) return { kind: 'string', start: start + 1, end: end - 1 }
  if (first === byte.openBrace) return { kind: 'object', start, end }
  if (first === byte.openBracket) return { kind: 'array', start, end }
  if (first === byte.minus || isDigit(first)) return { kind: 'number', start, end }
  return { kind: 'literal', start, end }
}

function matchWantedKey(wanted: WantedKeys, key: Buffer): string | null {
  return Object.keys(wanted).find((name) => key.equals(Buffer.from(name))) ?? null
}

/**
 * Writes what the key means as UTF-8, so that two spellings of one key are equal bytes. A lone surrogate, which
 * `JSON.parse` accepts, becomes its three bytes in the same scheme: no valid text has them, so it equals only itself.
 */
function unescapeKey(scan: Scan, start: number, end: number): Buffer {
  const { bytes, keys } = scan
  let to = start
  let at = start
  while (at < end) {
    if (bytes[at] !== byte.backslash) {
      keys[to++] = bytes[at++] ?? 0
    } else if (bytes[at + 1] !== byte.u) {
      keys[to++] = shortEscapes.get(bytes[at + 1] ?? 0) ?? 0
      at += 2
    } else {
      const high = readHex4(bytes, at + 2)
      const low = bytes[at + 6] === byte.backslash && bytes[at + 7] === byte.u ? readHex4(bytes, at + 8) : failed
      const isPair = high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000
      to = writeCodePoint(keys, to, isPair ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : high)
      at += isPair ? 12 : 6
    }
  }
  return keys.subarray(start, to)
}

function writeCodePoint(target: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    target[at] = code
    return at + 1
  }
  const tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
  target[at] = ([0xc0, 0xe0, 0xf0][tail - 1] ?? 0) | (code >> (6 * tail))
  for (let index = 1; index <= tail; index++) target[at + index] = 0x80 | ((code >> (6 * (tail - index))) & 0x3f)
  return at + tail + 1
}

/** True when the string between `start` and `end` is written with an escape. */
export function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(byte.backslash)
}

/** Reads the four hexadecimal digits of a `\u` escape; -1 when they are not that. */
export function readHex4(bytes: Buffer, at: number): number {
  let value = 0
  for (let index = at; index < at + 4; index++) {
    const digit = hexDigit(bytes[index])
    if (digit === failed) return failed
    value = value * 16 + digit
  }
  return value
}

function hexDigit(value: number | undefined): number {
  if (value === undefined) return failed
  if (isDigit(value)) return value - byte.zero
  const lower = value | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : failed
}

function isDigit(value: number | undefined): boolean {
  return value !== undefined && value >= byte.zero && value <= byte.nine
}

function skipDigits(bytes: Buffer, start: number): number {
  let at = start
  while (isDigit(bytes[at])) at += 1
  return at
}

function skipWhitespace(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1
  return at
}
