import { isUtf8 } from 'node:buffer'
import { isDigit } from './card-facts.ts'
import { limits } from './limits.ts'
import type { Refusal } from './problems.ts'

/**
 * Finds where the keys and values of a JSON text lie, as bytes. Whether it is JSON, `JSON.parse` itself decides, on the
 * masked text: a copy in which no string says anything and all digits are 1, so that no card number becomes a string.
 * The text must be stricter than JSON in four points: its root is an object, no key is written twice in an object, and
 * depth and number of keys are bounded.
 */

/**
 * A key or a value. The span of a key or a string is what stands between its quotes. `path` is the wanted path that a
 * value is at, and for a key as much of a wanted path as the key ends; else null. A key that is written with an escape is
 * on no wanted path, and neither is what lies in an array. `depth` is in how many objects and arrays it lies: 1 for the
 * root's own keys and values. A key's value is the token after it.
 */
export type Token = Span & { kind: 'key' | 'string' | 'number' | 'other'; path: string | null; depth: number }
type Span = { start: number; end: number; isEscaped: boolean }

/** A string, a bracket, a comma, a number or a word. In what is JSON, only spaces and colons are left between them. */
const words = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|[^\s{}[\],:"]+/g

/** `wanted` are dotted paths through objects, such as `payment_method.card.number`. */
export function scanJson(bytes: Buffer, wanted: readonly string[]): { tokens: Token[] } | Refusal {
  const refuse = (detail: string): Refusal => ({ code: 'malformed_json', detail })
  if (!isUtf8(bytes)) return refuse('The body is not valid UTF-8. Encode it in UTF-8, without a byte order mark.')
  const text = mask(bytes)
  if (!/^[ \t\r\n]*\{/.test(text)) return refuse('The body must be one JSON object, without a byte order mark.')
  try {
    JSON.parse(text)
  } catch {
    // The parser's message quotes the text.
    return refuse('The body is not valid JSON. Write it with a JSON library.')
  }

  const names = wanted.flatMap((path) => path.split('.')).map((name) => Buffer.from(name))
  const tokens: Token[] = []
  const frames: { keys: Buffer[] | null; path: string | null }[] = []
  let path: string | null = null
  let isKeyNext = false
  for (const { 0: word, index: at } of text.matchAll(words)) {
    const sign = word.charAt(0)
    const frame = frames.at(-1)
    const quote = sign === '"' ? 1 : 0
    const token = { start: at + quote, end: at + word.length - quote, isEscaped: /\\/.test(word), depth: frames.length }
    if (sign === '}' || sign === ']') frames.pop()
    else if (sign === ',') isKeyNext = frame?.keys !== null
    else if (isKeyNext && frame?.keys) {
      const key = bytes.subarray(token.start, token.end)
      const name = names.find((known) => known.equals(key))
      path = extendPath(frame.path, name, wanted)
      if (frame.keys.some((earlier) => earlier.equals(key))) {
        const detail = 'An object has the same key twice, so its meaning is not certain. Send each key once.'
        return path === null ? refuse(detail) : { code: 'card_field_ambiguous', detail, param: path }
      }
      // Keys are compared each with each, so their number is bounded: the worst text costs milliseconds.
      if (frame.keys.push(key) > limits.jsonKeys) return refuse('An object has too many keys. At most 512 are read.')
      tokens.push({ kind: 'key', ...token, path })
      isKeyNext = false
    } else {
      const kind = sign === '"' ? 'string' : /[-01]/.test(sign) ? 'number' : 'other'
      tokens.push({ kind, ...token, path: path !== null && wanted.includes(path) ? path : null })
      isKeyNext = sign === '{'
      if (isKeyNext) frames.push({ keys: [], path: frames.length === 0 ? '' : path })
      if (sign === '[') frames.push({ keys: null, path: null })
      path = null
      if (frames.length > limits.jsonDepth) return refuse('The body is nested too deeply. At most 32 levels are read.')
    }
  }
  return { tokens }
}

/** The path of a key of that name, where a wanted path leads through it. */
function extendPath(path: string | null, name: Buffer | undefined, wanted: readonly string[]): string | null {
  if (path === null || name === undefined) return null
  const longer = path === '' ? String(name) : `${path}.${name}`
  return wanted.some((one) => `${one}.`.startsWith(`${longer}.`)) ? longer : null
}

/**
 * The same text without what it says, so that no card becomes a string, in base64 and packed decimal either. In a string
 * each byte becomes an x, and each hexadecimal digit of an escape a 1. Outside, each digit becomes a 1, but for a first
 * 0, since JSON allows no other digit after it. What JSON has nowhere there becomes a question mark, or stays a control
 * character. Nothing else in JSON depends on which sign stands somewhere. Each byte becomes one character.
 */
function mask(bytes: Buffer): string {
  let isText = false
  /** How many bytes are left of an escape, the longest of which is a u and four digits. */
  let escapeLeft = 0
  const masked = bytes.map((value, at) => {
    const sign = String.fromCharCode(value)
    if (escapeLeft > 0) {
      const [allowed, shown] = escapeLeft === 5 ? [/["\\/bfnrtu]/, value] : [/[0-9a-f]/i, 0x31]
      escapeLeft = escapeLeft === 5 && sign !== 'u' ? 0 : escapeLeft - 1
      return allowed.test(sign) ? shown : invalid
    }
    if (sign === '"') isText = !isText
    else if (isText && sign === '\\') escapeLeft = 5
    else if (isText) return value < 0x20 ? value : 0x78
    else if (isDigit(value)) return sign === '0' && !isDigit(bytes[at - 1]) ? value : 0x31
    return /["\\\s{}[\],:+.\-truefalsnE]/.test(sign) ? value : invalid
  })
  return Buffer.from(masked.buffer).toString('latin1')
}

const invalid = 0x3f
