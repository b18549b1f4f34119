import type { CardBrand, CardFacts } from '@fincore/api-contract/card-door'

/**
 * What may be known of a card outside the relay, read from its bytes: brand, first six, last four, lengths, check digit.
 * No function here makes a string of more than six digits.
 */

/** ASCII's digits. */
export const isDigit = (sign = 0) => sign >= 0x30 && sign <= 0x39

type BrandRow = readonly [brand: CardBrand, firstDigits: RegExp, lengths: readonly number[]]

/**
 * The brands, with the first digits and the lengths of their numbers (ISO/IEC 7812, the brands' published ranges). The
 * first row that matches decides, so Maestro's wide ranges stand last. A number of no brand is `unknown` and still taken:
 * the PSP knows more brands than we do.
 */
const brands: readonly BrandRow[] = [
  ['visa', /^4/, [13, 16, 19]],
  ['mastercard', /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  ['amex', /^3[47]/, [15]],
  ['diners', /^(30[0-5]|3095|36|38|39)/, [14, 15, 16, 17, 18, 19]],
  ['jcb', /^35(2[89]|[3-8])/, [16, 17, 18, 19]],
  ['discover', /^(6011|64[4-9]|65)/, [16, 17, 18, 19]],
  ['unionpay', /^(62|81)/, [16, 17, 18, 19]],
  ['maestro', /^(50|5[6-9]|6[0136-9])/, [12, 13, 14, 15, 16, 17, 18, 19]],
]
const unknown: BrandRow = ['unknown', /^/, [12, 13, 14, 15, 16, 17, 18, 19]]

export function findBrand(number: Buffer): BrandRow {
  const firstDigits = number.toString('latin1', 0, 4)
  return brands.find(([, pattern]) => pattern.test(firstDigits)) ?? unknown
}

/** Reads the facts of a card whose number and code are ASCII digits. */
export function readCardFacts(number: Buffer, cvc: Buffer): CardFacts {
  return {
    brand: findBrand(number)[0],
    first6: number.toString('latin1', 0, 6),
    last4: number.toString('latin1', number.length - 4),
    length: number.length,
    luhnOk: isLuhnOk(number),
    cvcLength: cvc.length,
  }
}

/** True when the brand issues numbers of this length. */
export const isBrandLength = (number: Buffer) => findBrand(number)[2].includes(number.length)

/** ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the digits' sum is a multiple of ten. */
export function isLuhnOk(number: Buffer): boolean {
  let sum = 0
  for (const [index, sign] of number.entries()) {
    const value = (sign - 0x30) * ((number.length - index) % 2 === 0 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}
