/** Prefixes `from` to `to`, both included and of the same number of digits, and the lengths that the brand issues. */
type CardRange = { brand: string; from: number; to: number; lengths: readonly number[] }

/**
 * What counts as a card number for the tripwire. Narrower than what a card relay takes, because here a false alarm
 * refuses an honest order number: brands' present lengths only. Left out on purpose: Visa's 13 digits (issued no more;
 * German telephone numbers begin with 49 and have 13) and UnionPay below 16 (Indonesian ones begin with 62).
 */
const cardRanges: readonly CardRange[] = [
  { brand: 'visa', from: 4, to: 4, lengths: [16, 18, 19] },
  { brand: 'mastercard', from: 51, to: 55, lengths: [16] },
  { brand: 'mastercard', from: 2221, to: 2720, lengths: [16] },
  { brand: 'amex', from: 34, to: 34, lengths: [15] },
  { brand: 'amex', from: 37, to: 37, lengths: [15] },
  { brand: 'diners', from: 300, to: 305, lengths: [14, 16, 19] },
  { brand: 'diners', from: 3095, to: 3095, lengths: [14, 16, 19] },
  { brand: 'diners', from: 36, to: 36, lengths: [14, 16, 19] },
  { brand: 'diners', from: 38, to: 39, lengths: [14, 16, 19] },
  { brand: 'jcb', from: 3528, to: 3589, lengths: [16, 17, 18, 19] },
  { brand: 'discover', from: 6011, to: 6011, lengths: [16, 19] },
  { brand: 'discover', from: 644, to: 649, lengths: [16, 19] },
  { brand: 'discover', from: 65, to: 65, lengths: [16, 19] },
  { brand: 'unionpay', from: 62, to: 62, lengths: [16, 17, 18, 19] },
  { brand: 'unionpay', from: 81, to: 81, lengths: [16, 17, 18, 19] },
  { brand: 'mir', from: 2200, to: 2204, lengths: [16, 17, 18, 19] },
  { brand: 'troy', from: 9792, to: 9792, lengths: [16] },
  { brand: 'maestro', from: 5018, to: 5018, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { brand: 'maestro', from: 5020, to: 5020, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { brand: 'maestro', from: 5038, to: 5038, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { brand: 'maestro', from: 5893, to: 5893, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { brand: 'maestro', from: 6304, to: 6304, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { brand: 'maestro', from: 6759, to: 6763, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
]

export const shortestCard = 12
export const longestCard = 19

/** For each first four digits, the lengths in use as bits; one look instead of a search for every run of digits. */
const lengthsByFirst4 = new Uint32Array(10_000)
for (const range of cardRanges) {
  const scale = 10 ** (4 - String(range.from).length)
  const bits = range.lengths.reduce((sum, length) => sum | (1 << length), 0)
  for (let first4 = range.from * scale; first4 < (range.to + 1) * scale; first4++) {
    lengthsByFirst4[first4] = (lengthsByFirst4[first4] ?? 0) | bits
  }
}

/** The lengths that brands issue of card numbers that begin with these four digits, as bits. */
export function issuedLengths(first4: number): number {
  return lengthsByFirst4[first4] ?? 0
}

/**
 * Whether `length` digits form a card number: a brand's range, its length, and a right check digit (Luhn,
 * ISO/IEC 7812-1 annex B). `digitAt` gives the i-th digit, so that the digits are never gathered anywhere.
 */
export function isCardNumber(length: number, digitAt: (index: number) => number): boolean {
  const first4 = digitAt(0) * 1000 + digitAt(1) * 100 + digitAt(2) * 10 + digitAt(3)
  if ((issuedLengths(first4) & (1 << length)) === 0) return false
  let sum = 0
  for (let index = 0; index < length; index++) {
    const doubled = (length - index) % 2 === 0 ? digitAt(index) * 2 : digitAt(index)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
