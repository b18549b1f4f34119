import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import Stripe from 'stripe'
import { encodeForm } from './form.ts'

describe('forms for Stripe', () => {
  it('writes what belongs where in brackets', () => {
    const text = encodeForm({ amount: 5, confirm: true, metadata: { a: 'b c' }, expand: ['x', 'y.z'], none: undefined })
    assert.equal(text, 'amount=5&confirm=true&metadata[a]=b%20c&expand[0]=x&expand[1]=y.z')
  })

  it('leaves no text of anybody a character that means something', () => {
    const text = encodeForm({ a: '&b=c[d]{{card.number}}+%\u0000\ud800', 'x&y[': 'z' })
    assert.equal(text, 'a=%26b%3Dc%5Bd%5D%7B%7Bcard.number%7D%7D%2B%25%00%EF%BF%BD&x%26y%5B=z')
  })

  it('holds no fraction, nothing infinite, and no null', () => {
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, null, 5n, () => 1]) {
      assert.throws(() => encodeForm({ a: value }))
    }
  })

  it('writes as Stripe’s own SDK does, whatever it is given', async () => {
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean())
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).node
    const sent: string[] = []
    const httpClient = Stripe.createFetchHttpClient(async (_url: unknown, init?: { body?: unknown }) => {
      sent.push(String(init?.body))
      return new Response('{"object":"payment_intent"}')
    })
    const sdk = new Stripe('sk_test_x', { httpClient, telemetry: false })
    const read = (form: string | undefined) => [...new URLSearchParams(form)]
    const parameters = fc.dictionary(fc.string({ minLength: 1 }), tree, {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    })
    await fc.assert(
      fc.asyncProperty(parameters, async (value) => {
        await sdk.paymentIntents.create(value as unknown as Stripe.PaymentIntentCreateParams)
        assert.deepEqual(read(encodeForm(value)), read(sent.pop()))
      }),
      { numRuns: 50 },
    )
  })
})
