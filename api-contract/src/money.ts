import * as currencies from 'dinero.js/currencies'

/**
 * How many digits the minor unit of a currency has (ISO 4217): EUR 2, JPY 0, KWD 3. From a maintained table, because
 * `Intl` is wrong about some currencies (HUF, IDR). Ouguiya and ariary are base 5 with one digit, written as 1 here.
 */
export const minorUnitDigits: ReadonlyMap<string, number> = new Map(
  Object.values(currencies).flatMap((currency) =>
    typeof currency === 'object' && 'code' in currency
      ? [[String(currency.code), Number(currency.exponent)] as const]
      : [],
  ),
)

/** Whether FinCore takes payments in this currency; codes are ISO 4217, in capitals. */
export function isCurrency(code: string): boolean {
  return minorUnitDigits.has(code)
}

/** An amount of minor units with its decimal point, such as `19.99`. Exact at any size: no floating-point number is made of it. */
export function toDecimal(minorUnits: bigint | number, digits: number): string {
  const text = String(minorUnits)
    .replace('-', '')
    .padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return minorUnits < 0 ? `-${decimal}` : decimal
}

/** The largest amount of a single payment, in minor units. Below 2^53, so that it is exact in every JSON parser. */
export const maxAmount = 999_999_999_999
