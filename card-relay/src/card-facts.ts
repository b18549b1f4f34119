import type { CardBrand, CardFacts } from '@fincore/api-contract/card-door'

/**
 * What may be known of a card outside the relay, read from its bytes: brand, first six, last four, lengths, check digit.
 * No function here makes a string or a number of more than six digits.
 */

type BrandRow = {
  brand: CardBrand
  /** Prefixes from and to, both included, of the same number of digits. */
  prefixes: readonly (readonly [number, number])[]
  lengths: readonly number[]
}

const from12To19 = [12, 13, 14, 15, 16, 17, 18, 19] as const

/**
 * The issuers' ranges (ISO/IEC 7812, the brands' published ranges). The first row that matches decides, so Maestro's
 * wide ranges stand last. A number of no row is `unknown` and still taken: the PSP knows more brands than we do.
 */
const brandRows: readonly BrandRow[] = [
  { brand: 'visa', prefixes: [[4, 4]], lengths: [13, 16, 19] },
  {
    brand: 'mastercard',
    prefixes: [
      [51, 55],
      [2221, 2720],
    ],
    lengths: [16],
  },
  {
    brand: 'amex',
    prefixes: [
      [34, 34],
      [37, 37],
    ],
    lengths: [15],
  },
  {
    brand: 'diners',
    prefixes: [
      [300, 305],
      [3095, 3095],
      [36, 36],
      [38, 39],
    ],
    lengths: [14, 15, 16, 17, 18, 19],
  },
  { brand: 'jcb', prefixes: [[3528, 3589]], lengths: [16, 17, 18, 19] },
  {
    brand: 'discover',
    prefixes: [
      [6011, 6011],
      [644, 649],
      [65, 65],
    ],
    lengths: [16, 17, 18, 19],
  },
  {
    brand: 'unionpay',
    prefixes: [
      [62, 62],
      [81, 81],
    ],
    lengths: [16, 17, 18, 19],
  },
  {
    brand: 'maestro',
    prefixes: [
      [50, 50],
      [56, 61],
      [63, 63],
      [66, 69],
    ],
    lengths: from12To19,
  },
]

/** Reads the facts of a card whose number and code are ASCII digits. */
export function readCardFacts(number: Buffer, cvc: Buffer): CardFacts {
  return {
    brand: findBrandRow(number)?.brand ?? 'unknown',
    first6: number.toString('latin1', 0, 6),
    last4: number.toString('latin1', number.length - 4),
    length: number.length,
    luhnOk: isLuhnOk(number),
    cvcLength: cvc.length,
  }
}

/** True when every byte is an ASCII digit and their count lies between the two, both included. */
export function isDigitRun(bytes: Buffer, least: number, most: number): boolean {
  return bytes.length >= least && bytes.length <= most && bytes.every((value) => value >= 0x30 && value <= 0x39)
}

/** True when the brand issues numbers of this length. */
export function isBrandLength(number: Buffer): boolean {
  return (findBrandRow(number)?.lengths ?? from12To19).includes(number.length)
}

/** ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the digits' sum is a multiple of ten. */
export function isLuhnOk(number: Buffer): boolean {
  let sum = 0
  for (let index = 0; index < number.length; index++) {
    const digit = (number[number.length - 1 - index] ?? 0x30) - 0x30
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

function findBrandRow(number: Buffer): BrandRow | undefined {
  return brandRows.find((row) =>
    row.prefixes.some(([from, to]) => {
      const prefix = readPrefix(number, String(from).length)
      return prefix >= from && prefix <= to
    }),
  )
}

/** The value of the first `count` digits, at most six. */
function readPrefix(number: Buffer, count: number): number {
  let value = 0
  for (const digit of number.subarray(0, Math.min(count, 6))) value = value * 10 + (digit - 0x30)
  return value
}
