import { findBrand, isBrandLength, isDigit, isLuhnOk } from './card-facts.ts'
import type { CardMemory } from './card-memory.ts'
import type { Token } from './json-scanner.ts'

const fewestDigits = 13
const mostDigits = 19
const isSeparator = (sign = 0) => sign === 0x20 || sign === 0x2d
const isLetter = (sign = 0) => (sign | 0x20) >= 0x61 && (sign | 0x20) <= 0x7a
const isWord = (sign = 0) => isDigit(sign) || isLetter(sign)

/**
 * Where a card number stands in a body whose own card was taken out: another one, in metadata or in a description,
 * which the payment service must not see either. It is -1 when there is none. Digits in one go, or in groups with one space or dash between, that
 * have a brand's prefix and length and a right check digit. Letters beside them make them a piece of an id or a digest.
 * What is written in a more uncommon way is found by the payment service's tripwire, which is not held to few lines.
 * Nothing is found in the texts `exempt`. No number reaches into one from outside, because its quotes part them.
 */
export function findStrayNumber(body: Buffer, exempt: readonly Token[], memory: CardMemory): number {
  using digits = memory.take(mostDigits)
  for (let from = 0; from < body.length; from++) {
    if (!isDigit(body[from]) || isWord(body[from - 1])) continue
    if (exempt.some(({ start, end }) => from >= start && from < end)) continue
    let count = 0
    for (let at = from; at < body.length && count < mostDigits; at++) {
      const next = body[at + 1]
      if (isDigit(body[at])) digits[count++] = body[at] ?? 0
      else if (!isSeparator(body[at]) || !isDigit(next)) break
      if (isDigit(body[at]) && !isWord(next) && isCardNumber(digits.subarray(0, count))) return from
    }
  }
  return -1
}

/**
 * The texts directly at `metadata.<key>`, where the key is, byte by byte, one that an operator has exempted. An escaped
 * key was refused before, and a second `metadata` or a second key of that name was too.
 */
export function findExemptTexts(body: Buffer, tokens: readonly Token[], exemptKeys: readonly string[]): Token[] {
  const names = exemptKeys.map((key) => Buffer.from(key))
  return tokens.filter(({ kind, start }, index) => {
    const key = tokens[index - 1]
    if (kind !== 'string' || key?.kind !== 'key' || key.depth !== 2) return false
    const isExempt = names.some((name) => name.equals(body.subarray(key.start, key.end)))
    return isExempt && nameField(start, body, tokens) === 'metadata'
  })
}

/** The root's field that a place of the body lies in, where its name is letters and `_`: so it is no piece of a number. */
export function nameField(at: number, body: Buffer, tokens: readonly Token[]): string | undefined {
  const key = tokens.findLast(({ kind, depth, start }) => kind === 'key' && depth === 1 && start <= at)
  const name = body.subarray(key?.start, key?.end)
  const isPlain = name.length <= 64 && name.every((sign) => isLetter(sign) || sign === 0x5f)
  return isPlain ? name.toString('latin1') || undefined : undefined
}

const isCardNumber = (digits: Buffer) =>
  digits.length >= fewestDigits && isLuhnOk(digits) && isBrandLength(digits) && findBrand(digits)[0] !== 'unknown'
