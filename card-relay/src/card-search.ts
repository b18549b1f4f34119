import type { CardMemory } from './card-memory.ts'

/**
 * Finds a known card in bytes, however it is written: in plain, with signs between its digits (spaces, dashes, the zero
 * bytes of UTF-16), in base64, in hexadecimal digits, as packed decimal, and any of these behind JSON's escapes or
 * percent-encoded. It works on the bytes as they lie, so it serves a request's body, a header and a reply's value.
 */
export type CardSearch = ReturnType<typeof makeCardSearch>

const base64Signs = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const lettersAndDigits = new Set(base64Signs.subarray(0, 62))
/** What JSON's short escapes stand for. */
const shortEscapes: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/** The search for one card. What it compares with lies in `store`, of at least 200 bytes, which is wiped with the card. */
export function makeCardSearch(number: Buffer, cvc: Buffer, store: Buffer, memory: CardMemory) {
  let used = 0
  function write(length: number, signAt: (index: number) => number): Buffer {
    const piece = store.subarray(used, used + length)
    used += length
    for (let index = 0; index < length; index++) piece[index] = signAt(index)
    return piece
  }
  const hex = (digits: Buffer) => write(digits.length * 2, (index) => (index % 2 ? (digits[index >> 1] ?? 0) : 0x33))
  const base64 = (digits: Buffer) =>
    write(Math.ceil((digits.length * 4) / 3), (index) => {
      const from = (index >> 2) * 3
      const bits = ((digits[from] ?? 0) << 16) | ((digits[from + 1] ?? 0) << 8) | (digits[from + 2] ?? 0)
      return base64Signs[(bits >> (18 - 6 * (index % 4))) & 63] ?? 0
    })
  /** Two digits a byte; where half a byte is left over, a 0 before them or an F after them, as is usual. */
  const packed = (digits: Buffer, zeros = 0) =>
    write(Math.ceil(digits.length / 2), (index) => {
      const at = 2 * index - zeros
      return (((digits[at] ?? 0x30) & 15) << 4) | ((digits[at + 1] ?? 0x3f) & 15)
    })
  /** The digits from `phase` on that fill groups: their signs do not depend on what stands before or after the number. */
  const groups = (phase: number, size: number) =>
    number.subarray(phase, number.length - ((number.length - phase) % size))

  const numbers = [number, hex(number), ...[0, 1, 2].map((phase) => base64(groups(phase, 3)))]
  const packedNumbers = [0, 1].map((phase) => packed(groups(phase, 2)))
  const codes = [cvc, hex(cvc), base64(cvc)]
  const packedCodes = [packed(cvc), packed(cvc, cvc.length % 2)]

  /**
   * Looks at the bytes as they are, and then at what they say as JSON, percent-decoded, and as JSON once more; each time
   * also without separators. One after the other, because packed decimal may look like an escape that it is not: the
   * digits 25 34 35 are the bytes of `%45`.
   */
  function look(bytes: Buffer, isFound: (text: Buffer, letters: Buffer) => boolean): boolean {
    using text = memory.take(bytes.length)
    using letters = memory.take(bytes.length)
    const isIn = (plain: Buffer, [isJson, ...later]: boolean[]): boolean =>
      isFound(plain, copyLetters(plain, letters)) || (isJson !== undefined && isIn(decode(plain, isJson), later))
    return isIn(text.fill(bytes), [true, false, true])
  }

  const isNumber = (text: Buffer, letters: Buffer) =>
    numbers.some((signs) => letters.includes(signs)) || packedNumbers.some((signs) => text.includes(signs))
  const isCode = (text: Buffer, letters: Buffer) =>
    cvc.length > 0 && (codes.some((signs) => letters.equals(signs)) || packedCodes.some((signs) => text.equals(signs)))
  return {
    /** True when the number stands anywhere in the bytes. */
    holdsNumber: (bytes: Buffer) => look(bytes, isNumber),
    /** True when the bytes are the security code, and beside it no letter or digit: three digits prove nothing else. */
    isCode: (bytes: Buffer) => look(bytes, isCode),
  }
}

function copyLetters(bytes: Buffer, target: Buffer): Buffer {
  let length = 0
  for (const value of bytes) if (lettersAndDigits.has(value)) target[length++] = value
  return target.subarray(0, length)
}

/** Replaces the escapes of JSON, or those of addresses, by the bytes they stand for, in place. */
function decode(bytes: Buffer, isJson: boolean): Buffer {
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    const value = bytes[at] ?? 0
    const next = bytes[at + 1] ?? 0
    // `\u0034` has four hexadecimal digits after two signs, `%34` two after one.
    const signs = isJson ? (value === 0x5c && next === 0x75 ? 2 : 0) : Number(value === 0x25)
    const code = Number(`0x${bytes.toString('latin1', at + signs, at + 3 * signs)}`)
    const short = isJson && value === 0x5c ? shortEscapes[next] : undefined
    // A backslash alone says nothing; nor does the first byte of U+0080 to U+00FF in UTF-8, whose second is the meaning.
    if (code >= 0 || short !== undefined) bytes[length++] = Math.min(short ?? code, 0xff)
    else if (value !== 0x5c && value !== 0xc2) bytes[length++] = value
    at += code >= 0 ? 3 * signs : short === undefined ? 1 : 2
  }
  return bytes.subarray(0, length)
}
