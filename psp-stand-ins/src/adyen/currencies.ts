import { minorUnitDigits } from '@fincore/api-contract/money'

/**
 * How many digits Adyen's minor unit has where that is not ISO 4217's (Adyen, “Currency codes”: CLP, CVE, IDR, ISK).
 * Adyen's table has the currencies that it processes; all others of ISO 4217 are refused here.
 */
const otherDigits: ReadonlyMap<string, number> = new Map([
  ['CLP', 2],
  ['CVE', 0],
  ['IDR', 0],
  ['ISK', 2],
])

/** The currencies of Adyen's table. */
const processed = new Set(
  `AED ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BMD BND BOB BRL BSD BWP BYN BZD CAD CHF CLP CNY COP CRC CUP CVE
   CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD ISK JMD JOD JPY
   KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LYD MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
   NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SVC SZL THB TND TOP TRY
   TTD TWD TZS UAH UGX USD UYU UZS VEF VND VUV WST XAF XCD XOF XPF YER ZAR ZMW`.split(/\s+/),
)

export function isAdyenCurrency(code: string): boolean {
  return processed.has(code)
}

/** How many digits the minor unit of a currency has at Adyen. */
export function adyenDigits(currency: string): number {
  return otherDigits.get(currency) ?? minorUnitDigits.get(currency) ?? 2
}

/**
 * An amount in Adyen's minor units, in those of ISO 4217; null for a fraction that ISO 4217 does not have, such as the cents
 * of an Icelandic króna.
 */
export function toIsoMinorUnits(value: number, currency: string): number | null {
  const shift = (minorUnitDigits.get(currency) ?? 2) - adyenDigits(currency)
  const converted = shift >= 0 ? value * 10 ** shift : value / 10 ** -shift
  return Number.isSafeInteger(converted) ? converted : null
}
