import { adyenDigits } from '../currencies.ts'
import type { Amount } from '../world.ts'

/** An amount as a shopper reads it. */
export function formatMoney({ value, currency }: Amount): string {
  const digits = adyenDigits(currency)
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value / 10 ** digits)
}
