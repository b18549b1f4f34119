/** The schemes' published ranges (ISO/IEC 7812); the first match counts. Brands in Stripe's words. */
const brands = [
  { brand: 'amex', prefix: /^3[47]/, lengths: [15] },
  { brand: 'diners', prefix: /^3(?:0[0-5]|095|[689])/, lengths: [14, 16] },
  { brand: 'jcb', prefix: /^35(?:2[89]|[3-8])/, lengths: [16] },
  { brand: 'discover', prefix: /^6(?:011|4[4-9]|5)/, lengths: [16] },
  { brand: 'unionpay', prefix: /^(?:62|81)/, lengths: [16, 17, 18, 19] },
  { brand: 'mastercard', prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { brand: 'visa', prefix: /^4/, lengths: [13, 16, 19] },
]

export function brandOf(number: string): string {
  return brands.find(({ prefix }) => prefix.test(number))?.brand ?? 'unknown'
}

/** Whether the length fits the brand and the check digit is right (Luhn). */
export function isCardNumber(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false
  const row = brands.find(({ prefix }) => prefix.test(number))
  if (row && !row.lengths.includes(number.length)) return false
  const digits = [...number].reverse().map(Number)
  const sum = digits.reduce((total, digit, place) => {
    const counted = place % 2 === 0 ? digit : digit * 2
    return total + (counted > 9 ? counted - 9 : counted)
  }, 0)
  return sum % 10 === 0
}

export function cvcLengthOf(brand: string): number {
  return brand === 'amex' ? 4 : 3
}
