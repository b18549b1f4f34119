import { minorUnitDigits } from '@fincore/api-contract/money'
import type { Money } from '../port.ts'

/**
 * How Stripe counts each currency in which it takes payments, from its document "Supported currencies". Two digits after
 * the point, but for these; a currency that is not here is not taken, because nothing says how it would be counted.
 */
const listed = {
  0: 'BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC ' +
    'CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR ' +
    'KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK ' +
    'PHP PKR PLN QAR RON RSD SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS ' +
    'WST XCD XCG YER ZAR ZMW',
  3: 'BHD JOD KWD OMR TND',
} as const

/**
 * What an amount must be a multiple of, in Stripe's units. Of a currency with three digits Stripe takes the last one as
 * 0 only. ISK and UGX have no minor unit, but Stripe counts them in hundredths, of which it takes whole units only.
 * (HUF and TWD are whole in payouts alone; a payment may have hundredths of them.)
 *
 * MGA is not taken: its minor unit is a fifth, which Stripe cannot express.
 */
const steps: Readonly<Record<string, bigint>> = {
  BHD: 10n,
  JOD: 10n,
  KWD: 10n,
  OMR: 10n,
  TND: 10n,
  ISK: 100n,
  UGX: 100n,
}

type Unit = { step: bigint; perMinorUnit: bigint }

const units: ReadonlyMap<string, Unit> = new Map(
  Object.entries(listed).flatMap(([digits, codes]) =>
    codes.split(' ').flatMap((currency): [string, Unit][] => {
      const more = Number(digits) - (minorUnitDigits.get(currency) ?? Number.POSITIVE_INFINITY)
      return more < 0 ? [] : [[currency, { step: steps[currency] ?? 1n, perMinorUnit: 10n ** BigInt(more) }]]
    }),
  ),
)

/** Whether Stripe can express the amount exactly. */
export function takesAmount(money: Money): boolean {
  return convert(money) !== null
}

/** Minor units of ISO 4217 in Stripe's. Throws for what `takesAmount` refuses: nothing is rounded. */
export function toStripeAmount(money: Money): number {
  const amount = convert(money)
  if (amount === null) throw new Error(`Stripe cannot express this amount of ${money.currency}`)
  return amount
}

/** Stripe's amount in minor units of ISO 4217, or null for one that is none: in part units, or of another currency. */
export function readStripeAmount(amount: number, lowercase: string): Money | null {
  const currency = lowercase.toUpperCase()
  const unit = units.get(currency)
  if (unit === undefined || BigInt(amount) % unit.perMinorUnit !== 0n) return null
  return { amount: BigInt(amount) / unit.perMinorUnit, currency }
}

function convert({ amount, currency }: Money): number | null {
  const unit = units.get(currency)
  if (unit === undefined || amount < 0n) return null
  const converted = amount * unit.perMinorUnit
  const isExact = converted % unit.step === 0n && converted <= BigInt(Number.MAX_SAFE_INTEGER)
  return isExact ? Number(converted) : null
}
