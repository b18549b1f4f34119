import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { minorUnitDigits } from '@fincore/api-contract/money'
import fc from 'fast-check'
import { fromAdyen, takesAmount, toAdyen } from './amounts.ts'

describe('amounts in Adyen’s minor units', () => {
  const cases: [currency: string, ours: bigint, theirs: number | null][] = [
    ['EUR', 1999n, 1999],
    ['JPY', 1999n, 1999],
    ['KWD', 1_999_999n, 1_999_999],
    // Adyen counts centavos and aurar that ISO 4217 does not have.
    ['CLP', 1999n, 199_900],
    ['ISK', 1999n, 199_900],
    // And not the hundredths that ISO 4217 has.
    ['IDR', 150_000n, 1500],
    ['IDR', 150_050n, null],
    ['CVE', 100n, 1],
    ['CVE', 1n, null],
    ['MGA', 10n, null],
    ['XXZ', 10n, null],
  ]
  for (const [currency, amount, value] of cases) {
    it(`${value === null ? 'cannot say' : 'says'} ${amount} ${currency}`, () => {
      assert.equal(takesAmount({ amount, currency }), value !== null)
      if (value === null) return assert.throws(() => toAdyen({ amount, currency }))
      assert.deepEqual(toAdyen({ amount, currency }), { value, currency })
      assert.deepEqual(fromAdyen({ value, currency }), { amount, currency })
    })
  }

  it('reads no fraction of what ISO 4217 counts', () => {
    for (const currency of ['CLP', 'ISK']) assert.equal(fromAdyen({ value: 199_901, currency }), null)
  })

  it('changes no amount on the way there and back', () => {
    const currencies = fc.constantFrom(...minorUnitDigits.keys())
    fc.assert(
      fc.property(currencies, fc.bigInt({ min: 0n, max: 999_999_999_999n }), (currency, amount) => {
        if (!takesAmount({ amount, currency })) return
        assert.deepEqual(fromAdyen(toAdyen({ amount, currency })), { amount, currency })
      }),
    )
  })
})
