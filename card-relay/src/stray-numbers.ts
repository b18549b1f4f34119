import { isBrandLength, isLuhnOk, readCardFacts } from './card-facts.ts'
import type { CardMemory } from './card-memory.ts'
import type { Token } from './json-scanner.ts'

const fewestDigits = 13
const mostDigits = 19
const isDigit = (sign = 0) => sign >= 0x30 && sign <= 0x39
const isSeparator = (sign = 0) => sign === 0x20 || sign === 0x2d
const isWord = (sign = 0) => isDigit(sign) || ((sign | 0x20) >= 0x61 && (sign | 0x20) <= 0x7a)

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
  const named = (names: readonly string[], { start, end }: Token) =>
    names.some((name) => Buffer.from(name).equals(body.subarray(start, end)))
  let isInMetadata = false
  return tokens.filter((token, index) => {
    if (token.kind === 'key' && token.depth === 1) isInMetadata = named(['metadata'], token)
    const key = tokens[index - 1]
    return isInMetadata && token.kind === 'string' && key?.kind === 'key' && key.depth === 2 && named(exemptKeys, key)
  })
}

function isCardNumber(digits: Buffer): boolean {
  if (digits.length < fewestDigits || !isLuhnOk(digits) || !isBrandLength(digits)) return false
  return readCardFacts(digits, digits).brand !== 'unknown'
}
