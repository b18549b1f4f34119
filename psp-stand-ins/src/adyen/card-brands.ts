/**
 * Brands as Adyen names them in `paymentMethod.brand`, by their issuer identification numbers (ISO/IEC 7812); the first match
 * counts.
 */
const brandTable = [
  { brand: 'amex', prefixes: /^3[47]/, lengths: [15], cvcLength: 4 },
  { brand: 'diners', prefixes: /^3(?:0[0-5]|095|[689])/, lengths: [14, 16], cvcLength: 3 },
  { brand: 'jcb', prefixes: /^35(?:2[89]|[3-8])/, lengths: [16], cvcLength: 3 },
  { brand: 'discover', prefixes: /^6(?:011|4[4-9]|5)/, lengths: [16], cvcLength: 3 },
  { brand: 'cup', prefixes: /^(?:62|81)/, lengths: [16, 17, 18, 19], cvcLength: 3 },
  { brand: 'mc', prefixes: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], cvcLength: 3 },
  { brand: 'visa', prefixes: /^4/, lengths: [13, 16, 19], cvcLength: 3 },
  { brand: 'maestro', prefixes: /^(?:50|5[6-9]|6[37])/, lengths: [12, 13, 14, 15, 16, 17, 18, 19], cvcLength: 3 },
] as const

export type AdyenBrand = (typeof brandTable)[number]['brand']

/** The brand of a card number, or null when it is none: unknown beginning, wrong length, wrong check digit (Luhn). */
export function readCardNumber(number: string): { brand: AdyenBrand; cvcLength: number } | null {
  if (!/^\d{12,19}$/.test(number) || !hasCheckDigit(number)) return null
  const row = brandTable.find(({ prefixes }) => prefixes.test(number))
  if (!row?.lengths.some((length) => length === number.length)) return null
  return { brand: row.brand, cvcLength: row.cvcLength }
}

/** The brand that a number begins like, and the length of its security code; null while that is not known. */
export function beginningOf(digits: string): { brand: AdyenBrand; cvcLength: number } | null {
  const row = brandTable.find(({ prefixes }) => prefixes.test(digits))
  return row ? { brand: row.brand, cvcLength: row.cvcLength } : null
}

function hasCheckDigit(number: string): boolean {
  const sum = [...number].reverse().reduce((total, character, place) => {
    const digit = Number(character)
    return total + (place % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2)
  }, 0)
  return sum % 10 === 0
}
