import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { minorUnitDigits } from '@fincore/api-contract/money'
import { readStripeAmount, takesAmount, toStripeAmount } from './amounts.ts'

describe('amounts at Stripe', () => {
  const cases: [amount: bigint, currency: string, stripes: number | null][] = [
    [1999n, 'EUR', 1999],
    [1999n, 'JPY', 1999],
    [1999n, 'HUF', 1999],
    [1999n, 'TWD', 1999],
    // Without a minor unit, and counted in hundredths all the same.
    [1999n, 'ISK', 199_900],
    [5n, 'UGX', 500],
    // Three digits, of which Stripe takes the last one as 0 only.
    [1_999_990n, 'KWD', 1_999_990],
    [1_999_991n, 'KWD', null],
    [10n, 'TND', 10],
    [5n, 'BHD', null],
    // Fifths.
    [5n, 'MGA', null],
    // Not counted by Stripe's document.
    [5n, 'CLF', null],
    [5n, 'IQD', null],
    [5n, 'XXX', null],
    [5n, 'eur', null],
    [-1n, 'EUR', null],
    [2n ** 53n, 'EUR', null],
  ]
  for (const [amount, currency, expected] of cases) {
    it(`${expected === null ? 'does not express' : 'expresses'} ${amount} minor units of ${currency}`, () => {
      assert.equal(takesAmount({ amount, currency }), expected !== null)
      if (expected === null) return assert.throws(() => toStripeAmount({ amount, currency }))
      assert.equal(toStripeAmount({ amount, currency }), expected)
      assert.deepEqual(readStripeAmount(expected, currency.toLowerCase()), { amount, currency })
    })
  }

  it('gives every amount that it takes back as it was, in every currency', () => {
    const taken = [...minorUnitDigits.keys()].filter((currency) => takesAmount({ amount: 1_000n, currency }))
    assert(taken.length > 120)
    for (const currency of taken) {
      for (const amount of [10n, 1_000n, 99_999_990n]) {
        const stripes = toStripeAmount({ amount, currency })
        assert.deepEqual(readStripeAmount(stripes, currency.toLowerCase()), { amount, currency }, currency)
      }
    }
  })

  it('reads no part of a unit', () => {
    assert.equal(readStripeAmount(150, 'isk'), null)
    assert.equal(readStripeAmount(150, 'xxx'), null)
  })
})
