import { minorUnitDigits, toDecimal } from '@fincore/api-contract/money'

/** An amount as a shopper reads it, such as `€19.99` or `19,99 €`. Exact at any size: no floating-point number is made of it. */
export function formatAmount(minorUnits: bigint, currency: string, language: string): string {
  const digits = minorUnitDigits.get(currency) ?? 2
  // Intl formats a decimal text exactly; only the number of digits must not be its own idea (it is wrong for HUF).
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(toDecimal(minorUnits, digits) as `${number}`)
}
