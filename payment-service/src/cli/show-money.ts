import { minorUnitDigits, toDecimal } from '@fincore/api-contract/money'

/** An amount of minor units as people write it: `19.90 EUR`. */
export function showMoney(amount: number, currency: string): string {
  return `${toDecimal(amount, minorUnitDigits.get(currency) ?? 0)} ${currency}`
}
