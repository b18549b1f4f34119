import { minorUnitDigits } from '@fincore/api-contract/money'

/**
 * Stripe's units ("Supported currencies", docs.stripe.com/currencies): hundredths, but for these. In UGX and ISK, which
 * have no minor unit any more, Stripe keeps hundredths and takes whole units only; of a currency with three decimals it
 * takes multiples of ten only.
 */
const zeroDecimal = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const threeDecimal = 'bhd jod kwd omr tnd'.split(' ')
const multiples = new Map([
  ...threeDecimal.map((currency) => [currency, 10] as const),
  ['isk', 100] as const,
  ['ugx', 100] as const,
])

/** Every currency of that page in which a payment can be made. */
const twoDecimal = [
  'usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf',
  'cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr',
  'isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn',
  'nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb',
  'tjs top try ttd twd tzs uah ugx uyu uzs wst xcd xcg yer zar zmw',
].flatMap((line) => line.split(' '))

const digits = new Map([
  ...zeroDecimal.map((currency) => [currency, 0] as const),
  ...twoDecimal.map((currency) => [currency, 2] as const),
  ...threeDecimal.map((currency) => [currency, 3] as const),
])

/** Eight digits ("Create a PaymentIntent", `amount`). Some currencies may have more; this stand-in is strict. */
const largestAmount = 99_999_999

export function isCurrency(currency: string): boolean {
  return digits.has(currency)
}

/** What is wrong with an amount in Stripe's units, or null. */
export function findAmountProblem(amount: number, currency: string): { message: string; code?: string } | null {
  if (amount < 1)
    return { message: 'This value must be greater than or equal to 1.', code: 'parameter_invalid_integer' }
  if (amount > largestAmount)
    return { message: `Amount must be no more than ${largestAmount}`, code: 'amount_too_large' }
  const multiple = multiples.get(currency) ?? 1
  if (amount % multiple !== 0)
    return {
      message: `Amount must be a multiple of ${multiple} in ${currency.toUpperCase()}`,
      code: 'invalid_charge_amount',
    }
  return null
}

/** An amount of Stripe's in the minor units of ISO 4217. Throws when it is none: Stripe would have refused it. */
export function toMinorUnits(amount: number, currency: string): number {
  const difference = (minorUnitDigits.get(currency.toUpperCase()) ?? 2) - (digits.get(currency) ?? 2)
  const converted = difference >= 0 ? amount * 10 ** difference : amount / 10 ** -difference
  if (!Number.isSafeInteger(converted)) throw new Error('An amount that Stripe takes, and that has no minor units')
  return converted
}

/** For a shopper to read, such as `€12.34`. */
export function formatAmount(amount: number, currency: string): string {
  const shown = digits.get(currency) ?? 2
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  }).format(amount / 10 ** shown)
}
