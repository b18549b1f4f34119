/** Brands by their issuer identification numbers (ISO/IEC 7812), as the schemes publish their ranges; the first match counts. */
const brandTable = [
  { brand: 'amex', prefixes: /^3[47]/, lengths: [15], cvcLength: 4 },
  { brand: 'diners', prefixes: /^3(?:0[0-5]|095|[689])/, lengths: [14, 16], cvcLength: 3 },
  { brand: 'jcb', prefixes: /^35(?:2[89]|[3-8])/, lengths: [16], cvcLength: 3 },
  { brand: 'discover', prefixes: /^6(?:011|4[4-9]|5)/, lengths: [16], cvcLength: 3 },
  { brand: 'unionpay', prefixes: /^(?:62|81)/, lengths: [16, 17, 18, 19], cvcLength: 3 },
  { brand: 'mastercard', prefixes: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], cvcLength: 3 },
  { brand: 'visa', prefixes: /^4/, lengths: [13, 16, 19], cvcLength: 3 },
  { brand: 'maestro', prefixes: /^(?:50|5[6-9]|6[37])/, lengths: [12, 13, 14, 15, 16, 17, 18, 19], cvcLength: 3 },
] as const

export type CardBrand = (typeof brandTable)[number]['brand'] | 'unknown'

/** The brand of a number of digits, by its beginning. */
export function brandOf(number: string): CardBrand {
  return brandTable.find((row) => row.prefixes.test(number))?.brand ?? 'unknown'
}

/** How many digits the brand's security code has; 0 when the brand is unknown and 3 or 4 are taken. */
export function cvcLengthOf(brand: CardBrand): number {
  return brandTable.find((row) => row.brand === brand)?.cvcLength ?? 0
}

/** True for 12 to 19 digits whose length fits the brand and whose check digit is right (ISO/IEC 7812-1, Luhn). */
export function isCardNumber(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false
  const row = brandTable.find(({ prefixes }) => prefixes.test(number))
  if (row && !row.lengths.some((length) => length === number.length)) return false
  let sum = 0
  for (let place = 0; place < number.length; place++) {
    const digit = Number(number[number.length - 1 - place])
    sum += place % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
