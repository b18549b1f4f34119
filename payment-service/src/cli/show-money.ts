import { minorUnitDigits } from '@fincore/api-contract/money'

/** An amount of minor units as people write it: `19.90 EUR`. */
export function showMoney(amount: number, currency: string): string {
  const digits = minorUnitDigits.get(currency) ?? 0
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const whole = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return `${amount < 0 ? '-' : ''}${whole} ${currency}`
}
