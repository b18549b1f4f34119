import { minorUnitDigits } from '@fincore/api-contract/money'
import type { Money } from '../port.ts'

/** An amount in Adyen's minor units. */
export type AdyenAmount = { value: number; currency: string }

/**
 * The currencies whose minor unit has other digits at Adyen than in ISO 4217, with Adyen's (Adyen, “Currency codes and
 * minor units”, which marks these four as differing from the standard).
 */
const ownDigits = new Map([
  ['CLP', 2],
  ['CVE', 0],
  ['IDR', 0],
  ['ISK', 2],
])

/** A fifth is their smallest unit, which no number of decimals expresses. */
const notDecimal = new Set(['MGA', 'MRU'])

/** Whether Adyen can be asked for exactly this amount: 12.50 rupiah cannot be said there. */
export function takesAmount(money: Money): boolean {
  return convert(money.amount, money.currency, 'to Adyen') !== null
}

/** An amount as Adyen takes it. Only for what `takesAmount` takes; anything else is a bug, and is never rounded. */
export function toAdyen({ amount, currency }: Money): AdyenAmount {
  const converted = convert(amount, currency, 'to Adyen')
  const value = Number(converted)
  if (converted === null || converted < 0n || !Number.isSafeInteger(value))
    throw new Error('An amount cannot be expressed in Adyen’s minor units')
  return { value, currency }
}

/** An amount of Adyen's in FinCore's minor units; null for one that they cannot express, or a currency not known. */
export function fromAdyen({ value, currency }: AdyenAmount): Money | null {
  const amount = convert(BigInt(value), currency, 'from Adyen')
  return amount === null ? null : { amount, currency }
}

function convert(amount: bigint, currency: string, direction: 'to Adyen' | 'from Adyen'): bigint | null {
  const standard = minorUnitDigits.get(currency)
  if (standard === undefined || notDecimal.has(currency)) return null
  const more = (ownDigits.get(currency) ?? standard) - standard
  const isLarger = direction === 'to Adyen' ? more > 0 : more < 0
  const factor = 10n ** BigInt(Math.abs(more))
  if (isLarger) return amount * factor
  return amount % factor === 0n ? amount / factor : null
}
